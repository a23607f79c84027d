//! Reading the plot of a figure, alone or over another window.

use std::time::Duration;

use crate::{
    domain::{
        environment::{Environment, Service},
        query::{Aggregation, Answer, Query, SeriesName, Start, Window, Windows},
        time::UnixMs,
    },
    store::{Reader, StoreError},
};

use super::super::app::{
    limits,
    plot::{Better, Compared, PlotData, PlotInterest, Side},
};

/// Widths of steps, in seconds: each divides a day, so that yesterday's steps lie where today's do.
const ROUND: [u64; 20] =
    [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200];
const DAY: u64 = 86_400;
/// How far back the last deploy is looked for.
const DEPLOYS: Duration = Duration::from_hours(24 * 90);
/// Below this a figure of two windows is made of single looks, above it of minutes.
const MINUTE: u64 = 60;

/// Everything a plot shows.
pub fn read(
    reader: &Reader,
    environment: &Environment,
    wanted: &PlotInterest,
    now: UnixMs,
) -> Result<PlotData, StoreError> {
    let env = environment.name.as_str();
    let length = wanted.window.length();
    let mut step = step(length, wanted.points);
    // On a grid of whole steps: the picture moves once for each step, not with each reading.
    let to = ceil(now, step);
    let window = (to.before(length), to);
    let (windows, missing) = match &wanted.against {
        None => (None, None),
        Some(against) => {
            let deploy = last_deploy(reader, env, now)?;
            // What lies ahead of us is in no window that began with a run.
            let windows = against.windows((window.0, window.1.min(now.max(window.0))), deploy.as_ref());
            let missing = windows
                .is_none()
                .then(|| format!("too little time has passed to compare {}: it takes whole minutes", against.words()));
            (windows, missing)
        }
    };
    if let Some(windows) = &windows {
        // Minutes and hours fit only into whole ones.
        step = self::step(windows.now.1.since(windows.now.0), wanted.points).max(Duration::from_secs(MINUTE));
    }
    let ask = |(since, until): Window| -> Result<Answer, StoreError> {
        let series = wanted.figure.series.clone();
        reader.query(&Query { env: env.into(), series, since, until, step, aggregation: wanted.figure.aggregation })
    };
    let looked_at = windows.as_ref().map_or(window, |windows| windows.now);
    let answer = ask(looked_at)?;
    let ceiling = answer.ceiling.filter(|_| wanted.figure.aggregation.keeps_unit());
    let called = windows.as_ref().map_or("now", |windows| windows.now_called.as_str());
    let then = match &windows {
        Some(windows) => Some(side(ask(windows.then)?, windows.then, &windows.then_called)),
        None => None,
    };
    let service = environment.service(&wanted.figure.series.service);
    let table = match (&windows, service) {
        (Some(windows), Some(service)) => table(reader, env, service, windows)?,
        _ => Vec::new(),
    };
    let limits = service.map(|service| limits::of(environment, service, &[wanted.figure.series.bare()]));
    Ok(PlotData {
        env: env.to_owned(),
        asked: wanted.clone(),
        step: answer.step,
        marks: reader.deploy_marks(env, looked_at.0, looked_at.1)?,
        now: side(answer, looked_at, called),
        then,
        ceiling,
        limits: limits.unwrap_or_default(),
        table,
        missing,
    })
}

fn side(answer: Answer, (from, to): Window, called: &str) -> Side {
    let Answer { points, whole, samples, .. } = answer;
    Side { called: called.to_owned(), from, to, points, whole, samples }
}

/// A round step in which there are at most so many.
fn step(length: Duration, points: u16) -> Duration {
    let least = length.as_secs().div_ceil(u64::from(points.max(20)));
    let days = || least.div_ceil(DAY) * DAY;
    Duration::from_secs(ROUND.into_iter().find(|step| *step >= least).unwrap_or_else(days))
}

