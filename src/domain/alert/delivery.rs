//! What becomes of a notice once it is in the outbox.

use serde::{Deserialize, Serialize};

use super::{
    notice::{Notice, NoticeId},
    rule::Severity,
};
use crate::domain::time::UnixMs;

/// A notice in the outbox.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Post {
    /// Its number; within a channel and group they are delivered in this order.
    pub id: NoticeId,
    /// What makes it this one and no other: a second notice with the same is not taken.
    pub dedup: String,
    /// The content.
    pub notice: Notice,
    /// Attempts that failed, or delivered to some recipients only.
    pub attempts: u32,
    /// Recipients that are done with, in the channel's order.
    pub progress: u32,
    /// Not tried before.
    pub next_at: UnixMs,
    /// Since when its channel has been missing from the configuration.
    pub orphan_since: Option<UnixMs>,
    /// When it was settled, and how; `None` while it waits.
    pub settled: Option<(UnixMs, Outcome)>,
    /// The attempt before.
    pub last: Option<Delivery>,
}

/// How a notice ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// The other side took it.
    Delivered,
    /// Some of the recipients got it, others never will.
    Partly {
        /// Who, and why.
        why: String,
    },
    /// It will never be tried again.
    GivenUp {
        /// Why.
        why: String,
    },
}

impl Outcome {
    /// Why not all is well, if it is not.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Delivered => None,
            Self::Partly { why } | Self::GivenUp { why } => Some(why),
        }
    }

    /// In a word or two.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Partly { .. } => "partly delivered",
            Self::GivenUp { .. } => "given up",
        }
    }
}

/// What one attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivered {
    /// Taken by the other side.
    Yes,
    /// Not now.
    Later,
    /// Refused for good.
    Refused,
}

impl Delivered {
    /// As stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "delivered",
            Self::Later => "later",
            Self::Refused => "refused",
        }
    }

    /// Of a stored word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Yes, Self::Later, Self::Refused].into_iter().find(|one| one.word() == word)
    }
}

/// One attempt to deliver, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// When it began.
    pub at: UnixMs,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What it came to.
    pub delivered: Delivered,
    /// What the other side said, or why there was no answer: sanitised and masked.
    pub answer: String,
}

/// An attempt to write down, with what follows from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Of which notice.
    pub id: NoticeId,
    /// What it came to.
    pub delivery: Delivery,
    /// Recipients done with from now on.
    pub progress: u32,
    /// What is next.
    pub next: Next,
}

/// What follows from an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The next recipient, at once.
    Recipient,
    /// The same again, not before this.
    Again(UnixMs),
    /// Nothing: settled.
    Settled(Outcome),
}

/// What waits for one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backlog {
    /// The channel.
    pub channel: String,
    /// Notices that wait.
    pub waiting: u64,
    /// Since when the oldest of them does.
    pub oldest_at: UnixMs,
    /// When the first is to be tried.
    pub next_at: UnixMs,
    /// The most attempts that one of them took so far.
    pub attempts: u32,
    /// What the latest attempt came to, if there was one.
    pub trouble: Option<String>,
}

/// What open consoles ring for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bell {
    /// In order.
    pub id: i64,
    /// When.
    pub at: UnixMs,
    /// How much it matters.
    pub severity: Severity,
    /// One line, sanitised.
    pub title: String,
}
