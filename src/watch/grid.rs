//! When each look is due: a grid of slots, so that a thousand looks wake the process ten times a second and not a thousand.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

/// The width of a slot.
pub const SLOT: Duration = Duration::from_millis(100);

/// Slots counted from the start of watching, and what is due in each. Each member comes back every so many slots, from a
/// first slot that its name decides: never bunched, and the same after every restart.
#[derive(Debug, Default)]
pub struct Grid {
    due: BTreeMap<u64, Vec<usize>>,
}

impl Grid {
    /// Adds member `index`, coming back `every`, not before slot `from`.
    pub fn add(&mut self, index: usize, name: &impl Hash, every: Duration, from: u64) {
        let period = period(every);
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        self.due.entry(from + hasher.finish() % period).or_default().push(index);
    }

    /// The next slot with something in it.
    pub fn next(&self) -> Option<u64> {
        self.due.keys().next().copied()
    }

    /// Takes out what is due up to slot `now`: slot and member, in order. Each member is put back by its `every`, on its grid
    /// and after `now`: what was missed while the machine slept is missed, not made up for in a burst.
    pub fn take(&mut self, now: u64, every: impl Fn(usize) -> Duration) -> Vec<(u64, usize)> {
        let mut taken = Vec::new();
        while let Some(entry) = self.due.first_entry().filter(|entry| *entry.key() <= now) {
            let slot = *entry.key();
            for index in entry.remove() {
                taken.push((slot, index));
                let period = period(every(index));
                let missed = (now - slot) / period;
                self.due.entry(slot + (missed + 1) * period).or_default().push(index);
            }
        }
        taken
    }
}

fn period(every: Duration) -> u64 {
    u64::try_from(every.as_millis() / SLOT.as_millis()).unwrap_or(u64::MAX >> 1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(members: usize, every: Duration) -> Grid {
        let mut grid = Grid::default();
        for index in 0..members {
            grid.add(index, &format!("probe {index}"), every, 0);
        }
        grid
    }

    #[test]
    fn a_thousand_looks_every_five_seconds_are_never_bunched() {
        let mut grid = grid(1_000, Duration::from_secs(5));
        let mut most = 0;
        for slot in 0..50 {
            most = most.max(grid.take(slot, |_| Duration::from_secs(5)).len());
        }
        assert!(most < 50, "{most} in one slot of 20 expected");
    }

    #[test]
    fn each_member_stays_on_its_grid() {
        let mut grid = grid(1, Duration::from_secs(1));
        let first = grid.next().unwrap();
        for round in 0..100 {
            assert_eq!(grid.take(first + round * 10, |_| Duration::from_secs(1)), [(first + round * 10, 0)]);
            assert_eq!(grid.next(), Some(first + (round + 1) * 10));
        }
    }

    #[test]
    fn a_suspended_machine_makes_up_for_nothing_and_stays_on_the_grid() {
        let mut grid = grid(1, Duration::from_secs(1));
        let first = grid.next().unwrap();
        assert_eq!(grid.take(first + 36_007, |_| Duration::from_secs(1)).len(), 1);
        let next = grid.next().unwrap();
        assert!(next > first + 36_007 && (next - first).is_multiple_of(10));
    }
}
