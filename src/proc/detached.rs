//! Starting a process that outlives us: a session of its own, no terminal, nobody's zombie.

use std::{
    ffi::OsStr,
    io::{self, Write},
    path::Path,
    process::{Command, Stdio},
};

/// Starts `binary` (our own) with `arguments`, detached. `input`, if any, is what it reads on its standard input; at most
/// 64 KiB are certain to be taken without waiting for it to read. Returns when it has been started, not when it is ready.
pub fn spawn_detached<A: AsRef<OsStr>>(
    binary: &Path,
    arguments: impl IntoIterator<Item = A>,
    input: Option<&[u8]>,
) -> io::Result<()> {
    let mut starter = Command::new(binary)
        .args(["exec", "--detach", "--"])
        .arg(binary)
        .args(arguments)
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let written = match (input, starter.stdin.take()) {
        (Some(input), Some(mut pipe)) => pipe.write_all(input),
        _ => Ok(()),
    };
    let status = starter.wait()?;
    if !status.success() {
        return Err(io::Error::other(format!("{} exec --detach: {status}", binary.display())));
    }
    written
}
