//! Where one alert stands.

use serde::{Deserialize, Serialize};

use super::rule::{AlertKey, Severity};
use crate::domain::time::UnixMs;

/// The states of Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "phase")]
pub enum Phase {
    /// Not true.
    Inactive,
    /// True, not yet for long enough.
    Pending {
        /// Since when it has been true.
        since: UnixMs,
    },
    /// Told.
    Firing {
        /// Since when it had been true.
        since: UnixMs,
        /// When it began to fire.
        fired_at: UnixMs,
        /// First false since it was last true, while it is kept firing.
        false_since: Option<UnixMs>,
    },
}

/// An alert now. What is not here is inactive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Which.
    pub key: AlertKey,
    /// Of its rule.
    pub severity: Severity,
    /// Where it stands.
    pub phase: Phase,
    /// When it was last judged true or false.
    pub judged_at: UnixMs,
    /// Since when it can't be judged, if it can't.
    pub unknown_since: Option<UnixMs>,
    /// What is so: `error_rate 0.12 > 0.10`.
    pub explanation: String,
    /// The figure the rule is about, if it is about one: its name, its value now.
    pub figure: Option<(String, f64)>,
    /// What the figure is held against.
    pub threshold: Option<f64>,
}

/// A standing that moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// When.
    pub at: UnixMs,
    /// Where it stood.
    pub from: Phase,
    /// Where it stands.
    pub now: Standing,
}
