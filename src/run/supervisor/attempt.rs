//! The small files of an attempt's directory: claim, start, cancel, exit.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::SupervisorError;
use crate::{
    domain::{
        run::{AttemptEnd, ProcessRef},
        time::UnixMs,
    },
    proc::sweep,
};

pub(super) const LOCK: &str = "attempt.lock";
const CLAIM: &str = "claim";
const STARTED: &str = "started";
pub(super) const CANCEL: &str = "cancel";
const EXIT: &str = "exit";

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
    read_json(&dir.join(EXIT))
}

/// Whether [`exit_record`] would give one.
pub fn ended(dir: &Path) -> bool {
    dir.join(EXIT).exists()
}

/// The command's process, if it was spawned and recorded.
pub fn started(dir: &Path) -> Result<Option<Started>, SupervisorError> {
    read_json(&dir.join(STARTED))
}

/// Takes the claim before the supervisor does: `true` means that the command was never started and never will be; `false`
/// that it was, or is just about to be.
pub fn veto_claim(dir: &Path) -> Result<bool, SupervisorError> {
    create_private(dir)?;
    claim(dir, Claimant::Successor)
}

/// Who may decide whether the command starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Claimant {
    /// It starts it.
    Supervisor,
    /// It forbids it.
    Successor,
}

/// Whether the claim belongs to `who`, taken now or earlier. The file appears with its content, on disk: it is written
/// aside and linked into place, which fails if there is one.
pub(super) fn claim(dir: &Path, who: Claimant) -> Result<bool, SupervisorError> {
    let path = dir.join(CLAIM);
    let aside = dir.join(format!("{CLAIM}.{}", std::process::id()));
    write_private(&aside, &serde_json::to_vec(&who).unwrap_or_default())?;
    let linked = fs::hard_link(&aside, &path);
    let _ = fs::remove_file(&aside);
    match linked {
        Ok(()) => {
            sync_dir(dir)?;
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Ok(who == Claimant::Successor && read_json(&path)? == Some(Claimant::Successor))
        }
        Err(error) => Err(SupervisorError::file(path, "created")(error)),
    }
}

/// Whether a supervisor looks after this attempt. A launched supervisor needs some milliseconds to become alive:
/// [`veto_claim`] settles the race.
pub fn supervisor_alive(dir: &Path) -> Result<bool, SupervisorError> {
    is_locked(&dir.join(LOCK))
}

/// Whether a living process holds the lock at `path`. Takes it for a moment if nobody does.
pub(super) fn is_locked(path: &Path) -> Result<bool, SupervisorError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(SupervisorError::file(path, "opened")(error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(SupervisorError::file(path, "locked")(error)),
    }
}

/// Takes the attempt's lock, for life. Somebody may just be asking whether it is held: that passes.
pub(super) fn lock(dir: &Path) -> Result<File, SupervisorError> {
    let path = dir.join(LOCK);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(SupervisorError::file(&path, "created"))?;
    for _ in 0..50 {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::Error(error)) => return Err(SupervisorError::file(&path, "locked")(error)),
        }
    }
    Err(SupervisorError::Taken(dir.to_owned()))
}

/// Asks the supervisor to end the command: SIGTERM to its group, `kill_after`, SIGKILL, then everything it left behind.
pub fn request_cancel(dir: &Path) -> Result<(), SupervisorError> {
    write_private(&dir.join(CANCEL), b"")
}

/// When the supervisor itself died: ends every process that still carries the attempt's mark. Returns what was ended, and
/// what could not be.
pub fn sweep_leftovers(dir: &Path) -> (Vec<String>, Vec<String>) {
    let mark = mark(dir);
    let (gone, remaining) = sweep::end_all(|| sweep::marked(&mark), Duration::from_secs(2));
    let show = |found: Vec<sweep::Found>| found.iter().map(ToString::to_string).collect();
    (show(gone), show(remaining))
}

/// What descendants of the attempt's command carry in their environment.
pub(super) fn mark(dir: &Path) -> PathBuf {
    dir.canonicalize().unwrap_or_else(|_| dir.to_owned())
}

pub(super) fn record_start(dir: &Path, started: &Started) -> Result<(), SupervisorError> {
    write_json(dir, STARTED, started)
}

pub(super) fn record_exit(dir: &Path, exit: &ExitRecord) -> Result<(), SupervisorError> {
    write_json(dir, EXIT, exit)
}

/// Creates the attempt's directory, for its owner only.
pub(super) fn create_private(dir: &Path) -> Result<(), SupervisorError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(SupervisorError::file(dir, "created"))
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, SupervisorError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| SupervisorError::Damaged { path: path.to_owned(), why: error.to_string() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SupervisorError::file(path, "read")(error)),
    }
}

/// Whole or not at all: written aside, synced, renamed, and the directory synced.
fn write_json(dir: &Path, name: &str, value: &impl Serialize) -> Result<(), SupervisorError> {
    let path = dir.join(name);
    let aside = dir.join(format!("{name}.new"));
    let bytes = serde_json::to_vec(value).map_err(|error| SupervisorError::file(&path, "written")(error.into()))?;
    write_private(&aside, &bytes)?;
    fs::rename(&aside, &path).map_err(SupervisorError::file(&path, "written"))?;
    sync_dir(dir)
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), SupervisorError> {
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(SupervisorError::file(path, "written"))
}

fn sync_dir(dir: &Path) -> Result<(), SupervisorError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(SupervisorError::file(dir, "synced"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f07_of_supervisor_and_successor_one_has_the_claim() {
        let dir = tempfile::tempdir().unwrap();
        assert!(veto_claim(dir.path()).unwrap());
        assert!(!claim(dir.path(), Claimant::Supervisor).unwrap());
        assert!(veto_claim(dir.path()).unwrap(), "a veto stays a veto for the next successor");
        let dir = tempfile::tempdir().unwrap();
        assert!(claim(dir.path(), Claimant::Supervisor).unwrap());
        assert!(!veto_claim(dir.path()).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_lock_tells_whether_a_supervisor_lives() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!supervisor_alive(dir.path()).unwrap());
        let held = lock(dir.path()).unwrap();
        assert!(supervisor_alive(dir.path()).unwrap());
        assert!(matches!(lock(dir.path()), Err(SupervisorError::Taken(_))));
        drop(held);
        assert!(!supervisor_alive(dir.path()).unwrap());
    }
}
