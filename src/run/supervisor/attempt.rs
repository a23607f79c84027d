//! The small files of an attempt's directory: claim, start, cancel, exit.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::SupervisorError;
use crate::domain::{
    run::{AttemptEnd, ProcessRef},
    time::UnixMs,
};

/// The command runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The command's process; it leads a session and a process group of its own.
    pub process: ProcessRef,
    /// When.
    pub at: UnixMs,
}

/// The command ended. Written whole, after the spool was synced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitRecord {
    /// How.
    pub end: AttemptEnd,
    /// By the monotonic clock.
    pub duration_ms: u64,
    /// Records in the spool; a reader that has this number has everything.
    pub lines: u64,
    /// SHA-256 of the spool, in hex.
    pub digest: String,
    /// When.
    pub at: UnixMs,
    /// Processes it left behind that had to be ended, or could not be, for people. They stand in the log, too.
    pub left_behind: Vec<String>,
}

/// The exit record, if the command has ended and everything is on disk.
pub fn exit_record(dir: &Path) -> Result<Option<ExitRecord>, SupervisorError> {
    todo!("{}", dir.display())
}

/// Whether [`exit_record`] would give one.
pub fn ended(dir: &Path) -> bool {
    dir.join("exit").exists()
}

/// The command's process, if it was spawned and recorded.
pub fn started(dir: &Path) -> Result<Option<Started>, SupervisorError> {
    todo!("{}", dir.display())
}

/// Takes the claim before the supervisor does: `true` means that the command was never started and never will be; `false`
/// that it was, or is just about to be.
pub fn veto_claim(dir: &Path) -> Result<bool, SupervisorError> {
    todo!("{}", dir.display())
}

/// Whether a supervisor looks after this attempt. A launched supervisor needs some milliseconds to become alive:
/// `veto_claim` settles the race.
pub fn supervisor_alive(dir: &Path) -> Result<bool, SupervisorError> {
    todo!("{}", dir.display())
}

/// Asks the supervisor to end the command: SIGTERM to its group, `kill_after`, SIGKILL, then everything it left behind.
pub fn request_cancel(dir: &Path) -> Result<(), SupervisorError> {
    todo!("{}", dir.display())
}

/// When the supervisor itself died: ends every process that still carries the attempt's mark, and says which; the second
/// list is what could not be ended.
pub fn sweep_leftovers(dir: &Path) -> (Vec<String>, Vec<String>) {
    todo!("{}", dir.display())
}
