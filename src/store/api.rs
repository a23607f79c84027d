//! The interface of the room; bodies live in the files beside it.

use std::{
    future::Future,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};

use crate::domain::{
    actor::Actor,
    decision::{Decision, DecisionRow},
    environment::{Retention, Service},
    id::{AttemptKey, LookId, LookKey, RunId, SeriesKey},
    log::{CleanLine, Direction, LogLine},
    plan::Plan,
    release::{Behaviour, Release, ReleaseState},
    run::{EventRow, RunDetail, RunEvent, RunSummary},
    series::{LookRow, Point},
    soak::Figures,
    status::{DeployMark, Happening, LookNow, ServiceNow},
    suite::Report,
    time::UnixMs,
};

use super::state_dir::StateDir;

/// What can go wrong with the history.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The state directory can't be used.
    #[error("the state directory {path} can't be used: {why}")]
    StateDir {
        /// Which.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// SQLite said no.
    #[error("the history {path} can't be {doing}: {source}")]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// "opened", "read", "written".
        doing: &'static str,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// Written by a newer Quarterdeck.
    #[error(
        "the history {path} has schema {found}, this binary knows up to {known}: use the newer binary, or another --state"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// Another active run holds the target.
    #[error("{env}/{target} is held by run {holder}")]
    TargetHeld {
        /// Environment.
        env: String,
        /// Target.
        target: String,
        /// The run that holds it.
        holder: RunId,
    },
    /// A runner of a later generation is in charge: this one must stop at once and write nothing more.
    #[error("run {run} was taken over: generation {ours} is no longer in charge")]
    Fenced {
        /// The run.
        run: RunId,
        /// The generation that tried to write.
        ours: u32,
    },
    /// A row that should exist does not.
    #[error("there is no {what}")]
    Missing {
        /// "run #12".
        what: String,
    },
    /// A stored value can't be understood.
    #[error("the history holds a damaged {what}: {why}")]
    Damaged {
        /// Which row.
        what: String,
        /// Why.
        why: String,
    },
    /// The writer thread has ended.
    #[error("the history's writer has stopped: {0}")]
    Stopped(String),
}

/// A write under way: `.wait()` it, or `.await` it. Resolved once the transaction is committed.
#[must_use = "a write that is not waited for may still fail"]
pub struct Pending<T> {
    receiver: tokio::sync::oneshot::Receiver<Result<T, StoreError>>,
}

impl<T> Pending<T> {
    /// Blocks until committed. Not within an async task.
    pub fn wait(self) -> Result<T, StoreError> {
        self.receiver.blocking_recv().unwrap_or_else(|_| Err(StoreError::Stopped("it went away".into())))
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver)
            .poll(context)
            .map(|received| received.unwrap_or_else(|_| Err(StoreError::Stopped("it went away".into()))))
    }
}

/// The history, open for writing: a handle on the writer thread. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<StateDir>,
}

impl Store {
    /// Opens (creating and migrating as needed) and starts the writer thread.
    pub fn open(state: &StateDir) -> Result<Self, StoreError> {
        todo!("{state:?}")
    }

    /// Where it lives.
    pub fn state(&self) -> &StateDir {
        &self.inner
    }

