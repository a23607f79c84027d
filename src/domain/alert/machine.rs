//! The state machine of Prometheus, for one alert. Pure and total: what is so now and where it stood give where it stands.
//!
//! - True makes it pending, and once that lasted `for` it fires, in the same step if `for` is nothing.
//! - False while pending makes it inactive without a word. False while firing ends it, unless `keep_firing_for` holds it: that
//!   clock starts at the first false and is cleared by true.
//! - Unknown leaves state and clocks as they are: what began goes on, and a clock counts the time that passes unknown only once
//!   it is judged again.
//!
//! [`resume`] carries a state over a time in which nobody judged.

use std::time::Duration;

use super::standing::Phase;
use crate::domain::{time::UnixMs, verdict::Verdict};

/// An outage of the watcher longer than this is too long to say that what was pending before still was all along.
pub const OUTAGE_TOLERANCE: Duration = Duration::from_hours(1);
/// What has no less than this to wait until it fires waits at least this long after an outage: everything else that came
/// back at the same time gets time to recover.
pub const GRACE: Duration = Duration::from_mins(10);

/// The two clocks of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// True for so long before it fires.
    pub hold: Duration,
    /// Fires on for so long after it was last true.
    pub keep: Duration,
}

/// Where an alert stands at `now`, when its condition came to `verdict` (pass is true).
pub fn step(from: &Phase, verdict: Verdict, now: UnixMs, clocks: Clocks) -> Phase {
    match (verdict, from) {
        (Verdict::Unknown, _) => *from,
        (Verdict::Pass, Phase::Firing { since, fired_at, .. }) => {
            Phase::Firing { since: *since, fired_at: *fired_at, false_since: None }
        }
        (Verdict::Pass, Phase::Inactive) => hold(now, now, clocks),
        (Verdict::Pass, Phase::Pending { since }) => hold(*since, now, clocks),
        (Verdict::Fail, Phase::Firing { since, fired_at, false_since }) => {
            let began = false_since.unwrap_or(now);
            if now.since(began) < clocks.keep {
                Phase::Firing { since: *since, fired_at: *fired_at, false_since: Some(began) }
            } else {
                Phase::Inactive
            }
        }
        (Verdict::Fail, Phase::Pending { .. } | Phase::Inactive) => Phase::Inactive,
    }
}

fn hold(since: UnixMs, now: UnixMs, clocks: Clocks) -> Phase {
    if now.since(since) >= clocks.hold {
        Phase::Firing { since, fired_at: now, false_since: None }
    } else {
        Phase::Pending { since }
    }
}

/// Where an alert stands after nobody judged from `down_at` to `now`.
///
/// What fires goes on firing: only a judgement ends it, so that a resolved is never lost. What was pending is forgotten after
/// [`OUTAGE_TOLERANCE`]; before that, time passed in the outage does not count, and what is left to wait is at least [`GRACE`]
/// for rules whose `for` is that long.
pub fn resume(from: &Phase, down_at: UnixMs, now: UnixMs, clocks: Clocks) -> Phase {
    let outage = now.since(down_at);
    match from {
        Phase::Inactive => Phase::Inactive,
        Phase::Firing { since, fired_at, false_since } => Phase::Firing {
            since: *since,
            fired_at: *fired_at,
            false_since: false_since.map(|began| began.after(outage)),
        },
        Phase::Pending { .. } if outage > OUTAGE_TOLERANCE => Phase::Inactive,
        Phase::Pending { since } => {
            let left = clocks.hold.saturating_sub(down_at.since(*since));
            let since = if left.is_zero() {
                *since
            } else if clocks.hold >= GRACE && left < GRACE {
                now.after(GRACE).before(clocks.hold)
            } else {
                since.after(outage)
            };
            Phase::Pending { since }
        }
    }
}

impl Phase {
    /// The same, with every moment moved by so many milliseconds: the wall clock was set.
    #[must_use]
    pub fn shifted(&self, by: i64) -> Self {
        let moved = |at: UnixMs| UnixMs(at.0.saturating_add(by));
        match self {
            Self::Inactive => Self::Inactive,
            Self::Pending { since } => Self::Pending { since: moved(*since) },
            Self::Firing { since, fired_at, false_since } => {
                Self::Firing { since: moved(*since), fired_at: moved(*fired_at), false_since: false_since.map(moved) }
            }
        }
    }

    /// Whether it is told.
    pub fn is_firing(&self) -> bool {
        matches!(self, Self::Firing { .. })
    }

    /// Since when its condition has been true; `None` if it is inactive.
    pub fn since(&self) -> Option<UnixMs> {
        match self {
            Self::Inactive => None,
            Self::Pending { since } | Self::Firing { since, .. } => Some(*since),
        }
    }

    /// `inactive`, `pending`, `firing`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending { .. } => "pending",
            Self::Firing { .. } => "firing",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIN: i64 = 60_000;

    fn clocks(hold: u64, keep: u64) -> Clocks {
        Clocks { hold: Duration::from_mins(hold), keep: Duration::from_mins(keep) }
    }

    /// One step a minute, written as letters (`t`rue, `f`alse, `u`nknown) and answered as letters (`.` inactive, `p`, `F`,
    /// `k`ept firing).
    fn phases(truths: &str, clocks: Clocks) -> String {
        let mut phase = Phase::Inactive;
        let mut out = String::new();
        for (minute, truth) in (0..).zip(truths.chars()) {
            let verdict = match truth {
                't' => Verdict::Pass,
                'f' => Verdict::Fail,
                _ => Verdict::Unknown,
            };
            phase = step(&phase, verdict, UnixMs(minute * MIN), clocks);
            out.push(match phase {
                Phase::Inactive => '.',
                Phase::Pending { .. } => 'p',
                Phase::Firing { false_since: None, .. } => 'F',
                Phase::Firing { .. } => 'k',
            });
        }
        out
    }

