//! Asking for a series over time: which one, from when to when, in which steps, and what a step's samples come to.
//!
//! A [`Query`] is one question, pure and checked; the store answers it from looks, minutes or hours, whichever is fine
//! enough and still kept. Its samples gather in [`Bucket`]s, which merge: percentiles come from merged histograms, never
//! from averages of percentiles, and what has no sample stays a gap.

mod against;
mod bucket;
mod name;

use std::{fmt, str::FromStr, time::Duration};

use serde::Serialize;

use super::{environment::Service, format, probe::Recording, series::Point, time::UnixMs};

pub use against::{Against, Start, Window, Windows};
pub use bucket::{Bucket, Needs, Part, fold};
pub use name::{BUILT_IN, SeriesName};

/// Most steps of one answer: more than any screen or spreadsheet shows.
pub const MOST_STEPS: u64 = 20_000;

/// How the samples of a step become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// Their mean.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// Their sum.
    Sum,
    /// How many there are.
    Count,
    /// The last one.
    Last,
    /// Their median, from merged histograms.
    P50,
    /// Their 95th percentile.
    P95,
    /// Their 99th percentile.
    P99,
    /// Growth of a counter a second; a drop is a reset.
    Rate,
}

impl Aggregation {
    /// All, in the order of the help.
    pub const ALL: [Self; 10] = [
        Self::Avg,
        Self::Min,
        Self::Max,
        Self::Sum,
        Self::Count,
        Self::Last,
        Self::P50,
        Self::P95,
        Self::P99,
        Self::Rate,
    ];

    /// As written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Last => "last",
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Rate => "rate",
        }
    }

    /// The quantile it asks for, if it is one.
    pub fn quantile(self) -> Option<f64> {
        match self {
            Self::P50 => Some(0.5),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
            _ => None,
        }
    }

    /// What must be read for it beside counts, sums and bounds.
    pub fn needs(self) -> Needs {
        Needs { histogram: self.quantile().is_some(), ends: matches!(self, Self::Last | Self::Rate) }
    }

    /// Its result is in the unit of the samples.
    pub fn keeps_unit(self) -> bool {
        !matches!(self, Self::Sum | Self::Count | Self::Rate)
    }
}

impl fmt::Display for Aggregation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Aggregation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|one| one.word() == text).ok_or_else(|| {
            let words: Vec<_> = Self::ALL.iter().map(|one| one.word()).collect();
            format!("'{text}' is not one of: {}", words.join(", "))
        })
    }
}

/// One question: a series of an environment over a window, in steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Environment.
    pub env: String,
    /// Which series.
    pub series: SeriesName,
    /// Begins here; on a whole step.
    pub since: UnixMs,
    /// Ends before this.
    pub until: UnixMs,
    /// Width of a step, in whole seconds.
    pub step: Duration,
    /// What a step's samples come to.
    pub aggregation: Aggregation,
}

/// Why a question can't be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Nothing lies between.
    #[error("the window ends before it begins: --since must lie before --until")]
    Backward,
    /// Finer than looks are taken, or not a whole number of seconds.
    #[error("a step is a whole number of seconds, at least one")]
    Step,
    /// More steps than an answer holds.
    #[error("{0} steps are more than an answer holds ({MOST_STEPS}): take a longer --step")]
    Steps(u64),
}

impl Query {
    /// A question, with its beginning moved back to a whole step, so that the same window asked for a moment later has the
    /// same steps.
    pub fn new(
        env: &str,
        series: SeriesName,
        (since, until): (UnixMs, UnixMs),
        step: Duration,
        aggregation: Aggregation,
    ) -> Result<Self, QueryError> {
        if until <= since {
            return Err(QueryError::Backward);
        }
        if step.is_zero() || step.subsec_nanos() != 0 {
            return Err(QueryError::Step);
        }
        let width = i64::try_from(step.as_millis()).map_err(|_| QueryError::Step)?;
        let since = UnixMs(since.0.div_euclid(width).saturating_mul(width));
        let query = Self { env: env.to_owned(), series, since, until, step, aggregation };
        let steps = query.steps();
        if steps > MOST_STEPS { Err(QueryError::Steps(steps)) } else { Ok(query) }
    }

