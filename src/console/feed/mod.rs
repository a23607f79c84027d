//! The feed: from the store to messages.
//!
//! In: the [`Interest`] of the model (what is on the screen). Out: `News` of exactly that. It sleeps until the history's
//! write-ahead file is written (inotify) or the interest changes, and looks every 2 s in any case. Bursts are gathered: runs
//! and logs are read at most ten times a second, what is watched at most once; the first change after a pause is read at once.

mod charts;
mod clock;
mod read;
mod wait;

use std::{
    os::fd::OwnedFd,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustix::event::{EventfdFlags, eventfd};

use crate::{domain::environment::Project, store::Store};

use self::{clock::Paced, read::Sources, wait::Waiting};
use super::{
    app::{interest::Interest, msg::Msg},
    error::ConsoleError,
    wake::{self, Wake, Wakes},
};

/// Between two readings of runs and logs.
const ACTING: Duration = Duration::from_millis(100);
/// Between two readings of what is watched.
const WATCHING: Duration = Duration::from_secs(1);
/// Between two looks when nothing woke us.
const FALLBACK: Duration = Duration::from_secs(2);
/// Without any change, what is watched is read again after this: looks become stale by time alone.
const STALENESS: Duration = Duration::from_secs(6);

/// The feed's thread; dropping it ends it.
#[derive(Debug)]
pub struct Feed {
    wanted: Arc<Mutex<Wanted>>,
    bell: OwnedFd,
}

/// What the loop told the feed last.
#[derive(Debug, Clone)]
struct Wanted {
    interest: Interest,
    project: Arc<Project>,
    stop: bool,
}

impl Feed {
    /// Starts reading the history of `store` for `project`.
    pub fn start(
        store: Store,
        project: Arc<Project>,
        wakes: Wakes,
        crash_point: Option<fn(&'static str)>,
    ) -> Result<Self, ConsoleError> {
        let io = |source| ConsoleError::Io { doing: "start its feed", source };
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(|error| io(error.into()))?;
        let waiting = Waiting::new(store.state(), bell.try_clone().map_err(io)?);
        let wanted = Arc::new(Mutex::new(Wanted { interest: Interest::default(), project, stop: false }));
        let shared = Arc::clone(&wanted);
        wake::spawn("feed", wakes, move |wakes| {
            if let Some(point) = crash_point {
                point("console.feed");
            }
            run(&store, &shared, &waiting, wakes);
        })
        .map_err(io)?;
        Ok(Self { wanted, bell })
    }

    /// What is on the screen now.
    pub fn want(&self, interest: Interest) {
        self.tell(|wanted| wanted.interest = interest);
    }

    /// The configuration changed.
    pub fn reload(&self, project: Arc<Project>) {
        self.tell(|wanted| wanted.project = project);
    }

    fn tell(&self, change: impl FnOnce(&mut Wanted)) {
        change(&mut self.wanted.lock().unwrap_or_else(PoisonError::into_inner));
        // It can't fail but when it is rung already.
        let _ = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.tell(|wanted| wanted.stop = true);
    }
}

fn run(store: &Store, wanted: &Mutex<Wanted>, waiting: &Waiting, wakes: &Wakes) {
    let mut trouble = String::new();
    let mut sources = Sources::default();
    let mut acting = Paced::new(ACTING);
    let mut watching = Paced::new(WATCHING);
    loop {
        let Wanted { interest, project, stop } = wanted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if stop {
            return;
        }
        let now = Instant::now();
        let result = sources.open(store).and_then(|()| {
            let change = sources.changes()?;
            acting.note(change.acting);
            watching.note(change.watching || watching.idle_for(now) > STALENESS);
            let mut news = sources.aim(&interest, &project)?;
            if acting.take(now) {
                news.extend(sources.read_acting()?);
            }
            if watching.take(now) {
                news.extend(sources.read_watching()?);
            }
            Ok(news)
        });
        let messages = match result {
            Ok(news) => {
                trouble.clear();
                news.into_iter().map(Msg::News).collect()
            }
            Err(error) => {
                // The same trouble is told once; a new connection is tried next time.
                sources = Sources::default();
                let again = std::mem::replace(&mut trouble, error.to_string());
                if again == trouble { Vec::new() } else { vec![Msg::Trouble(trouble.clone())] }
            }
        };
        if messages.into_iter().any(|msg| wakes.send(Wake::Msg(msg)).is_err()) {
            return;
        }
        // While something was read just now, further changes can wait; only the interest rings through.
        let due = [acting.due(), watching.due()].into_iter().flatten().min();
        let pause = acting.pause(Instant::now());
        waiting.wait(pause, due.map_or(FALLBACK, |due| due.saturating_duration_since(Instant::now())).min(FALLBACK));
    }
}