    #[test]
    fn a_true_condition_is_pending_and_fires_once_for_has_elapsed() {
        assert_eq!(phases("fttttf", clocks(2, 0)), ".ppFF.");
        assert_eq!(phases("t", clocks(0, 0)), "F", "without for it fires at once");
    }

    #[test]
    fn false_while_pending_is_silent_and_starts_the_clock_anew() {
        assert_eq!(phases("ttfttt", clocks(2, 0)), "pp.ppF");
    }

    #[test]
    fn keep_firing_for_starts_at_the_first_false_and_clears_on_true() {
        assert_eq!(phases("tfff", clocks(0, 2)), "Fkk.");
        assert_eq!(phases("tftfff", clocks(0, 2)), "FkFkk.");
        assert_eq!(phases("ttf", clocks(5, 5)), "pp.", "what never fired is not kept");
    }

    #[test]
    fn unknown_leaves_state_and_clocks_as_they_are() {
        assert_eq!(phases("uuu", clocks(0, 0)), "...");
        assert_eq!(phases("tuut", clocks(2, 0)), "pppF");
        assert_eq!(phases("tuu", clocks(2, 0)), "ppp", "nothing fires on what is not known");
        assert_eq!(phases("tuuu", clocks(0, 1)), "FFFF");
        assert_eq!(phases("tfuuuf", clocks(0, 2)), "Fkkkk.");
    }

    fn pending(since: i64) -> Phase {
        Phase::Pending { since: UnixMs(since * MIN) }
    }

    #[test]
    fn an_outage_within_an_hour_keeps_what_was_pending_and_its_own_time_does_not_count() {
        // True from minute 0, judged until 5, back at 25: `for` 30 min has 25 min to go.
        let resumed = resume(&pending(0), UnixMs(5 * MIN), UnixMs(25 * MIN), clocks(30, 0));
        assert_eq!(resumed, pending(20));
        let at = |minute| step(&resumed, Verdict::Pass, UnixMs(minute * MIN), clocks(30, 0)).is_firing();
        assert!(!at(49) && at(50));
    }

    #[test]
    fn what_was_about_to_fire_before_an_outage_waits_the_grace_of_ten_minutes() {
        let resumed = resume(&pending(0), UnixMs(28 * MIN), UnixMs(40 * MIN), clocks(30, 0));
        let at = |minute| step(&resumed, Verdict::Pass, UnixMs(minute * MIN), clocks(30, 0)).is_firing();
        assert!(!at(49) && at(50));
        // A short `for` need not wait longer than it would have from the start.
        let resumed = resume(&pending(0), UnixMs(MIN), UnixMs(40 * MIN), clocks(2, 0));
        assert_eq!(resumed, pending(39));
    }

    #[test]
    fn an_outage_longer_than_an_hour_forgets_what_was_pending_and_never_what_fires() {
        let clocks = clocks(90, 0);
        assert_eq!(resume(&pending(0), UnixMs(10 * MIN), UnixMs(71 * MIN), clocks), Phase::Inactive);
        assert_ne!(resume(&pending(0), UnixMs(10 * MIN), UnixMs(70 * MIN), clocks), Phase::Inactive);
        let firing = Phase::Firing { since: UnixMs(0), fired_at: UnixMs(MIN), false_since: None };
        assert_eq!(resume(&firing, UnixMs(10 * MIN), UnixMs(600 * MIN), clocks), firing);
    }

    proptest! {
        #[test]
        fn it_fires_only_after_for_of_true_without_a_false_between(
            truths in "[tfu]{0,40}", hold in 0_u64..6, keep in 0_u64..4,
        ) {
            let clocks = clocks(hold, keep);
            let out = phases(&truths, clocks);
            let mut true_since = None;
            let mut before = '.';
            for (minute, (truth, state)) in truths.chars().zip(out.chars()).enumerate() {
                match truth {
                    't' => true_since = true_since.or(Some(minute)),
                    'f' => true_since = None,
                    _ => prop_assert_eq!(state, before, "unknown moves nothing"),
                }
                if state == 'F' && !matches!(before, 'F' | 'k') {
                    prop_assert!(true_since.is_some_and(|since| (minute - since) as u64 >= hold));
                }
                if truth == 't' {
                    prop_assert!(matches!(state, 'p' | 'F'));
                }
                before = state;
            }
        }

        #[test]
        fn a_clock_that_is_set_shifts_everything_alike(truths in "[tfu]{1,30}", by in -10_000_000_i64..10_000_000) {
            let clocks = clocks(3, 2);
            let (mut straight, mut set) = (Phase::Inactive, Phase::Inactive);
            let mut offset = 0;
            for (minute, truth) in (0_i64..).zip(truths.chars()) {
                let verdict = match truth { 't' => Verdict::Pass, 'f' => Verdict::Fail, _ => Verdict::Unknown };
                straight = step(&straight, verdict, UnixMs(minute * MIN), clocks);
                if minute == 10 {
                    offset = by;
                    set = set.shifted(by);
                }
                set = step(&set, verdict, UnixMs(minute * MIN + offset), clocks);
                prop_assert_eq!(set.shifted(-offset), straight);
            }
        }
    }
}
