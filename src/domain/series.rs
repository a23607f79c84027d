//! Numbers over time.

use serde::{Deserialize, Serialize};

use super::{histogram::Histogram, id::LookId, time::UnixMs, verdict::Verdict};

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

/// A minute (or an hour) of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollup {
    /// Start of the minute.
    pub at: UnixMs,
    /// Samples counted.
    pub count: u32,
    /// Their sum.
    pub sum: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// Their distribution, mergeable; only for latencies.
    pub histogram: Option<Histogram>,
}
