//! What goes wrong in a look, and in which words.

use std::{io, time::Duration};

use crate::domain::{
    format,
    probe::{Phase, Phases, ProbeError},
    text::clean_line,
};

use super::masking::Mask;

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
        _ if error.raw_os_error() == Some(24) => {
            ("too_many_files", format!("connect to {peer}: this process has too many open files (raise ulimit -n)"))
        }
        _ => ("connect", format!("connect to {peer} failed: {error}")),
    }
}

/// Masks secrets and cleans what came from outside.
pub(super) fn presentable(error: ProbeError, mask: &Mask) -> ProbeError {
    ProbeError { message: clean_line(&mask.text(&error.message), LONGEST), ..error }
}
