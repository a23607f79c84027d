//! Steps: one file for each kind, and the one way all of them are executed.
//!
//! In: a step of the plan and the events so far. Out: events, and how the step ended. [`mod@execute`] brings a step (or its
//! undo) to its end: [`work`] says which pieces of work it is made of (one, but for `traffic`), [`decide`] says from the
//! events what to do next about a piece (begin, continue, try again, ask its `probe`, give up), and the kinds do it. As
//! only events decide, a runner that takes over in the middle goes on at the same place.

mod ask;
mod checklist;
mod command;
mod database;
mod decide;
mod execute;
mod figures;
mod flag;
mod http;
mod pause;
mod remote;
mod soak;
mod verify;
mod wait;
mod work;

pub use self::{
    database::reports,
    execute::{StepResult, execute},
    remote::close_all as close_lines,
    verify::look_at_service,
};
