//! Reading the detail of a service: what the page on the screen shows, and nothing else.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{Datelike, NaiveTime, TimeZone};
use chrono_tz::Tz;

use crate::{
    domain::{
        environment::{Environment, Service},
        id::LookKey,
        query::{Aggregation, Query, SeriesName, usual},
        series::Point,
        time::UnixMs,
    },
    store::{Reader, StoreError},
};

use super::super::app::{
    detail::{DetailData, DetailInterest, Page, Period, Unit},
    msg::News,
};

/// Days of the strip.
const DAYS: u32 = 90;
/// Happenings of the service.
const HAPPENINGS: usize = 50;
/// Between two readings of one page.
const EVERY: Duration = Duration::from_secs(5);
/// Days and history move slowly, and take longer to read.
const SELDOM: Duration = Duration::from_secs(30);

const DAY: Duration = Duration::from_hours(24);

/// The page as it was told last.
#[derive(Default)]
pub struct Seen {
    told: Option<(Instant, Arc<DetailData>)>,
    days: Option<(Instant, Days)>,
}

/// Whose days, and what they were.
type Days = (String, Vec<(UnixMs, Option<f64>)>);

impl Seen {
    /// News, if another page is wanted, or this one changed.
    pub fn read(
        &mut self,
        reader: &Reader,
        environment: &Environment,
        zone: Tz,
        wanted: &DetailInterest,
        now: UnixMs,
    ) -> Result<Option<News>, StoreError> {
        let Some(service) = environment.service(&wanted.service) else { return Ok(None) };
        let told = self.told.clone().filter(|(_, told)| told.asked == *wanted);
        let every = if matches!(wanted.page, Page::History | Page::Phases) { SELDOM } else { EVERY };
        if told.as_ref().is_some_and(|(at, _)| at.elapsed() < every) {
            return Ok(None);
        }
        let env = environment.name.as_str();
        let mut data = DetailData {
            env: env.to_owned(),
            asked: wanted.clone(),
            days: Vec::new(),
            happenings: Vec::new(),
            history: Vec::new(),
            worst: false,
            phases_from: now,
            phases_step: Duration::from_secs(60),
            phases: Vec::new(),
            samples: Vec::new(),
        };
        match wanted.page {
            Page::Now => {
                data.days = self.days(reader, env, &service.name, zone, now)?;
                data.happenings = reader.happenings_of(env, &service.name, HAPPENINGS)?;
            }
            Page::History => (data.history, data.worst) = history(reader, env, service, wanted.unit, zone, now)?,
            Page::Phases => phases(reader, wanted, now, &mut data)?,
            Page::Failures => data.samples = reader.samples(env, &service.name, None)?,
        }
        let same = told.is_some_and(|(_, told)| *told == data);
        let data = Arc::new(data);
        self.told = Some((Instant::now(), Arc::clone(&data)));
        Ok((!same).then_some(News::Detail(data)))
    }

    fn days(
        &mut self,
        reader: &Reader,
        env: &str,
        service: &str,
        zone: Tz,
        now: UnixMs,
    ) -> Result<Vec<(UnixMs, Option<f64>)>, StoreError> {
        if let Some((at, (of, days))) = &self.days
            && at.elapsed() < SELDOM
            && of == service
        {
            return Ok(days.clone());
        }
        let since = midnight(now, zone).before(DAY * (DAYS - 1));
        let series = SeriesName::of(service, "availability");
        let days = steps(reader, env, series, (since, now), DAY, Aggregation::Avg)?;
        let days: Vec<_> = days.into_iter().map(|point| (point.at, point.value)).collect();
        self.days = Some((Instant::now(), (service.to_owned(), days.clone())));
        Ok(days)
    }
}

/// The last midnight of the project's zone. Where clocks are changed within the days before, those begin an hour off.
fn midnight(now: UnixMs, zone: Tz) -> UnixMs {
    let day = now.to_utc().with_timezone(&zone).date_naive().and_time(NaiveTime::MIN);
    let found = zone.from_local_datetime(&day).earliest();
    found.map_or_else(|| UnixMs(now.0.div_euclid(86_400_000) * 86_400_000), |at| UnixMs(at.timestamp_millis()))
}

/// Where the history begins: on a whole hour, day or Monday.
fn beginning(unit: Unit, zone: Tz, now: UnixMs) -> UnixMs {
    let (length, count) = unit.length();
    let last = match unit {
        Unit::Hour => UnixMs(now.0.div_euclid(3_600_000) * 3_600_000),
        Unit::Day => midnight(now, zone),
        Unit::Week => {
            let weekday = now.to_utc().with_timezone(&zone).weekday().num_days_from_monday();
            midnight(now, zone).before(DAY * weekday)
        }
    };
    last.before(length * (count - 1))
}

