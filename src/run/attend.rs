//! Staying with a supervised command to its end: its output goes into the history, decisions reach it.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::{
    desk::{Desk, Interrupt, PAUSE},
    error::RunnerError,
    launch::own_binary,
    supervisor::{self, AttemptWatch, ExitRecord, Respawn, Spec, SpecCommand, SpoolReader},
};
use crate::{
    domain::{
        id::AttemptKey,
        log::CleanLine,
        pipeline::{Command, Step},
        run::{AttemptEnd, RunEvent},
        template::Unresolved,
    },
    proc::crash,
    secret::Secrets,
};

/// Lines stored in one transaction at most.
const BATCH: usize = 1_000;
/// How long a flood of output is copied before decisions are heard again.
const BREATH: Duration = Duration::from_secs(1);
/// Time between two transactions at least: output of a busy command is collected this long.
const GATHER: Duration = Duration::from_millis(50);
/// How long a supervisor may take to come up.
const COMING_UP: Duration = Duration::from_secs(10);
/// How long a supervisor that is gone may have left an exit record that is not visible yet.
const GOING: Duration = Duration::from_millis(500);
/// Between SIGTERM and SIGKILL.
const KILL_AFTER: Duration = Duration::from_secs(10);
/// Lines kept of a command whose output goes into a finding.
const KEPT: usize = 200;

/// Where the output goes.
pub enum Sink {
    /// Into the log of the attempt; its process is recorded as well.
    Log(AttemptKey),
    /// The last lines are kept.
    Keep(VecDeque<CleanLine>),
}

/// What became of the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It ended, and everything it said is stored.
    Ended(ExitRecord),
    /// Its supervisor died first: nobody saw the end.
    Lost(String),
    /// It was not started, and never will be.
    NeverStarted,
}

impl Seen {
    /// As an event says it.
    pub fn into_end(self) -> (AttemptEnd, u64) {
        match self {
            Self::Ended(record) => (record.end, record.duration_ms),
            Self::Lost(why) => (AttemptEnd::Lost { why }, 0),
            Self::NeverStarted => {
                let why = "its supervisor did not come up within 10 s; is the machine out of processes or memory?";
                (AttemptEnd::NotStarted { why: why.into() }, 0)
            }
        }
    }
}

/// What a supervisor needs to know about a command of a step. Secrets and late values are resolved here, at the last
/// moment.
pub fn spec(desk: &Desk, step: &Step, command: &Command, weight: Option<u8>) -> Result<Spec, Unresolved> {
    let command = match command {
        Command::Run(argv) => {
            SpecCommand::Run(argv.iter().map(|word| desk.resolve(word, weight)).collect::<Result<_, _>>()?)
        }
        Command::Shell(script) => SpecCommand::Shell(desk.resolve(script, weight)?),
        Command::Http(_) => SpecCommand::Run(Vec::new()),
    };
    spec_of(desk, step, command, weight)
}

/// The same for a command whose words are final.
pub fn spec_of(desk: &Desk, step: &Step, command: SpecCommand, weight: Option<u8>) -> Result<Spec, Unresolved> {
    let mut env = step
        .env
        .iter()
        .map(|(name, value)| Ok((name.clone(), desk.resolve(value, weight)?)))
        .collect::<Result<std::collections::BTreeMap<_, _>, Unresolved>>()?;
    env.insert("QUARTERDECK_RUN".into(), desk.run.0.to_string());
    env.insert("QUARTERDECK_ENV".into(), desk.plan.env.clone());
    env.insert("QUARTERDECK_STEP".into(), step.name.clone());
    let secrets = desk.secrets.iter().flat_map(Secrets::iter);
    let state = desk.state_dir();
    Ok(Spec {
        command,
        cwd: desk.plan.root.clone(),
        env,
        secrets: secrets.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        timeout: step.timeout,
        kill_after: KILL_AFTER,
        held_back_by: Some(state.ballast()),
        input: None,
        respawn: Some(Respawn {
            locks: state.path().join("locks"),
            run: desk.run,
            arguments: vec![
                "runner".into(),
                desk.run.0.to_string(),
                "--state".into(),
                state.path().to_string_lossy().into_owned(),
            ],
        }),
    })
}

/// Starts a supervisor in `dir` and stays with its command to the end.
pub fn launch(desk: &mut Desk, dir: &Path, spec: &Spec, sink: &mut Sink) -> Result<Seen, RunnerError> {
    supervisor::launch(&own_binary(), dir, spec)?;
    crash::point("runner.after_launch");
    Attendance::new(desk, dir, sink)?.stay(desk, sink)
}

/// The same, whatever people decide meanwhile: for what is asked in order to act on their decision. It has a bound.
pub fn launch_uninterrupted(desk: &mut Desk, dir: &Path, spec: &Spec, sink: &mut Sink) -> Result<Seen, RunnerError> {
    supervisor::launch(&own_binary(), dir, spec)?;
    let mut attendance = Attendance::new(desk, dir, sink)?;
    attendance.deaf = true;
    attendance.stay(desk, sink)
}

/// Stays with the command of a supervisor that somebody else started.
pub fn join(desk: &mut Desk, dir: &Path, sink: &mut Sink) -> Result<Seen, RunnerError> {
    Attendance::new(desk, dir, sink)?.stay(desk, sink)
}

struct Attendance {
    dir: PathBuf,
    spool: SpoolReader,
    watch: AttemptWatch,
    /// Records stored.
    cursor: u64,
    /// Lines up to a record that a full disk refused; the next to be stored.
    refused: Option<(u64, Vec<CleanLine>)>,
    /// The process is recorded.
    named: bool,
    /// The end was asked for.
    ending: bool,
    /// Decisions do not end it.
    deaf: bool,
    /// While undoing: cancels taken in when this began.
    cancels: usize,
    begun: Instant,
    alone_since: Option<Instant>,
    stored_at: Instant,
}

