//! Where a project's history lives: `history.db`, `locks/`, `runs/<id>/<attempt>/`, `log/`. Private: 0700 and 0600.

use std::path::{Path, PathBuf};

use crate::domain::id::{AttemptKey, RunId};

use super::StoreError;

/// A state directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir(PathBuf);

impl StateDir {
    /// `explicit` if given, else `$XDG_STATE_HOME/quarterdeck/<project>-<hash of the canonical config path>`.
    pub fn locate(explicit: Option<&Path>, project: &str, config: &Path) -> Result<Self, StoreError> {
        let _ = (explicit, project, config);
        todo!()
    }

    /// At exactly this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Creates what is missing with private modes; refuses network filesystems and directories others may write to.
    pub fn create(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The history.
    pub fn database(&self) -> PathBuf {
        self.0.join("history.db")
    }

    /// Held by the watcher for life.
    pub fn watch_lock(&self) -> PathBuf {
        self.0.join("locks/watch.lock")
    }

    /// Held by the runner of that generation for life: `locks/run-418.2.lock`.
    pub fn run_lock(&self, run: RunId, generation: u32) -> PathBuf {
        self.0.join(format!("locks/run-{}.{generation}.lock", run.0))
    }

    /// Where a run's attempts keep their spools.
    pub fn run_dir(&self, run: RunId) -> PathBuf {
        self.0.join(format!("runs/{}", run.0))
    }

    /// One attempt's spool, claim, lock and exit record.
    pub fn attempt_dir(&self, run: RunId, attempt: AttemptKey) -> PathBuf {
        self.run_dir(run).join(attempt.dir_name())
    }

    /// Quarterdeck's own log files.
    pub fn log_dir(&self) -> PathBuf {
        self.0.join("log")
    }
}
