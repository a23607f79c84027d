//! Act: plan, launch, runner, supervisor, steps.
//!
//! In: an immutable plan and the decisions of people, both rows of the history. Out: appended events, log lines, reports,
//! releases, and processes that do the work.
//!
//! [`launch`] makes plans, creates the run and starts a detached [`runner`]. The runner holds one run: it asks
//! its `next` what comes next, which is a function of the folded events alone, and does it: a step
//! (`step`), a hold, an undo, the end. So a runner that replaces a dead one simply asks the same question. Each command
//! has a [`supervisor`] of its own, which survives the runner; `adopt` is what a successor does about an attempt whose
//! end nobody has stored yet.
//!
//! Every change is an appended event first and an act second. May import domain, store, probe, secret, config (resolved
//! types), proc. Never `watch`.

mod adopt;
mod attend;
mod desk;
mod error;
mod evidence;
mod late;
pub mod launch;
mod outside;
mod over;
mod rollback;
pub mod runner;
mod step;
pub mod supervisor;
