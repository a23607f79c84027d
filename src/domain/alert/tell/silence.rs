//! Silences: of a person, for a reason, until a moment.

use serde::{Deserialize, Serialize};

use super::matcher::{Alert, Matcher};
use crate::domain::time::UnixMs;

/// Alerts that a person does not want to be told of for a while. All of author, reason and end are needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Its number; 0 before it is stored.
    pub id: i64,
    /// The environment it is for.
    pub env: String,
    /// Which alerts.
    pub matches: Matcher,
    /// Who.
    pub author: String,
    /// Why.
    pub reason: String,
    /// From when.
    pub from: UnixMs,
    /// Until when.
    pub until: UnixMs,
    /// When it was ended early, if it was.
    pub ended: Option<UnixMs>,
}

impl Silence {
    /// When it ends, early or not.
    pub fn end(&self) -> UnixMs {
        self.ended.map_or(self.until, |ended| ended.min(self.until))
    }

    /// Whether it is in force.
    pub fn is_open(&self, now: UnixMs) -> bool {
        self.from <= now && now < self.end()
    }

    /// Whether it is about this alert, in force or not.
    pub fn is_about(&self, alert: &Alert) -> bool {
        alert.key().env == self.env && self.matches.takes(alert)
    }
}
