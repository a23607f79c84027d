//! The last two scrapes of a probe, and what they say together.

use std::{
    collections::{BTreeSet, HashMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::domain::{
    probe::{Phase, ProbeError, ProbeSpec, Recording},
    text::clean_line,
};

use super::{
    super::error::failed,
    page::{self, Format, Label, Sample},
    quantile::quantile,
    selector::Selector,
};

/// A scrape older than this is too old for a rate.
const TOO_OLD: Duration = Duration::from_mins(15);

/// The wanted series of a probe, over its last two scrapes.
#[derive(Debug, Default)]
pub(in super::super) struct Scrapes {
    wants: Vec<Want>,
    latest: Option<Scrape>,
    before: Option<Scrape>,
}

/// A selector as written in a call, and the labels by whose values its series are told apart.
#[derive(Debug)]
struct Want {
    text: String,
    of_buckets: bool,
    by: Vec<String>,
    selector: Selector,
}

/// Which of a selector's series are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Group<'a> {
    /// The labels; none means all series together.
    pub(in super::super) by: &'a [String],
    /// Their values as written: `{path="/x"}`.
    pub(in super::super) labels: &'a str,
}

/// What one scrape brought.
#[derive(Debug)]
struct Scrape {
    at: Instant,
    /// For each want.
    found: Vec<Found>,
}

#[derive(Debug, Default)]
struct Found {
    /// The metric is there, with whichever labels.
    metric_seen: bool,
    /// A series is there whose value is not a number.
    any_nan: bool,
    /// By id.
    points: Vec<Point>,
    /// The values of the want's labels, as written, by their number.
    groups: HashMap<String, u32>,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    /// Of its labels.
    series: u64,
    /// Of the want's labels.
    group: u32,
    /// Its `le` label as a number.
    bound: f64,
    value: f64,
    timestamp_ms: Option<f64>,
}

impl Scrapes {
    /// Parses the selectors of all calls in the spec.
    pub(in super::super) fn plan(spec: &ProbeSpec) -> Result<Self, ProbeError> {
        let mut scrapes = Self::default();
        let split = |record: &'_ Recording| {
            let whole = record.value.calls().into_iter().map(|call| (call, Vec::new()));
            let by = (!record.by.is_empty()).then(|| record.by.clone());
            let parts = by.map(|by| record.value.calls().into_iter().map(move |call| (call, by.clone())));
            whole.chain(parts.into_iter().flatten()).collect::<Vec<_>>()
        };
        for (call, by) in spec.record.iter().flat_map(split) {
            let of_buckets = call.function == "quantile";
            let texts = call.arguments.iter().flatten().filter_map(Value::as_str);
            for text in texts {
                if scrapes.index(text, of_buckets, &by).is_some() {
                    continue;
                }
                let selector = Selector::parse(text).map_err(|why| {
                    let why = format!("nothing was sent: the selector '{text}' can't be used: {why}");
                    failed(Phase::Prepare, "bad_selector", why)
                })?;
                let selector = if of_buckets { selector.of_buckets() } else { selector };
                scrapes.wants.push(Want { text: text.to_owned(), of_buckets, by: by.clone(), selector });
            }
        }
        Ok(scrapes)
    }

    /// Takes a page in.
    pub(in super::super) fn take(
        &mut self,
        page: &[u8],
        content_type: Option<&str>,
        most: usize,
    ) -> Result<(), ProbeError> {
        let bad = |why: String| failed(Phase::Decode, "bad_metrics", format!("the metrics page can't be read: {why}"));
        let format = match content_type {
            Some("application/openmetrics-text") => Format::OpenMetrics,
            Some(kind @ ("text/html" | "application/json" | "application/vnd.google.protobuf")) => {
                return Err(bad(format!("it is {kind}, not the Prometheus text format")));
            }
            _ if page.trim_ascii_start().starts_with(b"<") => return Err(bad("it is markup".into())),
            _ => Format::Text,
        };
        let mut found: Vec<Found> = self.wants.iter().map(|_| Found::default()).collect();
        let wants = &self.wants;
        let wanted = |metric: &str| wants.iter().any(|want| want.selector.is_of(metric));
        page::read(page, format, most, wanted, |sample| note(wants, &mut found, &sample)).map_err(|error| {
            let kind = if matches!(error, page::PageError::TooMany(_)) { "too_many_series" } else { "bad_metrics" };
            ProbeError { kind: kind.into(), ..bad(error.to_string()) }
        })?;
        for found in &mut found {
            // Stable: of a series that is there twice, the first counts, as in Prometheus.
            found.points.sort_by_key(|point| point.series);
            found.points.dedup_by_key(|point| point.series);
        }
        self.before = self.latest.replace(Scrape { at: Instant::now(), found });
        Ok(())
    }

    /// The result of a call in a `record` expression; `None` is a gap.
    pub(in super::super) fn answer(&self, function: &str, arguments: &[Value], group: Group<'_>) -> Option<f64> {
        let text = arguments.iter().find_map(Value::as_str)?;
        let index = self.index(text, function == "quantile", group.by)?;
        let latest = self.latest.as_ref()?;
        let now = &latest.found[index];
        // Where labels tell apart, the series without these values are none of it.
        let number = if group.by.is_empty() { 0 } else { *now.groups.get(group.labels)? };
        let mut points = now.points.iter().filter(|point| point.group == number).peekable();
        match function {
            "value" => points.next().filter(|_| points.next().is_none()).map(|point| point.value),
            "sum" => points.peek().is_some().then(|| points.map(|point| point.value).sum()),
            "rate" => {
                let rates = self.rates(index, number)?;
                // Two scrapes of a metric in which no series has these labels: nothing was counted with them.
                let none_yet = now.metric_seen && points.peek().is_none() && !now.any_nan;
                (none_yet || !rates.is_empty()).then(|| rates.iter().map(|(_, rate)| rate).sum())
            }
            "quantile" => quantile(arguments.first()?.as_f64()?, self.rates(index, number)?),
            _ => None,
        }
    }

    /// The highest finite bound of the histogram that a call reads: no percentile of it says more.
    pub(in super::super) fn ceiling(&self, arguments: &[Value]) -> Option<f64> {
        let index = self.index(arguments.iter().find_map(Value::as_str)?, true, &[])?;
        let bounds = self.latest.as_ref()?.found[index].points.iter().map(|point| point.bound);
        bounds.filter(|bound| bound.is_finite()).reduce(f64::max)
    }

    /// The values that the labels of a recording have on the latest page, as written, in order.
    pub(in super::super) fn groups(&self, record: &Recording) -> BTreeSet<&str> {
        let Some(latest) = &self.latest else { return BTreeSet::new() };
        let mut found = BTreeSet::new();
        for call in record.value.calls() {
            let text = call.arguments.iter().flatten().find_map(Value::as_str).unwrap_or_default();
            if let Some(index) = self.index(text, call.function == "quantile", &record.by) {
                found.extend(latest.found[index].groups.keys().map(String::as_str));
            }
        }
        found
    }

    fn index(&self, text: &str, of_buckets: bool, by: &[String]) -> Option<usize> {
        self.wants.iter().position(|want| want.of_buckets == of_buckets && want.text == text && want.by == by)
    }

    /// Bound and increase a second of each series of a group that is in both scrapes; `None` before the second scrape.
    fn rates(&self, index: usize, group: u32) -> Option<Vec<(f64, f64)>> {
        let (before, latest) = (self.before.as_ref()?, self.latest.as_ref()?);
        let between = latest.at.duration_since(before.at);
        if between.is_zero() || between > TOO_OLD {
            return None;
        }
        let (old, new) = (&before.found[index].points, &latest.found[index].points);
        let pairs = new.iter().filter(|point| point.group == group).filter_map(|point| {
            let at = old.binary_search_by_key(&point.series, |old| old.series).ok()?;
            Some((point, &old[at]))
        });
        Some(pairs.filter_map(|(new, old)| Some((new.bound, rate(old, new, between)?))).collect())
    }
}