    /// Width of a step in milliseconds.
    pub fn width(&self) -> i64 {
        i64::try_from(self.step.as_millis()).unwrap_or(i64::MAX).max(1)
    }

    /// How many steps the window has; the last one may be cut short.
    pub fn steps(&self) -> u64 {
        let length = self.until.0.saturating_sub(self.since.0).max(0);
        (length as u64).div_ceil(self.width() as u64)
    }

    /// The same question about the window that ended `ago` earlier.
    #[must_use]
    pub fn earlier(&self, ago: Duration) -> Self {
        Self { since: self.since.before(ago), until: self.until.before(ago), ..self.clone() }
    }
}

/// From what an answer was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// Every single look.
    Look,
    /// Rolled-up minutes.
    Minute,
    /// Rolled-up hours.
    Hour,
}

impl Grain {
    /// The coarsest one whose periods fit into steps of `width` milliseconds from `since` without crossing their edges.
    pub fn fitting(width: i64, since: i64) -> Self {
        let fits = |period: i64| width % period == 0 && since % period == 0;
        match (fits(3_600_000), fits(60_000)) {
            (true, _) => Self::Hour,
            (_, true) => Self::Minute,
            _ => Self::Look,
        }
    }

    /// `looks`, `minutes`, `hours`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Look => "looks",
            Self::Minute => "minutes",
            Self::Hour => "hours",
        }
    }
}

/// What the history says to a [`Query`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The series' name.
    pub series: String,
    /// What each step's samples came to.
    pub aggregation: Aggregation,
    /// Begins here.
    pub since: UnixMs,
    /// Ends before this.
    pub until: UnixMs,
    /// Width of a step: wider than asked for where nothing finer is kept any more.
    #[serde(with = "super::time::human")]
    pub step: Duration,
    /// The coarsest rows it was read from.
    pub from: Grain,
    /// One for each step; a gap has no value.
    pub points: Vec<Point>,
    /// The same aggregation over the whole window.
    pub whole: Option<f64>,
    /// Samples in the window.
    pub samples: u64,
    /// The highest value this series can tell: a percentile there lies in the `+Inf` bucket and is shown as `> 10 s`.
    pub ceiling: Option<f64>,
}

impl Answer {
    /// A value is not the value, only a bound below it.
    pub fn is_beyond(&self, value: f64) -> bool {
        // Values that went through a histogram of ours are within 1 %.
        self.aggregation.keeps_unit() && self.ceiling.is_some_and(|ceiling| value >= ceiling * 0.99)
    }
}

impl Answer {
    /// A value as people read it: in the unit that the series' name tells, and `> 10 s` where only a bound is known.
    pub fn shown(&self, value: f64) -> String {
        let name = self.series.split('{').next().and_then(|path| path.rsplit('.').next()).unwrap_or_default();
        match self.ceiling.filter(|_| self.is_beyond(value)) {
            Some(ceiling) => format!("> {}", format::by_name(name, ceiling)),
            None if self.aggregation.keeps_unit() => format::by_name(name, value),
            None => format::number(value),
        }
    }
}

/// The recording behind a series' bare name.
fn recording<'a>(service: &'a Service, name: &str) -> Option<&'a Recording> {
    service.probes.iter().flat_map(|probe| &probe.record).find(|recording| recording.name == name)
}

/// A series whose samples are percentiles themselves: recorded with `quantile()`.
pub fn is_percentile(service: &Service, name: &str) -> bool {
    recording(service, name).is_some_and(|found| found.value.calls().iter().any(|call| call.function == "quantile"))
}

