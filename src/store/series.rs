//! Numbers over time: charts, the newest figures of a service, and its means over a window.

use std::{collections::BTreeMap, time::Duration};

use rusqlite::Connection;

use crate::domain::{
    id::{LookId, SeriesKey},
    query::Grain,
    series::{Point, Stat},
    soak::Figures,
    time::UnixMs,
};

use super::{
    error::StoreError,
    open::Reader,
    rollups::{LATENCY, RECORDED},
    window::{self, HOUR, MINUTE, Named},
};

/// Points of one answer: more than any screen has columns.
const POINTS: i64 = 20_000;
/// A sample of a rate speaks for this much time at most.
const SPEAKS_FOR: i64 = MINUTE;

impl Reader {
    /// A series from `from` to `to` in buckets of `step`; raw rows, minutes or hours are chosen by what is there.
    pub fn series(&self, key: &SeriesKey, from: UnixMs, to: UnixMs, step: Duration) -> Result<Vec<Point>, StoreError> {
        let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1);
        let count = ((to.0 - from.0).max(0) + step - 1) / step;
        let buckets = vec![Stat::default(); count.min(POINTS) as usize];
        let buckets = self.read(|connection| {
            let mut found = buckets.clone();
            let looks = window::looks_of(connection, &key.look.env, Some(&key.look.service))?;
            let ordinals: BTreeMap<LookId, usize> = looks
                .iter()
                .filter(|look| look.probe == key.look.probe)
                .filter_map(|look| Some((look.id, look.ordinal(&key.name)?)))
                .collect();
            let ids: Vec<_> = ordinals.keys().copied().collect();
            window::read(connection, &ids, (from.0, to.0), grain(step), &mut |look, at, stats| {
                let stat = ordinals.get(&look).and_then(|ordinal| stats.get(*ordinal));
                if let (Some(bucket), Some(stat)) = (found.get_mut(((at - from.0) / step) as usize), stat) {
                    bucket.merge(stat);
                }
            })?;
            Ok(found)
        });
        let points = buckets?.into_iter().enumerate().map(|(index, stat)| Point {
            at: UnixMs(from.0 + index as i64 * step),
            value: stat.mean(),
            max: (stat.count > 0).then_some(stat.max),
        });
        Ok(points.collect())
    }

    /// The newest figures of a service by bare series name (with `latency_ms` of its first probe), leaving out those of
    /// stale looks (older than `max_age`).
    pub fn figures(&self, env: &str, service: &str, now: UnixMs, max_age: Duration) -> Result<Figures, StoreError> {
        self.read(|connection| {
            let looks = window::looks_of(connection, env, Some(service))?;
            let mut newest: BTreeMap<String, (UnixMs, Option<f64>)> = BTreeMap::new();
            let first = looks.first().map(|look| look.probe.clone());
            let wanted = |id| looks.iter().any(|look| look.id == id);
            window::fresh(connection, now.before(max_age).0, wanted, |row| {
                let Some(look) = looks.iter().find(|look| look.id == row.look) else { return };
                let mut note = |name: &str, value: Option<f64>| match newest.get_mut(name) {
                    Some(seen) if seen.0 >= row.at => {}
                    Some(seen) => *seen = (row.at, value),
                    None => _ = newest.insert(name.to_owned(), (row.at, value)),
                };
                if Some(&look.probe) == first.as_ref() {
                    note("latency_ms", row.latency_ms);
                }
                look.names.iter().zip(&row.values).for_each(|(name, value)| note(name, *value));
            })?;
            Ok(Figures(newest.into_iter().filter_map(|(name, (_, value))| Some((name, value?))).collect()))
        })
    }

    /// Means of a service's series over a window, by bare name.
    pub fn mean_figures(&self, env: &str, service: &str, from: UnixMs, to: UnixMs) -> Result<Figures, StoreError> {
        self.read(|connection| {
            let looks = window::looks_of(connection, env, Some(service))?;
            let means = named(connection, &looks, from, to)?;
            Ok(Figures(means.into_iter().filter_map(|(name, stat)| Some((name, stat.mean()?))).collect()))
        })
    }

    /// Requests seen over a window: the series `requests` (a rate) integrated over time; `None` if there is no such series.
    pub fn requests_seen(&self, env: &str, service: &str, from: UnixMs, to: UnixMs) -> Result<Option<u64>, StoreError> {
        self.read(|connection| {
            let mut looks = window::looks_of(connection, env, Some(service))?;
            looks.retain(|look| look.names.iter().any(|name| name == "requests"));
            let ids: Vec<_> = looks.iter().map(|look| look.id).collect();
            let grain = if to.0 - from.0 <= 6 * HOUR { Grain::Look } else { Grain::Minute };
            let mut rates: Vec<(i64, f64)> = Vec::new();
            window::read(connection, &ids, (from.0, to.0), grain, &mut |id, at, stats| {
                let ordinal = looks.iter().find(|look| look.id == id).and_then(|look| look.ordinal("requests"));
                rates.extend(ordinal.and_then(|ordinal| stats.get(ordinal)?.mean()).map(|rate| (at, rate)));
            })?;
            rates.sort_by_key(|(at, _)| *at);
            let mut last = from.0;
            let mut total = 0.0;
            for (at, rate) in rates {
                total += rate * (at - last).clamp(0, SPEAKS_FOR) as f64 / 1_000.0;
                last = at;
            }
            Ok((!looks.is_empty()).then_some(total.max(0.0) as u64))
        })
    }
}

fn grain(step: i64) -> Grain {
    match step {
        HOUR.. => Grain::Hour,
        MINUTE.. => Grain::Minute,
        _ => Grain::Look,
    }
}

/// The statistics of each bare name over a window.
pub(super) fn named(
    connection: &Connection,
    looks: &[Named],
    from: UnixMs,
    to: UnixMs,
) -> Result<BTreeMap<String, Stat>, StoreError> {
    let span = to.0.saturating_sub(from.0);
    let grain = if span > 48 * HOUR {
        Grain::Hour
    } else if span > HOUR {
        Grain::Minute
    } else {
        Grain::Look
    };
    let ids: Vec<_> = looks.iter().map(|look| look.id).collect();
    let first = looks.first().map(|look| look.probe.clone());
    let by_id: BTreeMap<LookId, &Named> = looks.iter().map(|look| (look.id, look)).collect();
    let mut found: BTreeMap<String, Stat> = BTreeMap::new();
    window::read(connection, &ids, (from.0, to.0), grain, &mut |id, _, stats| {
        let Some(look) = by_id.get(&id) else { return };
        if Some(&look.probe) == first.as_ref() {
            found.entry("latency_ms".into()).or_default().merge(&stats[LATENCY]);
        }
        for (name, stat) in look.names.iter().zip(stats.iter().skip(RECORDED)) {
            found.entry(name.clone()).or_default().merge(stat);
        }
    })?;
    Ok(found)
}
