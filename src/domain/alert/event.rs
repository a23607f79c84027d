//! What is kept of an alert, in order: what moved, what was told to whom, and why it was not.

use serde::{Deserialize, Serialize};

use super::{
    notice::Reason,
    rule::AlertKey,
    standing::{Phase, Standing},
    tell::Held,
};
use crate::domain::time::UnixMs;

/// Something that happened to an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum AlertEvent {
    /// Its state changed.
    Moved {
        /// Where it stood.
        from: Phase,
        /// Where it stands.
        now: Box<Standing>,
    },
    /// A message with it was written into the outbox, that it fires or that it ended.
    Told {
        /// To whom.
        channel: String,
        /// Of which group.
        group: String,
        /// Why.
        why: Reason,
        /// It was told as ended.
        ended: bool,
    },
    /// It fires and is not told now, and why. Once for each why.
    Held {
        /// Why.
        why: Held,
    },
    /// A person knows about it.
    Acknowledged {
        /// Who.
        author: String,
        /// What they say.
        note: String,
    },
    /// Something else worth knowing: a silence ended while it fires, say.
    Noted {
        /// One sentence.
        text: String,
    },
}

/// An event with its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertEventRow {
    /// When.
    pub at: UnixMs,
    /// Of which alert.
    pub key: AlertKey,
    /// What.
    #[serde(flatten)]
    pub event: AlertEvent,
}
