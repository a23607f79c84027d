//! All that is written down of one alert: what was noted, and what became of each message about it.

use serde::Serialize;

use super::{delivery::Post, event::AlertEventRow, notice::Reason, rule::AlertKey};

/// The story of one alert.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Story {
    /// Whose.
    pub key: AlertKey,
    /// What was noted, oldest first; bounded.
    pub events: Vec<AlertEventRow>,
    /// Messages that told of it, oldest first, each with its last attempt; bounded.
    pub messages: Vec<Post>,
}

impl Reason {
    /// As people read it.
    pub fn words(&self) -> String {
        match self {
            Self::First => "first".into(),
            Self::New => "new".into(),
            Self::Resolved => "resolved".into(),
            Self::AllResolved => "all resolved".into(),
            Self::Repeat => "repeat".into(),
            Self::Escalated { step } => format!("escalated, step {step}"),
            Self::Acknowledged { by } => format!("acknowledged by {by}"),
            Self::Test => "test".into(),
            Self::Summary => "daily summary".into(),
            Self::Said => "said".into(),
        }
    }
}
