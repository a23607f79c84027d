//! Ctrl-Z: stopping the process, where a shell is there to continue it.

use rustix::process::{Pid, Signal, getpgid, getpgrp, getppid, getsid, kill_current_process_group};

/// Stops the whole process group, as the terminal itself would have done, and returns once it was continued. Refused where
/// no shell of this session could continue it: the session would be stuck.
pub fn stop() -> Result<(), &'static str> {
    if !someone_could_continue() {
        return Err("there is no shell to come back to here");
    }
    kill_current_process_group(Signal::STOP).map_err(|_| "the process can't be stopped")
}

/// Whether an ancestor in another process group of our session exists: a shell with job control.
fn someone_could_continue() -> bool {
    let group = getpgrp();
    let Ok(session) = getsid(None) else { return false };
    let mut ancestor = getppid();
    while let Some(pid) = ancestor {
        if getsid(Some(pid)) != Ok(session) {
            return false;
        }
        match getpgid(Some(pid)) {
            Ok(other) if other == group => ancestor = parent(pid),
            Ok(_) => return true,
            Err(_) => return false,
        }
    }
    false
}

/// The parent of a process, from `/proc`.
fn parent(pid: Pid) -> Option<Pid> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The command's name is in parentheses and may hold anything; state and parent follow the last one.
    let after = stat.rsplit_once(')')?.1;
    Pid::from_raw(after.split_ascii_whitespace().nth(1)?.parse().ok()?)
}
