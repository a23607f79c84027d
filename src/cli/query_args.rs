//! The arguments of `query`.

use std::time::Duration;

use clap::Args;

use crate::domain::query::Aggregation;

/// A question about a series.
#[derive(Debug, Clone, Args)]
pub struct QueryArguments {
    /// SERVICE.NAME or SERVICE.PROBE.NAME, such as api.p95_ms or api.ready.latency_ms.
    #[arg(required_unless_present = "list")]
    pub series: Option<String>,
    /// List the series there are.
    #[arg(long)]
    pub list: bool,
    /// Begin: a time ago (7d, 90m), or a moment (2026-11-21, "2026-11-21 14:00", RFC 3339).
    #[arg(long, default_value = "1h")]
    pub since: String,
    /// End, likewise [default: now].
    #[arg(long)]
    pub until: Option<String>,
    /// Width of a step [default: so that there are at most 100].
    #[arg(long, value_parser = humantime::parse_duration)]
    pub step: Option<Duration>,
    /// What a step's samples come to: avg, min, max, sum, count, last, p50, p95, p99, rate [default: avg; of series that
    /// are percentiles: max].
    #[arg(long)]
    pub agg: Option<Aggregation>,
    /// Each series that is recorded by this label.
    #[arg(long, value_name = "LABEL")]
    pub by: Option<String>,
    /// Beside it, the same window that long before, and the difference.
    #[arg(long, value_name = "AGO", value_parser = humantime::parse_duration)]
    pub compare: Option<Duration>,
    /// Draw it, with thresholds and deploys.
    #[arg(long, conflicts_with = "csv")]
    pub plot: bool,
    /// Print CSV.
    #[arg(long)]
    pub csv: bool,
}
