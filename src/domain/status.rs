//! What the Watch screen and `status` show of a service.

use serde::{Deserialize, Serialize};

use super::{health::Health, id::LookKey, probe::Phases, time::UnixMs, verdict::Verdict};

/// A service now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceNow {
    /// Its name.
    pub service: String,
    /// Its state; unknown if its looks are stale.
    pub health: Health,
    /// Since when; `None` before the first look.
    pub since: Option<UnixMs>,
    /// Median latency: the series `p50_ms` if any of the three is recorded, else from the looks of the last 5 minutes.
    pub p50_ms: Option<f64>,
    /// Likewise.
    pub p95_ms: Option<f64>,
    /// Likewise.
    pub p99_ms: Option<f64>,
    /// The highest latency a recorded percentile can tell: one that reaches it is shown as `> 10 s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling_ms: Option<f64>,
    /// The series `error_rate` if recorded (0 to 1), else the share of failed looks of the last 5 minutes.
    pub error_rate: Option<f64>,
    /// The series `requests` if recorded, in requests a second.
    pub rps: Option<f64>,
    /// The last 16 values of the latency shown, oldest first, for the sparkline.
    pub trend: Vec<Option<f64>>,
    /// The version it says it is, if a look said one.
    pub version: Option<String>,
    /// Its looks.
    pub looks: Vec<LookNow>,
}

/// The latest of one probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LookNow {
    /// Which.
    pub key: LookKey,
    /// When it was taken.
    pub at: UnixMs,
    /// No look came for more than 3 times `every`, and at least 10 s.
    pub stale: bool,
    /// Debounced state of this look.
    pub health: Health,
    /// Since when.
    pub since: UnixMs,
    /// Of `expect`, this time.
    pub verdict: Verdict,
    /// Its latency.
    pub latency_ms: Option<f64>,
    /// One sentence: what failed or what degraded, empty if all is well.
    pub detail: String,
    /// Where its time went.
    pub phases: Phases,
    /// Recorded numbers by name.
    pub values: Vec<(String, Option<f64>)>,
    /// The version the other side says it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Recorded percentiles with the highest value each can tell: one that reaches it lies in the `+Inf` bucket.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ceilings: Vec<(String, f64)>,
    /// Plain facts the look brought, masked: its status, days until the certificate expires.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<(String, String)>,
    /// What is not as it was asked for, though the look is fine: labels that were dropped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What changed, for the event pane: state changes of services and landmarks of runs, newest last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Happening {
    /// When.
    pub at: UnixMs,
    /// Environment.
    pub env: String,
    /// What it is about.
    pub subject: String,
    /// One sentence: "up -> DOWN: connect refused", "deploy #418 1.9.2 started by bob".
    pub text: String,
    /// For its colour.
    pub tone: Tone,
}

/// How a sentence is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Good news.
    Good,
    /// Worth a look.
    Warn,
    /// Bad news.
    Bad,
    /// Neither.
    Plain,
}

/// A mark in a chart: a run of the environment that began (and ended) in the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeployMark {
    /// When.
    pub at: UnixMs,
    /// `deploy 1.9.2`, `rollback to 1.9.1`.
    pub label: String,
}
