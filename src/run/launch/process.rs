//! Our own binary, and starting it.

use std::{
    env, io,
    path::{Path, PathBuf},
};

use super::error::LaunchError;
use crate::{domain::id::RunId, proc::detached, store::state_dir::StateDir};

/// The binary to start children from: `/proc/self/exe`, so that an upgrade does not change a running process's children.
/// `$QUARTERDECK_EXE` is for programs that use the library without being the binary, such as tests.
pub fn own_binary() -> PathBuf {
    env::var_os("QUARTERDECK_EXE").map_or_else(|| "/proc/self/exe".into(), PathBuf::from)
}

/// Starts a detached runner. It takes the run's lock itself; of two, one goes on.
pub fn spawn_runner(state: &StateDir, run: RunId) -> Result<(), LaunchError> {
    let arguments = ["runner".into(), run.0.to_string().into(), "--state".into(), state.path().as_os_str().to_owned()];
    detached::spawn_detached(&own_binary(), arguments, None)
        .map_err(|error| LaunchError::Spawn { what: format!("the runner of run {run}"), why: advice(&error) })
}

/// Starts a detached watcher.
pub fn spawn_watcher(state: &StateDir, config: &Path) -> Result<(), LaunchError> {
    let arguments = [
        "watch".as_ref(),
        "--while-needed".as_ref(),
        "--config".as_ref(),
        config.as_os_str(),
        "--state".as_ref(),
        state.path().as_os_str(),
    ];
    detached::spawn_detached(&own_binary(), arguments, None)
        .map_err(|error| LaunchError::Spawn { what: "the watcher".into(), why: advice(&error) })
}

fn advice(error: &io::Error) -> String {
    format!("{error}; check the limits on processes (ulimit -u) and memory")
}
