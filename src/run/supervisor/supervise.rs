//! Being the command's parent.
//!
//! One thread, one loop: it waits for output, for the command's end, for something new in the directory (a cancel) and for
//! the next deadline, whichever is first. A second thread only turns SIGTERM into a cancel.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    process::{Pid, PidfdFlags, Signal, WaitOptions, WaitStatus, pidfd_open},
};

use super::{
    SupervisorError,
    attempt::{self, Claimant, ExitRecord, Started},
    respawn::RunnerWatch,
    spec::{Spec, SpecCommand},
    spool::{SpoolWriter, is_full_disk},
    wake::{AttemptWatch, timespec},
};
use crate::{
    domain::{
        log::{CleanLine, Stream},
        run::AttemptEnd,
        text::{Limits, LogPipeline, Masker, clean_line},
        time::UnixMs,
    },
    proc::{group, identity, sweep},
};

/// After the command's end: how long a descendant may keep the output open.
const LINGER: Duration = Duration::from_secs(5);
/// How long leftovers have between SIGTERM and SIGKILL.
const LEFTOVER_GRACE: Duration = Duration::from_secs(1);
/// The longest sleep; what has no event of its own (orphans to reap, a disk with room again) is looked at this often.
const TICK: Duration = Duration::from_secs(1);
/// How soon to look again while the spool is full.
const FULL_TICK: Duration = Duration::from_millis(20);
/// Where `quarterdeck exec` says why the command could not be executed.
const EXEC_REPORT: &str = "exec-error";
/// The most characters of a reason.
const WHY_LIMIT: usize = 1_000;

/// Supervises the command of the spec on standard input, to its end. Returns when the exit record is written, or at once
/// if the claim was vetoed.
pub fn main(dir: &Path) -> Result<(), SupervisorError> {
    let dir = dir.canonicalize().map_err(SupervisorError::file(dir, "found"))?;
    let _lock = attempt::lock(&dir)?;
    let mut spec = Vec::new();
    io::stdin().read_to_end(&mut spec).map_err(|error| SupervisorError::Spec(error.to_string()))?;
    let spec: Spec = serde_json::from_slice(&spec).map_err(|error| SupervisorError::Spec(error.to_string()))?;
    turn_signals_into_cancels(&dir);
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let now = Instant::now();
    let mut runner = spec.respawn.as_ref().map(|respawn| RunnerWatch::new(respawn, &spec.secrets, now));
    let mut spool = SpoolWriter::create(&dir, spec.held_back_by.clone())?;

    let masker = Masker::new(spec.secrets.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let watch = AttemptWatch::appearances(&dir);
    if !attempt::claim(&dir, Claimant::Supervisor)? {
        return Ok(());
    }
    let ending = match masker {
        Err(short) => Ending::at_once(AttemptEnd::NotStarted { why: short.to_string() }),
        Ok(masker) => match spawn(&dir, &spec) {
            Err(unborn) => {
                let clean = |why: &str| clean_line(&masker.mask(why), WHY_LIMIT);
                Ending::at_once(match &unborn {
                    Unborn::NotStarted(why) => AttemptEnd::NotStarted { why: clean(why) },
                    Unborn::Lost(why) => AttemptEnd::Lost { why: clean(why) },
                })
            }
            Ok(child) => {
                let started = Started { process: child.process.clone(), at: now_ms() };
                // Without it (a full disk) the end still tells everything.
                let _ = attempt::record_start(&dir, &started);
                Supervision::new(&dir, &spec, masker, child, &watch).run(&mut spool, runner.as_mut())?
            }
        },
    };
    let (lines, digest) = spool.close()?;
    let Ending { end, duration, left_behind } = ending;
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let exit = ExitRecord { end, duration_ms, lines, digest, at: now_ms(), left_behind };
    while let Err(error) = attempt::record_exit(&dir, &exit) {
        match error {
            SupervisorError::File { source, .. } if is_full_disk(&source) => std::thread::sleep(TICK),
            _ => return Err(error),
        }
    }
    if let Some(runner) = &mut runner {
        runner.look(Instant::now(), true);
    }
    Ok(())
}

/// The wall clock, for people; nothing is decided by it.
fn now_ms() -> UnixMs {
    chrono::Utc::now().into()
}

/// A command that was spawned.
struct Spawned {
    process: crate::domain::run::ProcessRef,
    pid: Pid,
    out: ChildStdout,
    err: ChildStderr,
}

/// Why there is no command to supervise.
enum Unborn {
    /// It never began.
    NotStarted(String),
    /// It may have begun, and was ended at once.
    Lost(String),
}

/// Spawns the command through `quarterdeck exec`, from this thread: its death signal is bound to the thread that spawned.
fn spawn(dir: &Path, spec: &Spec) -> Result<Spawned, Unborn> {
    let report = dir.join(EXEC_REPORT);
    let mut command = Command::new("/proc/self/exe");
    command.args(["exec", "--setsid", "--pdeathsig", "KILL", "--oom-score", "500"]);
    command.args(["--parent", &std::process::id().to_string()]).arg("--report").arg(&report).arg("--");
    match &spec.command {
        SpecCommand::Run(arguments) => command.args(arguments),
        SpecCommand::Shell(script) => command.args(["sh", "-eu", "-c", script]),
    };
    command.current_dir(&spec.cwd).envs(&spec.env).env(sweep::MARK, attempt::mark(dir));
    let input = if spec.input.is_some() { Stdio::piped() } else { Stdio::null() };
    command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
    if !spec.cwd.is_dir() {
        return Err(Unborn::NotStarted(format!("its directory {} does not exist", spec.cwd.display())));
    }
    let refused = |error: io::Error| Unborn::NotStarted(format!("no process could be started: {error}"));
    let mut child: Child = command.spawn().map_err(refused)?;
    if let (Some(input), Some(mut pipe)) = (spec.input.clone(), child.stdin.take()) {
        // It may read slowly, or never.
        std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    }
    connect(&mut child).map_err(|why| {
        // It runs, and nobody could ever end it by its name.
        let _ = child.kill();
        let _ = child.wait();
        let _ = attempt::sweep_leftovers(dir);
        Unborn::Lost(format!("it was begun but could not be supervised, and was killed: {why}"))
    })
}

/// The child's identity and its output.
fn connect(child: &mut Child) -> Result<Spawned, String> {
    let raw = i32::try_from(child.id()).ok();
    let pid = raw.and_then(Pid::from_raw).ok_or("the system gave an impossible pid")?;
    let process = identity::identify(pid.as_raw_nonzero().get()).map_err(|error| error.to_string())?;
    match (child.stdout.take(), child.stderr.take()) {
        (Some(out), Some(err)) => Ok(Spawned { process, pid, out, err }),
        _ => Err("its output could not be connected".to_owned()),
    }
}

/// SIGTERM and SIGINT ask for a cancel like anybody else; SIGHUP, from a closed terminal, means nothing here.
fn turn_signals_into_cancels(dir: &Path) {
    use tokio::signal::unix::{SignalKind, signal};

    let dir = dir.to_owned();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(async {
            let (Ok(mut term), Ok(mut interrupt), Ok(mut hangup)) =
                (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup()))
            else {
                return;
            };
            loop {
                tokio::select! {
                    _ = term.recv() => {}
                    _ = interrupt.recv() => {}
                    _ = hangup.recv() => continue,
                }
                let _ = attempt::request_cancel(&dir);
            }
        });
    });
}

