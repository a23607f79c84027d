//! Telling: what of the alerts that fire is told, to whom, and why not. The manners of Alertmanager, in one process.
//!
//! In: the [`Policy`] of the configuration, and the [`Scene`] at a moment: every alert, what people said (silences,
//! acknowledgements), which services are down, which runs work on what. Out, by [`tick()`]: messages with a reason, notes for the
//! history of each alert, and the [`State`] after it with what changed. All of it is written in one transaction with the
//! messages; a tick that was not written did not happen.
//!
//! An alert that fires is first asked whether something holds it (`mute`): lost connectivity, a run under way (`work`), a
//! silence, a maintenance window, a heavier alert, a parent that is down. If nothing does, routes (`route`) name the channels
//! that are told; each channel is told by group (`group`), first after a wait for others, then at intervals. A resolved is sent
//! exactly to those who were told that it fires, whatever holds the alert by then: only a firing can be held.

mod ack;
mod group;
mod guard;
mod held;
mod maintenance;
mod matcher;
mod mute;
mod pairs;
mod policy;
mod route;
mod scene;
mod silence;
mod silences;
mod state;
mod tick;
mod words;
mod work;

pub use ack::Acknowledgement;
pub use group::{Group, Told};
pub use guard::{Line, Part};
pub use held::Held;
pub use maintenance::{Open, When, Window};
pub use matcher::{Alert, Matcher};
pub use policy::{Escalation, Expected, GuardLook, Inhibit, Limit, Pace, Policy, Route};
pub use scene::{LOST_CONNECTIVITY, Scene, ServiceSight, Services, lost_connectivity};
pub use silence::Silence;
pub use silences::Warning;
pub use state::{Changes, GroupId, KnownSilence, Rest, State, Telling};
pub use tick::{Outcome, tick, told_to};
pub use work::{Act, Work};

#[cfg(test)]
mod tests;