    /// A new reading connection.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.inner)
    }

    // --- runs

    /// Inserts the run with its `Requested` event in one transaction; [`StoreError::TargetHeld`] if the target is taken
    /// (checked by a partial UNIQUE index, so that of two at the same instant one wins).
    pub fn create_run(&self, plan: Plan, actor: Actor, reason: Option<String>, at: UnixMs) -> Pending<RunId> {
        todo!("{plan:?} {actor:?} {reason:?} {at:?}")
    }

    /// Raises the run's generation and returns the new one: from then on writes of older generations are fenced.
    pub fn take_over(&self, run: RunId) -> Pending<u32> {
        todo!("{run}")
    }

    /// Appends events under `synchronous=FULL`, in one transaction that also updates the run's summary row, frees the
    /// target at `Ended`, and checks the generation.
    pub fn append_events(&self, run: RunId, generation: u32, events: Vec<(UnixMs, RunEvent)>) -> Pending<()> {
        todo!("{run} {generation} {events:?}")
    }

    /// Appends lines of an attempt with the spool cursor they were read up to, in one transaction: lines come exactly
    /// once. `cursor` is the number of spool records consumed; lines at or below the stored cursor are not given again.
    pub fn append_log(
        &self,
        run: RunId,
        generation: u32,
        attempt: AttemptKey,
        cursor: u64,
        lines: Vec<CleanLine>,
    ) -> Pending<()> {
        todo!("{run} {generation} {attempt:?} {cursor} {lines:?}")
    }

    /// Stores what a person decided, for the run's runner to read.
    pub fn decide(&self, run: RunId, actor: Actor, decision: Decision, at: UnixMs) -> Pending<i64> {
        todo!("{run} {actor:?} {decision:?} {at:?}")
    }

    /// Stores the report of a suite run by a step (or by `verify`).
    pub fn add_report(&self, run: RunId, step: u16, report: Report) -> Pending<()> {
        todo!("{run} {step} {report:?}")
    }

    // --- releases

    /// Writes a release; if its state is live, the one live before becomes replaced (or `previous_becomes`).
    pub fn add_release(&self, release: Release, previous_becomes: ReleaseState) -> Pending<()> {
        todo!("{release:?} {previous_becomes:?}")
    }

    /// Marks a release bad, or good again with `None`.
    pub fn mark_release(&self, run: RunId, bad: Option<String>) -> Pending<()> {
        todo!("{run} {bad:?}")
    }

    // --- looks

    /// The number of a look with this list of recorded names; a new list gets a new number, history stays.
    pub fn register_look(&self, key: LookKey, names: Vec<String>) -> Pending<LookId> {
        todo!("{key} {names:?}")
    }

    /// Appends looks, time-major, in one batch. Minute rollups follow by themselves.
    pub fn append_looks(&self, rows: Vec<LookRow>) -> Pending<()> {
        todo!("{rows:?}")
    }

    /// Replaces the `current` rows of these looks (on a change, and now and then).
    pub fn set_current(&self, looks: Vec<LookNow>) -> Pending<()> {
        todo!("{looks:?}")
    }

    /// Appends happenings (state changes of services).
    pub fn add_happenings(&self, happenings: Vec<Happening>) -> Pending<()> {
        todo!("{happenings:?}")
    }

    /// Compacts finished hours into blocks by series, rolls up, prunes by retention in small batches; returns rows gone.
    pub fn maintain(&self, retention: Retention, now: UnixMs) -> Pending<u64> {
        todo!("{retention:?} {now:?}")
    }

    // --- settings

    /// Remembers a value for this project (theme, selected environment).
    pub fn set_setting(&self, name: &str, value: &str) -> Pending<()> {
        todo!("{name} {value}")
    }
}

/// What may have changed since a [`Cursor`] was last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// Looks, current rows or happenings.
    pub watching: bool,
    /// Runs, events, log lines, decisions or releases.
    pub acting: bool,
}

/// Where a process has read up to, so that the feed reads only news: a version counter for each group of tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    data_version: i64,
    watching: i64,
    acting: i64,
}

/// A reading connection. Use one for each thread.
pub struct Reader {
    path: PathBuf,
}

impl Reader {
    /// Opens for reading only; works while others write and while the disk is full.
    pub fn open(state: &StateDir) -> Result<Self, StoreError> {
        todo!("{state:?}")
    }

    /// What changed since `cursor`, which is moved up. Cheap: `PRAGMA data_version` first.
    pub fn changes(&self, cursor: &mut Cursor) -> Result<Change, StoreError> {
        todo!("{cursor:?} {}", self.path.display())
    }

    // --- runs

    /// The newest runs first, of one environment or of all.
    pub fn runs(&self, env: Option<&str>, limit: usize) -> Result<Vec<RunSummary>, StoreError> {
        todo!("{env:?} {limit}")
    }

    /// Runs that are not over, oldest first.
    pub fn active_runs(&self) -> Result<Vec<RunSummary>, StoreError> {
        todo!()
    }

    /// A run in full; [`StoreError::Missing`] if there is none.
    pub fn run(&self, run: RunId) -> Result<RunDetail, StoreError> {
        todo!("{run}")
    }

    /// Its generation now.
    pub fn generation(&self, run: RunId) -> Result<u32, StoreError> {
        todo!("{run}")
    }

    /// Its events with `seq > after`.
    pub fn events(&self, run: RunId, after: u32) -> Result<Vec<EventRow>, StoreError> {
        todo!("{run} {after}")
    }

    /// Decisions with `id > after`.
    pub fn decisions(&self, run: RunId, after: i64) -> Result<Vec<DecisionRow>, StoreError> {
        todo!("{run} {after}")
    }

    /// Reports of the run, by step.
    pub fn reports(&self, run: RunId) -> Result<Vec<(u16, Report)>, StoreError> {
        todo!("{run}")
    }

