//! Starting runs, and keeping runner and watcher processes alive: the only part of this room the console sees.
//!
//! In: a project, choices of a person. Out: plans to look at, rows in the history, detached processes. Nothing here
//! waits for a run: what becomes of it is read from the history.

mod actor;
mod choices;
mod error;
mod plan;
mod process;
mod start;
mod turn;
mod watcher;

pub use self::{
    actor::current_actor,
    choices::choices,
    error::LaunchError,
    plan::{
        PREFLIGHT_LASTS, Preflight, preflight, preflight_verdict, prepare, prepare_rollback, prepare_suite,
        rollback_points, rollback_points_by, ways,
    },
    process::own_binary,
    start::{Adopted, adopt_orphans, decide, start, take_over},
    turn::starting_marker,
    watcher::{ensure_watcher, watcher},
};
