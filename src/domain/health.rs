//! The state of a service, and how looks move it.

use serde::{Deserialize, Serialize};

use super::{time::UnixMs, verdict::Verdict};

/// The state of a service as people speak of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Looks pass.
    Up,
    /// Looks pass, but a `degraded` condition holds.
    Degraded,
    /// Looks fail.
    Down,
    /// Nothing recent is known.
    Unknown,
    /// A person said so.
    Maintenance,
}

impl Health {
    /// The word shown beside every colour.
    pub fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "DEGRADED",
            Self::Down => "DOWN",
            Self::Unknown => "unknown",
            Self::Maintenance => "maintenance",
        }
    }
}

/// What one look says: its verdict, and whether it passed slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookSays {
    /// Of `expect`.
    pub verdict: Verdict,
    /// One of `degraded` held.
    pub degraded: bool,
}

/// How many bad looks of how many make a service bad, and how many good ones in a row make it good again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debounce {
    /// Bad looks needed (default 2) ...
    pub bad: u8,
    /// ... among this many latest (default 3).
    pub of: u8,
    /// Good looks in a row to recover (default 2).
    pub recover: u8,
}

impl Default for Debounce {
    fn default() -> Self {
        Self { bad: 2, of: 3, recover: 2 }
    }
}

/// The debounced state of one look. Feed it every look in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookState {
    /// The state now.
    pub health: Health,
    /// When it became so.
    pub since: UnixMs,
    recent: Vec<LookSays>,
}

impl LookState {
    /// Before the first look.
    pub fn new(at: UnixMs) -> Self {
        Self { health: Health::Unknown, since: at, recent: Vec::new() }
    }

    /// Takes one look in; returns whether the state changed. The very first look decides at once.
    pub fn take(&mut self, says: LookSays, at: UnixMs, rule: Debounce) -> bool {
        let _ = (says, at, rule, &self.recent);
        todo!()
    }

    /// No look came for too long: unknown. Returns whether the state changed.
    pub fn stale(&mut self, at: UnixMs) -> bool {
        let _ = at;
        todo!()
    }
}

/// The state of a service from those of its looks: the worst, where down > degraded > unknown > up.
pub fn service_health(looks: impl IntoIterator<Item = Health>) -> Health {
    let _ = looks.into_iter().count();
    todo!()
}
