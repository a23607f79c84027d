//! The runner: holds one run to its end.
//!
//! In: the run's plan and events, decisions. Out: events, in order. `next` says from the folded state what comes next,
//! `drive` does it and asks again; so a runner that replaces a dead one needs no other entry than this one. It reads no
//! configuration, has no terminal, and what it thinks is worth telling goes into the history or Quarterdeck's own log.

mod batch;
mod charge;
mod drive;
mod forward;
mod hold;
mod next;

pub use self::charge::main;
pub use super::error::RunnerError;
