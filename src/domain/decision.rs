//! What a person says to a run: rows that its runner reads, never signals.

use serde::{Deserialize, Serialize};

use super::{actor::Actor, id::RunId, time::UnixMs};

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// Answers the question of an `ask` step.
    Answer {
        /// Step index.
        step: u16,
        /// Yes goes on, no fails the step.
        yes: bool,
        /// Free text.
        note: Option<String>,
    },
    /// In a hold: try the step again.
    Retry {
        /// Step index.
        step: u16,
    },
    /// In a hold: take the step as done (also: an unknown step is known to be done).
    Skip {
        /// Step index.
        step: u16,
        /// Why.
        reason: String,
    },
    /// In a hold over a machine: go on without it; it is reconciled later.
    Exclude {
        /// Step index.
        step: u16,
        /// Why.
        reason: String,
    },
    /// In a hold, or any time: undo what was done.
    RollBack {
        /// Why.
        reason: String,
    },
    /// In a hold: leave it as it is.
    Stop {
        /// Why.
        reason: String,
    },
    /// Any time: end the current command; the run ends cancelled.
    Cancel {
        /// Why.
        reason: String,
    },
}

/// A decision as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRow {
    /// Its number, ascending.
    pub id: i64,
    /// To whom.
    pub run: RunId,
    /// When.
    pub at: UnixMs,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub decision: Decision,
}
