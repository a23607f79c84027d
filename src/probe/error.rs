//! What goes wrong in a look, and in which words.

use std::{io, time::Duration};

use crate::domain::{
    format,
    probe::{Phase, Phases, ProbeError},
    text::clean_line,
};

use super::masking::Mask;

/// The word for a shortage of descriptors.
const TOO_MANY_FILES: &str = "too_many_files";
/// Characters of an error shown at most.
const LONGEST: usize = 400;

/// An error of a phase. Its message is made presentable before it leaves the room.
pub(super) fn failed(phase: Phase, kind: &str, message: impl Into<String>) -> ProbeError {
    ProbeError { phase, kind: kind.to_owned(), message: message.into() }
}

/// A phase took too long: "TLS handshake timed out after 3s (tcp ok, 12 ms)".
pub(super) fn timed_out(phase: Phase, what: &str, after: Duration, phases: &Phases) -> ProbeError {
    failed(phase, "timeout", format!("{what} after {}{}", format::duration(after), so_far(phases)))
}

/// What went well before: " (dns ok, 3 ms; tcp ok, 12 ms)".
pub(super) fn so_far(phases: &Phases) -> String {
    let steps = [
        ("dns ok", phases.resolve_ms),
        ("tcp ok", phases.connect_ms),
        ("tls ok", phases.tls_ms),
        ("first byte", phases.processing_ms),
    ];
    let done: Vec<String> =
        steps.iter().filter_map(|(step, took)| Some(format!("{step}, {}", format::ms((*took)?)))).collect();
    if done.is_empty() { String::new() } else { format!(" ({})", done.join("; ")) }
}

/// The stable word for an I/O error while connecting, and how to say it.
pub(super) fn connecting(error: &io::Error, peer: &str) -> (&'static str, String) {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionRefused => ("connect_refused", format!("connect refused by {peer}: nothing listens there")),
        Kind::ConnectionReset | Kind::ConnectionAborted => ("connect_reset", format!("connection reset by {peer}")),
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown | Kind::AddrNotAvailable => {
            ("unreachable", format!("no route to {peer}"))
        }
        Kind::PermissionDenied => {
            ("forbidden", format!("connecting to {peer} is forbidden on this machine (firewall?)"))
        }
        Kind::TimedOut => ("timeout", format!("connect to {peer} timed out")),
        _ if is_shortage(error) => {
            (TOO_MANY_FILES, format!("connect to {peer}: too many open files (raise ulimit -n): {error}"))
        }
        _ => ("connect", format!("connect to {peer} failed: {error}")),
    }
}

/// Whether this process, or this machine, has no descriptor left: nothing is known of the other side then.
pub(super) fn is_shortage(error: &io::Error) -> bool {
    let number = error.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
    number.is_some_and(|number| matches!(number, rustix::io::Errno::MFILE | rustix::io::Errno::NFILE))
}

/// Masks secrets and cleans what came from outside. A shortage of ours is no word on the other side, whichever phase
/// met it.
pub(super) fn presentable(error: ProbeError, mask: &Mask) -> ProbeError {
    let phase = if error.kind == TOO_MANY_FILES { Phase::Prepare } else { error.phase };
    ProbeError { phase, message: clean_line(&mask.text(&error.message), LONGEST), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_of_ours_says_nothing_of_the_other_side() {
        let phase = |number| {
            let (kind, message) = connecting(&io::Error::from_raw_os_error(number), "db:5432");
            presentable(failed(Phase::Connect, kind, message), &Mask::new([])).phase
        };
        let (of_process, of_machine, refused) = (24, 23, 111);
        assert_eq!([phase(of_process), phase(of_machine)], [Phase::Prepare; 2]);
        assert_eq!(phase(refused), Phase::Connect);
    }
}