/// How it ended, before it is written down.
struct Ending {
    end: AttemptEnd,
    duration: Duration,
    left_behind: Vec<String>,
}

impl Ending {
    fn at_once(end: AttemptEnd) -> Self {
        Self { end, duration: Duration::ZERO, left_behind: Vec::new() }
    }
}

/// Why the command is being ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Cancel,
    Timeout,
}

/// Where the command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It runs.
    Running,
    /// It was asked to end; made to at the given moment.
    Asked { reason: Reason, kill_at: Instant },
    /// It was killed.
    Killed { reason: Reason },
    /// It ended; what still holds its output open may until the given moment.
    Over { until: Instant },
}

struct Supervision<'a> {
    dir: PathBuf,
    spec: &'a Spec,
    watch: &'a AttemptWatch,
    pipeline: LogPipeline,
    pid: Pid,
    out: Option<ChildStdout>,
    err: Option<ChildStderr>,
    /// Inode numbers of both pipes.
    pipes: Vec<u64>,
    begun: Instant,
    phase: Phase,
    /// Status and duration, once it was reaped.
    status: Option<(WaitStatus, Duration)>,
    left_behind: Vec<String>,
}

impl<'a> Supervision<'a> {
    fn new(dir: &Path, spec: &'a Spec, masker: Masker, child: Spawned, watch: &'a AttemptWatch) -> Self {
        let inode = |stat: rustix::io::Result<rustix::fs::Stat>| stat.ok().map(|stat| stat.st_ino);
        let pipes = [inode(rustix::fs::fstat(&child.out)), inode(rustix::fs::fstat(&child.err))];
        Self {
            dir: dir.to_owned(),
            spec,
            watch,
            pipeline: LogPipeline::new(masker, Limits::default()),
            pid: child.pid,
            out: Some(child.out),
            err: Some(child.err),
            pipes: pipes.into_iter().flatten().collect(),
            begun: Instant::now(),
            phase: Phase::Running,
            status: None,
            left_behind: Vec::new(),
        }
    }

