//! What a runner works with: the history, the plan, the folded state, and what people said.

mod beside;
mod together;

use std::{
    cell::OnceCell,
    collections::VecDeque,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use chrono::Utc;
use futures_util::{StreamExt, stream};

use self::together::Together;
use super::{error::RunnerError, late::Late};
use crate::{
    domain::{
        decision::{Decision, DecisionRow},
        id::{AttemptKey, RunId},
        judge::{Judged, judge},
        log::{CleanLine, Stream},
        plan::Plan,
        probe::{Outcome, ProbeKind, ProbeSpec},
        run::{EventRow, RunEvent, RunState},
        template::{Rendered, Unresolved},
        text::{Masker, clean_line},
        time::{Moment, UnixMs},
    },
    probe::{Memory, Prober},
    proc::{clock, crash},
    secret::Secrets,
    store::{Reader, Store, StoreError, lock::HeldLock, state_dir::StateDir},
};

/// How often a waiting runner looks for decisions.
pub const PAUSE: Duration = Duration::from_millis(200);
/// How long a write that fails (a full disk, a locked file) is tried again before the runner gives up.
const STUBBORN: Duration = Duration::from_mins(10);
/// Looks under way at once, at most.
const AT_ONCE: usize = 16;
/// Longest line of our own, in characters.
const NOTE: usize = 4_000;

/// What ends the work under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interrupt {
    /// A person cancelled, or decided to roll back.
    Person,
    /// The run's time is up.
    TimeUp,
    /// A step beside this one failed, and ends the others.
    Fellow(u16),
}

/// One run and everything its runner holds.
pub struct Desk {
    /// The history, for writing.
    pub store: Store,
    /// The history, for reading.
    pub reader: Reader,
    /// Which run.
    pub run: RunId,
    /// What it executes.
    pub plan: Arc<Plan>,
    /// Where it stands.
    pub state: RunState,
    /// All of its events.
    pub events: Vec<EventRow>,
    /// Values of the run itself.
    pub late: Late,
    /// Drives looks.
    runtime: tokio::runtime::Runtime,
    /// For looks; most runs of commands never need it.
    prober: OnceCell<Prober>,
    /// For what Quarterdeck itself writes into the log.
    pub masker: Masker,
    /// Once resolved.
    pub secrets: Option<Secrets>,
    /// Read at the start of the step under way; `None` if another runner saw its start.
    pub step_began: Option<Instant>,
    /// The step under way; not while undoing.
    pub at_work: Option<u16>,
    together: Option<Arc<Together>>,
    /// How many of the common events were taken in.
    seen: usize,
    generation: u32,
    heard: i64,
    said: VecDeque<DecisionRow>,
    /// When the run's time is up: this long after the event with which it began.
    deadline: Option<(Moment, Duration)>,
    /// Held for life by the first; those of steps side by side have none.
    _lock: Option<HeldLock>,
}

/// What [`Desk::open`] needs of its runner.
pub struct Charge {
    /// The history.
    pub store: Store,
    /// Which run.
    pub run: RunId,
    /// The runner's own generation.
    pub generation: u32,
    /// The lock of that generation.
    pub lock: HeldLock,
    /// Values a supervisor passed on.
    pub secrets: Option<Secrets>,
}

/// The wall clock, for rows.
pub fn now() -> UnixMs {
    Utc::now().into()
}

/// Now by both clocks, for events.
pub fn moment() -> Moment {
    Moment { at: now(), boot: clock::boot_time() }
}

impl Desk {
    /// Loads the plan and the events.
    pub fn open(charge: Charge) -> Result<Self, RunnerError> {
        let Charge { store, run, generation, lock, secrets } = charge;
        let reader = store.reader()?;
        let plan = reader.run(run)?.plan;
        let events = reader.events(run, 0)?;
        let state = RunState::fold(plan.steps.len(), &events);
        let runtime = runtime(run)?;
        let late = Late::load(run, store.state().run_dir(run).join("captures.json"));
        let heard = state.decided;
        let mut desk = Self {
            store,
            reader,
            run,
            plan,
            state,
            events,
            late,
            runtime,
            prober: OnceCell::new(),
            masker: Masker::default(),
            secrets: None,
            step_began: None,
            at_work: None,
            together: None,
            seen: 0,
            generation,
            heard,
            said: VecDeque::new(),
            deadline: None,
            _lock: Some(lock),
        };
        if let Some(secrets) = secrets {
            desk.learn(secrets);
        }
        desk.set_deadline();
        Ok(desk)
    }

