//! Numbers over time.

use serde::{Deserialize, Serialize};

use super::{id::LookId, time::UnixMs, verdict::Verdict};

/// One look as it is stored: one row for each look, not for each fact.
#[derive(Debug, Clone, PartialEq)]
pub struct LookRow {
    /// Which look.
    pub look: LookId,
    /// When it began.
    pub at: UnixMs,
    /// What `expect` said.
    pub verdict: Verdict,
    /// A `degraded` condition held.
    pub degraded: bool,
    /// Its latency.
    pub latency_ms: Option<f64>,
    /// The recorded numbers, in the order of the look's registered names.
    pub values: Vec<Option<f64>>,
}

/// One point of a series as a chart or a query reads it: `value` is `None` where there is a gap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Start of the bucket.
    pub at: UnixMs,
    /// Mean over the bucket.
    pub value: Option<f64>,
    /// Largest in the bucket: a chart must not average a spike away.
    pub max: Option<f64>,
}

/// What is kept of many samples: enough for their mean and bounds, and mergeable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Stat {
    /// Samples counted.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Stat {
    /// Counts a sample; one that is not known counts nothing.
    pub fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.merge(&Self { count: 1, sum: value, min: value, max: value });
        }
    }

    /// Adds another's samples.
    pub fn merge(&mut self, other: &Self) {
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

    /// The mean; `None` without samples.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

/// The two ends of a stretch of samples, and how much a counter grew between them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ends {
    /// The first sample.
    pub first: f64,
    /// The last sample.
    pub last: f64,
    /// Growth between the two, taking each drop as a reset.
    pub increase: f64,
}

impl Ends {
    /// Of a single sample.
    pub fn one(value: f64) -> Self {
        Self { first: value, last: value, increase: 0.0 }
    }

    /// This stretch and the one that follows it, as one.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        let between = increase(self.last, later.first);
        Self { first: self.first, last: later.last, increase: self.increase + between + later.increase }
    }
}

/// How much a counter grew from one sample to the next. One that dropped was reset: the new value is the increment.
pub fn increase(before: f64, after: f64) -> f64 {
    if after < before { after } else { after - before }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_counter_that_drops_was_reset_and_counts_from_zero() {
        let ends = [10.0, 14.0, 3.0, 5.0].map(Ends::one).into_iter().reduce(Ends::then).unwrap();
        assert_eq!(ends, Ends { first: 10.0, last: 5.0, increase: 4.0 + 3.0 + 2.0 });
    }

    proptest! {
        #[test]
        fn stretches_join_to_the_same_wherever_they_are_cut(
            values in prop::collection::vec(0u32..1_000, 2..40), cut in 1usize..39,
        ) {
            let all = |values: &[u32]| values.iter().map(|value| Ends::one(f64::from(*value))).reduce(Ends::then);
            let (left, right) = values.split_at(cut.min(values.len() - 1));
            prop_assert_eq!(all(left).unwrap().then(all(right).unwrap()), all(&values).unwrap());
        }
    }
}