    // --- log

    /// Lines stored for the run.
    pub fn log_len(&self, run: RunId) -> Result<u64, StoreError> {
        todo!("{run}")
    }

    /// Spool records of the attempt that are stored.
    pub fn log_cursor(&self, run: RunId, attempt: AttemptKey) -> Result<u64, StoreError> {
        todo!("{run} {attempt:?}")
    }

    /// Up to `limit` lines from number `from` (1 is the first).
    pub fn log(&self, run: RunId, from: u64, limit: usize) -> Result<Vec<LogLine>, StoreError> {
        todo!("{run} {from} {limit}")
    }

    /// The number of the next line containing `needle` (ASCII case ignored if `needle` has no upper case), starting at
    /// `from` inclusive.
    pub fn find_in_log(&self, run: RunId, needle: &str, from: u64, way: Direction) -> Result<Option<u64>, StoreError> {
        todo!("{run} {needle} {from} {way:?}")
    }

    /// How many lines contain `needle`, up to `at_most`, and how many of them come before line `before`.
    pub fn count_in_log(&self, run: RunId, needle: &str, before: u64, at_most: u64) -> Result<(u64, u64), StoreError> {
        todo!("{run} {needle} {before} {at_most}")
    }

    // --- releases

    /// Releases of a target, newest first, with how each behaved while live.
    pub fn releases(&self, env: &str, target: &str, limit: usize) -> Result<Vec<Release>, StoreError> {
        todo!("{env} {target} {limit}")
    }

    /// The one that is live.
    pub fn live_release(&self, env: &str, target: &str) -> Result<Option<Release>, StoreError> {
        todo!("{env} {target}")
    }

    /// Usual duration in milliseconds of a pipeline, and of each of its steps, from its last successful runs.
    pub fn usual_durations(&self, env: &str, pipeline: &str) -> Result<(Option<u64>, Vec<Option<u64>>), StoreError> {
        todo!("{env} {pipeline}")
    }

    /// Figures of a window: what `Release::behaviour` is made of.
    pub fn behaviour(&self, env: &str, from: UnixMs, to: UnixMs) -> Result<Behaviour, StoreError> {
        todo!("{env} {from:?} {to:?}")
    }

    // --- looks

    /// The latest of each probe of an environment. `services` tells what is configured and in which order, and each
    /// probe's `every` for staleness; what the store does not know yet is unknown.
    pub fn status(&self, env: &str, services: &[Service], now: UnixMs) -> Result<Vec<ServiceNow>, StoreError> {
        todo!("{env} {services:?} {now:?}")
    }

    /// A series from `from` to `to` in buckets of `step`; raw rows, minutes or hours are chosen by what is there.
    pub fn series(&self, key: &SeriesKey, from: UnixMs, to: UnixMs, step: Duration) -> Result<Vec<Point>, StoreError> {
        todo!("{key} {from:?} {to:?} {step:?}")
    }

    /// The newest figures of a service by bare series name (with `latency_ms` of its first probe), leaving out those of
    /// stale looks (older than `max_age`).
    pub fn figures(&self, env: &str, service: &str, now: UnixMs, max_age: Duration) -> Result<Figures, StoreError> {
        todo!("{env} {service} {now:?} {max_age:?}")
    }

    /// Means of a service's series over a window, by bare name.
    pub fn mean_figures(&self, env: &str, service: &str, from: UnixMs, to: UnixMs) -> Result<Figures, StoreError> {
        todo!("{env} {service} {from:?} {to:?}")
    }

    /// Requests seen over a window: the series `requests` (a rate) integrated over time; `None` if there is no such series.
    pub fn requests_seen(&self, env: &str, service: &str, from: UnixMs, to: UnixMs) -> Result<Option<u64>, StoreError> {
        todo!("{env} {service} {from:?} {to:?}")
    }

    /// The newest happenings, oldest first: state changes, and landmarks of runs (started, step failed, ended).
    pub fn happenings(&self, env: &str, limit: usize) -> Result<Vec<Happening>, StoreError> {
        todo!("{env} {limit}")
    }

    /// Runs that began in the window, as marks for charts.
    pub fn deploy_marks(&self, env: &str, from: UnixMs, to: UnixMs) -> Result<Vec<DeployMark>, StoreError> {
        todo!("{env} {from:?} {to:?}")
    }

    // --- settings

    /// A remembered value.
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        todo!("{name}")
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.inner.path()).finish()
    }
}
