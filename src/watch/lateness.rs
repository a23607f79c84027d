//! How late looks began: of about the last minute, and since the watcher began.

use std::time::Duration;

use crate::domain::histogram::Histogram;

/// Lateness in milliseconds, counted minute by minute.
#[derive(Debug, Default)]
pub struct Lateness {
    before: Histogram,
    last_minute: Histogram,
    this_minute: Histogram,
    sum_ms: f64,
}

impl Lateness {
    /// Counts a look that began that late.
    pub fn record(&mut self, late: Duration) {
        let ms = late.as_secs_f64() * 1e3;
        self.this_minute.record(ms);
        self.sum_ms += ms;
    }

    /// A minute is over; returns it.
    pub fn turn(&mut self) -> Histogram {
        self.before.merge(&std::mem::take(&mut self.last_minute));
        self.last_minute = std::mem::take(&mut self.this_minute);
        self.last_minute.clone()
    }

    /// The last full minute and what there is of this one.
    pub fn recent(&self) -> Histogram {
        let mut recent = self.last_minute.clone();
        recent.merge(&self.this_minute);
        recent
    }

    /// Everything since the beginning, and its sum in milliseconds.
    pub fn all(&self) -> (Histogram, f64) {
        let mut all = self.recent();
        all.merge(&self.before);
        (all, self.sum_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_counted_twice_and_nothing_is_forgotten_when_a_minute_turns() {
        let mut lateness = Lateness::default();
        for minute in 1..=3 {
            lateness.record(Duration::from_millis(minute));
            assert_eq!(lateness.turn().count(), 1);
        }
        lateness.record(Duration::from_millis(10));
        assert_eq!((lateness.recent().count(), lateness.all().0.count()), (2, 4));
        assert!((lateness.all().1 - 16.0).abs() < 1e-9);
    }
}
