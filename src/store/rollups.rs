//! Minutes and hours: counts, sums and bounds of each series of a look; of finished hours also distributions and ends.

use std::collections::BTreeMap;

use crate::domain::{
    histogram::Histogram,
    series::{Ends, LookRow, Stat},
    verdict::Verdict,
};

use super::pack::{Unpack, put, put_number};

/// Series 0 of every look: its latency.
pub(super) const LATENCY: usize = 0;
/// Series 1 of every look: 1 if it passed, 0 if it failed; absent if unknown.
pub(super) const PASSED: usize = 1;
/// The first recorded number.
pub(super) const RECORDED: usize = 2;
/// After the recorded numbers: 1 for each look whose verdict is unknown.
pub(super) const UNKNOWN: usize = 0;
/// Then: 1 for each look that passed and was degraded.
pub(super) const DEGRADED: usize = 1;
const AFTER: usize = 2;

/// The series of one look over one period.
#[derive(Debug, Clone, Default)]
pub(super) struct Rolled {
    pub(super) stats: Vec<Stat>,
    pub(super) latency: Histogram,
}

impl Rolled {
    pub(super) fn add(&mut self, row: &LookRow) {
        merge_stats(&mut self.stats, row);
        if let Some(ms) = row.latency_ms {
            self.latency.record(ms);
        }
    }
}

/// The distribution and the ends of one series over one period.
#[derive(Debug, Clone, Default)]
pub(super) struct Fine {
    pub(super) histogram: Histogram,
    pub(super) ends: Option<Ends>,
}

impl Fine {
    fn add(&mut self, value: f64) {
        self.histogram.record(value);
        let one = Ends::one(value);
        self.ends = Some(self.ends.map_or(one, |before| before.then(one)));
    }
}

/// The series of one look over one period, in full: what finished hours keep.
#[derive(Debug, Clone, Default)]
pub(super) struct RolledFine {
    pub(super) stats: Vec<Stat>,
    fine: Vec<Fine>,
}

impl RolledFine {
    /// Adds a look that is later than those before.
    pub(super) fn add(&mut self, row: &LookRow) {
        merge_stats(&mut self.stats, row);
        self.fine.resize_with(self.fine.len().max(RECORDED + row.values.len()), Fine::default);
        if let Some(ms) = row.latency_ms {
            self.fine[LATENCY].add(ms);
        }
        for (fine, value) in self.fine[RECORDED..].iter_mut().zip(&row.values) {
            if let Some(value) = value {
                fine.add(*value);
            }
        }
    }

    /// Appends what charts skip, the latency's distribution first. Of a single sample the statistics say it all.
    pub(super) fn put_fine(&self, bytes: &mut Vec<u8>, period: u64) {
        for (ordinal, fine) in self.fine.iter().enumerate() {
            let several = self.stats.get(ordinal).is_some_and(|stat| stat.count > 1);
            if several || (ordinal == LATENCY && fine.histogram.count() > 0) {
                put_entry(bytes, entry(period, ordinal, DISTRIBUTION), &fine.histogram.to_bytes());
            }
            if let Some(ends) = fine.ends.filter(|_| several) {
                let mut packed = Vec::new();
                for one in [ends.first, ends.last, ends.increase] {
                    put_number(&mut packed, Some(one));
                }
                put_entry(bytes, entry(period, ordinal, ENDS), &packed);
            }
        }
    }
}

/// Periods of a row of finished hours: the minutes of an hour, or the hour itself as the first.
const PERIODS: u64 = 60;
const DISTRIBUTION: u64 = 0;
const ENDS: u64 = 1;

/// The number of an entry. That of a latency's distribution is the period itself.
fn entry(period: u64, ordinal: usize, kind: u64) -> u64 {
    period + PERIODS * (2 * ordinal as u64 + kind)
}

fn put_entry(bytes: &mut Vec<u8>, number: u64, packed: &[u8]) {
    put(bytes, number);
    put(bytes, packed.len() as u64);
    bytes.extend_from_slice(packed);
}

/// The distributions and ends of one series by period; `None` if damaged.
pub(super) fn read_fine(bytes: &[u8], ordinal: usize) -> Option<BTreeMap<u64, Fine>> {
    let mut read = Unpack(bytes);
    let mut found: BTreeMap<u64, Fine> = BTreeMap::new();
    while !read.is_empty() {
        let (number, packed) = read_histogram(&mut read)?;
        let (period, kind) = (number % PERIODS, number / PERIODS);
        if kind / 2 != ordinal as u64 {
            continue;
        }
        let fine = found.entry(period).or_default();
        if kind % 2 == DISTRIBUTION {
            fine.histogram = Histogram::from_bytes(packed)?;
        } else {
            let mut read = Unpack(packed);
            let mut number = || read.maybe().flatten();
            fine.ends = Some(Ends { first: number()?, last: number()?, increase: number()? });
        }
    }
    Some(found)
}

fn merge_stats(all: &mut Vec<Stat>, row: &LookRow) {
    let stats = stats_of(row);
    all.resize(all.len().max(stats.len()), Stat::default());
    all.iter_mut().zip(&stats).for_each(|(mine, one)| mine.merge(one));
}

/// One look as samples of its series.
pub(super) fn stats_of(row: &LookRow) -> Vec<Stat> {
    let after = RECORDED + row.values.len();
    let mut stats = vec![Stat::default(); after + AFTER];
    stats[LATENCY].add(row.latency_ms);
    stats[PASSED].add(match row.verdict {
        Verdict::Pass => Some(1.0),
        Verdict::Fail => Some(0.0),
        Verdict::Unknown => None,
    });
    stats[RECORDED..].iter_mut().zip(&row.values).for_each(|(stat, value)| stat.add(*value));
    stats[after + UNKNOWN].add((row.verdict == Verdict::Unknown).then_some(1.0));
    stats[after + DEGRADED].add((row.verdict == Verdict::Pass && row.degraded).then_some(1.0));
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
    put_entry(bytes, index, &histogram.to_bytes());
}

pub(super) fn read_histogram<'a>(read: &mut Unpack<'a>) -> Option<(u64, &'a [u8])> {
    let index = read.number()?;
    let len = usize::try_from(read.number()?).ok()?;
    Some((index, read.bytes(len)?))
}
