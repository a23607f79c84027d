//! Alerts: rules over what was seen, where each of them stands, and what is told of it.
//!
//! A [`Rule`] is judged for each subject it covers; [`Standing`] is where one of these stands, moved on by the state machine of
//! Prometheus. What moved is told as [`Notice`]s, by the manners of Alertmanager: grouped, with a reason, a resolved exactly if
//! its firing was told.

mod delivery;
mod event;
mod notice;
mod rule;
mod standing;
pub mod tell;

pub use delivery::{Attempt, Backlog, Bell, Delivered, Delivery, Next, Outcome, Post};
pub use event::{AlertEvent, AlertEventRow};
pub use notice::{Card, Notice, NoticeId, Reason};
pub use rule::{AlertKey, NoData, Rule, Severity};
pub use standing::{Change, Phase, Standing};
