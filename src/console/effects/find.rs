//! Searching logs: one search at a time, the newest wins.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::{
    domain::{id::RunId, log::Direction},
    store::{Reader, Store, StoreError},
};

use super::super::{
    app::{
        effect::Ticket,
        log_pane::Hit,
        msg::{Answer, Msg},
    },
    wake::{self, Wake, Wakes},
};

/// More hits than this are not counted.
const COUNTED: u64 = 10_000;

/// A search.
#[derive(Debug, Clone)]
pub struct Job {
    /// Whose answer it is.
    pub ticket: Ticket,
    /// Whose log.
    pub run: RunId,
    /// Any of these.
    pub needles: Vec<String>,
    /// From which line, inclusive.
    pub from: u64,
    /// Which way.
    pub way: Direction,
    /// Go on from the other end.
    pub around: bool,
    /// Count the hits of the first needle too.
    pub count: bool,
}

/// The searching thread; dropping it ends it.
#[derive(Debug)]
pub struct Finder {
    desk: Arc<Desk>,
}

#[derive(Debug, Default)]
struct Desk {
    /// The search that waits; a newer one takes its place.
    next: Mutex<Next>,
    bell: Condvar,
}

#[derive(Debug, Default)]
enum Next {
    #[default]
    Nothing,
    Job(Job),
    Stop,
}

impl Finder {
    /// Searches the logs of this history.
    pub fn start(store: Store, wakes: Wakes) -> std::io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let shared = Arc::clone(&desk);
        wake::spawn("search", wakes, move |wakes| {
            let mut reader = None;
            while let Some(job) = shared.take() {
                // An answer that nobody takes means that the console has ended.
                if search(&store, &mut reader, &job, &shared, wakes).is_none() {
                    return;
                }
            }
        })?;
        Ok(Self { desk })
    }

    /// Searches; a search that still waits is forgotten.
    pub fn find(&self, job: Job) {
        self.desk.put(Next::Job(job));
    }
}

impl Drop for Finder {
    fn drop(&mut self) {
        self.desk.put(Next::Stop);
    }
}

impl Desk {
    fn put(&self, next: Next) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = next;
        self.bell.notify_one();
    }

    fn take(&self) -> Option<Job> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match std::mem::take(&mut *next) {
                Next::Job(job) => return Some(job),
                Next::Stop => return None,
                Next::Nothing => next = self.bell.wait(next).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// A newer search waits, or the end.
    fn is_asked_for_more(&self) -> bool {
        !matches!(*self.next.lock().unwrap_or_else(PoisonError::into_inner), Next::Nothing)
    }
}

/// One search, answered once with the hit and once more with its place among all. `None` once nobody listens.
fn search(store: &Store, reader: &mut Option<Reader>, job: &Job, desk: &Desk, wakes: &Wakes) -> Option<()> {
    let tell = |msg| wakes.send(Wake::Msg(msg)).ok();
    if reader.is_none() {
        match store.reader() {
            Ok(opened) => *reader = Some(opened),
            Err(error) => return tell(Msg::Trouble(format!("the log can't be searched: {error}"))),
        }
    }
    let reader = reader.as_ref()?;
    let line = match find(reader, job, desk) {
        Ok(line) => line,
        Err(error) => return tell(Msg::Trouble(format!("the log can't be searched: {error}"))),
    };
    let hit = line.map(|line| Hit { line, number: 0, of: 0, more: false });
    tell(Msg::Answered(job.ticket, Answer::Found(hit)))?;
    let (Some(line), Some(needle), true) = (line, job.needles.first(), job.count && !desk.is_asked_for_more()) else {
        return Some(());
    };
    match reader.count_in_log(job.run, needle, line, COUNTED) {
        Ok((of, before)) => {
            let hit = Hit { line, number: before + 1, of, more: of >= COUNTED };
            tell(Msg::Answered(job.ticket, Answer::Found(Some(hit))))
        }
        // The hit is there; only its number is not.
        Err(_) => Some(()),
    }
}

fn find(reader: &Reader, job: &Job, desk: &Desk) -> Result<Option<u64>, StoreError> {
    if let Some(line) = nearest(reader, job, job.from, desk)? {
        return Ok(Some(line));
    }
    if !job.around {
        return Ok(None);
    }
    let other_end = match job.way {
        Direction::Forward => 1,
        Direction::Backward => reader.log_len(job.run)?,
    };
    nearest(reader, job, other_end, desk)
}

/// The nearest line with any of the needles.
fn nearest(reader: &Reader, job: &Job, from: u64, desk: &Desk) -> Result<Option<u64>, StoreError> {
    let mut best: Option<u64> = None;
    for needle in &job.needles {
        if desk.is_asked_for_more() {
            break;
        }
        let found = reader.find_in_log(job.run, needle, from, job.way)?;
        best = match (best, found, job.way) {
            (Some(one), Some(other), Direction::Forward) => Some(one.min(other)),
            (Some(one), Some(other), Direction::Backward) => Some(one.max(other)),
            (one, other, _) => one.or(other),
        };
    }
    Ok(best)
}
