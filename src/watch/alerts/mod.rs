//! Judging rules by what the watcher sees: no look is read back from the history for it.
//!
//! Each look is noted with the judge of its environment ([`Judge`]) as it comes; every `alerts_every`, and soon after a service
//! changed its state, all are judged, and what moved is written in one transaction ([`ledger`]). Moments are those
//! of the wall clock, because people read them, but what is measured goes by the boot clock: if the wall clock is set, every
//! moment that is kept moves with it.

mod caller;
mod ledger;
mod now;
mod recall;
mod replay;
mod teller;
mod works;

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use self::{
    caller::Caller,
    ledger::Ledger,
    teller::{Sights, Teller},
};
pub use self::{
    now::judge_now,
    replay::{Episode, replay},
};
use crate::{
    domain::{
        alert::{AlertEvent, AlertEventRow, Judge, Place, Rulebook, Seen},
        environment::Project,
        health::Health,
        id::LookKey,
        probe::Recording,
        series::LookRow,
        time::{Moment, UnixMs},
    },
    proc::clock::boot_time,
    store::{AlertCommit, Store, StoreError},
};

/// Clocks that differ by less say the same.
const SEAM: i64 = 2_000;
/// Budgets are written down this often.
const BUDGETS: Duration = Duration::from_mins(1);
/// Who was not judging for longer than this, and for three rounds, was away: its time does not count.
const AWAY: Duration = Duration::from_mins(1);

/// The rules of all environments.
pub struct Judges {
    store: Store,
    /// One for each environment.
    courts: Vec<Judge>,
    /// By the watcher's number of the probe: which judge, and where in its book.
    places: Vec<Option<(usize, Place)>>,
    every: Duration,
    due: Instant,
    last: Option<Moment>,
    /// When budgets were last written down.
    budgeted: Option<Instant>,
    ledger: Ledger,
    teller: Teller,
    /// Which alerts open incidents, for each environment.
    callers: Vec<Caller>,
}

impl Judges {
    /// Without rules.
    pub fn new(store: Store) -> Self {
        Self {
            ledger: Ledger::new(store.clone()),
            teller: Teller::new(store.clone()),
            store,
            courts: Vec::new(),
            places: Vec::new(),
            every: Duration::from_secs(10),
            due: Instant::now(),
            last: None,
            budgeted: None,
            callers: Vec::new(),
        }
    }

