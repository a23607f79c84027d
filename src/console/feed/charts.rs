//! Reading the charts of one service.

use std::time::Duration;

use crate::{
    domain::{
        environment::{Environment, Service},
        id::{LookKey, SeriesKey},
        query::is_percentile,
        series::Point,
        time::UnixMs,
    },
    store::{Reader, StoreError},
};

use super::super::app::{
    interest::ChartInterest,
    limits,
    watch::{Charts, Curve},
};

/// Latency curves by the series they show.
const LATENCIES: [(&str, &str); 3] = [("p50_ms", "p50"), ("p95_ms", "p95"), ("p99_ms", "p99")];

/// The charts of a service, or `None` if it is gone from the configuration.
pub fn read(
    reader: &Reader,
    environment: &Environment,
    wanted: &ChartInterest,
    now: UnixMs,
) -> Result<Option<Charts>, StoreError> {
    let Some(service) = environment.service(&wanted.service) else { return Ok(None) };
    let step = step(wanted);
    // On a grid of whole buckets: the picture moves once for each bucket, not with each reading.
    let grid = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1);
    let to = UnixMs((now.0 / grid + 1) * grid);
    let from = to.before(wanted.window.length());
    let curve = |series: &str, name: &'static str| -> Result<Option<Curve>, StoreError> {
        match key(environment, service, series) {
            Some(key) => {
                let mut points = reader.series(&key, from, to, step)?;
                if is_percentile(service, series) {
                    points.iter_mut().for_each(worst);
                }
                Ok(Some(Curve { name, points }))
            }
            None => Ok(None),
        }
    };
    let mut latency = Vec::new();
    for (series, name) in LATENCIES {
        latency.extend(curve(series, name)?);
    }
    if latency.is_empty() {
        latency.extend(curve("latency_ms", "latency")?);
    }
    let errors = curve("error_rate", "errors")?.unwrap_or(Curve { name: "errors", points: Vec::new() });
    Ok(Some(Charts {
        env: environment.name.clone(),
        service: service.name.clone(),
        window: wanted.window,
        from,
        to,
        step,
        latency,
        errors,
        latency_limits: limits::of(environment, service, &["p95_ms", "p99_ms", "p50_ms", "latency_ms"]),
        error_limits: limits::of(environment, service, &["error_rate"]),
        marks: reader.deploy_marks(&environment.name, from, to)?,
    }))
}

/// Percentiles can't be averaged: a bucket of them is as bad as its worst, so that a chart never flatters.
fn worst(point: &mut Point) {
    point.value = point.max;
}

/// The width of a bucket: so many as there is room for, of at least a second.
fn step(wanted: &ChartInterest) -> Duration {
    let seconds = wanted.window.length().as_secs() / u64::from(wanted.points.max(1));
    Duration::from_secs(seconds.max(1))
}

/// The series of that bare name: names are unique within a service, and every look has a latency.
fn key(environment: &Environment, service: &Service, name: &str) -> Option<SeriesKey> {
    let probe = service.probes.iter().find(|probe| probe.record.iter().any(|recording| recording.name == name));
    let probe = match name {
        "latency_ms" => probe.or_else(|| service.probes.first()),
        _ => probe,
    }?;
    let look = LookKey { env: environment.name.clone(), service: service.name.clone(), probe: probe.name.clone() };
    Some(SeriesKey { look, name: name.to_owned() })
}
