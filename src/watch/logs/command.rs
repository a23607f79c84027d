//! Following a command that prints a log, and the journal through journalctl.

use std::{
    env,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use super::{inbox::Slot, now, tell};
use crate::{
    domain::{
        service_log::{Intake, SourceKind},
        status::Tone,
    },
    proc::group,
};

/// The wait before a command that ended is started again; it doubles up to the most.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// A command that ran so long begins with the first wait again.
const STEADY: Duration = Duration::from_mins(1);
/// After the command's end: how long what it started may keep its output open.
const LINGER: Duration = Duration::from_secs(2);
/// How long what the masks hold back may wait for more.
const HELD: Duration = Duration::from_secs(1);
/// Bytes read at once.
const PIECE: usize = 64 * 1024;

/// Follows what a command prints, and starts it again whenever it ends.
pub async fn follow(slot: Slot, position: Option<String>) {
    let mut follower = Follower { cursor: position, dropped: 0, since: now().0 / 1_000, slot };
    let mut wait = FIRST_WAIT;
    let mut told = None;
    loop {
        let began = Instant::now();
        let why = follower.run().await;
        follower.tell_dropped();
        if began.elapsed() > STEADY {
            (wait, told) = (FIRST_WAIT, None);
        }
        let (slot, name) = (&follower.slot, follower.name());
        let text = slot.intake().note(&format!("{name} {why}"), now()).message;
        // A command that can't be had at all says so once, not once a minute.
        if told.as_ref() != Some(&text) {
            let again = humantime::format_duration(wait);
            slot.note(slot.intake().note(&format!("{text}; it is started again in {again}"), now()));
            if told.is_none() {
                tell(slot, format!("log source '{}': {text}", slot.source.name), Tone::Warn);
            }
            told = Some(text);
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

struct Follower {
    slot: Slot,
    /// The journal's cursor of the last entry that was put in.
    cursor: Option<String>,
    /// Seconds since 1970 at which following began: the journal is read from there if there is no cursor.
    since: i64,
    /// Lines that were left out because the inbox was full.
    dropped: u64,
}

/// A command that runs; when it is let go, its whole group ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let leader = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(leader) = leader {
            // It was not reaped yet, so the number is still its own.
            let _ = group::signal_group(leader, Signal::KILL);
            let _ = rustix::process::kill_process(leader, Signal::KILL);
        }
    }
}

impl Follower {
    fn name(&self) -> &str {
        match &self.slot.source.kind {
            SourceKind::Command(argv) => argv.first().map_or("", String::as_str),
            _ => "journalctl",
        }
    }

    fn is_journal(&self) -> bool {
        matches!(self.slot.source.kind, SourceKind::Journal(_))
    }

    fn argv(&self) -> Vec<String> {
        match &self.slot.source.kind {
            SourceKind::Command(argv) => argv.clone(),
            SourceKind::Journal(unit) => {
                let from = match &self.cursor {
                    Some(cursor) => format!("--after-cursor={cursor}"),
                    None => format!("--since=@{}", self.since),
                };
                let words = ["journalctl", "--output=json", "--all", "--follow", "--no-tail", &from, "--unit", unit];
                words.map(str::to_owned).into()
            }
            SourceKind::File(_) => Vec::new(),
        }
    }

    /// Runs it once; returns how it ended.
    async fn run(&mut self) -> String {
        let argv = self.argv();
        if !is_on_path(Path::new(self.name()), &self.slot.root) {
            return if self.is_journal() {
                "is not on this machine: the journal needs systemd; follow a file or a command instead".to_owned()
            } else {
                "is not found: check the name and the PATH".to_owned()
            };
        }
        let mut command = Command::new("/proc/self/exe");
        // The death signal is bound to this thread, which lives as long as logs are followed.
        command.args(["exec", "--setsid", "--pdeathsig", "KILL", "--oom-score", "500"]);
        command.args(["--parent", &std::process::id().to_string(), "--"]).args(&argv);
        command.current_dir(&self.slot.root).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = match command.spawn() {
            Ok(child) => Running(child),
            Err(error) => return format!("could not be started: {error}"),
        };
        let (Some(out), Some(err)) = (running.0.stdout.take(), running.0.stderr.take()) else {
            return "could not be connected".to_owned();
        };
        let status = self.read(&mut running.0, out, err).await;
        match status {
            Ok(status) => ended(status),
            Err(error) => format!("could not be waited for: {error}"),
        }
    }

    /// Takes its output in until it has ended.
    async fn read(
        &mut self,
        child: &mut Child,
        out: impl AsyncRead + Unpin,
        err: impl AsyncRead + Unpin,
    ) -> std::io::Result<ExitStatus> {
        let (mut out, mut err) = (Stream::new(out, &self.slot), Stream::new(err, &self.slot));
        let mut tick = interval(HELD);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut over: Option<(ExitStatus, Instant)> = None;
        loop {
            if let Some((status, until)) = over
                && ((out.is_over && err.is_over) || Instant::now() >= until)
            {
                out.intake.end(now());
                err.intake.end(now());
                self.take(&mut out.intake).await;
                self.take(&mut err.intake).await;
                return Ok(status);
            }
            tokio::select! {
                () = out.read(), if !out.is_over => {}
                () = err.read(), if !err.is_over => {}
                status = child.wait(), if over.is_none() => over = Some((status?, Instant::now() + LINGER)),
                _ = tick.tick() => {
                    out.intake.flush(now());
                    err.intake.flush(now());
                }
            }
            self.take(&mut out.intake).await;
            self.take(&mut err.intake).await;
        }
    }

    /// Puts in what was read. The journal waits for room, as what is there stays there; a command can't wait.
    async fn take(&mut self, intake: &mut Intake) {
        let Some(taken) = intake.take() else { return };
        if self.is_journal() {
            self.slot.wait_for_room().await;
            self.cursor = taken.cursor.clone().or_else(|| self.cursor.take());
            self.slot.put(taken, self.cursor.clone());
        } else if self.slot.is_full() {
            self.dropped += taken.lines.len() as u64;
        } else {
            self.tell_dropped();
            self.slot.put(taken, None);
        }
    }

    /// Says how many lines are missing, before those that follow.
    fn tell_dropped(&mut self) {
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            let text = format!("{} lines dropped: they came faster than they could be stored", grouped(dropped));
            self.slot.note(self.slot.intake().note(&text, now()));
        }
    }
}