fn steps(
    reader: &Reader,
    env: &str,
    series: SeriesName,
    (since, until): (UnixMs, UnixMs),
    step: Duration,
    aggregation: Aggregation,
) -> Result<Vec<Point>, StoreError> {
    // On whole minutes, so that rolled-up ones serve.
    let until = UnixMs((until.0.div_euclid(60_000) + 1) * 60_000);
    Ok(reader.query(&Query { env: env.to_owned(), series, since, until, step, aggregation })?.points)
}

/// Figures by period; and whether its percentiles are the worst there were.
fn history(
    reader: &Reader,
    env: &str,
    service: &Service,
    unit: Unit,
    zone: Tz,
    now: UnixMs,
) -> Result<(Vec<Period>, bool), StoreError> {
    let (step, _) = unit.length();
    let window = (beginning(unit, zone, now), now);
    let records = |name: &str| service.probes.iter().flat_map(|probe| &probe.record).any(|one| one.name == name);
    let of =
        |name: &str, aggregation| steps(reader, env, SeriesName::of(&service.name, name), window, step, aggregation);
    let percentiles = [("p50_ms", Aggregation::P50), ("p95_ms", Aggregation::P95), ("p99_ms", Aggregation::P99)];
    let recorded = percentiles.iter().any(|(name, _)| records(name));
    let mut columns: Vec<Vec<Point>> = Vec::new();
    for (name, aggregation) in percentiles {
        columns.push(match (recorded, service.probes.first()) {
            (true, _) if records(name) => of(name, usual(Some(service), name))?,
            (false, Some(first)) => {
                let series =
                    SeriesName { probe: Some(first.name.clone()), ..SeriesName::of(&service.name, "latency_ms") };
                steps(reader, env, series, window, step, aggregation)?
            }
            _ => Vec::new(),
        });
    }
    for name in ["error_rate", "requests"] {
        columns.push(if records(name) { of(name, usual(Some(service), name))? } else { Vec::new() });
    }
    let availability = of("availability", Aggregation::Avg)?;
    let value = |column: &[Point], at: UnixMs| {
        // Coarser rows may have moved the beginning.
        column.iter().find(|point| point.at == at).and_then(|point| point.value)
    };
    let rows = availability.iter().map(|point| Period {
        at: point.at,
        p50_ms: value(&columns[0], point.at),
        p95_ms: value(&columns[1], point.at),
        p99_ms: value(&columns[2], point.at),
        error_rate: value(&columns[3], point.at),
        requests: value(&columns[4], point.at),
        availability: point.value,
    });
    Ok((rows.collect(), recorded))
}

/// Where the time of one probe's looks went, in so many whole minutes a step as there is room for.
fn phases(reader: &Reader, wanted: &DetailInterest, now: UnixMs, data: &mut DetailData) -> Result<(), StoreError> {
    let Some(probe) = &wanted.probe else { return Ok(()) };
    let length = wanted.window.length();
    let minutes = (length.as_secs() / u64::from(wanted.columns.max(10))).div_ceil(60).max(1);
    let step = Duration::from_secs(minutes * 60);
    let width = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1);
    let to = UnixMs((now.0.div_euclid(width) + 1) * width);
    let from = to.before(length);
    let key = LookKey { env: data.env.clone(), service: wanted.service.clone(), probe: probe.clone() };
    (data.phases_from, data.phases_step) = (from, step);
    data.phases = reader.phases(&key, (from, to), step)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21 14:02:11 UTC, a Saturday.
    const NOW: UnixMs = UnixMs(1_795_269_731_000);

    fn begins(unit: Unit, zone: Tz) -> String {
        beginning(unit, zone, NOW).to_utc().with_timezone(&zone).format("%a %Y-%m-%d %H:%M").to_string()
    }

    #[test]
    fn days_begin_at_midnight_of_the_projects_zone_and_weeks_on_monday() {
        let zone = chrono_tz::Europe::Berlin;
        assert_eq!(midnight(NOW, zone).to_utc().to_rfc3339(), "2026-11-20T23:00:00+00:00");
        assert!(begins(Unit::Hour, zone).ends_with(":00"));
        assert_eq!(begins(Unit::Day, chrono_tz::UTC), "Thu 2026-10-22 00:00");
        assert_eq!(begins(Unit::Week, chrono_tz::UTC), "Mon 2026-05-25 00:00");
    }
}
