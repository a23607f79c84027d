//! Our own binary, and starting it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::error::LaunchError;
use crate::{domain::id::RunId, proc::detached, store::state_dir::StateDir};

/// A runner that was started this recently may not have taken its lock yet: nobody starts another one.
const STARTING: Duration = Duration::from_secs(2);

/// The binary to start children from: `/proc/self/exe`, so that an upgrade does not change a running process's children.
/// `$QUARTERDECK_EXE` is for programs that use the library without being the binary, such as tests.
pub fn own_binary() -> PathBuf {
    env::var_os("QUARTERDECK_EXE").map_or_else(|| "/proc/self/exe".into(), PathBuf::from)
}

/// Starts a detached runner. It takes the run's lock itself; of two, one goes on.
pub fn spawn_runner(state: &StateDir, run: RunId) -> Result<(), LaunchError> {
    let arguments = ["runner".into(), run.0.to_string().into(), "--state".into(), state.path().as_os_str().to_owned()];
    // A marker that can't be written costs a superfluous process, nothing else.
    let _ = fs::write(starting_marker(state, run), "");
    detached::spawn_detached(&own_binary(), arguments, None)
        .map_err(|error| LaunchError::Spawn { what: format!("the runner of run {run}"), why: advice(&error) })
}

/// Whether a runner was started a moment ago and has not taken its lock yet.
pub fn is_starting(state: &StateDir, run: RunId) -> bool {
    let age = fs::metadata(starting_marker(state, run))
        .and_then(|marker| marker.modified())
        .and_then(|at| SystemTime::now().duration_since(at).map_err(io::Error::other));
    age.is_ok_and(|age| age < STARTING)
}

/// The file whose age says when a runner was started; the runner removes it once it has its lock.
pub fn starting_marker(state: &StateDir, run: RunId) -> PathBuf {
    state.path().join(format!("locks/run-{}.starting", run.0))
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
