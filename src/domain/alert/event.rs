//! What is written down of an alert, appended and never changed: each move, and what telling made of it.

use serde::{Deserialize, Serialize};

use super::{
    notice::Reason,
    rule::AlertKey,
    standing::{Phase, Standing},
};
use crate::domain::time::UnixMs;

/// A row of `alert_events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertEvent {
    /// When.
    pub at: UnixMs,
    /// Of which alert.
    pub key: AlertKey,
    /// What.
    #[serde(flatten)]
    pub what: Noted,
}

/// What can be noted of an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Noted {
    /// It moved.
    Moved {
        /// Where it stood.
        from: Phase,
        /// Where it stands.
        now: Box<Standing>,
    },
    /// A message about it was written for a channel.
    Told {
        /// The channel's name.
        channel: String,
        /// Why.
        reason: Reason,
    },
    /// It fires, and nobody is told: written when it begins to be so, or for another reason than before.
    Held {
        /// One sentence: `expected (deploy #418)`, `silenced by alice until 15:00: known`.
        why: String,
    },
}
