//! Samples that gather in the steps of an answer, whether they come one by one or rolled up.

use std::time::Duration;

use super::Aggregation;
use crate::domain::{
    histogram::Histogram,
    series::{Ends, Point, Stat, increase},
    time::UnixMs,
};

/// What an aggregation reads beside counts, sums and bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// Distributions.
    pub histogram: bool,
    /// First and last samples.
    pub ends: bool,
}

/// What is known of a series over a short while: one look, a minute, an hour.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Part {
    /// Counts, sum and bounds.
    pub stat: Stat,
    /// Its distribution, if it was asked for and is kept.
    pub histogram: Option<Histogram>,
    /// Its ends, if they were asked for and are kept.
    pub ends: Option<Ends>,
}

impl Part {
    /// A single sample.
    pub fn one(value: f64, needs: Needs) -> Self {
        let mut stat = Stat::default();
        stat.add(Some(value));
        let histogram = needs.histogram.then(|| {
            let mut histogram = Histogram::default();
            histogram.record(value);
            histogram
        });
        Self { stat, histogram, ends: needs.ends.then(|| Ends::one(value)) }
    }
}

/// The samples of one step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bucket {
    stat: Stat,
    histogram: Histogram,
    ends: Option<Ends>,
    /// Samples whose ends were not kept.
    endless: bool,
}

impl Bucket {
    /// Adds a part that is later than those before.
    pub fn add(&mut self, part: &Part) {
        self.stat.merge(&part.stat);
        if let Some(histogram) = &part.histogram {
            self.histogram.merge(histogram);
        }
        match (self.ends, part.ends) {
            (_, None) => self.endless |= part.stat.count > 0,
            (None, later) => self.ends = later,
            (Some(before), Some(later)) => self.ends = Some(before.then(later)),
        }
    }

    /// Its samples.
    pub fn stat(&self) -> &Stat {
        &self.stat
    }

    /// What its samples come to; `length` is how long it is, `before` the last sample of the step before it, if that had
    /// any. `None` is a gap: no sample, or a percentile of samples whose distribution is not kept.
    pub fn value(&self, aggregation: Aggregation, length: Duration, before: Option<f64>) -> Option<f64> {
        if self.stat.count == 0 {
            return None;
        }
        match aggregation {
            Aggregation::Avg => self.stat.mean(),
            Aggregation::Min => Some(self.stat.min),
            Aggregation::Max => Some(self.stat.max),
            Aggregation::Sum => Some(self.stat.sum),
            Aggregation::Count => Some(self.stat.count as f64),
            Aggregation::Last => self.ends().map(|ends| ends.last),
            Aggregation::Rate => {
                let ends = self.ends()?;
                // No rate from one point.
                if self.stat.count < 2 && before.is_none() {
                    return None;
                }
                let grown = ends.increase + before.map_or(0.0, |before| increase(before, ends.first));
                (!length.is_zero()).then(|| grown / length.as_secs_f64())
            }
            Aggregation::P50 | Aggregation::P95 | Aggregation::P99 => {
                let quantile = self.histogram.quantile(aggregation.quantile()?)?;
                // Our buckets are wide; nothing was greater than the greatest.
                (self.histogram.count() == self.stat.count).then(|| quantile.clamp(self.stat.min, self.stat.max))
            }
        }
    }

    fn ends(&self) -> Option<Ends> {
        self.ends.filter(|_| !self.endless)
    }
}

