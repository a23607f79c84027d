//! Alerts: rules over what was seen, where each of them stands, and what is told of it.
//!
//! A [`Rule`] is judged for each subject it covers; [`Standing`] is where one of these stands, moved on by the state machine of
//! Prometheus. What moved is told as [`Notice`]s, by the manners of Alertmanager: grouped, with a reason, a resolved exactly if
//! its firing was told.

mod board;
mod book;
mod delivery;
mod event;
mod exhibit;
mod judge;
pub mod machine;
mod notice;
mod over;
mod rule;
mod rulebook;
mod sla;
pub mod slo;
mod standing;
mod story;
pub mod tell;
mod window;

pub use board::{Board, Deploy, Posted, Readings, State};
pub use book::{Book, Desk, EVERY_SERVICE, Kept, Outline, Place, STATES, Seen};
pub use delivery::{Attempt, Backlog, Bell, Delivered, Delivery, Next, Outcome, Post};
pub use event::{AlertEvent, AlertEventRow};
pub use exhibit::{Exhibit, Input};
pub use judge::{Judge, Round};
pub use notice::{Card, Notice, NoticeId, Reason};
pub use over::Over;
pub use rule::{AlertKey, NoData, Origin, Rule, Severity};
pub use rulebook::Rulebook;
pub use sla::{Compliance, Line, Thresholds};
pub use slo::{Budget, Objective};
pub use standing::{Change, Phase, Standing};
pub use story::Story;
