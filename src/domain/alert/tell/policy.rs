//! How it is told, as configured: routes with their pace and escalation, inhibition, maintenance windows, the guard.

use std::time::Duration;

use super::{maintenance::Window, matcher::Matcher};

/// Everything the configuration says of telling.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    /// In order: the first that takes an alert has it, unless it says `continue`.
    pub routes: Vec<Route>,
    /// Alerts that say what others say.
    pub inhibits: Vec<Inhibit>,
    /// Maintenance windows.
    pub windows: Vec<Window>,
    /// Looks that only fail when this machine is cut off.
    pub guard: Vec<GuardLook>,
    /// Alerts during a run.
    pub expected: Expected,
}

/// `[[routes]]`
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Unique; part of the keys of its groups.
    pub name: String,
    /// Which alerts.
    pub matches: Matcher,
    /// Channels.
    pub to: Vec<String>,
    /// Later routes may take the alert as well.
    pub goes_on: bool,
    /// Labels whose values make a group; the environment always does.
    pub group_by: Vec<String>,
    /// How often.
    pub pace: Pace,
    /// At most so many messages to one channel.
    pub limit: Option<Limit>,
    /// Who is told if nobody acknowledges, in order of time.
    pub escalate: Vec<Escalation>,
}

/// How often a group is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// From the first alert of a group to its first message, so that others can join.
    pub group_wait: Duration,
    /// Between two messages of a group at least.
    pub group_interval: Duration,
    /// What still fires is told again after so long.
    pub repeat_every: Duration,
    /// An alert that was told as firing isn't told as firing anew for so long, however often it ends and fires again.
    pub cool_down: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            group_wait: Duration::from_secs(30),
            group_interval: Duration::from_mins(5),
            repeat_every: Duration::from_hours(4),
            cool_down: Duration::ZERO,
        }
    }
}

/// A bound on messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// So many ...
    pub messages: u32,
    /// ... within so long.
    pub within: Duration,
}

/// One step of an escalation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// After an alert was first told.
    pub after: Duration,
    /// To whom.
    pub to: Vec<String>,
}

/// `[[inhibit]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inhibit {
    /// While one of these fires ...
    pub by: Matcher,
    /// ... these are not told ...
    pub mutes: Matcher,
    /// ... where they agree on these labels.
    pub same: Vec<String>,
}

/// A look named by service and probe, in whatever environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardLook {
    /// The service.
    pub service: String,
    /// Its probe.
    pub probe: String,
}

/// How long what a run does explains an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// After the step that touched the service.
    pub grace: Duration,
    /// From the start of the step, however long it takes.
    pub at_most: Duration,
}

impl Default for Expected {
    fn default() -> Self {
        Self { grace: Duration::from_mins(1), at_most: Duration::from_mins(30) }
    }
}