impl Attendance {
    fn new(desk: &Desk, dir: &Path, sink: &Sink) -> Result<Self, RunnerError> {
        let (cursor, named) = match sink {
            Sink::Log(key) => {
                let open = desk.state.open(*key);
                (desk.log_cursor(*key)?, open.is_some_and(|open| open.process.is_some()))
            }
            Sink::Keep(_) => (0, true),
        };
        let begun = Instant::now();
        Ok(Self {
            dir: dir.to_owned(),
            spool: SpoolReader::open(dir)?,
            watch: AttemptWatch::new(dir),
            cursor,
            refused: None,
            named,
            ending: false,
            deaf: false,
            cancels: desk.cancels(),
            begun,
            alone_since: None,
            stored_at: begun.checked_sub(GATHER).unwrap_or(begun),
        })
    }

    fn stay(&mut self, desk: &mut Desk, sink: &mut Sink) -> Result<Seen, RunnerError> {
        loop {
            self.name_process(desk, sink)?;
            let ended = supervisor::exit_record(&self.dir)?;
            self.copy(desk, sink)?;
            if let Some(record) = ended.filter(|record| record.lines <= self.cursor) {
                self.name_process(desk, sink)?;
                return Ok(Seen::Ended(record));
            }
            if let Some(seen) = self.look_after_supervisor()? {
                return Ok(seen);
            }
            self.pass_on_decisions(desk)?;
            self.watch.wait(PAUSE / 2);
            // Not for a command that says little: what it says is stored at once.
            if let Some(early) = GATHER.checked_sub(self.stored_at.elapsed()) {
                thread::sleep(early);
            }
        }
    }

    fn name_process(&mut self, desk: &mut Desk, sink: &Sink) -> Result<(), RunnerError> {
        let Sink::Log(key) = sink else { return Ok(()) };
        if self.named {
            return Ok(());
        }
        if let Some(started) = supervisor::started(&self.dir)? {
            desk.record(RunEvent::Spawned { key: *key, process: started.process })?;
            crash::point("runner.after_spawned");
            self.named = true;
        }
        Ok(())
    }

    /// Stores what is there; of a flood, as much as fits between two looks at what people decided.
    fn copy(&mut self, desk: &Desk, sink: &mut Sink) -> Result<(), RunnerError> {
        let begun = Instant::now();
        loop {
            let (last, lines) = if let Some(refused) = self.refused.take() {
                refused
            } else {
                let records = self.spool.read_after(self.cursor, BATCH)?;
                let Some((last, _)) = records.last() else { return Ok(()) };
                (*last, records.into_iter().map(|(_, line)| line).collect())
            };
            match sink {
                Sink::Log(key) => {
                    if !desk.offer_log(*key, last, &lines)? {
                        // Meanwhile the supervisor holds the command back, and decisions are heard.
                        self.refused = Some((last, lines));
                        return Ok(());
                    }
                }
                Sink::Keep(kept) => {
                    kept.extend(lines);
                    kept.drain(..kept.len().saturating_sub(KEPT));
                }
            }
            self.cursor = last;
            self.spool.acknowledge(last)?;
            self.stored_at = Instant::now();
            if !self.spool.stopped_early() || begun.elapsed() > BREATH {
                return Ok(());
            }
        }
    }

    /// Notices a supervisor that never came up, or that died.
    fn look_after_supervisor(&mut self) -> Result<Option<Seen>, RunnerError> {
        if supervisor::supervisor_alive(&self.dir)? || supervisor::ended(&self.dir) {
            self.alone_since = None;
            return Ok(None);
        }
        let alone = self.alone_since.get_or_insert_with(Instant::now).elapsed();
        if supervisor::started(&self.dir)?.is_some() {
            return Ok((alone > GOING).then(|| self.lost()));
        }
        if self.begun.elapsed() < COMING_UP {
            return Ok(None);
        }
        if supervisor::veto_claim(&self.dir)? {
            return Ok(Some(Seen::NeverStarted));
        }
        // It had claimed the command and died before it could say which process it started.
        Ok((self.begun.elapsed() > COMING_UP + GOING && alone > GOING).then(|| self.lost()))
    }

    fn lost(&self) -> Seen {
        Seen::Lost(lost(&self.dir))
    }

    fn pass_on_decisions(&mut self, desk: &mut Desk) -> Result<(), RunnerError> {
        let interrupted = match desk.interrupt()? {
            // An undo is not ended by the decision that began it, only by a further cancel.
            _ if desk.state.open_attempts.iter().any(|open| open.key.undo) => desk.cancels() > self.cancels,
            Some(Interrupt::Person | Interrupt::TimeUp | Interrupt::Fellow(_)) => true,
            None => false,
        };
        if interrupted && !self.ending && !self.deaf {
            self.ending = true;
            supervisor::request_cancel(&self.dir)?;
        }
        Ok(())
    }
}

/// Ends what a dead supervisor left running, and says so in one sentence.
pub fn lost(dir: &Path) -> String {
    let (ended, remaining) = supervisor::sweep_leftovers(dir);
    let mut why = "its supervisor died, nobody saw how the command ended".to_owned();
    if !ended.is_empty() {
        why += "; ended what it left running: ";
        why += &ended.join(", ");
    }
    if !remaining.is_empty() {
        why += "; STILL RUNNING: ";
        why += &remaining.join(", ");
    }
    why
}
