//! After a start: where alerts stood, and the samples that functions over time look back on.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use crate::{
    domain::{
        alert::{
            Judge, Kept, Standing,
            slo::{Sample, Tally},
        },
        environment::Environment,
        query::Grain,
        time::{Moment, UnixMs},
    },
    store::{Reader, Store, StoreError},
};

/// Windows longer than this are filled from minutes, not from single looks.
const BY_LOOKS: Duration = Duration::from_hours(1);
/// So much of an objective's window is read minute by minute.
const FINE: Duration = Duration::from_hours(8);
const HOUR: i64 = 3_600_000;

/// Takes up where the watcher before left off.
pub fn resume(store: &Store, judges: &mut [Judge], now: &Moment) -> Result<(), StoreError> {
    let reader = store.reader()?;
    let judged = reader.judged_at()?.unwrap_or_else(|| now.clone());
    // On the clock as it goes now, should it have been set in between.
    let down_at = now.as_of_now(&judged);
    let by = down_at.0 - judged.at.0;
    for judge in judges {
        let mut stored = reader.standings(Some(judge.env()))?;
        for standing in &mut stored {
            shift(standing, by);
        }
        judge.resume(stored, down_at, now.at);
    }
    Ok(())
}

fn shift(standing: &mut Standing, by: i64) {
    let moved = |at: &mut UnixMs| at.0 = at.0.saturating_add(by);
    standing.phase = standing.phase.shifted(by);
    moved(&mut standing.judged_at);
    standing.unknown_since.iter_mut().for_each(moved);
}

/// Fills what has no samples yet from what is recorded: windows of functions over time, and events of objectives.
pub fn fill(reader: &Reader, judge: &mut Judge, environment: &Environment, now: UnixMs) -> Result<(), StoreError> {
    samples(reader, judge, &environment.name, now)?;
    events(reader, judge, &environment.name, now)
}

fn samples(reader: &Reader, judge: &mut Judge, env: &str, now: UnixMs) -> Result<(), StoreError> {
    let empty = judge.empty_windows(now);
    let Some(longest) = empty.iter().map(|kept| kept.window).max() else { return Ok(()) };
    let mut wanted: HashMap<String, Vec<Kept>> = HashMap::new();
    for kept in empty {
        wanted.entry(kept.service.clone()).or_default().push(kept);
    }
    let grain = if longest <= BY_LOOKS { Grain::Look } else { Grain::Minute };
    let is_wanted = |service: &str| wanted.contains_key(service);
    reader.recorded(env, &is_wanted, (now.before(longest), now), grain, &mut |look| {
        for kept in wanted.get(look.service).into_iter().flatten() {
            if kept.probe.as_ref().is_some_and(|probe| probe != look.probe) {
                continue;
            }
            let value = match kept.name.as_str() {
                "latency_ms" => look.latency_ms,
                "availability" => (look.looks.0 > 0).then(|| look.looks.1 as f64 / look.looks.0 as f64),
                name => look.values().find(|(known, _)| *known == name).and_then(|(_, value)| value),
            };
            if let Some(value) = value {
                judge.book_mut().recall(kept, look.at, value);
            }
        }
    })
}

/// The events of objectives: hours for most of their window, minutes for the last of it.
fn events(reader: &Reader, judge: &mut Judge, env: &str, now: UnixMs) -> Result<(), StoreError> {
    let empty: Vec<bool> = judge.tallies().iter().map(Tally::is_empty).collect();
    let services: BTreeSet<String> =
        judge.tallies().iter().filter(|tally| tally.is_empty()).map(|tally| tally.objective.service.clone()).collect();
    let windows = judge.tallies().iter().map(|tally| tally.objective.window);
    let Some(longest) = windows.max().filter(|_| !services.is_empty()) else { return Ok(()) };
    let fine = now.before(FINE).0.div_euclid(HOUR) * HOUR;
    let stretches = [
        (now.before(longest), UnixMs(fine), Grain::Hour, Duration::from_hours(1)),
        (UnixMs(fine), now, Grain::Minute, Duration::from_mins(1)),
    ];
    for (from, to, grain, speaks_for) in stretches {
        reader.recorded(env, &|service| services.contains(service), (from, to), grain, &mut |look| {
            let sample = Sample { at: look.at, looks: look.looks, speaks_for };
            for (tally, _) in judge.tallies().iter_mut().zip(&empty).filter(|(_, empty)| **empty) {
                if tally.objective.service == look.service {
                    tally.note(look.probe, sample, look.values());
                }
            }
        })?;
    }
    Ok(())
}
