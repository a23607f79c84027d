//! Mergeable log-bucket histograms: percentiles come from these, never from averages.

/// A distribution of non-negative numbers with a bounded relative error of its quantiles (1 %), in sparse buckets.
/// Adding histograms adds their counts, so minutes merge into hours without loss.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histogram {
    buckets: std::collections::BTreeMap<i16, u32>,
}

impl Histogram {
    /// Counts one number; NaN and negatives are ignored.
    pub fn record(&mut self, value: f64) {
        let _ = (value, &self.buckets);
        todo!()
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        let _ = other;
        todo!()
    }

    /// Numbers counted.
    pub fn count(&self) -> u64 {
        todo!()
    }

    /// The value at quantile `q` in 0..=1; `None` if empty.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        todo!("{q}")
    }

    /// Compact bytes (delta and varint coded).
    pub fn to_bytes(&self) -> Vec<u8> {
        todo!()
    }

    /// Reads [`Self::to_bytes`]; `None` if damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        todo!("{bytes:?}")
    }
}
