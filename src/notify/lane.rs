//! How fast a channel may be told things: its pace, and its pauses after failures. Pure: time and chance come in.

use std::{collections::VecDeque, time::Duration};

use crate::domain::{channel::Pace, time::UnixMs};

/// First and longest pause after a failure.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(2);
/// The other side may ask for a pause of at most this.
const LONGEST_ASKED: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

/// The way to one channel.
#[derive(Debug, Clone)]
pub struct Lane {
    pace: Pace,
    /// Attempts of the last minute.
    sent: VecDeque<UnixMs>,
    /// Nothing goes out before this.
    rests_until: Option<UnixMs>,
    /// Failures since something was taken.
    failures: u32,
}

impl Lane {
    /// With what went out lately, in order.
    pub fn new(pace: Pace, sent: impl IntoIterator<Item = UnixMs>) -> Self {
        Self { pace, sent: sent.into_iter().collect(), rests_until: None, failures: 0 }
    }

    /// From now on at this pace.
    pub fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// Whether something may go out now. What is noted later than now was noted by a clock that was ahead, and does not count.
    pub fn is_free(&mut self, now: UnixMs) -> bool {
        self.sent.retain(|at| *at <= now && now.since(*at) < MINUTE.max(self.pace.every));
        let in_minute = self.sent.iter().filter(|at| now.since(**at) < MINUTE).count();
        let spaced = self.sent.back().is_none_or(|last| now.since(*last) >= self.pace.every);
        let rested = self.rests_until.is_none_or(|until| until <= now || until > now.after(LONGEST_ASKED * 2));
        spaced && rested && in_minute < self.pace.per_minute as usize
    }

    /// Something goes out.
    pub fn sends(&mut self, now: UnixMs) {
        self.sent.push_back(now);
    }

    /// The other side took something, or refused just this: it is there.
    pub fn answered(&mut self) {
        self.failures = 0;
        self.rests_until = None;
    }

    /// It failed: when to try again. Twice as long each time, between half of it and all of it (`chance` is 0 to 1), and at
    /// least as long as the other side asked for.
    pub fn failed(&mut self, now: UnixMs, attempts: u32, asked: Option<Duration>, chance: f64) -> UnixMs {
        self.failures += 1;
        let pause = |times: u32| FIRST.saturating_mul(1_u32 << times.min(16)).min(LONGEST).mul_f64(0.5 + chance / 2.0);
        let asked = asked.unwrap_or_default().min(LONGEST_ASKED);
        // The channel rests as long as it has failed; this message as long as it has itself.
        self.rests_until = Some(now.after(pause(self.failures - 1).max(asked)));
        now.after(pause(attempts).max(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000;

    fn lane(every: u64, per_minute: u32) -> Lane {
        Lane::new(Pace { every: Duration::from_secs(every), per_minute }, [])
    }

    fn send(lane: &mut Lane, at: i64) -> bool {
        let free = lane.is_free(UnixMs(at));
        if free {
            lane.sends(UnixMs(at));
        }
        free
    }

    #[test]
    fn no_more_than_the_pace_goes_out_and_the_rest_waits() {
        let mut lane = lane(1, 20);
        let sent: Vec<i64> = (0..120_000).step_by(100).filter(|at| send(&mut lane, *at)).collect();
        assert!(sent.windows(2).all(|pair| pair[1] - pair[0] >= SECOND));
        let minute = |from: i64| sent.iter().filter(|at| (from..from + 60 * SECOND).contains(*at)).count();
        assert!((0..60 * SECOND).step_by(500).all(|from| minute(from) <= 20));
        assert_eq!((sent.len(), minute(0)), (40, 20));
    }

    #[test]
    fn what_went_out_before_a_restart_counts() {
        let pace = Pace { every: Duration::from_secs(1), per_minute: 2 };
        let mut lane = Lane::new(pace, [UnixMs(10 * SECOND), UnixMs(20 * SECOND)]);
        assert!(!send(&mut lane, 30 * SECOND));
        assert!(send(&mut lane, 70 * SECOND));
    }

    #[test]
    fn pauses_double_up_to_a_bound_and_end_with_the_first_answer() {
        let mut lane = lane(0, 6_000);
        let pauses: Vec<i64> = (0..10).map(|n| lane.failed(UnixMs(0), n, None, 1.0).0 / SECOND).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 120, 120, 120]);
        assert!(!lane.is_free(UnixMs(119 * SECOND)) && lane.is_free(UnixMs(120 * SECOND)));
        lane.answered();
        assert!(lane.is_free(UnixMs(0)));
        assert_eq!(lane.failed(UnixMs(0), 0, None, 0.0).0, 500, "half of it at least");
    }

    #[test]
    fn the_other_side_may_ask_for_longer_but_not_for_ever_nor_for_less() {
        let mut lane = lane(0, 6_000);
        let ask =
            |lane: &mut Lane, secs: u64| lane.failed(UnixMs(0), 0, Some(Duration::from_secs(secs)), 1.0).0 / SECOND;
        assert_eq!((ask(&mut lane, 30), ask(&mut lane, 0), ask(&mut lane, 999_999)), (30, 1, 3_600));
    }

    #[test]
    fn a_clock_that_was_ahead_stops_nothing() {
        let mut lane = lane(1, 20);
        let ahead = 9_000_000 * SECOND;
        lane.sends(UnixMs(ahead));
        lane.failed(UnixMs(ahead), 9, None, 1.0);
        assert!(lane.is_free(UnixMs(1_000 * SECOND)));
    }
}
