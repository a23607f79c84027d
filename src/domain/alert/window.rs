//! The samples of one series within a while before now: what the functions over time are computed from.

use std::{collections::VecDeque, time::Duration};

use crate::domain::{
    condition::OverTime,
    series::{Ends, Stat},
    time::UnixMs,
};

/// Cells of a window at most: samples that come more often share one.
const CELLS: u32 = 256;

/// Samples that lie so close together that a function over the whole window need not tell them apart.
#[derive(Debug, Clone, Copy)]
struct Cell {
    from: UnixMs,
    stat: Stat,
    ends: Ends,
    changes: u32,
}

impl Cell {
    fn one(at: UnixMs, value: f64) -> Self {
        let mut stat = Stat::default();
        stat.add(Some(value));
        Self { from: at, stat, ends: Ends::one(value), changes: 0 }
    }

    fn add(&mut self, value: f64) {
        self.stat.add(Some(value));
        self.changes += u32::from(differ(self.ends.last, value));
        self.ends = self.ends.then(Ends::one(value));
    }
}

fn differ(before: f64, after: f64) -> bool {
    before.total_cmp(&after).is_ne()
}

/// The latest samples of a series, as far back as a function asks.
#[derive(Debug, Clone)]
pub struct Window {
    length: Duration,
    cells: VecDeque<Cell>,
}

impl Window {
    /// Empty.
    pub fn new(length: Duration) -> Self {
        Self { length, cells: VecDeque::new() }
    }

    /// How far back it goes.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// Takes in a sample. One that is older than the newest is dropped: samples come in order.
    pub fn add(&mut self, at: UnixMs, value: f64) {
        let width = self.length / CELLS;
        match self.cells.back_mut() {
            Some(last) if at < last.from => return,
            Some(last) if at.since(last.from) < width => last.add(value),
            _ => self.cells.push_back(Cell::one(at, value)),
        }
        let oldest = at.before(self.length);
        while self.cells.front().is_some_and(|cell| cell.from <= oldest) {
            self.cells.pop_front();
        }
    }

    /// Moves every sample: the wall clock was set.
    pub fn shift(&mut self, by: i64) {
        for cell in &mut self.cells {
            cell.from.0 = cell.from.0.saturating_add(by);
        }
    }

    /// Samples within the window that ends now.
    pub fn samples(&self, now: UnixMs) -> u64 {
        self.within(now).map(|cell| cell.stat.count).sum()
    }

    /// What the samples of the window that ends now come to; `None` if there are none.
    pub fn over(&self, function: OverTime, now: UnixMs) -> Option<f64> {
        let mut stat = Stat::default();
        let mut ends: Option<Ends> = None;
        let mut changes = 0;
        for cell in self.within(now) {
            stat.merge(&cell.stat);
            changes += cell.changes + u32::from(ends.is_some_and(|before| differ(before.last, cell.ends.first)));
            ends = Some(ends.map_or(cell.ends, |before| before.then(cell.ends)));
        }
        let ends = ends?;
        Some(match function {
            OverTime::Avg => stat.mean()?,
            OverTime::Min => stat.min,
            OverTime::Max => stat.max,
            OverTime::Sum => stat.sum,
            OverTime::Count => stat.count as f64,
            OverTime::Increase => ends.increase,
            OverTime::Changes => f64::from(changes),
        })
    }

    fn within(&self, now: UnixMs) -> impl Iterator<Item = &Cell> {
        let oldest = now.before(self.length);
        self.cells.iter().filter(move |cell| cell.from > oldest && cell.from <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(length: u64, samples: &[(i64, f64)]) -> Window {
        let mut window = Window::new(Duration::from_secs(length));
        for (second, value) in samples {
            window.add(UnixMs(second * 1_000), *value);
        }
        window
    }

    #[test]
    fn functions_over_time_see_what_is_within_the_window_and_nothing_older() {
        let window = window(60, &[(0, 9.0), (10, 1.0), (20, 1.0), (30, 4.0), (60, 2.0)]);
        let at = |function| window.over(function, UnixMs(60_000)).unwrap();
        let said = OverTime::ALL.map(|function| format!("{} {}", function.word(), at(function)));
        let expected =
            ["avg_over 2", "min_over 1", "max_over 4", "sum_over 8", "count_over 4", "increase_over 5", "changes 2"];
        assert_eq!(said, expected);
        assert_eq!(window.over(OverTime::Avg, UnixMs(200_000)), None);
    }

    #[test]
    fn a_counter_that_drops_was_reset_within_a_window_too() {
        let window = window(60, &[(10, 10.0), (20, 14.0), (30, 3.0)]);
        assert_eq!(window.over(OverTime::Increase, UnixMs(30_000)), Some(7.0));
    }

    #[test]
    fn samples_that_come_often_take_no_more_room() {
        let mut window = Window::new(Duration::from_hours(24));
        for second in 0..100_000_i64 {
            window.add(UnixMs(second * 1_000), 1.0);
        }
        assert!(window.cells.len() <= CELLS as usize + 2, "{}", window.cells.len());
        let samples = window.samples(UnixMs(99_999_000));
        assert!((86_000..=86_400).contains(&samples), "{samples}");
    }
}
