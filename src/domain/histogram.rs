//! Mergeable log-bucket histograms: percentiles come from these, never from averages.
//!
//! Bucket `i` holds the numbers in `(GAMMA^(i-1), GAMMA^i]` and answers with the middle of it, so that no answer is
//! further than 1 % from a number that was recorded. Zero, and what is too small to matter, has a bucket of its own;
//! negative numbers have the mirrored buckets below [`MIRROR`].

use std::collections::BTreeMap;

/// Ratio of neighbouring buckets: `(1 + e) / (1 - e)` for a relative error `e` of 1 %.
const GAMMA: f64 = 1.01 / 0.99;
/// The bucket of zero.
const ZERO: i16 = i16::MIN;
/// The least number told from zero.
const LEAST: f64 = 1e-9;
/// The greatest number told from greater ones.
const GREATEST: f64 = 1e15;
/// Most buckets in stored bytes: all there are between the least and the greatest, of either sign.
const MAX_BUCKETS: usize = 6_000;
/// The bucket of `-x` is this far below 0 what the bucket of `x` is above: positive ones never reach down here.
const MIRROR: i16 = -10_000;
/// Negative numbers lie below, positive ones above.
const MIDDLE: i16 = -5_000;

/// A distribution of numbers with a bounded relative error of its quantiles (1 %), in sparse buckets.
/// Adding histograms adds their counts, so minutes merge into hours without loss.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histogram {
    buckets: BTreeMap<i16, u32>,
}

impl Histogram {
    /// Counts one number; NaN is ignored.
    pub fn record(&mut self, value: f64) {
        if value.is_nan() {
            return;
        }
        let count = self.buckets.entry(bucket(value)).or_default();
        *count = count.saturating_add(1);
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, more) in &other.buckets {
            let count = self.buckets.entry(*bucket).or_default();
            *count = count.saturating_add(*more);
        }
    }

    /// Numbers counted.
    pub fn count(&self) -> u64 {
        self.buckets.values().copied().map(u64::from).sum()
    }

    /// Numbers of at most `limit`. Those of the bucket that `limit` lies in count whole: up to 2 % above it they do.
    pub fn count_at_most(&self, limit: f64) -> u64 {
        // Zero's own bucket stands between the negative and the positive ones.
        let place = |bucket: i16| if bucket == ZERO { MIDDLE } else { bucket };
        let within = |bucket: i16| place(bucket) <= place(self::bucket(limit));
        self.buckets.iter().filter(|(bucket, _)| within(**bucket)).map(|(_, count)| u64::from(*count)).sum()
    }

    /// The value at quantile `q` in 0..=1; `None` if empty.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 || q.is_nan() {
            return None;
        }
        // Nearest rank: the smallest number that at least `q` of all are not greater than.
        let rank = ((q.clamp(0.0, 1.0) * count as f64).ceil() as u64).clamp(1, count);
        let mut seen = 0;
        let below = self.buckets.range(ZERO + 1..MIDDLE);
        let ascending = below.chain(self.buckets.get_key_value(&ZERO)).chain(self.buckets.range(MIDDLE..));
        for (bucket, count) in ascending {
            seen += u64::from(*count);
            if seen >= rank {
                return Some(middle(*bucket));
            }
        }
        None
    }

    /// Compact bytes (delta and varint coded).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.buckets.len() * 3 + 4);
        let mut before = i32::from(ZERO);
        push_varint(&mut bytes, u32::try_from(self.buckets.len()).unwrap_or(u32::MAX));
        for (bucket, count) in &self.buckets {
            push_varint(&mut bytes, i32::from(*bucket).abs_diff(before));
            push_varint(&mut bytes, *count);
            before = i32::from(*bucket);
        }
        bytes
    }

    /// Reads [`Self::to_bytes`]; `None` if damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let length = usize::try_from(take_varint(&mut rest)?).ok().filter(|length| *length <= MAX_BUCKETS)?;
        let mut buckets = BTreeMap::new();
        let mut before = i32::from(ZERO);
        for index in 0..length {
            let step = i32::try_from(take_varint(&mut rest)?).ok()?;
            let bucket = before.checked_add(step).and_then(|bucket| i16::try_from(bucket).ok())?;
            let count = take_varint(&mut rest)?;
            if (index > 0 && step == 0) || count == 0 {
                return None;
            }
            buckets.insert(bucket, count);
            before = i32::from(bucket);
        }
        rest.is_empty().then_some(Self { buckets })
    }
}

fn bucket(value: f64) -> i16 {
    let size = value.abs();
    if size < LEAST {
        return ZERO;
    }
    let bucket = (size.min(GREATEST).ln() / GAMMA.ln()).ceil() as i16;
    if value < 0.0 { MIRROR - bucket } else { bucket }
}

