//! Which process it is: pid, start time and boot together.

use std::{fs, io, sync::OnceLock};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::domain::run::ProcessRef;

/// The current boot's id; empty where the system does not tell.
pub fn boot_id() -> &'static str {
    static BOOT_ID: OnceLock<String> = OnceLock::new();
    BOOT_ID.get_or_init(|| fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned())
}

/// This process.
pub fn this_process() -> io::Result<ProcessRef> {
    identify(rustix::process::getpid().as_raw_nonzero().get())
}

/// The process that has `pid` now.
pub fn identify(pid: i32) -> io::Result<ProcessRef> {
    Ok(ProcessRef { pid, start_ticks: stat(pid)?.start_ticks, boot_id: boot_id().to_owned() })
}

/// Whether that very process runs: same boot, same start time, and not a zombie.
pub fn is_alive(process: &ProcessRef) -> bool {
    process.boot_id == boot_id()
        && stat(process.pid)
            .is_ok_and(|now| now.start_ticks == process.start_ticks && !matches!(now.state, b'Z' | b'X'))
}

/// Sends a signal to that very process; `false` if it is gone. The pid can't change hands in between: it is held by a
/// pidfd while its start time is compared.
pub fn signal(process: &ProcessRef, signal: Signal) -> io::Result<bool> {
    let Some(pid) = Pid::from_raw(process.pid) else { return Ok(false) };
    let held = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(held) => held,
        Err(rustix::io::Errno::SRCH) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    if !is_alive(process) {
        return Ok(false);
    }
    match pidfd_send_signal(&held, signal) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::SRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What `/proc/PID/stat` says, as far as we care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    /// `R`, `S`, `Z` and so on.
    pub state: u8,
    /// Parent's pid.
    pub parent: i32,
    /// Start time in clock ticks since boot.
    pub start_ticks: u64,
}

pub(super) fn stat(pid: i32) -> io::Result<Stat> {
    let text = fs::read(format!("/proc/{pid}/stat"))?;
    parse_stat(&text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid}/stat is odd")))
}

/// The name in parentheses may hold anything, parentheses included: fields are counted after the last one.
fn parse_stat(text: &[u8]) -> Option<Stat> {
    let after = text.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&text[after..]).ok()?.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    let parent = fields.next()?.parse().ok()?;
    // The start time is field 22; state is field 3, parent field 4.
    let start_ticks = fields.nth(17)?.parse().ok()?;
    Some(Stat { state, parent, start_ticks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let line = b"42 (a) R (b c) S 7 42 42 0 -1 4194560 1 0 0 0 1 2 3 4 20 0 1 0 987654 1 2";
        assert_eq!(parse_stat(line), Some(Stat { state: b'S', parent: 7, start_ticks: 987_654 }));
    }

    #[test]
    fn this_process_is_alive() {
        assert!(is_alive(&this_process().unwrap()));
    }

    #[test]
    fn f09_a_process_of_another_boot_is_dead_and_gets_no_signal() {
        let other = ProcessRef { boot_id: "another".into(), ..this_process().unwrap() };
        assert!(!is_alive(&other));
        assert!(!signal(&other, Signal::KILL).unwrap());
    }

    #[test]
    fn f12_the_impostor_with_a_reused_pid_lives() {
        let mut impostor = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = i32::try_from(impostor.id()).unwrap();
        let mut named = identify(pid).unwrap();
        named.start_ticks -= 1;
        assert!(!signal(&named, Signal::KILL).unwrap());
        assert!(impostor.try_wait().unwrap().is_none());
        named.start_ticks += 1;
        assert!(signal(&named, Signal::KILL).unwrap());
        impostor.wait().unwrap();
    }
}
