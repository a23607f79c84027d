//! The one writer thread of a process: jobs queue up, and those that wait together are committed together.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{error::StoreError, pending::Pending, state_dir::StateDir};

/// Jobs that may wait; beyond it whoever writes waits too.
const QUEUE: usize = 1_024;
/// Jobs committed together at most.
const BATCH: usize = 256;
/// Looks may wait this long for others, so that a second of them costs one commit.
const LINGER: Duration = Duration::from_millis(40);

/// How soon and how surely a job must be on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Care {
    /// With others within a moment; a power cut may lose it.
    Gather,
    /// At once; a power cut may lose it.
    Prompt,
    /// At once, and on disk before it is acknowledged.
    Durable,
    /// Commits for itself, in transactions of its own.
    Alone,
}

type Work<T> = Box<dyn FnOnce(&mut Connection) -> Result<T, StoreError> + Send>;

/// Why a whole transaction came to nothing.
enum Failure {
    Full(PathBuf),
    Other(String),
}

impl Failure {
    fn as_error(&self) -> StoreError {
        match self {
            Self::Full(path) => StoreError::Full { path: path.clone() },
            Self::Other(why) => StoreError::NotCommitted(why.clone()),
        }
    }
}

trait Job: Send {
    fn run(&mut self, connection: &mut Connection) -> bool;
    /// Whether it found the disk full.
    fn met_full_disk(&self) -> bool;
    fn reply(self: Box<Self>, failure: Option<&Failure>);
}

struct Typed<T> {
    work: Option<Work<T>>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send> Job for Typed<T> {
    fn run(&mut self, connection: &mut Connection) -> bool {
        let Some(work) = self.work.take() else { return false };
        let result = catch_unwind(AssertUnwindSafe(|| work(connection)))
            .unwrap_or_else(|_| Err(StoreError::Stopped("this write broke a rule of the program; see the log".into())));
        let good = result.is_ok();
        self.result = Some(result);
        good
    }

    fn met_full_disk(&self) -> bool {
        matches!(self.result, Some(Err(StoreError::Full { .. })))
    }

    fn reply(self: Box<Self>, failure: Option<&Failure>) {
        let result = match (self.result, failure) {
            (Some(Err(error)), _) => Err(error),
            (_, Some(failure)) => Err(failure.as_error()),
            (Some(done), None) => done,
            (None, None) => Err(StoreError::Stopped("it was not reached".into())),
        };
        // Nobody listens any more: the write stands all the same.
        let _ = self.reply.send(result);
    }
}

type Queued = (Care, Box<dyn Job>);

/// The handle that queues jobs; the last one to go waits for what is queued.
pub(super) struct Writer {
    queue: Option<SyncSender<Queued>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, state: &StateDir) -> Result<Self, StoreError> {
        let (queue, jobs) = sync_channel(QUEUE);
        let state = state.clone();
        let thread = thread::Builder::new()
            .name("history".into())
            .spawn(move || Loop { connection, state, durable: false }.work_off(&jobs))
            .map_err(|error| StoreError::Stopped(format!("no thread could be started: {error}")))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    pub(super) fn submit<T: Send + 'static>(
        &self,
        care: Care,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        let (reply, receiver) = oneshot::channel();
        if let Some(queue) = &self.queue {
            let job = Typed { work: Some(Box::new(work)), result: None, reply };
            // If the thread is gone the sender of the reply goes with the job, and the wait ends with an error.
            let _ = queue.send((care, Box::new(job)));
        }
        Pending { receiver }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Loop {
    connection: Connection,
    state: StateDir,
    durable: bool,
}

impl Loop {
    fn work_off(mut self, jobs: &Receiver<Queued>) {
        let mut next = None;
        while let Some(first) = next.take().or_else(|| jobs.recv().ok()) {
            if first.0 == Care::Alone {
                let mut job = first.1;
                job.run(&mut self.connection);
                if job.met_full_disk() {
                    self.state.spend_ballast();
                }
                job.reply(None);
                continue;
            }
            let mut batch = vec![first];
            next = gather(jobs, &mut batch);
            self.commit(batch);
        }
        let _ = self.connection.pragma_update(None, "optimize", "");
    }

    /// One transaction for the whole batch, each job in a savepoint of its own.
    fn commit(&mut self, mut batch: Vec<Queued>) {
        let durable = batch.iter().any(|(care, _)| *care == Care::Durable);
        let done = self.begin(durable).and_then(|()| {
            for (_, job) in &mut batch {
                self.connection.execute_batch("SAVEPOINT job")?;
                if !job.run(&mut self.connection) {
                    self.connection.execute_batch("ROLLBACK TO job")?;
                }
                self.connection.execute_batch("RELEASE job")?;
            }
            Ok(self.connection.execute_batch("COMMIT")?)
        });
        let mut full = batch.iter().any(|(_, job)| job.met_full_disk());
        let failure = done.err().map(|error| {
            let _ = self.connection.execute_batch("ROLLBACK");
            let error = error.at(&self.state.database(), "written");
            full |= matches!(error, StoreError::Full { .. });
            // SQLite may have rolled back for a job that found the disk full: then this one's words are beside the point.
            if full { Failure::Full(self.state.path().to_owned()) } else { Failure::Other(error.to_string()) }
        });
        if full {
            self.state.spend_ballast();
        }
        for (_, job) in batch {
            job.reply(failure.as_ref());
        }
    }

    fn begin(&mut self, durable: bool) -> Result<(), StoreError> {
        if durable != self.durable {
            self.connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
            self.durable = durable;
        }
        begin_immediate(&self.connection)
    }
}

/// Waits for the write lock as long as it takes: the queue is bounded, so those who write wait too.
pub(super) fn begin_immediate(connection: &Connection) -> Result<(), StoreError> {
    loop {
        match connection.execute_batch("BEGIN IMMEDIATE").map_err(StoreError::from) {
            Err(error) if error.is_busy() => thread::sleep(Duration::from_millis(10)),
            done => return done,
        }
    }
}

/// Takes what waits, and while only looks are in the batch, what comes within a second. Returns a job that must go alone.
fn gather(jobs: &Receiver<Queued>, batch: &mut Vec<Queued>) -> Option<Queued> {
    let until = Instant::now() + LINGER;
    while batch.len() < BATCH {
        let patient = batch.iter().all(|(care, _)| *care == Care::Gather);
        let left = if patient { until.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
        match jobs.recv_timeout(left) {
            Ok(job) if job.0 == Care::Alone => return Some(job),
            Ok(job) => batch.push(job),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    None
}