/// What a series' samples come to unless it is said: the greatest of percentiles, which can't be averaged, else the mean.
pub fn usual(service: Option<&Service>, name: &str) -> Aggregation {
    if service.is_some_and(|service| is_percentile(service, name)) { Aggregation::Max } else { Aggregation::Avg }
}

/// Why an aggregation of a series would say something that is not so.
pub fn refusal(service: Option<&Service>, name: &str, aggregation: Aggregation) -> Option<String> {
    let averages = matches!(aggregation, Aggregation::Avg | Aggregation::Sum);
    if averages && service.is_some_and(|service| is_percentile(service, name)) {
        return Some(format!(
            "each sample of {name} is a percentile already, and percentiles can't be averaged: take --agg max, min, last \
             or p95"
        ));
    }
    let counts = BUILT_IN[1..].iter().any(|(known, _)| *known == name)
        && service.is_none_or(|service| recording(service, name).is_none());
    let needs = aggregation.needs();
    if counts && (needs.histogram || needs.ends) {
        return Some(format!("{name} counts looks: take --agg avg, min, max, sum or count"));
    }
    None
}

/// How a figure of one window stands to that of another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// Now less then.
    pub by: Option<f64>,
    /// The same as a share of then; `None` if that was 0.
    pub share: Option<f64>,
}

impl Difference {
    /// Between what is and what was; not known if either is not.
    pub fn between(now: Option<f64>, then: Option<f64>) -> Self {
        let by = now.zip(then).map(|(now, then)| now - then);
        let share = by.zip(then.filter(|then| *then != 0.0)).map(|(by, then)| by / then.abs());
        Self { by, share }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(since: i64, until: i64, step: u64) -> Result<Query, QueryError> {
        let series = "api.p95_ms".parse().unwrap();
        Query::new("production", series, (UnixMs(since), UnixMs(until)), Duration::from_secs(step), Aggregation::Max)
    }

    #[test]
    fn a_window_begins_on_a_whole_step_and_its_last_step_may_be_cut_short() {
        let query = query(3_600_000 + 59_000, 3_600_000 * 3 + 1, 3_600).unwrap();
        assert_eq!((query.since, query.steps()), (UnixMs(3_600_000), 3));
    }

    #[test]
    fn what_can_not_be_answered_is_refused_with_what_to_do() {
        assert_eq!(query(5, 5, 60), Err(QueryError::Backward));
        assert_eq!(query(5, 50_000, 0), Err(QueryError::Step));
        let error = query(0, 86_400_000, 1).unwrap_err();
        assert_eq!(error, QueryError::Steps(86_400));
        assert!(error.to_string().contains("--step"));
    }

    #[test]
    fn hours_are_read_only_where_no_hour_crosses_the_edge_of_a_step() {
        const HOUR: i64 = 3_600_000;
        assert_eq!(Grain::fitting(HOUR, 5 * HOUR), Grain::Hour);
        assert_eq!(Grain::fitting(24 * HOUR, 5 * HOUR + HOUR / 2), Grain::Minute, "a zone with half hours");
        assert_eq!(Grain::fitting(HOUR + 60_000, 0), Grain::Minute);
        assert_eq!(Grain::fitting(30_000, 0), Grain::Look);
    }

    #[test]
    fn a_difference_from_nothing_has_no_share() {
        let near = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-12;
        let difference = Difference::between(Some(15.0), Some(10.0));
        assert!(near(difference.by, 5.0) && near(difference.share, 0.5));
        assert_eq!(Difference::between(Some(1.0), Some(0.0)).share, None);
        assert_eq!(Difference::between(None, Some(1.0)), Difference { by: None, share: None });
    }

    #[test]
    fn aggregations_are_read_as_they_are_written() {
        assert!(Aggregation::ALL.iter().all(|one| one.word().parse() == Ok(*one)));
        assert!("mean".parse::<Aggregation>().unwrap_err().contains("avg"));
    }
}
