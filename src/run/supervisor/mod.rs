//! The supervisor: the parent of one command, for as long as the command lives.
//!
//! In: a [`Spec`] as JSON on standard input (so that no secret stands on a command line or in a file), and the attempt's
//! directory. Out: files in that directory, and nothing else. Both outlive the runner, so a runner that dies loses
//! nothing: its successor reads on where the history's cursor stands.
//!
//! | file | written by | is |
//! |---|---|---|
//! | `attempt.lock` | supervisor | held for life: whether somebody looks after the command |
//! | `claim` | supervisor, or a successor as a veto | created with `O_EXCL` just before the command is spawned: of two, one wins |
//! | `started` | supervisor | the command's [`ProcessRef`](crate::domain::run::ProcessRef) |
//! | `spool` | supervisor | numbered, checked, finished lines: masked and sanitised (format in [`spool`]) |
//! | `cursor` | runner | how far the runner has read, so that the supervisor can hold a flood back |
//! | `cancel` | runner | its presence asks for the end of the command |
//! | `exit` | supervisor | the [`ExitRecord`]; written whole and last |
//!
//! The command is started through `quarterdeck exec` in a session of its own, with null input, two pipes and no other
//! descriptor. The supervisor is its subreaper: what it leaves behind is found, ended where the rules say so, and listed.
//!
//! Imports `domain`, `proc` and its own files.

mod attempt;
mod record;
mod respawn;
mod spec;
pub mod spool;
mod supervise;
mod wake;

use std::path::PathBuf;

pub use self::{
    attempt::{
        ExitRecord, Started, ended, exit_record, request_cancel, started, supervisor_alive, sweep_leftovers, veto_claim,
    },
    spec::{Respawn, Spec, SpecCommand, launch},
    spool::SpoolReader,
    supervise::main,
    wake::AttemptWatch,
};

/// Why a command could not be supervised, or its attempt's directory not be read.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    /// A file of the attempt.
    #[error("{path} can't be {doing}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// "created", "read", "written".
        doing: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A record in a file of the attempt can't be understood.
    #[error("{path} is damaged: {why}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The spec on standard input can't be used.
    #[error("the supervisor's spec can't be used: {0}")]
    Spec(String),
    /// Another supervisor holds the attempt's lock.
    #[error("{0} already has a supervisor")]
    Taken(PathBuf),
    /// A process could not be started.
    #[error("the supervisor could not be started: {0}")]
    Spawn(std::io::Error),
}

impl SupervisorError {
    /// Wraps an I/O error with the file it happened on.
    fn file(path: impl Into<PathBuf>, doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, doing, source }
    }
}
