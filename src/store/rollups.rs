//! Minutes and hours: counts, sums and bounds of each series of a look, and the distribution of its latency.

use crate::domain::{histogram::Histogram, series::LookRow, verdict::Verdict};

use super::pack::{Unpack, put, put_number};

/// Series 0 of every look: its latency.
pub(super) const LATENCY: usize = 0;
/// Series 1 of every look: 1 if it passed, 0 if it failed; absent if unknown.
pub(super) const PASSED: usize = 1;
/// The first recorded number.
pub(super) const RECORDED: usize = 2;

/// What is kept of many samples.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Stat {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Stat {
    pub(super) fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.merge(&Self { count: 1, sum: value, min: value, max: value });
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        match (self.count, other.count) {
            (_, 0) => {}
            (0, _) => *self = *other,
            _ => {
                self.count += other.count;
                self.sum += other.sum;
                (self.min, self.max) = (self.min.min(other.min), self.max.max(other.max));
            }
        }
    }

    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

/// The series of one look over one period.
#[derive(Debug, Clone, Default)]
pub(super) struct Rolled {
    pub(super) stats: Vec<Stat>,
    pub(super) latency: Histogram,
}

impl Rolled {
    pub(super) fn add(&mut self, row: &LookRow) {
        let stats = stats_of(row);
        self.stats.resize(self.stats.len().max(stats.len()), Stat::default());
        self.stats.iter_mut().zip(&stats).for_each(|(mine, one)| mine.merge(one));
        if let Some(ms) = row.latency_ms {
            self.latency.record(ms);
        }
    }
}

/// One look as samples of its series.
pub(super) fn stats_of(row: &LookRow) -> Vec<Stat> {
    let mut stats = vec![Stat::default(); RECORDED + row.values.len()];
    stats[LATENCY].add(row.latency_ms);
    stats[PASSED].add(match row.verdict {
        Verdict::Pass => Some(1.0),
        Verdict::Fail => Some(0.0),
        Verdict::Unknown => None,
    });
    stats[RECORDED..].iter_mut().zip(&row.values).for_each(|(stat, value)| stat.add(*value));
    stats
}

/// Appends the statistics of one period, `index` periods after the row's start (or a look's number).
pub(super) fn put_stats(bytes: &mut Vec<u8>, index: u64, stats: &[Stat]) {
    put(bytes, index);
    put(bytes, stats.len() as u64);
    for stat in stats {
        put(bytes, stat.count);
        if stat.count > 0 {
            put_number(bytes, Some(stat.sum));
            put_number(bytes, Some(stat.min));
            // Of one sample, or of samples that are all the same, nothing more is to be said.
            put_number(bytes, (stat.max > stat.min).then_some(stat.max));
        }
    }
}

pub(super) fn read_stats(read: &mut Unpack<'_>) -> Option<(u64, Vec<Stat>)> {
    let index = read.number()?;
    let mut stats = Vec::new();
    for _ in 0..read.number()? {
        let count = read.number()?;
        stats.push(if count == 0 {
            Stat::default()
        } else {
            let (sum, min) = (read.maybe()??, read.maybe()??);
            Stat { count, sum, min, max: read.maybe()?.unwrap_or(min) }
        });
    }
    Some((index, stats))
}

pub(super) fn put_histogram(bytes: &mut Vec<u8>, index: u64, histogram: &Histogram) {
    let packed = histogram.to_bytes();
    put(bytes, index);
    put(bytes, packed.len() as u64);
    bytes.extend_from_slice(&packed);
}

pub(super) fn read_histogram<'a>(read: &mut Unpack<'a>) -> Option<(u64, &'a [u8])> {
    let index = read.number()?;
    let len = usize::try_from(read.number()?).ok()?;
    Some((index, read.bytes(len)?))
}