    /// Where the run's files are.
    pub fn state_dir(&self) -> &StateDir {
        self.store.state()
    }

    /// The run's name in what it changes: no other ever has it, even after the history was made anew.
    pub fn run_name(&self) -> Option<String> {
        let requested = self.events.iter().find(|row| matches!(row.event, RunEvent::Requested { .. }))?;
        Some(format!("{} {} run {} at {}", self.plan.project, self.plan.env, self.run.0, requested.at.0))
    }

    /// This runner's generation.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Seconds held for people count as well: a timeout bounds the run, not the machine's part of it. A runner that takes
    /// over finds the same deadline, wherever the wall clock was set to in between.
    fn set_deadline(&mut self) {
        let begun = self.latest(|event| matches!(event, RunEvent::RunnerStarted { adopted: false, .. }));
        let begun = begun.unwrap_or_else(moment);
        self.deadline = self.plan.timeout.map(|bound| (begun, bound));
    }

    /// When the latest event of a kind happened.
    pub fn latest(&self, is: impl Fn(&RunEvent) -> bool) -> Option<Moment> {
        self.events.iter().rev().find(|row| is(&row.event)).map(EventRow::moment)
    }

    /// From now on nothing bounds the run any more: its time was up, and people decide.
    pub fn lift_deadline(&mut self) {
        self.deadline = None;
    }

    /// How long the step under way (or its undo) takes so far: by the monotonic clock, or by the events if another runner
    /// saw its start.
    pub fn step_elapsed(&self, of: u16, of_undo: bool) -> Duration {
        let begins =
            |event: &RunEvent| matches!(event, RunEvent::StepStarted { step, undo } if (*step, *undo) == (of, of_undo));
        let by_events = || self.latest(begins).map(|begun| moment().since(&begun)).unwrap_or_default();
        self.step_began.map_or_else(by_events, |began| began.elapsed())
    }

    /// Appends one event, and then takes it in.
    pub fn record(&mut self, event: RunEvent) -> Result<(), RunnerError> {
        self.record_all(vec![event])
    }

    /// Appends events in one transaction, and then takes them in. A history that can't be written now is tried again.
    pub fn record_all(&mut self, events: Vec<RunEvent>) -> Result<(), RunnerError> {
        self.record_unless(events, |_| false)
    }

