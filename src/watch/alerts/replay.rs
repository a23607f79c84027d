//! The same rules over what was recorded: what would have fired, when, and for how long.

use std::{collections::HashMap, time::Duration};

use serde::Serialize;

use crate::{
    domain::{
        alert::{AlertKey, Change, Phase, Place, Seen, Severity, Standing},
        environment::Environment,
        health::{Debounce, Health, LookSays, LookState},
        query::Grain,
        time::UnixMs,
    },
    store::{Reader, StoreError},
    watch::stale_after,
};

use super::{now::empty, recall};

/// Without any look for this long, and for what the slowest probe may take, nobody watched.
const AWAY: Duration = Duration::from_mins(1);

/// An alert that would have fired.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Episode {
    /// Which.
    pub key: AlertKey,
    /// Of its rule.
    pub severity: Severity,
    /// Since when its condition was true.
    pub since: UnixMs,
    /// When it began to fire.
    pub fired_at: UnixMs,
    /// When it ended; `None` if it still fires at the end.
    pub ended_at: Option<UnixMs>,
    /// What was so when it began.
    pub explanation: String,
}

/// Judges an environment's rules over what was recorded from `from` to `to`, by the same judge as the watcher. Where single
/// looks are gone the means of minutes stand for them.
pub fn replay(
    reader: &Reader,
    environment: &Environment,
    (from, to): (UnixMs, UnixMs),
) -> Result<Vec<Episode>, StoreError> {
    let mut judge = empty(environment);
    recall::fill(reader, &mut judge, environment, from)?;
    let mut probes: HashMap<Place, Followed> = HashMap::new();
    for service in &environment.services {
        for probe in &service.probes {
            let followed = Followed {
                state: LookState::new(from),
                debounce: service.debounce,
                last: None,
                fresh_for: stale_after(probe.every),
            };
            probes.extend(judge.place(&service.name, &probe.name).map(|place| (place, followed)));
        }
    }
    let every = environment.rulebook.every;
    let slowest = environment.services.iter().flat_map(|service| &service.probes).map(|probe| stale_after(probe.every));
    let away = slowest.max().unwrap_or(AWAY).max(AWAY);
    // Before the first look nobody watched; nor while there were no looks at all.
    let mut last: Option<UnixMs> = None;
    let mut due = from;
    let mut told = Told::default();
    reader.recorded(&environment.name, &|_| true, (from, to), Grain::Look, &mut |look| {
        match last {
            None => due = look.at,
            Some(last) if look.at.since(last) > away => {
                judge.wake(due, look.at);
                due = look.at;
            }
            Some(_) => {}
        }
        last = Some(look.at);
        while due < look.at {
            told.take(judge.judge(due).changes);
            due = due.after(every);
        }
        let Some(place) = judge.place(look.service, look.probe) else { return };
        let Some(followed) = probes.get_mut(&place) else { return };
        let says = LookSays { verdict: look.verdict, degraded: look.degraded };
        let health = followed.take(says, look.at);
        let seen = Seen { at: look.at, verdict: look.verdict, health, latency_ms: look.latency_ms };
        let values: Vec<_> = look.values().collect();
        judge.note(place, seen, values.iter().copied());
    })?;
    // What came after the last look, as long as that speaks for the present.
    let end = last.map_or(from, |last| last.after(away).min(to));
    while last.is_some() && due <= end {
        told.take(judge.judge(due).changes);
        due = due.after(every);
    }
    if last.is_some() {
        // The last looks are judged too, though it was not time yet.
        told.take(judge.judge(end).changes);
    }
    Ok(told.episodes)
}

/// The debounced state of a probe, as the watcher would have followed it.
struct Followed {
    state: LookState,
    debounce: Debounce,
    last: Option<UnixMs>,
    fresh_for: Duration,
}

impl Followed {
    fn take(&mut self, says: LookSays, at: UnixMs) -> Health {
        if self.last.is_some_and(|last| at.since(last) > self.fresh_for) {
            self.state.stale(at);
        }
        self.last = Some(at);
        self.state.take(says, at, self.debounce);
        self.state.health
    }
}

/// What fired, in the order it began to.
#[derive(Default)]
struct Told {
    episodes: Vec<Episode>,
}

impl Told {
    fn take(&mut self, changes: Vec<Change>) {
        for change in changes {
            match (&change.from, &change.now.phase) {
                (_, Phase::Firing { since, fired_at, .. }) => self.begin(change.now.clone(), *since, *fired_at),
                (Phase::Firing { .. }, _) => self.end(&change.now.key, change.at),
                _ => {}
            }
        }
    }

    fn begin(&mut self, now: Standing, since: UnixMs, fired_at: UnixMs) {
        let (key, severity, explanation) = (now.key, now.severity, now.explanation);
        self.episodes.push(Episode { key, severity, since, fired_at, ended_at: None, explanation });
    }

    fn end(&mut self, key: &AlertKey, at: UnixMs) {
        let open = self.episodes.iter_mut().rev().find(|episode| episode.key == *key && episode.ended_at.is_none());
        if let Some(episode) = open {
            episode.ended_at = Some(at);
        }
    }
}
