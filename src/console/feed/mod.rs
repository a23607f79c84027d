//! The feed: from the store to messages.
//!
//! In: the [`Interest`] of the model (what is on the screen). Out: `News` of exactly that. It sleeps until the history's
//! write-ahead file is written (inotify) or the interest changes, and looks every 2 s in any case. Bursts are gathered: runs
//! and logs are read at most ten times a second, what is watched at most once; the first change after a pause is read at once.

mod alerts;
mod charts;
mod clock;
mod detail;
mod figures;
mod plot;
mod read;
mod service_log;
mod wait;

use std::{
    os::fd::OwnedFd,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustix::event::{EventfdFlags, eventfd};

use crate::{
    domain::environment::Project,
    store::{Reader, state_dir::StateDir},
};

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
/// Between two readings of the alerts.
const ALERTING: Duration = Duration::from_millis(500);
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
    /// Starts reading the history in `state`, which `reader` has open, for `project`. What `interest` names is read at once.
    pub fn start(
        state: StateDir,
        reader: Reader,
        project: Arc<Project>,
        interest: Interest,
        wakes: Wakes,
        crash_point: Option<fn(&'static str)>,
    ) -> Result<Self, ConsoleError> {
        let io = |source| ConsoleError::Io { doing: "start its feed", source };
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(|error| io(error.into()))?;
        let waiting = Waiting::new(&state, bell.try_clone().map_err(io)?);
        let wanted = Arc::new(Mutex::new(Wanted { interest, project, stop: false }));
        let shared = Arc::clone(&wanted);
        let sources = Sources::new(state, reader);
        wake::spawn("feed", wakes, move |wakes| {
            if let Some(point) = crash_point {
                point("console.feed");
            }
            run(sources, &shared, &waiting, wakes);
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

fn run(mut sources: Sources, wanted: &Mutex<Wanted>, waiting: &Waiting, wakes: &Wakes) {
    let mut trouble = String::new();
    let mut acting = Paced::new(ACTING);
    let mut watching = Paced::new(WATCHING);
    let mut alerting = Paced::new(ALERTING);
    let mut logging = Paced::new(ACTING);
    loop {
        let Wanted { interest, project, stop } = wanted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if stop {
            return;
        }
        let now = Instant::now();
        let result = sources.open().and_then(|()| {
            let change = sources.changes()?;
            acting.note(change.acting);
            watching.note(change.watching || watching.idle_for(now) > STALENESS);
            let anew = !sources.has_aim();
            // A silence ends by time alone.
            alerting.note(change.alerting || change.acting || alerting.idle_for(now) > STALENESS);
            logging.note(change.logging);
            let mut news = sources.aim(&interest, &project)?;
            if anew {
                // All that is on the screen was read just now.
                acting.taken(now);
                watching.taken(now);
                alerting.taken(now);
            }
            if acting.take(now) {
                news.extend(sources.read_acting()?);
            }
            if watching.take(now) {
                news.extend(sources.read_watching()?);
            }
            if alerting.take(now) {
                news.extend(sources.read_alerts()?);
            }
            if logging.take(now) {
                news.extend(sources.read_service_log()?);
            }
            news.extend(sources.read_figures()?);
            Ok(news)
        });
        let wake = match result {
            Ok(news) => {
                trouble.clear();
                (!news.is_empty()).then_some(Wake::News(news))
            }
            Err(error) => {
                // The same trouble is told once; a new connection is tried next time.
                sources.close();
                let again = std::mem::replace(&mut trouble, error.to_string());
                (again != trouble).then(|| Wake::Msg(Msg::Trouble(trouble.clone())))
            }
        };
        if wake.is_some_and(|wake| wakes.send(wake).is_err()) {
            return;
        }
        // While something was read just now, further changes can wait; only the interest rings through.
        let due = [acting.due(), watching.due(), alerting.due(), logging.due()].into_iter().flatten().min();
        if sources.has_more() {
            // The rest of the figures; what else is on the screen is read between.
            continue;
        }
        let pause = acting.pause(Instant::now());
        waiting.wait(pause, due.map_or(FALLBACK, |due| due.saturating_duration_since(Instant::now())).min(FALLBACK));
    }
}
