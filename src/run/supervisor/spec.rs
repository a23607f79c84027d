//! What a supervisor is told, and telling it.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{SupervisorError, attempt};
use crate::{
    domain::{id::RunId, time::human},
    proc::detached,
};

/// Everything a supervisor needs to know. Travels by pipe only. `Debug` shows no values.
#[derive(Clone, Serialize, Deserialize)]
pub struct Spec {
    /// What to execute.
    pub command: SpecCommand,
    /// Where.
    pub cwd: PathBuf,
    /// Added to the supervisor's own environment.
    pub env: BTreeMap<String, String>,
    /// Secret values by name: masked in the output, and handed by pipe to a respawned runner. Not put into the command's
    /// environment unless they also stand in `env`.
    pub secrets: BTreeMap<String, String>,
    /// Bound on the command, by the monotonic clock.
    #[serde(with = "human::option")]
    pub timeout: Option<Duration>,
    /// Between SIGTERM and SIGKILL (10 s).
    #[serde(with = "human")]
    pub kill_after: Duration,
    /// While this file exists and is empty the disk is full, and the command is held back as soon as it says something.
    #[serde(default)]
    pub held_back_by: Option<PathBuf>,
    /// What the command reads on its standard input; nothing if absent.
    #[serde(default)]
    pub input: Option<String>,
    /// How to replace the runner if it dies.
    pub respawn: Option<Respawn>,
}

/// What to execute.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecCommand {
    /// An argument vector.
    Run(Vec<String>),
    /// A script for `sh -eu -c`.
    Shell(String),
}

/// How to replace the runner if it dies: done when no lock of the run is held, while the command runs and once more at
/// its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Respawn {
    /// The directory of the run's locks.
    pub locks: PathBuf,
    /// Its locks are `run-<id>.<generation>.lock`.
    pub run: RunId,
    /// Arguments for our own binary, such as `runner 418 --state DIR`. Its standard input is the secrets as a JSON object
    /// of names and values.
    pub arguments: Vec<String>,
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec")
            .field("cwd", &self.cwd)
            .field("env", &self.env.keys())
            .field("secrets", &self.secrets.keys())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Starts a detached supervisor of `spec` in the attempt directory `dir` (created if missing) from `binary`, and returns
/// as soon as it has the spec. What becomes of it is read from the directory.
pub fn launch(binary: &Path, dir: &Path, spec: &Spec) -> Result<(), SupervisorError> {
    attempt::create_private(dir)?;
    let dir = dir.canonicalize().map_err(SupervisorError::file(dir, "found"))?;
    let spec = serde_json::to_vec(spec).map_err(|error| SupervisorError::Spec(error.to_string()))?;
    let arguments = ["supervise".as_ref(), "--dir".as_ref(), dir.as_os_str()];
    detached::spawn_detached(binary, arguments, Some(&spec)).map_err(SupervisorError::Spawn)
}
