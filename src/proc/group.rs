//! Ending a process group: asked first, then made to.

use std::io;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// Sends a signal to the process group that `leader` leads; `false` if the group is empty. Only for a group whose leader
/// has not been reaped yet: until then its number can't be reused.
pub fn signal_group(leader: Pid, signal: Signal) -> io::Result<bool> {
    match kill_process_group(leader, signal) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::SRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether the group has any process left, zombies included.
pub fn group_exists(leader: Pid) -> bool {
    !matches!(test_kill_process_group(leader), Err(rustix::io::Errno::SRCH))
}
