//! Pacing: the first change after a pause is read at once, a burst once for each interval.

use std::time::{Duration, Instant};

/// One kind of reading, at most once for each interval.
#[derive(Debug)]
pub struct Paced {
    every: Duration,
    pending: bool,
    last: Option<Instant>,
}

impl Paced {
    /// To be read at once, and then at most once for each interval.
    pub fn new(every: Duration) -> Self {
        Self { every, pending: true, last: None }
    }

    /// Something changed, or not.
    pub fn note(&mut self, changed: bool) {
        self.pending |= changed;
    }

    /// Whether to read now.
    pub fn take(&mut self, now: Instant) -> bool {
        let ready = self.pending && self.last.is_none_or(|last| now.duration_since(last) >= self.every);
        if ready {
            self.taken(now);
        }
        ready
    }

    /// It was read now.
    pub fn taken(&mut self, now: Instant) {
        self.pending = false;
        self.last = Some(now);
    }

    /// When to read next, if something waits to be read.
    pub fn due(&self) -> Option<Instant> {
        self.last.filter(|_| self.pending).map(|last| last + self.every)
    }

    /// How long nothing needs to be read, whatever changes.
    pub fn pause(&self, now: Instant) -> Duration {
        self.last.map(|last| self.every.saturating_sub(now.duration_since(last))).unwrap_or_default()
    }

    /// Time since the last reading.
    pub fn idle_for(&self, now: Instant) -> Duration {
        self.last.map(|last| now.duration_since(last)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_read_once_for_each_interval_and_never_lost() {
        let (mut paced, start) = (Paced::new(Duration::from_millis(100)), Instant::now());
        assert!(paced.take(start), "the first time at once");
        paced.note(true);
        assert!(!paced.take(start + Duration::from_millis(30)));
        assert_eq!(paced.due(), Some(start + Duration::from_millis(100)));
        assert!(paced.take(start + Duration::from_millis(100)));
        assert_eq!(paced.due(), None);
    }

    #[test]
    fn a_change_after_a_pause_is_read_at_once() {
        let (mut paced, start) = (Paced::new(Duration::from_millis(100)), Instant::now());
        assert!(paced.take(start));
        paced.note(true);
        assert!(paced.take(start + Duration::from_secs(5)));
    }
}
