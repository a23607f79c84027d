//! A program's exit code and output.
//!
//! The program leads a process group and inherits nothing of ours but three descriptors. Its end is noticed before it is
//! reaped, so that the number of the group still means this group when what is left of it is killed. That happens at its end (a child that stays behind and holds the output would be waited for
//! otherwise), at the timeout, when it writes too much, and when the look itself is dropped.

use std::{
    io,
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    signal::unix::{Signal as SignalListener, SignalKind, signal},
    time::{timeout, timeout_at},
};

use crate::domain::{
    format,
    probe::{CommandLook, Outcome, Phase, ProbeError, ProbeSpec},
    template::Rendered,
};

use super::{
    body::parse_json, dial::ms_since, error::failed, lookup::SecretLookup, masking::Mask, target::resolve, wants::Wants,
};

/// How long output that is under way may take once the program has ended.
const LAST_WORDS: Duration = Duration::from_millis(250);
/// How long a program that was killed may take to go; longer only if the kernel holds it.
const REAPING: Duration = Duration::from_secs(2);
/// What steps put into the environment of their commands: a look is none of those.
const OF_STEPS: [&str; 4] = ["QUARTERDECK_ATTEMPT", "QUARTERDECK_RUN", "QUARTERDECK_ENV", "QUARTERDECK_STEP"];

/// Runs the program to its end.
pub(super) async fn look(
    look: &CommandLook<Rendered>,
    spec: &ProbeSpec,
    deadline: Instant,
    wants: Wants,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let words = look.words.iter().map(|word| resolve(word, secrets)).collect::<Result<Vec<_>, _>>()?;
    let begun = Instant::now();
    let mut program = start(&words, &look.dir)?;
    let ended = program.run(spec, deadline).await;
    let duration = ms_since(begun);
    outcome.latency_ms = Some(duration);
    outcome.facts.set("duration_ms", duration);
    let mask = Mask::of(spec, secrets);
    let stdout = String::from_utf8_lossy(&program.stdout.bytes);
    let stdout = mask.text(stdout.strip_suffix('\n').unwrap_or(&stdout).trim_end_matches('\r'));
    outcome.facts.set("stderr", mask.text(String::from_utf8_lossy(&program.stderr.bytes).trim_end()));
    let status = ended?;
    tell(status, wants, outcome)?;
    read_json(&stdout, wants, outcome)?;
    outcome.facts.set("stdout", stdout);
    Ok(())
}

/// How it ended. A signal is a failure of its own, unless a condition reads `signal`.
fn tell(status: ExitStatus, wants: Wants, outcome: &mut Outcome) -> Result<(), ProbeError> {
    if let Some(code) = status.code() {
        outcome.facts.set("exit_code", code);
        return Ok(());
    }
    let number = status.signal().unwrap_or_default();
    let name = Signal::from_named_raw(number).map_or_else(|| format!("signal {number}"), name_of);
    outcome.facts.set("signal", name.as_str());
    if wants.signal {
        return Ok(());
    }
    let hint = if number == Signal::KILL.as_raw() { " (out of memory, perhaps: see dmesg)" } else { "" };
    Err(failed(Phase::Processing, "signal", format!("the command was ended by {name}{hint}")))
}

fn name_of(signal: Signal) -> String {
    let known = [
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "SIGINT"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::ILL, "SIGILL"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::KILL, "SIGKILL"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::TERM, "SIGTERM"),
    ];
    let found = known.iter().find(|(one, _)| *one == signal);
    found.map_or_else(|| format!("signal {}", signal.as_raw()), |(_, name)| (*name).to_owned())
}

/// Standard output as JSON, where it is some. A condition that reads `json` needs it to be.
fn read_json(stdout: &str, wants: Wants, outcome: &mut Outcome) -> Result<(), ProbeError> {
    if !wants.json && !stdout.trim_start().starts_with(['{', '[']) {
        return Ok(());
    }
    match parse_json(stdout.as_bytes()) {
        Ok(json) => outcome.facts.set("json", json),
        Err(why) if wants.json => {
            let code = outcome.facts.get("exit_code").map_or_else(String::new, |code| format!(" (exit code {code})"));
            return Err(failed(Phase::Decode, "bad_json", format!("the command's output is not JSON{code}: {why}")));
        }
        Err(_) => {}
    }
    Ok(())
}

/// A program that was started, with what it wrote so far.
struct Program {
    /// Let go of before the child, which may be reaped as soon as it is.
    group: Group,
    child: Child,
    /// Tells that some child of ours has ended, since before this one was started.
    ended: SignalListener,
    stdout: Output,
    stderr: Output,
}

/// A process group that is killed when the look lets go of it.
struct Group(Option<Pid>);

