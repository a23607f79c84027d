//! After a start: where alerts stood, and the samples that functions over time look back on.

use std::{collections::HashMap, time::Duration};

use crate::{
    domain::{
        alert::{Judge, Kept, Standing},
        environment::Environment,
        query::Grain,
        time::{Moment, UnixMs},
    },
    store::{Store, StoreError},
};

/// Windows longer than this are filled from minutes, not from single looks.
const BY_LOOKS: Duration = Duration::from_hours(1);

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

/// Fills windows that have no samples yet from what is recorded.
pub fn samples(store: &Store, judge: &mut Judge, environment: &Environment, now: UnixMs) -> Result<(), StoreError> {
    let empty = judge.empty_windows(now);
    let Some(longest) = empty.iter().map(|kept| kept.window).max() else { return Ok(()) };
    let mut wanted: HashMap<String, Vec<Kept>> = HashMap::new();
    for kept in empty {
        wanted.entry(kept.service.clone()).or_default().push(kept);
    }
    let grain = if longest <= BY_LOOKS { Grain::Look } else { Grain::Minute };
    let is_wanted = |service: &str| wanted.contains_key(service);
    store.reader()?.recorded(&environment.name, &is_wanted, (now.before(longest), now), grain, &mut |look| {
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