/// Increase a second. A counter that dropped was reset: the new value is the increment.
fn rate(old: &Point, new: &Point, between: Duration) -> Option<f64> {
    let seconds = match (old.timestamp_ms, new.timestamp_ms) {
        (Some(old), Some(new)) => (new - old) / 1000.0,
        _ => between.as_secs_f64(),
    };
    let increase = if new.value < old.value { new.value } else { new.value - old.value };
    (seconds > 0.0 && increase.is_finite()).then(|| increase / seconds)
}

fn note(wants: &[Want], found: &mut [Found], sample: &Sample<'_>) {
    for (want, found) in wants.iter().zip(found) {
        if !want.selector.is_of(&sample.metric) {
            continue;
        }
        found.metric_seen = true;
        if !want.selector.matches(&sample.metric, &sample.labels) {
            continue;
        }
        // The marker of a series that ended is a NaN, too.
        if sample.value.is_nan() {
            found.any_nan = true;
            continue;
        }
        let bound = sample.labels.iter().find(|label| label.name == "le");
        let bound = bound.and_then(|label| page::number(label.value.as_bytes())).unwrap_or(f64::NAN);
        if want.of_buckets && bound.is_nan() {
            continue;
        }
        let group = if want.by.is_empty() {
            0
        } else {
            let next = u32::try_from(found.groups.len()).unwrap_or(u32::MAX);
            *found.groups.entry(written(&want.by, &sample.labels)).or_insert(next)
        };
        let series = identity(sample);
        found.points.push(Point { series, group, bound, value: sample.value, timestamp_ms: sample.timestamp_ms });
    }
}

/// Longest label value kept, in characters.
const LONGEST_VALUE: usize = 80;

/// `{path="/x",method="GET"}`: the values of these labels, without anything that a terminal would obey.
fn written(by: &[String], labels: &[Label<'_>]) -> String {
    let parts = by.iter().map(|name| {
        let value = labels.iter().find(|label| label.name == *name).map_or("", |label| &*label.value);
        let value = clean_line(value, LONGEST_VALUE).replace('\\', "\\\\").replace('"', "\\\"");
        format!("{name}=\"{value}\"")
    });
    format!("{{{}}}", parts.collect::<Vec<_>>().join(","))
}

/// The same for the same labels in any order. Empty labels are as good as none.
fn identity(sample: &Sample<'_>) -> u64 {
    let mut labels: Vec<&Label<'_>> = sample.labels.iter().filter(|label| !label.value.is_empty()).collect();
    labels.sort_by(|a, b| a.name.cmp(&b.name));
    let mut hasher = DefaultHasher::new();
    sample.metric.hash(&mut hasher);
    for label in labels {
        label.name.hash(&mut hasher);
        label.value.hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