impl Group {
    fn kill(&self) {
        if let Some(leader) = self.0 {
            // Nobody is left in it: then there is nothing to do.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What came from one descriptor.
#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
    ended: bool,
}

fn start(words: &[String], dir: &str) -> Result<Program, ProbeError> {
    let refused = |kind: &str, why: String| failed(Phase::Prepare, kind, why);
    let (program, arguments) =
        words.split_first().ok_or_else(|| refused("bad_command", "the command is empty".into()))?;
    // Nothing that this process was given by others may reach the program.
    close_fds::set_fds_cloexec(3, &[]);
    let mut command = Command::new(program);
    command.args(arguments).current_dir(dir).process_group(0).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in OF_STEPS {
        command.env_remove(name);
    }
    let ended = signal(SignalKind::child())
        .map_err(|error| refused("spawn", format!("the end of '{program}' could not be seen: {error}")))?;
    let child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            failed(Phase::Processing, "not_found", format!("there is no program '{program}' (or no directory {dir})"))
        }
        io::ErrorKind::PermissionDenied => {
            failed(Phase::Processing, "forbidden", format!("'{program}' may not be run by this user (chmod +x?)"))
        }
        // A shortage of ours says nothing of what is looked at.
        _ => refused("spawn", format!("'{program}' could not be started: {error}")),
    })?;
    let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    Ok(Program { child, ended, group, stdout: Output::default(), stderr: Output::default() })
}

impl Program {
    /// Reads what it writes until it has ended, or until the deadline.
    async fn run(&mut self, spec: &ProbeSpec, deadline: Instant) -> Result<ExitStatus, ProbeError> {
        let limits = (spec.limits.body_bytes, spec.limits.header_bytes);
        let (mut out, mut err) = (self.child.stdout.take(), self.child.stderr.take());
        let (stdout, stderr, leader) = (&mut self.stdout, &mut self.stderr, self.group.0);
        let ended = async {
            tokio::select! {
                ended = until_ended(leader, &mut self.ended) => ended,
                why = overflow(stdout, &mut out, limits.0, "standard output", "body_bytes") => Err(why),
                why = overflow(stderr, &mut err, limits.1, "standard error", "header_bytes") => Err(why),
            }
        };
        let ended = timeout_at(deadline.into(), ended).await.unwrap_or_else(|_| {
            let why = format!("the command did not end within {}: it was killed", format::duration(spec.timeout));
            Err(failed(Phase::Processing, "timeout", why))
        });
        if ended.is_ok() {
            // Its last words are in the pipe; who else holds it is waited for briefly, once before it is killed.
            self.drain(&mut out, &mut err, limits).await;
        }
        self.group.kill();
        self.drain(&mut out, &mut err, limits).await;
        // Reaped only now: until here the group's number was ours.
        let status = timeout(REAPING, self.child.wait()).await;
        if status.is_ok() {
            self.group.0 = None;
        }
        ended?;
        status.map_or_else(|_| Err(unkillable()), |status| status.map_err(|error| broken(&error)))
    }

    async fn drain(
        &mut self,
        out: &mut Option<impl AsyncRead + Unpin>,
        err: &mut Option<impl AsyncRead + Unpin>,
        limits: (usize, usize),
    ) {
        let (stdout, stderr) = (&mut self.stdout, &mut self.stderr);
        let both = async { tokio::join!(stdout.fill(out, limits.0), stderr.fill(err, limits.1)) };
        let _ = timeout(LAST_WORDS, both).await;
    }
}

/// Waits until the child has ended, and leaves it to be reaped.
async fn until_ended(child: Option<Pid>, some_child_ended: &mut SignalListener) -> Result<(), ProbeError> {
    let Some(child) = child else { return Ok(()) };
    let unreaped = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    while waitid(WaitId::Pid(child), unreaped).map_err(|error| broken(&error.into()))?.is_none() {
        some_child_ended.recv().await;
    }
    Ok(())
}

fn unkillable() -> ProbeError {
    let why = "the command was killed and does not go: it hangs in the kernel; is a network file system gone?";
    failed(Phase::Processing, "hanging", why)
}

fn broken(error: &io::Error) -> ProbeError {
    failed(Phase::Processing, "io", format!("the command's end could not be seen: {error}"))
}

impl Output {
    /// Reads to the end; `false` if there was more than `limit`.
    async fn fill(&mut self, from: &mut Option<impl AsyncRead + Unpin>, limit: usize) -> bool {
        let Some(pipe) = from.as_mut().filter(|_| !self.ended) else { return true };
        let mut buffer = vec![0; 8 << 10];
        loop {
            match pipe.read(&mut buffer).await {
                Ok(0) | Err(_) => {
                    self.ended = true;
                    return true;
                }
                Ok(read) => {
                    let room = limit.saturating_sub(self.bytes.len());
                    self.bytes.extend_from_slice(&buffer[..read.min(room)]);
                    if read > room {
                        return false;
                    }
                }
            }
        }
    }
}

/// Comes back only when more was written than allowed.
async fn overflow(
    output: &mut Output,
    pipe: &mut Option<impl AsyncRead + Unpin>,
    limit: usize,
    what: &str,
    key: &str,
) -> ProbeError {
    if output.fill(pipe, limit).await {
        std::future::pending::<()>().await;
    }
    let why = format!("the command wrote more than {limit} bytes to {what} (limits.{key}): it was killed");
    failed(Phase::Transfer, "body_too_large", why)
}
