//! Somebody should watch.

use std::{fs, path::Path};

use super::{error::LaunchError, process};
use crate::store::{Store, lock, state_dir::StateDir};

/// Starts a detached `quarterdeck watch --while-needed` if nobody holds `watch.lock`. Says whether it started one.
pub fn ensure_watcher(store: &Store, config: &Path) -> Result<bool, LaunchError> {
    let state = store.state();
    if lock::is_held(&state.watch_lock())? {
        return Ok(false);
    }
    let config = fs::canonicalize(config).unwrap_or_else(|_| config.to_owned());
    process::spawn_watcher(state, &config)?;
    Ok(true)
}

/// Who watches now, for the header: `daemon`, `while needed`, `nobody`.
pub fn watcher(state: &StateDir) -> &'static str {
    match lock::is_held(&state.watch_lock()) {
        Ok(true) if while_needed(state) => "while needed",
        Ok(true) => "daemon",
        _ => "nobody",
    }
}

/// The lock's holder was started with `--while-needed`. For people only: nothing is decided by it.
fn while_needed(state: &StateDir) -> bool {
    fs::read_to_string(state.watch_lock())
        .ok()
        .and_then(|holder| holder.split_ascii_whitespace().next()?.parse::<u32>().ok())
        .and_then(|pid| fs::read(format!("/proc/{pid}/cmdline")).ok())
        .is_some_and(|line| line.split(|byte| *byte == 0).any(|argument| argument == b"--while-needed"))
}
