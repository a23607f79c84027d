//! A command of one's own: the notice as JSON on its standard input, its exit code as the answer.

use std::{path::Path, process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    time::timeout,
};

use super::speak::{Parcel, Sent};

/// Bytes of its output that are read: its last words say why it failed.
const OUTPUT: u64 = 16 << 10;

/// Program and arguments, with its secrets.
pub struct Run {
    pub argv: Vec<String>,
    pub env: Vec<(String, String)>,
    pub patience: Duration,
}

/// Ends the whole group when it is dropped, whatever happened.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // None left is as good.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Runs it in `root`.
pub async fn send(run: &Run, root: &Path, parcel: &Parcel) -> Sent {
    let Some((program, arguments)) = run.argv.split_first() else {
        return Sent::Refused { why: "it names no program".into() };
    };
    let child = Command::new(program)
        .args(arguments)
        .envs(run.env.iter().map(|(name, value)| (name, value)))
        .env("QUARTERDECK_REASON", parcel.notice.reason.word())
        .env("QUARTERDECK_CHANNEL", &parcel.notice.channel)
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return Sent::later(format!("'{program}' can't be started: {error}")),
    };
    let _group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    let (mut stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let talk = async {
        let speak = async {
            if let Some(mut stdin) = stdin.take() {
                // One that does not read its input may still do its work.
                let _ = stdin.write_all(parcel.document.as_bytes()).await;
            }
        };
        let listen = async {
            let mut said = Vec::new();
            if let Some(stderr) = stderr {
                let _ = stderr.take(OUTPUT).read_to_end(&mut said).await;
            }
            said
        };
        let (status, said, ()) = tokio::join!(child.wait(), listen, speak);
        (status, said)
    };
    let Ok((status, said)) = timeout(run.patience, talk).await else {
        let patience = humantime::format_duration(run.patience);
        return Sent::later(format!("'{program}' did not end within {patience} and was ended"));
    };
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    match status {
        Ok(status) if status.success() => Sent::Delivered { answer: "exit status 0".into() },
        Ok(status) => {
            let why = format!("'{program}' ended with {status}: {last}");
            // sysexits(3): wrong for good, but for a temporary failure.
            match status.code() {
                Some(64..=74 | 76..=78) => Sent::Refused { why },
                _ => Sent::later(why),
            }
        }
        Err(error) => Sent::later(format!("'{program}' can't be waited for: {error}")),
    }
}