    /// Judges by a configuration whose probes are numbered in this order. What was known under the one before stays known;
    /// the first time it is taken from the history.
    pub fn set<'k>(&mut self, project: &Project, probes: impl Iterator<Item = &'k LookKey>) -> Result<(), StoreError> {
        let before = std::mem::take(&mut self.courts);
        let moment = moment();
        let is_first = self.last.is_none();
        self.teller.set(Arc::new(project.clone()));
        self.courts = project.environments.iter().map(now::empty).collect();
        self.callers = project.environments.iter().map(|environment| Caller::new(project, environment)).collect();
        for old in before {
            // What stood in an environment that is gone ends with it.
            let same = self.courts.iter_mut().find(|judge| judge.env() == old.env());
            if let Some(judge) = same {
                judge.inherit(old);
            } else {
                let mut gone = Judge::new(old.env(), &Rulebook::default(), &[]);
                gone.inherit(old);
                self.courts.push(gone);
            }
        }
        if is_first {
            recall::resume(&self.store, &mut self.courts, &moment)?;
        }
        let reader = self.store.reader()?;
        for (judge, environment) in self.courts.iter_mut().zip(&project.environments) {
            recall::fill(&reader, judge, environment, moment.at)?;
        }
        self.places = probes.map(|key| self.place(key)).collect();
        self.every = project.environments.first().map_or(self.every, |environment| environment.rulebook.every);
        self.last.get_or_insert(moment);
        Ok(())
    }

    fn place(&self, key: &LookKey) -> Option<(usize, Place)> {
        let index = self.courts.iter().position(|judge| judge.env() == key.env)?;
        let judge = &self.courts[index];
        (!judge.is_empty()).then(|| judge.place(&key.service, &key.probe)).flatten().map(|place| (index, place))
    }

    /// Notes what a look of a probe brought.
    pub fn note(&mut self, probe: usize, health: Health, record: &[Recording], row: &LookRow) {
        let Some((judge, place)) = self.places.get(probe).copied().flatten() else { return };
        let seen = Seen { at: row.at, verdict: row.verdict, health, latency_ms: row.latency_ms };
        let values = record.iter().map(|recording| recording.name.as_str()).zip(row.values.iter().copied());
        self.courts[judge].note(place, seen, values);
    }

    /// Something changed that is worth judging before its time.
    pub fn soon(&mut self) {
        self.due = self.due.min(Instant::now());
    }

    /// Judges if it is time, and hands over what came of it. `cut_off`: whether this machine is, if that is known.
    pub async fn tick(&mut self, cut_off: Option<bool>) {
        if Instant::now() >= self.due {
            self.due = Instant::now() + self.every;
            self.judge(moment(), cut_off);
        }
        self.ledger.flush().await;
    }

    /// Hands over everything and waits until it is committed.
    pub async fn finish(&mut self) {
        self.ledger.finish().await;
    }

    fn judge(&mut self, moment: Moment, cut_off: Option<bool>) {
        let moved = self.follow_clocks(&moment);
        let mut commit = AlertCommit::default();
        for judge in &mut self.courts {
            let round = judge.judge(moment.at);
            for change in round.changes {
                let (key, from) = (change.now.key.clone(), change.from);
                tracing::info!(alert = %key, from = from.word(), now = change.now.phase.word(), "moved");
                commit.calls.extend(self.callers.iter().find_map(|caller| caller.call(&change.now, from, change.at)));
                let event = AlertEvent::Moved { from, now: Box::new(change.now) };
                commit.events.push(AlertEventRow { at: change.at, key, event });
            }
            commit.standings.extend(round.standings);
        }
        let standings = self.courts.iter().flat_map(|judge| judge.standings(moment.at)).collect();
        let is_down = |env: &str, service: &str| {
            let judge = self.courts.iter().find(|judge| judge.env() == env);
            judge.is_some_and(|judge| judge.book().health(service, moment.at) == Health::Down)
        };
        let sights = Sights { now: moment.at, moved, is_down: &is_down, cut_off };
        self.teller.tell(standings, &sights, &mut commit);
        if self.budgeted.is_none_or(|at| at.elapsed() >= BUDGETS) {
            self.budgeted = Some(Instant::now());
            let budgets = self.courts.iter().map(|judge| (judge.env().to_owned(), judge.budgets(moment.at)));
            commit.budgets.extend(budgets.filter(|(_, budgets)| !budgets.is_empty()));
        }
        if !commit.is_empty() || self.courts.iter().any(Judge::is_counting) {
            commit.judged = Some(moment.clone());
            self.ledger.add(commit);
        }
        self.last = Some(moment);
    }

    /// Moves what is kept if the wall clock was set, and takes out the time in which this process did not run. By how much it
    /// was set.
    fn follow_clocks(&mut self, now: &Moment) -> i64 {
        let Some(last) = &self.last else { return 0 };
        let passed = now.since(last);
        let then = now.at.before(passed);
        let jump = then.0 - last.at.0;
        let moved = if now.boot.is_some() && jump.abs() >= SEAM { jump } else { 0 };
        if moved != 0 {
            tracing::warn!(by_ms = jump, "the wall clock was set: clocks of alerts go on as they were");
            self.courts.iter_mut().for_each(|judge| judge.shift(jump));
        }
        if passed > (self.every * 3).max(AWAY) {
            self.courts.iter_mut().for_each(|judge| judge.wake(then, now.at));
        }
        moved
    }
}

fn moment() -> Moment {
    Moment { at: UnixMs::from(chrono::Utc::now()), boot: boot_time() }
}
