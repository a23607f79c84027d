//! What is told, to whom and why: the content of a message, before a channel gives it its form.

use serde::{Deserialize, Serialize};

use super::rule::{AlertKey, Severity};
use crate::domain::time::UnixMs;

/// The number of a notice in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub i64);

/// Why a message is sent. Every message has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// The first of its group.
    First,
    /// More of the group began to fire.
    New,
    /// Some of the group ended, others still fire.
    Resolved,
    /// The last of the group ended.
    AllResolved,
    /// Nothing changed, for long.
    Repeat,
    /// Nobody acknowledged it in time.
    Escalated {
        /// Which step of the escalation, from 1.
        step: u32,
    },
    /// Somebody acknowledged it: pagers stop, chats are told.
    Acknowledged {
        /// Who.
        by: String,
    },
    /// `notify test`.
    Test,
    /// The daily summary.
    Summary,
    /// A pipeline's step, or a person, tells something.
    Said,
}

/// One alert in a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Which.
    pub key: AlertKey,
    /// How much it matters.
    pub severity: Severity,
    /// Since when.
    pub since: UnixMs,
    /// When it ended, if it did.
    pub ended: Option<UnixMs>,
    /// What it means, for people.
    pub summary: String,
    /// What is so: `error_rate 0.12 > 0.10`.
    pub explanation: String,
    /// The figure and what it is held against.
    pub figure: Option<(String, f64)>,
    /// See there.
    pub threshold: Option<f64>,
    /// `3 min after deploy #418 (1.9.2)`, if there was one lately.
    pub last_deploy: Option<String>,
    /// What to do: a path or an address.
    pub runbook: Option<String>,
    /// The command that opens it: `quarterdeck --env production alerts explain "High error rate" api`.
    pub open: String,
}

/// A message, for one channel. What was masked stays masked: nothing here is a secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The channel's name.
    pub channel: String,
    /// The group it is about; messages of one group and channel arrive in order. Also the provider's key for one incident
    /// (PagerDuty's `dedup_key`, Opsgenie's `alias`), so a resolved closes what its firing opened.
    pub group: String,
    /// When it was decided.
    pub at: UnixMs,
    /// Why.
    pub reason: Reason,
    /// The project.
    pub project: String,
    /// The environment, if it is about one.
    pub env: Option<String>,
    /// The heaviest of the alerts.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// Text that is not about alerts: what a step says, a summary.
    pub text: String,
    /// Still firing, the heaviest first; bounded.
    pub firing: Vec<Card>,
    /// Ended, newest first; bounded.
    pub resolved: Vec<Card>,
    /// Alerts left out of the two.
    pub more: usize,
}

impl Reason {
    /// `all_resolved`: as stored and given to templates.
    pub fn word(&self) -> &'static str {
        match self {
            Self::First => "first",
            Self::New => "new",
            Self::Resolved => "resolved",
            Self::AllResolved => "all_resolved",
            Self::Repeat => "repeat",
            Self::Escalated { .. } => "escalated",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Test => "test",
            Self::Summary => "summary",
            Self::Said => "said",
        }
    }
}