/// The number that is within 1 % of all in the bucket.
fn middle(bucket: i16) -> f64 {
    match bucket {
        ZERO => 0.0,
        _ if bucket < MIDDLE => -middle(MIRROR.saturating_sub(bucket).max(MIDDLE)),
        _ => 2.0 * GAMMA.powi(i32::from(bucket)) / (GAMMA + 1.0),
    }
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn take_varint(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0_u64;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(value).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Histogram {
        let mut histogram = Histogram::default();
        for value in values {
            histogram.record(*value);
        }
        histogram
    }

    #[test]
    fn nothing_counted_has_no_quantile() {
        assert_eq!(Histogram::default().quantile(0.95), None);
        assert_eq!(of(&[f64::NAN]).count(), 0);
    }

    #[test]
    fn zero_and_the_immeasurable_are_counted() {
        let histogram = of(&[0.0, 0.0, f64::INFINITY]);
        assert_eq!(histogram.count(), 3);
        assert_eq!(histogram.quantile(0.5), Some(0.0));
        assert!(histogram.quantile(1.0).unwrap() > 0.98e15);
    }

    #[test]
    fn negative_numbers_stand_below_zero_and_in_their_order() {
        let histogram = of(&[-100.0, -1.0, 0.0, 1.0, 100.0]);
        for (q, expected) in [(0.2, -100.0), (0.4, -1.0), (0.6, 0.0), (0.8, 1.0), (1.0, 100.0)] {
            let found = histogram.quantile(q).unwrap();
            assert!((found - expected).abs() <= f64::abs(expected) * 0.0101, "{q}: {found} for {expected}");
        }
        assert_eq!(Histogram::from_bytes(&histogram.to_bytes()), Some(histogram));
    }

    #[test]
    fn numbers_up_to_a_limit_are_counted_with_those_in_its_bucket() {
        let histogram = of(&[-3.0, 0.0, 1.0, 10.0, 11.0, 1000.0]);
        let counts = [-4.0, -1.0, 0.0, 1.0, 9.0, 10.0, 100.0, 1e16].map(|limit| histogram.count_at_most(limit));
        assert_eq!(counts, [0, 1, 2, 3, 3, 4, 5, 6]);
    }

    #[test]
    fn one_spike_among_a_hundred_is_the_99th_percentile_not_the_median() {
        let mut values = vec![10.0; 98];
        values.extend([5000.0; 2]);
        let histogram = of(&values);
        assert!((histogram.quantile(0.5).unwrap() - 10.0).abs() < 0.11);
        assert!((histogram.quantile(0.99).unwrap() - 5000.0).abs() < 51.0);
    }

    #[test]
    fn a_typical_minute_is_small() {
        let values: Vec<f64> = (0..600).map(|n| 20.0 + f64::from(n % 50)).collect();
        assert!(of(&values).to_bytes().len() < 200);
    }

    proptest! {
        #[test]
        fn a_quantile_is_within_one_percent_of_the_true_one(
            mut values in prop::collection::vec(prop_oneof![1e-6..1e9_f64, -1e9..-1e-6_f64], 1..200),
            q in 0.0..=1.0_f64,
        ) {
            let found = of(&values).quantile(q).unwrap();
            values.sort_by(f64::total_cmp);
            let rank = ((q * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1];
            prop_assert!((found - exact).abs() <= exact.abs() * 0.010_001, "{found} for {exact}");
        }

        #[test]
        fn merging_is_the_same_as_recording_all(
            left in prop::collection::vec(0.0..1e6_f64, 0..50),
            right in prop::collection::vec(0.0..1e6_f64, 0..50),
        ) {
            let mut merged = of(&left);
            merged.merge(&of(&right));
            prop_assert_eq!(merged, of(&[left, right].concat()));
        }

        #[test]
        fn bytes_bring_back_the_same(values in prop::collection::vec(0.0..1e12_f64, 0..100)) {
            let histogram = of(&values);
            prop_assert_eq!(Histogram::from_bytes(&histogram.to_bytes()), Some(histogram));
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_but_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(histogram) = Histogram::from_bytes(&bytes) {
                let _ = (histogram.quantile(0.5), histogram.count());
            }
        }

        #[test]
        fn cut_bytes_are_refused(values in prop::collection::vec(0.0..1e6_f64, 1..20)) {
            let bytes = of(&values).to_bytes();
            prop_assert_eq!(Histogram::from_bytes(&bytes[..bytes.len() - 1]), None);
        }
    }
}