    /// The same, unless what was recorded already makes it superfluous.
    fn record_unless(
        &mut self,
        events: Vec<RunEvent>,
        superfluous: impl Fn(&[EventRow]) -> bool,
    ) -> Result<(), RunnerError> {
        let together = self.together.clone();
        let mut common = together.as_deref().map(Together::events);
        if let Some(common) = &common {
            self.take_in(common);
        }
        if superfluous(&self.events) {
            return Ok(());
        }
        let now = moment();
        let rows: Vec<_> = events.into_iter().map(|event| (now.clone(), event)).collect();
        let begun = Instant::now();
        loop {
            match self.store.append_events(self.run, self.generation, rows.clone()).wait() {
                Ok(()) => break,
                Err(error) if gives_up(&error, begun) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(run = self.run.0, %error, "events could not be written, trying again");
                    thread::sleep(Duration::from_millis(500));
                }
            }
        }
        let last = self.events.last().map_or(0, |row| row.seq);
        for (seq, (Moment { at, boot }, event)) in (last + 1..).zip(rows) {
            self.state.apply(at, &event);
            let row = EventRow { seq, at, boot, event };
            if let Some(common) = &mut common {
                common.push(row.clone());
                self.seen += 1;
            }
            self.events.push(row);
        }
        Ok(())
    }

    // --- decisions

    /// Reads what people said since. A cancel and a rollback count at once; the rest waits for who asked for it. An error
    /// if the state directory is gone: the open history would be read for ever, and nobody could write to it.
    pub fn hear(&mut self) -> Result<(), RunnerError> {
        let path = self.store.state().path();
        if path.try_exists().is_ok_and(|there| !there) {
            return Err(RunnerError::Gone { run: self.run, path: path.to_owned() });
        }
        if let Some(together) = self.together.clone() {
            if together.is_broken() {
                return Err(RunnerError::Beside { run: self.run });
            }
            self.take_in(&together.events());
        }
        let rows = match self.reader.decisions(self.run, self.heard) {
            Ok(rows) => rows,
            Err(error) if error.is_passing() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for row in rows {
            self.heard = row.id;
            let counts = match &row.decision {
                // Of two cancels one counts.
                Decision::Cancel { .. } => !self.state.cancelling || self.state.rolling_back.is_some(),
                Decision::RollBack { .. } => self.state.rolling_back.is_none(),
                Decision::Pause { .. } => self.state.pausing.is_none(),
                _ => {
                    self.said.push_back(row);
                    continue;
                }
            };
            if counts {
                self.decided(row)?;
            }
        }
        Ok(())
    }

    /// Takes a decision in.
    pub fn decided(&mut self, row: DecisionRow) -> Result<(), RunnerError> {
        tracing::info!(run = self.run.0, by = %row.actor, decision = ?row.decision, "decision");
        let DecisionRow { id, actor, decision, .. } = row;
        // Steps side by side all hear it; it counts once.
        let counted = |rows: &[EventRow]| {
            rows.iter().rev().any(|row| matches!(row.event, RunEvent::Decided { id: known, .. } if known == id))
        };
        self.record_unless(vec![RunEvent::Decided { id, actor, decision }], counted)
    }

    /// The first decision said after `since` that `fits`; those before it are dropped: they were meant for something that
    /// is over.
    pub fn next_said(&mut self, since: UnixMs, fits: impl Fn(&Decision) -> bool) -> Option<DecisionRow> {
        while let Some(row) = self.said.pop_front() {
            if row.at >= since && fits(&row.decision) {
                return Some(row);
            }
        }
        None
    }

    /// Whether the forward work under way must end: hears first.
    pub fn interrupt(&mut self) -> Result<Option<Interrupt>, RunnerError> {
        self.hear()?;
        Ok(if self.state.cancelling || self.state.rolling_back.is_some() {
            Some(Interrupt::Person)
        } else if self.deadline.as_ref().is_some_and(|(begun, bound)| moment().since(begun) >= *bound) {
            Some(Interrupt::TimeUp)
        } else {
            self.failed_fellow().map(Interrupt::Fellow)
        })
    }

    /// How many cancels were taken in: while undoing, one more ends the undo under way.
    pub fn cancels(&self) -> usize {
        let cancel = |row: &&EventRow| matches!(row.event, RunEvent::Decided { decision: Decision::Cancel { .. }, .. });
        self.events.iter().filter(cancel).count()
    }

    // --- log

    /// Lines of the attempt stored so far (of its spool, or of ours where it has none).
    pub fn log_cursor(&self, key: AttemptKey) -> Result<u64, RunnerError> {
        Ok(self.reader.log_cursor(self.run, key)?)
    }

    /// Appends lines with their cursor, once. A history that can't be written now is tried again; meanwhile the supervisor
    /// holds the command back.
    pub fn append_log(&self, key: AttemptKey, cursor: u64, lines: &[CleanLine]) -> Result<(), RunnerError> {
        let begun = Instant::now();
        loop {
            match self.store.append_log(self.run, self.generation, key, cursor, lines.to_vec()).wait() {
                Ok(()) => {
                    crash::point("runner.after_log");
                    return Ok(());
                }
                Err(error) if gives_up(&error, begun) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(run = self.run.0, %error, "log lines could not be written, trying again");
                    thread::sleep(Duration::from_millis(500));
                }
            }
        }
    }

    /// The same for what a command said, without waiting for a full disk: `false` if it is, and nothing was stored.
    pub fn offer_log(&self, key: AttemptKey, cursor: u64, lines: &[CleanLine]) -> Result<bool, RunnerError> {
        match self.store.append_log(self.run, self.generation, key, cursor, lines.to_vec()).wait() {
            Err(StoreError::Full { .. }) => Ok(false),
            Err(error) if error.is_passing() => self.append_log(key, cursor, lines).map(|()| true),
            done => {
                done?;
                crash::point("runner.after_log");
                Ok(true)
            }
        }
    }

    /// Writes a line of our own into the log of an attempt. Not while its spool is being copied: lines of a spool and lines
    /// of ours share the cursor.
    pub fn note(&self, key: AttemptKey, text: &str) -> Result<(), RunnerError> {
        let cursor = self.log_cursor(key)? + 1;
        self.append_log(key, cursor, &[self.line(text)])
    }

    /// A line of our own, masked and clean.
    pub fn line(&self, text: &str) -> CleanLine {
        CleanLine { at: now(), stream: Stream::Deck, text: self.say(text), spans: Vec::new() }
    }

    /// One sentence, masked and clean, for events and log.
    pub fn say(&self, text: &str) -> String {
        let indent = text.len() - text.trim_start_matches(' ').len();
        // Cleaned first: a secret with a control character inside is found in the clean text, too.
        let clean = self.masker.mask(&clean_line(text, NOTE)).into_owned();
        format!("{}{}", " ".repeat(indent.min(16)), clean.trim_start())
    }

    // --- looks

    /// Takes a look now, with a memory of its own, and judges it.
    pub fn look(&self, spec: &ProbeSpec) -> Judged {
        judge(spec, self.runtime.block_on(self.outcome(spec)))
    }

    /// Takes several looks at once, and judges them in their order.
    pub fn look_all(&self, specs: &[ProbeSpec]) -> Vec<Judged> {
        let looks = stream::iter(specs).map(|spec| self.outcome(spec)).buffered(AT_ONCE);
        let outcomes: Vec<_> = self.runtime.block_on(looks.collect());
        specs.iter().zip(outcomes).map(|(spec, outcome)| judge(spec, outcome)).collect()
    }

    async fn outcome(&self, spec: &ProbeSpec) -> Outcome {
        let secrets = self.secrets.as_ref();
        // What an `env` look asks for is not among the secrets a run needs: a missing one is its finding.
        let asked = match &spec.kind {
            ProbeKind::Env { name } if self.plan.secrets.contains_key(name) => {
                Secrets::resolve(std::slice::from_ref(name), &self.plan.secrets, &self.plan.root).ok()
            }
            _ => None,
        };
        let secret = |name: &str| {
            let known = secrets.and_then(|secrets| secrets.get(name)).or_else(|| asked.as_ref()?.get(name));
            known.map(str::to_owned)
        };
        let prober = self.prober.get_or_init(|| Prober::new().with_receipts(Arc::new(self.store.clone())));
        prober.look(spec, &mut Memory::default(), &secret).await
    }

    // --- values

    /// Looks the plan's secrets up, unless that was done. The error names each one that the run needs and that could not be
    /// had; a look at a service whose secret is missing says so itself.
    pub fn resolve_secrets(&mut self) -> Result<(), String> {
        if self.secrets.is_some() {
            return Ok(());
        }
        let needed = self.plan.needed_secret_names();
        let (secrets, errors) = Secrets::resolve_each(&self.plan.secret_names(), &self.plan.secrets, &self.plan.root);
        let (missing, spared): (Vec<_>, Vec<_>) = errors.iter().partition(|error| needed.contains(&error.name));
        if !missing.is_empty() {
            return Err(missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        }
        for error in spared {
            tracing::warn!(run = self.run.0, %error, "a secret that only a look at a service needs is missing");
        }
        self.learn(secrets);
        Ok(())
    }

    fn learn(&mut self, secrets: Secrets) {
        let (masker, refused) = Masker::of_those_possible(secrets.iter());
        self.masker = masker;
        if let Some(error) = refused {
            tracing::error!(run = self.run.0, %error, "some secrets can't be masked");
        }
        self.secrets = Some(secrets);
    }

    /// The value of a secret.
    pub fn secret(&self, name: &str) -> Option<String> {
        self.secrets.as_ref()?.get(name).map(str::to_owned)
    }

    /// The final string.
    pub fn resolve(&self, rendered: &Rendered, weight: Option<u8>) -> Result<String, Unresolved> {
        rendered.resolve(&|name| self.secret(name), &|name| self.late.get(name, weight))
    }
}

fn runtime(run: RunId) -> Result<tokio::runtime::Runtime, RunnerError> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().map_err(|source| RunnerError::Runtime { run, source })
}

/// Whether a write that failed is not tried again. A full disk is waited for as long as it lasts: who is held back loses
/// nothing.
fn gives_up(error: &StoreError, begun: Instant) -> bool {
    !error.is_passing() || (begun.elapsed() > STUBBORN && !matches!(error, StoreError::Full { .. }))
}
