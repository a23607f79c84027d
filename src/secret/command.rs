//! A command that prints a secret: bounded in time and size, and gone when this is over.

use std::{
    io::{ErrorKind, Read},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use zeroize::Zeroizing;

use super::value::{MOST_BYTES, Secret, text};

/// Between two looks at whether it ended.
const PAUSE: Duration = Duration::from_millis(5);

/// Runs a command in `root` and takes what it prints.
pub(super) fn run(argv: &[String], root: &Path, patience: Duration) -> Result<Secret, String> {
    let Some((program, arguments)) = argv.split_first() else { return Err("its command names no program".into()) };
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => format!("the command '{program}' was not found; install it, or write its full path"),
            _ => format!("the command '{program}' can't be started: {error}"),
        })?;
    let deadline = Instant::now() + patience;
    let output = child.stdout.take().map(|pipe| read(pipe, deadline));
    let in_time = matches!(output, Some(Ok(_))) && wait(&child, deadline);
    let status = end(&mut child).filter(|_| in_time);
    let bytes = output.unwrap_or_else(|| Err(Stopped::Unread)).map_err(|stopped| match stopped {
        Stopped::Late => late(program, patience),
        Stopped::Unread => format!("what '{program}' printed can't be read"),
    })?;
    if bytes.len() > MOST_BYTES {
        return text(bytes, &format!("'{program}'"));
    }
    match status {
        None => Err(late(program, patience)),
        Some(status) if status.success() => text(bytes, &format!("'{program}'")),
        // What it said on standard error may hold the secret, so it is not repeated here.
        Some(status) => Err(format!("'{program}' failed ({status}); run it by hand to see why: {}", argv.join(" "))),
    }
}

/// Why nothing was read.
enum Stopped {
    /// Its time was over.
    Late,
    /// The pipe failed.
    Unread,
}

fn late(program: &str, patience: Duration) -> String {
    let patience = humantime::format_duration(patience);
    format!("'{program}' did not end within {patience} and was stopped; does it wait for a person to sign in?")
}

/// Reads to the end or the bound, on a thread of its own: a pipe has no deadline. The thread ends with the process group.
fn read(pipe: ChildStdout, deadline: Instant) -> Result<Zeroizing<Vec<u8>>, Stopped> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES + 1));
        let read = pipe.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).map(|_| bytes);
        drop(sender.send(read));
    });
    match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(Ok(bytes)) => Ok(bytes),
        Err(RecvTimeoutError::Timeout) => Err(Stopped::Late),
        Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(Stopped::Unread),
    }
}

/// Waits for its end without taking it: until it is taken, the number of its group can't become another's.
fn wait(child: &Child, deadline: Instant) -> bool {
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let Some(pid) = pid(child) else { return false };
    loop {
        if matches!(waitid(WaitId::Pid(pid), look), Ok(Some(_))) {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(PAUSE);
    }
}

/// Ends what is left of its process group, and takes the child's exit so that no zombie stays.
fn end(child: &mut Child) -> Option<ExitStatus> {
    if let Some(group) = pid(child) {
        // None left is as good.
        let _ = kill_process_group(group, Signal::KILL);
    }
    child.wait().ok()
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, patience: Duration) -> Result<Secret, String> {
        run(&["sh".into(), "-c".into(), script.into()], Path::new("/"), patience)
    }

    #[test]
    fn what_a_command_prints_is_its_value() {
        assert_eq!(*sh("printf geheimnis", Duration::from_secs(10)).unwrap(), "geheimnis");
    }

    #[test]
    fn a_command_that_hangs_is_stopped_with_its_children() {
        let began = Instant::now();
        let why = sh("sleep 600 & sleep 600", Duration::from_millis(200)).unwrap_err();
        assert!(why.contains("did not end within 200ms"), "{why}");
        assert!(began.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_child_that_holds_the_pipe_does_not_hold_us() {
        let why = sh("sleep 600 & echo value-of-it", Duration::from_millis(200)).unwrap_err();
        assert!(why.contains("did not end"), "{why}");
    }

    #[test]
    fn a_flood_is_refused() {
        let why = sh("yes", Duration::from_secs(10)).unwrap_err();
        assert!(why.contains("more than 64 KiB"), "{why}");
    }

    #[test]
    fn a_failure_names_the_command_and_not_its_output() {
        let why = sh("echo hunter2hunter2 >&2; exit 3", Duration::from_secs(10)).unwrap_err();
        assert!(why.contains("exit status: 3"), "{why}");
        let why = run(&["no-such-program-anywhere".into()], Path::new("/"), Duration::from_secs(1)).unwrap_err();
        assert!(why.contains("was not found"), "{why}");
    }
}
