//! What telling looks at, at one moment.

use std::collections::{BTreeMap, BTreeSet};

use super::{ack::Acknowledgement, matcher::Alert, policy::Policy, silence::Silence, work::Work};
use crate::domain::{alert::AlertKey, time::UnixMs};

/// Everything that counts at a tick.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// Now.
    pub now: UnixMs,
    /// By how much the wall clock was set since the tick before, in milliseconds: what is measured goes on as if it were not.
    pub moved: i64,
    /// The project's name.
    pub project: &'a str,
    /// The configuration.
    pub policy: &'a Policy,
    /// Channels that can be told.
    pub channels: &'a BTreeSet<String>,
    /// Every alert that pends or fires.
    pub alerts: &'a [Alert],
    /// Silences that are open, or were a short while ago.
    pub silences: &'a [Silence],
    /// Acknowledgements of alerts that fire.
    pub acks: &'a [Acknowledgement],
    /// Services with what they need, and whether they are down.
    pub services: &'a Services,
    /// Runs under way and over lately, oldest first.
    pub works: &'a [Work],
    /// Nothing can be reached from here.
    pub lost: bool,
}

/// Services by environment and name.
pub type Services = BTreeMap<(String, String), ServiceSight>;

/// A service as far as telling goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceSight {
    /// What it needs.
    pub depends_on: Vec<String>,
    /// It is down.
    pub down: bool,
}

/// The rule of the one alert that is told while nothing can be reached from here. It is of no environment.
pub const LOST_CONNECTIVITY: &str = "console lost connectivity";

/// Its key.
pub fn lost_connectivity() -> AlertKey {
    AlertKey { env: String::new(), rule: LOST_CONNECTIVITY.to_owned(), subject: String::new() }
}

impl<'a> Scene<'a> {
    /// Who knows about this firing, if anybody does.
    pub fn acknowledged_by(&self, alert: &Alert) -> Option<&'a str> {
        self.acks.iter().find(|ack| ack.is_of(&alert.standing)).map(|ack| ack.author.as_str())
    }
}
