//! How long looks took, counted from the history since this server began to read it.

use std::collections::{BTreeMap, HashMap};

use crate::{
    domain::{
        id::{LookId, LookKey},
        series::LookRow,
        time::UnixMs,
    },
    store::{Reader, StoreError},
};

/// Upper bounds of the buckets, in seconds.
pub const LIMITS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Durations of one probe's looks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Durations {
    /// Looks that took at most as long as each of [`LIMITS`].
    pub at_most: [u64; LIMITS.len()],
    /// All looks that were answered.
    pub count: u64,
    /// Their durations together, in seconds.
    pub sum: f64,
}

impl Durations {
    fn record(&mut self, seconds: f64) {
        for (count, limit) in self.at_most.iter_mut().zip(LIMITS) {
            *count += u64::from(seconds <= limit);
        }
        self.count += 1;
        self.sum += seconds;
    }
}

/// Counts looks batch by batch: each once, however often it is asked.
#[derive(Debug)]
pub struct Counted {
    since: UnixMs,
    after: i64,
    keys: HashMap<LookId, LookKey>,
    durations: BTreeMap<LookKey, Durations>,
}

impl Counted {
    /// Begins with what comes after now.
    pub fn begin(reader: &Reader, now: UnixMs) -> Result<Self, StoreError> {
        Ok(Self { since: now, after: reader.last_batch()?, keys: HashMap::new(), durations: BTreeMap::new() })
    }

    /// Counts what came since the last time.
    pub fn catch_up(&mut self, reader: &Reader) -> Result<(), StoreError> {
        let mut rows: Vec<LookRow> = Vec::new();
        let upto = reader.looks_since(self.after, |row| rows.push(row))?;
        if rows.iter().any(|row| !self.keys.contains_key(&row.look)) {
            self.keys = reader.look_names()?.into_iter().map(|(id, (key, _))| (id, LookKey::clone(&key))).collect();
        }
        for row in rows {
            if let (Some(key), Some(ms)) = (self.keys.get(&row.look), row.latency_ms) {
                if !self.durations.contains_key(key) {
                    self.durations.insert(key.clone(), Durations::default());
                }
                if let Some(durations) = self.durations.get_mut(key) {
                    durations.record(ms / 1e3);
                }
            }
        }
        self.after = upto;
        Ok(())
    }

    /// When counting began.
    pub fn since(&self) -> UnixMs {
        self.since
    }

    /// What was counted.
    pub fn durations(&self) -> &BTreeMap<LookKey, Durations> {
        &self.durations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_their_bounds_belong_to_them() {
        let mut durations = Durations::default();
        for seconds in [0.005, 0.006, 0.1, 60.0] {
            durations.record(seconds);
        }
        assert_eq!(durations.at_most, [1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3]);
        assert_eq!(durations.count, 4);
    }
}
