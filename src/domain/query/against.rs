//! Two windows of time beside each other: which one a window is compared with.

use std::time::Duration;

use crate::domain::time::UnixMs;

/// From when, inclusive, to when, exclusive.
pub type Window = (UnixMs, UnixMs);

/// A moment with a name, from which a window begins: a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// When.
    pub at: UnixMs,
    /// `deploy 1.9.2 #418`.
    pub label: String,
}

/// What a window is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// The window of the same length just before it.
    WindowBefore,
    /// The same time yesterday.
    Yesterday,
    /// The same time last week.
    LastWeek,
    /// The time since the last deploy, with as much time before it.
    LastDeploy,
    /// The time since one run began, with as much time since another began.
    Runs {
        /// The one.
        now: Start,
        /// The other.
        then: Start,
    },
}

/// Two windows of the same length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    /// The one that is looked at.
    pub now: Window,
    /// The one it is compared with.
    pub then: Window,
    /// What the one that is looked at is called: `since deploy 1.9.2`.
    pub now_called: String,
    /// What the other is called: `yesterday`.
    pub then_called: String,
}

const MINUTE: i64 = 60_000;
const DAY: Duration = Duration::from_hours(24);

impl Against {
    /// The two windows, where the one looked at would be `window` (a window from one moment on is cut to what there is of
    /// it). `None` if there is no such other window: nothing was deployed yet, or just now.
    pub fn windows(&self, window: Window, last_deploy: Option<&Start>) -> Option<Windows> {
        let length = window.1.since(window.0);
        let ago = |by: Duration, called: &str| Windows {
            now: window,
            then: (window.0.before(by), window.1.before(by)),
            now_called: "now".into(),
            then_called: called.into(),
        };
        match self {
            Self::WindowBefore => Some(ago(length, "the window before")),
            Self::Yesterday => Some(ago(DAY, "yesterday")),
            Self::LastWeek => Some(ago(DAY * 7, "last week")),
            Self::LastDeploy => {
                let deploy = last_deploy?;
                let at = minute_from(deploy.at);
                let length = whole(window.1.since(at).min(length))?;
                Some(Windows {
                    now: (at, at.after(length)),
                    then: (at.before(length), at),
                    now_called: format!("since {}", deploy.label),
                    then_called: "before it".into(),
                })
            }
            Self::Runs { now, then } => {
                let (one, other) = (minute_from(now.at), minute_from(then.at));
                let length = whole(window.1.since(one.max(other)).min(length))?;
                Some(Windows {
                    now: (one, one.after(length)),
                    then: (other, other.after(length)),
                    now_called: format!("since {}", now.label),
                    then_called: format!("since {}", then.label),
                })
            }
        }
    }

    /// In a few words, for a title.
    pub fn words(&self) -> String {
        match self {
            Self::WindowBefore => "the window before".into(),
            Self::Yesterday => "the same time yesterday".into(),
            Self::LastWeek => "the same time last week".into(),
            Self::LastDeploy => "before and after the last deploy".into(),
            Self::Runs { now, then } => format!("{} and {}", now.label, then.label),
        }
    }
}

/// The next whole minute: rolled-up minutes fit into what begins on one.
fn minute_from(at: UnixMs) -> UnixMs {
    UnixMs(at.0.div_euclid(MINUTE) * MINUTE + if at.0.rem_euclid(MINUTE) > 0 { MINUTE } else { 0 })
}

/// The whole minutes of it; `None` if that is not one.
fn whole(length: Duration) -> Option<Duration> {
    let minutes = length.as_secs() / 60;
    (minutes > 0).then(|| Duration::from_secs(minutes * 60))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_269_731_000;
    const HOUR: i64 = 3_600_000;

    fn start(at: i64) -> Start {
        Start { at: UnixMs(at), label: "deploy 1.9.2".into() }
    }

    fn hour() -> Window {
        (UnixMs(NOW - HOUR), UnixMs(NOW))
    }

    #[test]
    fn yesterday_and_last_week_are_the_same_time_of_the_day() {
        let windows = Against::Yesterday.windows(hour(), None).unwrap();
        assert_eq!(windows.then, (UnixMs(NOW - 25 * HOUR), UnixMs(NOW - 24 * HOUR)));
        let windows = Against::LastWeek.windows(hour(), None).unwrap();
        assert_eq!(windows.then.1, UnixMs(NOW - 7 * 24 * HOUR));
        assert_eq!(
            Against::WindowBefore.windows(hour(), None).unwrap().then,
            (UnixMs(NOW - 2 * HOUR), UnixMs(NOW - HOUR))
        );
    }

    #[test]
    fn before_and_after_a_deploy_are_as_long_as_there_is_time_since_it() {
        let windows = Against::LastDeploy.windows(hour(), Some(&start(NOW - 10 * MINUTE))).unwrap();
        assert_eq!(windows.now.1.since(windows.now.0), Duration::from_mins(9), "whole minutes");
        assert_eq!(windows.then.1, windows.now.0, "what came before ends where what came after begins");
        assert_eq!(Against::LastDeploy.windows(hour(), Some(&start(NOW - 30_000))), None, "half a minute says nothing");
        assert_eq!(Against::LastDeploy.windows(hour(), None), None);
    }

    proptest! {
        #[test]
        fn both_windows_have_the_same_length_and_nothing_of_them_lies_ahead(
            length in 1i64..3_000, one in 1i64..5_000_000, other in 1i64..5_000_000, kind in 0usize..5,
        ) {
            let window = (UnixMs(NOW - length * MINUTE), UnixMs(NOW));
            let (now, then) = (start(NOW - one), start(NOW - other));
            let against = match kind {
                0 => Against::WindowBefore,
                1 => Against::Yesterday,
                2 => Against::LastWeek,
                3 => Against::LastDeploy,
                _ => Against::Runs { now: now.clone(), then },
            };
            if let Some(found) = against.windows(window, Some(&now)) {
                prop_assert_eq!(found.now.1.since(found.now.0), found.then.1.since(found.then.0));
                prop_assert!(found.now.1 <= window.1 && found.then.1 <= window.1);
                prop_assert!(found.now.0 < found.now.1);
            }
        }
    }
}
