//! Releases, and choosing where to go back to.

use serde::{Deserialize, Serialize};

use super::{id::RunId, time::UnixMs};

/// A release as templates see it: `previous.version`, `point.version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRef {
    /// The run that wrote it.
    pub run: RunId,
    /// Its version.
    pub version: String,
}

/// What a successful deploy or rollback leaves behind; also each failed one, so that it can be seen and never chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// The run that wrote it.
    pub run: RunId,
    /// Environment.
    pub env: String,
    /// Target.
    pub target: String,
    /// Version.
    pub version: String,
    /// When it went live (or failed).
    pub at: UnixMs,
    /// When the next one went live; `None` while it is live.
    pub replaced_at: Option<UnixMs>,
    /// Who released it.
    pub by: String,
    /// How it ended.
    pub state: ReleaseState,
    /// Hash of the plan that made it.
    pub plan_hash: String,
    /// A person or a failed soak marked it bad, and why.
    pub marked_bad: Option<String>,
    /// How it behaved while live.
    pub behaviour: Behaviour,
}

/// How a release ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseState {
    /// It is live.
    Live,
    /// It was live and was replaced.
    Replaced,
    /// It was undone by its own run or by a rollback.
    RolledBack,
    /// Its run failed and was left as it was.
    Failed,
}

/// Figures of the time a release was live.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Behaviour {
    /// Share of looks that passed, 0 to 1.
    pub availability: Option<f64>,
    /// Mean of `error_rate` over the time.
    pub error_rate: Option<f64>,
    /// Mean of `p95_ms` over the time.
    pub p95_ms: Option<f64>,
    /// Verdict of its last soak in one sentence.
    pub soak: Option<String>,
}

/// A release in the rollback chooser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RollbackPoint {
    /// The release.
    pub release: Release,
    /// Why it can't be chosen, if it can't: "live now", "marked bad: ...", "its deploy failed".
    pub refused: Option<String>,
    /// Chosen by default: the newest good one.
    pub preferred: bool,
    /// What going back there will not bring back.
    pub not_restored: Vec<String>,
    /// Estimated time, from earlier rollbacks and deploys of this target.
    pub estimate_ms: Option<u64>,
}

/// Turns the releases of one target, newest first, into the chooser's rows, newest first. The live one and failed, rolled
/// back or bad ones are refused with the reason; the newest good one is preferred: never simply the one before.
pub fn rollback_points(releases: Vec<Release>, estimate_ms: Option<u64>) -> Vec<RollbackPoint> {
    let _ = (releases, estimate_ms);
    todo!()
}
