//! Reading the figures of the list: each over its window, and beside the same hour of yesterday and of last week.
//!
//! A figure takes several questions to the history, and a list may be long: each reading takes a few of them, those on
//! the screen only, those that were read longest ago first, and gives way to everything else in between.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    domain::{
        environment::Environment,
        figure::Figure,
        query::{Aggregation, Answer, Query, SeriesName, Window},
        time::UnixMs,
    },
    store::{Reader, StoreError},
};

use super::super::app::{
    interest::FigureInterest,
    kpis::{FigureNow, Known},
    msg::News,
};

/// How long one reading may take before it gives way.
const AT_ONCE: Duration = Duration::from_millis(40);
/// Steps of a trend.
const TREND: u64 = 48;
/// The newest value of what is not recorded comes from this much.
const RECENT: Duration = Duration::from_mins(5);
/// What a window comes to is read again after this at the soonest, and at the latest.
const LEAST: Duration = Duration::from_secs(20);
const MOST: Duration = Duration::from_mins(2);
/// The newest values are read again after this at the soonest.
const LIVELY: Duration = Duration::from_secs(3);

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// What was read, and when.
#[derive(Default)]
pub struct Seen {
    wanted: Option<FigureInterest>,
    known: BTreeMap<SeriesName, FigureNow>,
    read_at: BTreeMap<SeriesName, Instant>,
    /// When the newest values were read, and how long that took.
    newest_at: Option<(Instant, Duration)>,
    more: bool,
}

impl Seen {
    /// Whether figures are wanted that were not read yet.
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// Reads the next few; news if they are not what was told before.
    pub fn read(
        &mut self,
        reader: &Reader,
        environment: &Environment,
        wanted: &FigureInterest,
        now: UnixMs,
    ) -> Result<Option<News>, StoreError> {
        if self.wanted.as_ref() != Some(wanted) {
            if self.wanted.as_ref().is_none_or(|before| before.window != wanted.window) {
                (self.known, self.read_at) = (BTreeMap::new(), BTreeMap::new());
            }
            self.known.retain(|series, _| wanted.figures.iter().any(|figure| figure.series == *series));
            self.read_at.retain(|series, _| self.known.contains_key(series));
            self.wanted = Some(wanted.clone());
        }
        let mut changed = self.read_windows(reader, environment, wanted, now)?;
        changed |= self.read_newest(reader, environment, wanted, now)?;
        Ok(changed.then(|| {
            let (env, figures) = (environment.name.clone(), self.known.clone());
            News::Figures(Arc::new(Known { env, window: wanted.window, figures }))
        }))
    }

    /// What a window comes to moves slowly.
    fn read_windows(
        &mut self,
        reader: &Reader,
        environment: &Environment,
        wanted: &FigureInterest,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let every = (wanted.window.length() / (2 * TREND as u32)).clamp(LEAST, MOST);
        let begun = Instant::now();
        let mut due: Vec<(Option<Instant>, &Figure)> =
            wanted.figures.iter().map(|figure| (self.read_at.get(&figure.series).copied(), figure)).collect();
        due.retain(|(at, _)| at.is_none_or(|at| begun.duration_since(at) >= every));
        due.sort_by_key(|(at, _)| *at);
        self.more = false;
        let mut changed = false;
        for (at, figure) in due {
            if begun.elapsed() > AT_ONCE {
                self.more |= at.is_none();
                continue;
            }
            let before = self.known.remove(&figure.series);
            let mut read = over(reader, environment, figure, wanted.window.length(), now)?;
            read.now = match &before {
                Some(before) => before.now,
                None => newest(reader, environment, figure, now)?,
            };
            changed |= before.as_ref() != Some(&read);
            self.known.insert(figure.series.clone(), read);
            self.read_at.insert(figure.series.clone(), Instant::now());
        }
        Ok(changed)
    }

    /// The newest values, as often as they take little of the time.
    fn read_newest(
        &mut self,
        reader: &Reader,
        environment: &Environment,
        wanted: &FigureInterest,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let begun = Instant::now();
        let recent = |(at, took): (Instant, Duration)| begun.duration_since(at) < LIVELY.max(took * 20);
        if self.newest_at.is_some_and(recent) {
            return Ok(false);
        }
        let mut changed = false;
        for figure in &wanted.figures {
            if let Some(known) = self.known.get_mut(&figure.series) {
                let value = newest(reader, environment, figure, now)?;
                changed |= known.now != value;
                known.now = value;
            }
        }
        self.newest_at = Some((Instant::now(), begun.elapsed()));
        Ok(changed)
    }
}

fn over(
    reader: &Reader,
    environment: &Environment,
    figure: &Figure,
    length: Duration,
    now: UnixMs,
) -> Result<FigureNow, StoreError> {
    let ask = |series: &SeriesName, (since, until): Window, step: Duration, aggregation: Aggregation| {
        let (env, series) = (environment.name.clone(), series.clone());
        reader.query(&Query { env, series, since, until, step, aggregation })
    };
    // On whole minutes: rolled-up minutes fit in.
    let minute = UnixMs((now.0.div_euclid(60_000) + 1) * 60_000);
    let step = Duration::from_secs((length.as_secs() / TREND).div_ceil(60).max(1) * 60);
    let trend = ask(&figure.series, (minute.before(length), minute), step, figure.aggregation)?;
    let hour = |ago: Duration| -> Result<Option<f64>, StoreError> {
        let until = minute.before(ago);
        Ok(ask(&figure.series, (until.before(HOUR), until), HOUR, figure.aggregation)?.whole)
    };
    let available = SeriesName::of(&figure.series.service, "availability");
    let availability = ask(&available, (minute.before(length), minute), length, Aggregation::Avg)?.whole;
    let (least, most) = bounds(&trend);
    Ok(FigureNow {
        now: None,
        trend: trend.points.iter().map(|point| point.value).collect(),
        least,
        most,
        hour: hour(Duration::ZERO)?,
        yesterday: hour(DAY)?,
        last_week: hour(DAY * 7)?,
        availability,
        ceiling: trend.ceiling,
    })
}

/// The newest number of a recorded series, unless it is stale; of what looks themselves tell, what the last minutes say.
fn newest(reader: &Reader, environment: &Environment, figure: &Figure, now: UnixMs) -> Result<Option<f64>, StoreError> {
    let Some(service) = environment.service(&figure.series.service) else { return Ok(None) };
    let name = figure.series.bare();
    let recording = service.probes.iter().find(|probe| probe.record.iter().any(|one| one.name == name));
    if let Some(probe) = recording {
        let stale = (probe.every * 3).max(Duration::from_secs(10));
        return Ok(reader.figures(&environment.name, &service.name, now, stale)?.0.get(name).copied());
    }
    let slowest = service.probes.iter().map(|probe| probe.every * 3).max().unwrap_or(RECENT);
    let question = Query {
        env: environment.name.clone(),
        series: figure.series.clone(),
        since: now.before(slowest.max(RECENT)),
        until: now,
        step: slowest.max(RECENT),
        aggregation: figure.aggregation,
    };
    Ok(reader.query(&question)?.whole)
}

/// The least and the greatest of the window, single samples included where they are known.
fn bounds(answer: &Answer) -> (Option<f64>, Option<f64>) {
    let values = || answer.points.iter().filter_map(|point| point.value);
    let most = answer.points.iter().flat_map(|point| [point.value, point.max]).flatten();
    (values().reduce(f64::min), most.reduce(f64::max))
}
