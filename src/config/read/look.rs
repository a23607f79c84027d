//! Looks: what probes and checks have in common.

use std::time::Duration;

use super::kind;
use crate::{
    config::{
        names::{Facts, Words, check_identifier, check_known},
        options::LIMITS,
        reader::At,
        view::View,
    },
    domain::{
        condition::Condition,
        probe::{KINDS, Limits, ProbeSpec, Recording},
        template::Template,
    },
};

/// The keys that name a kind of look.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.word)
}

const DEFAULT: Duration = Duration::from_secs(10);
const LEAST: Duration = Duration::from_millis(200);

/// A look as read, with the place of its target.
pub struct Look {
    /// The look.
    pub spec: ProbeSpec<Template>,
    /// The URL or address.
    pub target: At<()>,
}

/// Reads a look. The kind must be one of [`kinds`]; `what` is for messages: `a probe`.
pub fn look(view: &View<'_>, name: &str, words: &Words, what: &str) -> Option<Look> {
    let kind_key = view.exactly_one(&kinds().collect::<Vec<_>>(), what)?;
    let place = view.take(kind_key).map_or(view.place, |node| node.place);
    let facts = facts(kind_key);
    let mut record = recordings(view, &facts, kind_key == "prometheus");
    if view.section.key("by").is_some() {
        labels(view, &mut record, kind_key);
    }
    let mut judged = facts;
    judged.names.extend(record.iter().map(|recording| recording.name.clone()));
    let expect = conditions(view, "expect", &judged);
    let scheduled = view.section.key("every").is_some();
    let degraded = if scheduled { conditions(view, "degraded", &judged) } else { Vec::new() };
    let kpi = if scheduled { kpi(view, &record) } else { Vec::new() };
    let every = if scheduled { view.duration("every", LEAST) } else { None };
    let timeout = view.duration("timeout", Duration::from_millis(1));
    let limits = limits(view, kind_key);
    let kind = kind::read(view, kind_key, words)?;
    let spec = ProbeSpec {
        name: name.to_owned(),
        kind,
        every: every.unwrap_or(DEFAULT),
        timeout: timeout.unwrap_or_else(|| kind::timeout(view, kind_key, DEFAULT)),
        expect,
        degraded,
        record,
        kpi,
        limits,
    };
    Some(Look { spec, target: At { value: (), place } })
}

/// The facts of a kind of look.
pub fn facts(kind: &str) -> Facts {
    let own = KINDS.iter().filter(|words| words.word == kind).flat_map(|words| words.facts).map(|(name, _)| *name);
    let article = if matches!(kind, "env" | "http" | "icmp" | "imap" | "smtp") { "an" } else { "a" };
    Facts {
        names: own.chain(["latency_ms", "error"]).map(str::to_owned).collect(),
        baseline: None,
        page: false,
        of: format!("{article} {kind} look"),
    }
}

/// The facts of an HTTP answer, for steps.
pub fn answer() -> Facts {
    Facts { of: "an answer".to_owned(), ..facts("http") }
}

/// Takes conditions on these facts.
pub fn conditions(view: &View<'_>, key: &'static str, facts: &Facts) -> Vec<Condition> {
    view.conditions(key)
        .into_iter()
        .map(|condition| {
            facts.check(view.reader, &condition);
            condition.value
        })
        .collect()
}

fn recordings(view: &View<'_>, facts: &Facts, page: bool) -> Vec<Recording> {
    let mut known = Facts { page, ..facts.clone() };
    let mut record = Vec::new();
    for (name, text) in view.text_map("record") {
        if facts.names.iter().any(|fact| fact == name.value) {
            let message = format!("'{}' is a fact of its own and can't be recorded under its name", name.value);
            let help = if name.value == "latency_ms" {
                "remove it: every look records latency_ms".to_owned()
            } else {
                format!("give it another name, such as record.{}_value", name.value)
            };
            view.reader.problem(name.place, message, help);
            continue;
        }
        check_identifier(view.reader, "a recorded number", name);
        if let Some(value) = view.reader.condition(text) {
            let value = At { value, place: text.place };
            known.check(view.reader, &value);
            record.push(Recording { name: name.value.to_owned(), value: value.value, by: Vec::new() });
        }
        known.names.push(name.value.to_owned());
    }
    record
}

/// Most labels a recording can be split by.
const MOST_LABELS: usize = 4;

/// By which labels each number is recorded too.
fn labels(view: &View<'_>, record: &mut [Recording], kind: &str) {
    for entry in &view.map("by").entries {
        let name = At { value: entry.key.as_str(), place: entry.place };
        let known: Vec<&str> = view.map("record").keys().collect();
        if !check_known(view.reader, "recorded number", name.value, name.place, known.into_iter()) {
            continue;
        }
        let Some(labels) = view.as_texts("by", &entry.node) else { continue };
        let wrong = |label: &At<&str>| {
            let mut letters = label.value.bytes();
            let begins = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
            !begins || !letters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') || label.value == "le"
        };
        let recording = record.iter_mut().find(|recording| recording.name == name.value);
        if kind != "prometheus" || recording.as_ref().is_some_and(|found| found.value.calls().is_empty()) {
            let message = format!("'{}' reads no metrics, so it has no labels", name.value);
            let help = "only what a prometheus probe records with rate, value, sum or quantile can be split".to_owned();
            view.reader.problem(name.place, message, help);
        } else if let Some(label) = labels.iter().find(|label| wrong(label)) {
            let message = format!("'{}' can't be the label of a series", label.value);
            view.reader.problem(label.place, message, "write by.requests = [\"path\"]".to_owned());
        } else if labels.is_empty() || labels.len() > MOST_LABELS {
            let message = format!("'by.{}' names {} labels", name.value, labels.len());
            view.reader.problem(name.place, message, format!("name one to {MOST_LABELS}"));
        } else if let Some(recording) = recording {
            recording.by = labels.iter().map(|label| label.value.to_owned()).collect();
        }
    }
}

fn kpi(view: &View<'_>, record: &[Recording]) -> Vec<String> {
    let recorded: Vec<&str> = view.map("record").keys().collect();
    view.texts("kpi")
        .into_iter()
        .filter(|name| check_known(view.reader, "recorded number", name.value, name.place, recorded.iter().copied()))
        .map(|name| name.value.to_owned())
        .filter(|name| record.iter().any(|recording| recording.name == *name))
        .collect()
}

fn limits(view: &View<'_>, kind: &str) -> Limits {
    let default = if kind == "prometheus" { Limits::metrics() } else { Limits::health() };
    let Some(view) = view.section("limits", &LIMITS) else { return default };
    let time = |key, default| view.duration(key, Duration::from_millis(1)).unwrap_or(default);
    let number = |key, default| view.integer(key).and_then(|number| usize::try_from(number).ok()).unwrap_or(default);
    let limits = Limits {
        resolve: time("resolve", default.resolve),
        connect: time("connect", default.connect),
        tls: time("tls", default.tls),
        header_bytes: number("header_bytes", default.header_bytes),
        body_bytes: number("body_bytes", default.body_bytes),
        inflated_bytes: number("inflated_bytes", default.inflated_bytes),
        series: number("series", default.series),
        labels: number("labels", default.labels),
    };
    view.finish("limits");
    limits
}