/// Turns the buckets of a window into its points and the figure of the whole of it.
pub fn fold(
    buckets: &[Bucket],
    aggregation: Aggregation,
    (since, until): (UnixMs, UnixMs),
    step: Duration,
) -> (Vec<Point>, Option<f64>) {
    let mut points = Vec::with_capacity(buckets.len());
    let mut whole = Bucket::default();
    let mut grown = 0.0;
    let mut known = Duration::ZERO;
    let mut before: Option<f64> = None;
    for (index, bucket) in buckets.iter().enumerate() {
        let at = since.after(step.saturating_mul(u32::try_from(index).unwrap_or(u32::MAX)));
        let length = until.since(at).min(step);
        let value = bucket.value(aggregation, length, before);
        let max = (aggregation == Aggregation::Avg && bucket.stat.count > 0).then_some(bucket.stat.max);
        points.push(Point { at, value, max });
        before = bucket.ends().map(|ends| ends.last);
        if aggregation == Aggregation::Rate {
            grown += value.unwrap_or(0.0) * length.as_secs_f64();
            known += if value.is_some() { length } else { Duration::ZERO };
        } else if bucket.stat.count > 0 {
            whole.add(&Part { stat: bucket.stat, histogram: Some(bucket.histogram.clone()), ends: bucket.ends() });
        }
    }
    let whole = match aggregation {
        // Growth over the steps in which it is known: a gap slows nothing down.
        Aggregation::Rate => (!known.is_zero()).then(|| grown / known.as_secs_f64()),
        _ => whole.value(aggregation, until.since(since), None),
    };
    (points, whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: Needs = Needs { histogram: true, ends: true };
    const STEP: Duration = Duration::from_secs(10);

    fn bucket(values: &[f64]) -> Bucket {
        let mut bucket = Bucket::default();
        for value in values {
            bucket.add(&Part::one(*value, ALL));
        }
        bucket
    }

    fn folded(buckets: &[Bucket], aggregation: Aggregation) -> (Vec<Option<f64>>, Option<f64>) {
        let until = UnixMs(10_000 * buckets.len() as i64);
        let (points, whole) = fold(buckets, aggregation, (UnixMs(0), until), STEP);
        (points.into_iter().map(|point| point.value).collect(), whole)
    }

    #[test]
    fn each_aggregation_says_what_its_name_says() {
        let bucket = bucket(&[1.0, 2.0, 3.0, 10.0]);
        let value = |aggregation| bucket.value(aggregation, STEP, None).unwrap();
        let expected = [4.0, 1.0, 10.0, 16.0, 4.0, 10.0, 2.0, 10.0, 10.0, 0.9];
        for (aggregation, expected) in Aggregation::ALL.into_iter().zip(expected) {
            assert!((value(aggregation) - expected).abs() <= expected * 0.01, "{aggregation}: {}", value(aggregation));
        }
    }

    #[test]
    fn a_step_without_a_sample_is_a_gap_and_no_rate_reaches_across_it() {
        let buckets = [bucket(&[0.0, 10.0]), Bucket::default(), bucket(&[500.0]), bucket(&[520.0])];
        assert_eq!(folded(&buckets, Aggregation::Avg).0, [Some(5.0), None, Some(500.0), Some(520.0)]);
        assert_eq!(folded(&buckets, Aggregation::Rate).0, [Some(1.0), None, None, Some(2.0)]);
        assert_eq!(folded(&buckets, Aggregation::Rate).1, Some(1.5));
        assert_eq!(folded(&[Bucket::default()], Aggregation::Count), (vec![None], None));
    }

    #[test]
    fn a_percentile_of_a_window_is_that_of_its_samples_and_not_the_mean_of_percentiles() {
        // 95 % of 40 samples are 10 or less; the mean of both p95 would be far above.
        let buckets = [bucket(&[10.0; 38]), bucket(&[1_000.0; 2])];
        let (points, whole) = folded(&buckets, Aggregation::P95);
        assert!((points[0].unwrap() - 10.0).abs() < 0.1 && (points[1].unwrap() - 1_000.0).abs() < 10.0);
        assert!((whole.unwrap() - 10.0).abs() < 0.11, "{whole:?}");
    }

    #[test]
    fn what_was_rolled_up_without_a_distribution_has_no_percentile() {
        let mut bucket = bucket(&[1.0]);
        bucket.add(&Part { stat: Stat { count: 3, sum: 9.0, min: 3.0, max: 3.0 }, histogram: None, ends: None });
        assert_eq!(bucket.value(Aggregation::P95, STEP, None), None);
        assert_eq!(bucket.value(Aggregation::Last, STEP, None), None);
        assert_eq!(bucket.value(Aggregation::Max, STEP, None), Some(3.0));
    }

    proptest! {
        #[test]
        fn a_step_is_the_same_whether_its_samples_come_one_by_one_or_rolled_up(
            values in prop::collection::vec(-1_000i32..1_000, 1..60), cuts in prop::collection::vec(1usize..8, 60),
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let one_by_one = bucket(&values);
            let mut rolled = Bucket::default();
            let mut rest = values.as_slice();
            for cut in cuts {
                let (minute, later) = rest.split_at(cut.min(rest.len()));
                rest = later;
                let minute = bucket(minute);
                rolled.add(&Part { stat: minute.stat, histogram: Some(minute.histogram), ends: minute.ends });
            }
            for value in rest {
                rolled.add(&Part::one(*value, ALL));
            }
            for aggregation in Aggregation::ALL {
                let (left, right) = (one_by_one.value(aggregation, STEP, None), rolled.value(aggregation, STEP, None));
                prop_assert!((left.unwrap_or(-1e9) - right.unwrap_or(-1e9)).abs() < 1e-6, "{aggregation}");
            }
        }
    }
}
