//! Runs as they are listed and shown.

use serde::{Deserialize, Serialize};

use super::{RunPhase, RunState};
use crate::domain::{id::RunId, pipeline::PipelineKind, plan::Plan, time::UnixMs};

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Its number.
    pub id: RunId,
    /// Environment.
    pub env: String,
    /// Target.
    pub target: String,
    /// Pipeline.
    pub pipeline: String,
    /// Kind.
    pub kind: PipelineKind,
    /// Version it brings, if it has one.
    pub version: Option<String>,
    /// Version live before.
    pub previous: Option<String>,
    /// Who asked.
    pub by: String,
    /// When it was asked for.
    pub requested_at: UnixMs,
    /// When it ended.
    pub ended_at: Option<UnixMs>,
    /// Where it stands.
    pub phase: RunPhase,
    /// Steps in the plan.
    pub step_count: u16,
    /// Name and index of the step at work or last worked on.
    pub current: Option<(u16, String)>,
}

/// A run in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunDetail {
    /// As in a list.
    pub summary: RunSummary,
    /// What it executes.
    pub plan: std::sync::Arc<Plan>,
    /// Where it stands.
    pub state: RunState,
    /// Usual duration of each step in milliseconds, from earlier successful runs of the pipeline.
    pub usual_ms: Vec<Option<u64>>,
    /// Log lines stored so far.
    pub log_lines: u64,
}