fn ceil(at: UnixMs, step: Duration) -> UnixMs {
    let width = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1);
    UnixMs((at.0.div_euclid(width) + 1) * width)
}

/// The newest run that changed something.
fn last_deploy(reader: &Reader, env: &str, now: UnixMs) -> Result<Option<Start>, StoreError> {
    let marks = reader.deploy_marks(env, now.before(DEPLOYS), now)?;
    Ok(marks.into_iter().next_back().map(|mark| Start { at: mark.at, label: mark.label }))
}

/// What the service's figures come to in both windows. Percentiles that are recorded are the worst there were, as they
/// can't be averaged; else they are those of all its looks.
fn table(reader: &Reader, env: &str, service: &Service, windows: &Windows) -> Result<Vec<Compared>, StoreError> {
    let records = |name: &str| service.probes.iter().flat_map(|probe| &probe.record).any(|one| one.name == name);
    let mut asked: Vec<(String, SeriesName, Aggregation, Better)> = Vec::new();
    let first = service.probes.first().map(|probe| probe.name.clone());
    let percentiles =
        [("p50", "p50_ms", Aggregation::P50), ("p95", "p95_ms", Aggregation::P95), ("p99", "p99_ms", Aggregation::P99)];
    let recorded = percentiles.iter().any(|(_, name, _)| records(name));
    for (title, name, aggregation) in percentiles {
        if records(name) {
            let series = SeriesName::of(&service.name, name);
            let usual = crate::domain::query::usual(Some(service), name);
            let word = if usual == Aggregation::Max { "worst " } else { "" };
            asked.push((format!("{word}{title}"), series, usual, Better::Less));
        } else if !recorded && first.is_some() {
            let series = SeriesName { probe: first.clone(), ..SeriesName::of(&service.name, "latency_ms") };
            asked.push((format!("{title} of looks"), series, aggregation, Better::Less));
        }
    }
    for (title, name, better) in
        [("error rate", "error_rate", Better::Less), ("requests/s", "requests", Better::Neither)]
    {
        if records(name) {
            let series = SeriesName::of(&service.name, name);
            asked.push((title.into(), series, crate::domain::query::usual(Some(service), name), better));
        }
    }
    let available = SeriesName::of(&service.name, "availability");
    asked.push(("availability".into(), available, Aggregation::Avg, Better::More));
    let length = windows.now.1.since(windows.now.0);
    let step = Duration::from_secs(length.as_secs().div_ceil(MINUTE).max(1) * MINUTE);
    let mut table = Vec::new();
    for (title, series, aggregation, better) in asked {
        let ask = |(since, until): Window| {
            reader.query(&Query { env: env.into(), series: series.clone(), since, until, step, aggregation })
        };
        let (now, then) = (ask(windows.now)?, ask(windows.then)?);
        let ceiling = now.ceiling.or(then.ceiling).filter(|_| aggregation.keeps_unit());
        table.push(Compared { title, unit_of: series.name, now: now.whole, then: then.whole, ceiling, better });
    }
    let seen = |(from, to): Window| reader.requests_seen(env, &service.name, from, to);
    if let (Some(now), Some(then)) = (seen(windows.now)?, seen(windows.then)?) {
        let (title, unit_of) = ("requests".to_owned(), "requests_total".to_owned());
        let (now, then) = (Some(now as f64), Some(then as f64));
        table.push(Compared { title, unit_of, now, then, ceiling: None, better: Better::Neither });
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_fit_into_days_and_there_are_never_more_than_there_is_room_for() {
        for hours in [1, 6, 24, 24 * 7, 24 * 30] {
            for points in [20, 80, 140, 290] {
                let (length, step) = (Duration::from_hours(hours), step(Duration::from_hours(hours), points));
                assert!(length.as_secs().div_ceil(step.as_secs()) <= u64::from(points), "{hours} h, {points} points");
                assert!(DAY.is_multiple_of(step.as_secs()) || step.as_secs().is_multiple_of(DAY));
            }
        }
    }
}