    /// Until the command is over and its output closed.
    fn run(
        mut self,
        spool: &mut SpoolWriter,
        mut runner: Option<&mut RunnerWatch<'_>>,
    ) -> Result<Ending, SupervisorError> {
        let mut buffer = vec![0; 64 * 1024];
        let mut reason = None;
        loop {
            let now = Instant::now();
            self.move_on(now);
            if let Phase::Asked { reason: why, .. } | Phase::Killed { reason: why } = self.phase {
                reason = Some(why);
            }
            if let Phase::Over { until } = self.phase {
                let open = self.out.is_some() || self.err.is_some();
                if !open || reason.is_some() || now >= until {
                    break;
                }
            }
            if let Some(runner) = &mut runner {
                runner.look(now, false);
            }
            let full = spool.flush().is_err() || spool.is_full();
            let wake_at = self.next_deadline(now, full, runner.as_deref());
            let (out, err) = self.wait(wake_at.saturating_duration_since(now), full);
            if out {
                self.read(Stream::Out, &mut buffer, spool);
            }
            if err {
                self.read(Stream::Err, &mut buffer, spool);
            }
        }
        self.end_leftovers(reason.is_some(), spool);
        self.drain(&mut buffer, spool);
        self.conclude(reason, spool)
    }

    /// Takes in what happened, and does what is due.
    fn move_on(&mut self, now: Instant) {
        self.reap();
        if self.status.is_some() && !matches!(self.phase, Phase::Over { .. }) {
            self.phase = Phase::Over { until: now + LINGER };
        }
        match self.phase {
            Phase::Running => {
                let late = self.spec.timeout.is_some_and(|timeout| self.begun.elapsed() >= timeout);
                let reason = if self.dir.join(attempt::CANCEL).exists() {
                    Reason::Cancel
                } else if late {
                    Reason::Timeout
                } else {
                    return;
                };
                self.signal(Signal::TERM);
                self.phase = Phase::Asked { reason, kill_at: now + self.spec.kill_after };
            }
            Phase::Asked { reason, kill_at } if now >= kill_at => {
                self.signal(Signal::KILL);
                self.phase = Phase::Killed { reason };
            }
            Phase::Killed { .. } => self.signal(Signal::KILL),
            Phase::Asked { .. } | Phase::Over { .. } => {}
        }
    }

    /// To the command's group; to itself if it does not lead one yet. It was not reaped, so both numbers are its own. A
    /// stopped one must be woken to hear.
    fn signal(&self, signal: Signal) {
        if !group::signal_group(self.pid, signal).unwrap_or(false) {
            let _ = rustix::process::kill_process(self.pid, signal);
        }
        let _ = group::signal_group(self.pid, Signal::CONT);
    }