/// One output of a command.
struct Stream<R> {
    reader: R,
    intake: Intake,
    buffer: Vec<u8>,
    is_over: bool,
}

impl<R: AsyncRead + Unpin> Stream<R> {
    fn new(reader: R, slot: &Slot) -> Self {
        Self { reader, intake: slot.intake(), buffer: vec![0; PIECE], is_over: false }
    }

    /// Takes a piece in. May be let go at any time: nothing is lost then.
    async fn read(&mut self) {
        match self.reader.read(&mut self.buffer).await {
            Ok(0) | Err(_) => self.is_over = true,
            Ok(len) => self.intake.feed(&self.buffer[..len], now()),
        }
    }
}

/// Whether a program is where the system looks for it.
fn is_on_path(program: &Path, root: &Path) -> bool {
    if program.components().count() > 1 {
        return root.join(program).is_file();
    }
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

fn ended(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// `4,210`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let groups = digits.as_bytes()[first..].chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    (first > 0).then(|| digits[..first].to_owned()).into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_programs_found() {
        assert_eq!([0, 999, 4_210, 1_000_000].map(grouped), ["0", "999", "4,210", "1,000,000"]);
        assert!(is_on_path(Path::new("sh"), Path::new("/")) && is_on_path(Path::new("bin/sh"), Path::new("/")));
        assert!(!is_on_path(Path::new("no-such-program-anywhere"), Path::new("/")));
    }
}
