//! Incidents: what went wrong, who is at it, what was done and said, until it is closed.
//!
//! An incident is a fold over its entries ([`fold()`]), which are appended and never edited. Its [`timeline`] is folded from them
//! and from what is written down anyway: alerts, runs, decisions, changes of services. [`impact`] says what it cost, [`report`]
//! writes it down as a post-mortem or as a handover to paste.

mod fold;
mod group;
pub mod impact;
pub mod report;
mod svg;
pub mod timeline;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{
    alert::{AlertKey, Severity},
    time::UnixMs,
};

pub use fold::fold;
pub use group::{group_of, members};
pub use svg::svg;

/// The number of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub i64);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "I{}", self.0)
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It goes on.
    Open,
    /// It hurts nobody any more; what caused it may still be there.
    Mitigated,
    /// What caused it is gone.
    Resolved,
}

impl Status {
    /// As shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mitigated => "mitigated",
            Self::Resolved => "resolved",
        }
    }
}

/// What is said in an incident, in order. Appended, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum Said {
    /// It begins.
    Opened {
        /// What it is about, in a line.
        title: String,
        /// How much it matters.
        severity: Severity,
        /// The alert that opened it, unless a person did.
        alert: Option<AlertKey>,
    },
    /// Another alert belongs to it.
    Joined {
        /// Which.
        alert: AlertKey,
    },
    /// Something worth knowing.
    Note {
        /// What.
        text: String,
    },
    /// Somebody takes a part.
    Role {
        /// `commander`, `communications`, `scribe`, or any other.
        role: String,
        /// Who; empty: nobody any more.
        person: String,
    },
    /// It matters more, or less, than was thought.
    Severity {
        /// From now on.
        severity: Severity,
    },
    /// It is as far as that.
    Status {
        /// From now on.
        status: Status,
        /// What was seen; empty if nothing was said.
        note: String,
    },
    /// The next person has it.
    HandedOver {
        /// Who.
        to: String,
        /// What comes next.
        next: String,
    },
    /// Nobody needs to look at it any more.
    Closed {
        /// What it was; empty if nothing was said.
        note: String,
    },
}

/// Something that was said, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: UnixMs,
    /// By whom.
    pub author: String,
    /// What.
    #[serde(flatten)]
    pub said: Said,
}

/// An incident, as its entries say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// Environment.
    pub env: String,
    /// The service that stands for all that belong together; empty if it is about none.
    pub group: String,
    /// What it is about.
    pub title: String,
    /// How much it matters.
    pub severity: Severity,
    /// How far it is.
    pub status: Status,
    /// When it began.
    pub opened_at: UnixMs,
    /// Who opened it.
    pub opened_by: String,
    /// When it was first mitigated, or resolved.
    pub mitigated_at: Option<UnixMs>,
    /// When it was resolved, unless it was opened again.
    pub resolved_at: Option<UnixMs>,
    /// When it was closed.
    pub closed_at: Option<UnixMs>,
    /// Who has which part.
    pub roles: BTreeMap<String, String>,
    /// Alerts that belong to it, in order.
    pub alerts: Vec<AlertKey>,
    /// What comes next, as the last handover said.
    pub next: Option<String>,
}

impl Incident {
    /// When it was over: resolved, else closed; `None` while it goes on.
    pub fn ended_at(&self) -> Option<UnixMs> {
        self.resolved_at.or(self.closed_at)
    }

    /// `open`, `mitigated`, `resolved`, `closed`.
    pub fn word(&self) -> &'static str {
        if self.closed_at.is_some() { "closed" } else { self.status.word() }
    }
}

/// An alert that opens an incident, or joins the one that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When.
    pub at: UnixMs,
    /// Environment and group: one open incident for each.
    pub env: String,
    /// See there.
    pub group: String,
    /// Which alert.
    pub alert: AlertKey,
    /// How much it matters.
    pub severity: Severity,
    /// What is so.
    pub explanation: String,
}