    /// The command's end, and orphans that became our children.
    fn reap(&mut self) {
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            if pid == self.pid {
                self.status = Some((status, self.begun.elapsed()));
            }
        }
    }

    fn next_deadline(&self, now: Instant, full: bool, runner: Option<&RunnerWatch<'_>>) -> Instant {
        let phase = match self.phase {
            Phase::Running => self.spec.timeout.and_then(|timeout| self.begun.checked_add(timeout)),
            Phase::Asked { kill_at, .. } => Some(kill_at),
            Phase::Killed { .. } => Some(now + Duration::from_millis(100)),
            Phase::Over { until } => Some(until),
        };
        let tick = now + if full { FULL_TICK } else { TICK };
        [phase, runner.map(RunnerWatch::next_look)].into_iter().flatten().fold(tick, Instant::min)
    }

    /// Waits; says which pipes have something to read. While the spool is full they are left alone, and the command is
    /// held back by the system.
    fn wait(&self, timeout: Duration, full: bool) -> (bool, bool) {
        let pidfd = if self.status.is_none() { pidfd_open(self.pid, PidfdFlags::empty()).ok() } else { None };
        let mut descriptors = Vec::with_capacity(4);
        if let Some(out) = self.out.as_ref().filter(|_| !full) {
            descriptors.push(PollFd::new(out, PollFlags::IN));
        }
        if let Some(err) = self.err.as_ref().filter(|_| !full) {
            descriptors.push(PollFd::new(err, PollFlags::IN));
        }
        let streams = descriptors.len();
        descriptors.extend(pidfd.as_ref().map(|pidfd| PollFd::new(pidfd, PollFlags::IN)));
        descriptors.extend(self.watch.descriptor().map(|events| PollFd::new(events, PollFlags::IN)));
        match poll(&mut descriptors, Some(&timespec(timeout))) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => std::thread::sleep(timeout.min(TICK)),
        }
        let ready: Vec<bool> =
            descriptors[..streams].iter().map(|descriptor| !descriptor.revents().is_empty()).collect();
        drop(descriptors);
        self.watch.drain();
        let mut ready = ready.into_iter();
        let mut next = |open: bool| open && !full && ready.next().unwrap_or(false);
        let out = next(self.out.is_some());
        (out, next(self.err.is_some()))
    }

    /// Reads once from a pipe that has something, and closes it at its end.
    fn read(&mut self, stream: Stream, buffer: &mut [u8], spool: &mut SpoolWriter) {
        let read = match stream {
            Stream::Out => self.out.as_mut().map(|out| out.read(buffer)),
            Stream::Err | Stream::Deck => self.err.as_mut().map(|err| err.read(buffer)),
        };
        let lines = match read {
            Some(Ok(len)) if len > 0 => self.pipeline.feed(&buffer[..len], stream, now_ms()),
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => return,
            _ => {
                match stream {
                    Stream::Out => self.out = None,
                    Stream::Err | Stream::Deck => self.err = None,
                }
                self.pipeline.finish_stream(stream, now_ms())
            }
        };
        keep(spool, &lines);
    }

    /// After the command: what holds its output open is ended; after a cancel or a timeout, everything it left.
    fn end_leftovers(&mut self, all: bool, spool: &mut SpoolWriter) {
        let mark = attempt::mark(&self.dir);
        let own = i32::try_from(std::process::id()).unwrap_or_default();
        let pipes = if self.out.is_some() || self.err.is_some() { self.pipes.as_slice() } else { &[] };
        let find = || {
            while let Ok(Some(_)) = rustix::process::wait(WaitOptions::NOHANG) {}
            let mut found = if pipes.is_empty() { Vec::new() } else { sweep::holding_pipes(pipes) };
            if all {
                found.extend(sweep::descendants(own));
                found.extend(sweep::marked(&mark));
                found.sort_by_key(|found| found.process.pid);
                found.dedup();
            }
            found
        };
        let (ended, remaining) = sweep::end_all(find, LEFTOVER_GRACE);
        let why = if all { "left behind" } else { "held the output open after the command's end" };
        let ended = ended.iter().map(|found| (found, "ended"));
        let stubborn = remaining.iter().map(|found| (found, "could not be ended"));
        for (found, fate) in ended.chain(stubborn) {
            let text = format!("{found} {why}: {fate}");
            let lines = self.pipeline.note(&text, now_ms());
            self.left_behind.extend(lines.iter().map(|line| line.text.clone()));
            keep(spool, &lines);
        }
    }

    /// Reads what is still in the pipes. Who could not be ended, or belongs to another user and so was not even found, may
    /// write on for ever: that is not waited for. Waiting for the disk does not count.
    fn drain(&mut self, buffer: &mut [u8], spool: &mut SpoolWriter) {
        let mut left = LINGER;
        while !left.is_zero() {
            wait_for_room(spool);
            let begun = Instant::now();
            let (out, err) = self.wait(Duration::ZERO, false);
            if out {
                self.read(Stream::Out, buffer, spool);
            }
            if err {
                self.read(Stream::Err, buffer, spool);
            }
            if !out && !err {
                return;
            }
            left = left.saturating_sub(begun.elapsed());
        }
    }

    fn conclude(mut self, reason: Option<Reason>, spool: &mut SpoolWriter) -> Result<Ending, SupervisorError> {
        keep(spool, &self.pipeline.finish(now_ms()));
        wait_for_room(spool);
        let (status, duration) =
            self.status.ok_or_else(|| SupervisorError::Spec("the command's end was not seen".to_owned()))?;
        let report = std::fs::read_to_string(self.dir.join(EXEC_REPORT)).ok();
        let end = match (report, reason) {
            // It names the program, and a name may hold anything.
            (Some(why), _) => AttemptEnd::NotStarted { why: self.pipeline.legible(&why, WHY_LIMIT) },
            (None, Some(Reason::Cancel)) => AttemptEnd::Cancelled,
            (None, Some(Reason::Timeout)) => AttemptEnd::TimedOut,
            (None, None) => match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => AttemptEnd::Exited { code },
                (None, Some(signal)) => AttemptEnd::Signalled { signal },
                (None, None) => AttemptEnd::Lost { why: format!("the system reported an odd end: {status:?}") },
            },
        };
        Ok(Ending { end, duration, left_behind: self.left_behind })
    }
}

/// Lines that the disk refuses wait in the spool, and the command with them.
fn keep(spool: &mut SpoolWriter, lines: &[CleanLine]) {
    let _ = spool.append(lines);
}

/// Until the disk takes more. The command is over: nothing else is left to do.
fn wait_for_room(spool: &mut SpoolWriter) {
    while spool.flush().is_err_and(|error| is_full_disk(&error)) {
        std::thread::sleep(TICK);
    }
}
