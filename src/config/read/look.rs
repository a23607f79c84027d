//! Looks: what probes and checks have in common.

use std::time::Duration;

use super::request::request;
use crate::{
    config::{
        names::{Facts, Words, check_identifier, check_known},
        options::LIMITS,
        reader::{At, Reader},
        source::Place,
        view::View,
    },
    domain::{
        condition::Condition,
        probe::{Limits, ProbeKind, ProbeSpec, Recording},
        template::{Rendered, Template},
    },
};

/// The keys that name a kind of look.
pub const KINDS: [&str; 4] = ["http", "json", "prometheus", "tcp"];

const DEFAULT: Duration = Duration::from_secs(10);
const LEAST: Duration = Duration::from_millis(200);

/// A look as read, with the place of its target.
pub struct Look {
    /// The look.
    pub spec: ProbeSpec<Template>,
    /// The URL or address.
    pub target: At<()>,
}

/// Reads a look. The kind must be one of [`KINDS`]; `what` is for messages: `a probe`.
pub fn look(view: &View<'_>, name: &str, words: &Words, what: &str) -> Option<Look> {
    let kind_key = view.exactly_one(&KINDS, what)?;
    let target = view.template(kind_key);
    if let Some(target) = &target {
        words.check(view.reader, target);
    }
    let facts = facts(kind_key);
    let record = recordings(view, &facts, kind_key == "prometheus");
    let mut judged = facts;
    judged.names.extend(record.iter().map(|recording| recording.name.clone()));
    let expect = conditions(view, "expect", &judged);
    let scheduled = view.section.key("every").is_some();
    let degraded = if scheduled { conditions(view, "degraded", &judged) } else { Vec::new() };
    let kpi = if scheduled { kpi(view, &record) } else { Vec::new() };
    let every = if scheduled { view.duration("every", LEAST) } else { None };
    let timeout = view.duration("timeout", Duration::from_millis(1));
    let limits = limits(view, kind_key);
    // What stands beside a URL is read even if the URL itself is wrong.
    let place = target.as_ref().map_or(view.place, |target| target.place);
    let known = target.is_some();
    let target = target.map_or_else(|| Template::parse("").ok(), |target| Some(target.value))?;
    let kind = match kind_key {
        "tcp" => ProbeKind::Tcp { address: target },
        "json" => ProbeKind::Json(request(view, target, words)?),
        "prometheus" => ProbeKind::Prometheus(request(view, target, words)?),
        _ => ProbeKind::Http(request(view, target, words)?),
    };
    if !known {
        return None;
    }
    let spec = ProbeSpec {
        name: name.to_owned(),
        kind,
        every: every.unwrap_or(DEFAULT),
        timeout: timeout.unwrap_or(DEFAULT),
        expect,
        degraded,
        record,
        kpi,
        limits,
    };
    Some(Look { spec, target: At { value: (), place } })
}

/// The facts of a kind of look.
fn facts(kind: &str) -> Facts {
    let names: &[&str] = match kind {
        "tcp" => &["latency_ms", "error"],
        "prometheus" => &["status", "latency_ms", "headers", "body_bytes", "error"],
        _ => &["status", "latency_ms", "headers", "body_bytes", "json", "health", "version", "error"],
    };
    let article = if kind == "http" { "an" } else { "a" };
    Facts {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        baseline: None,
        page: false,
        of: format!("{article} {kind} look"),
    }
}

/// The facts of an HTTP answer, for steps.
pub fn answer() -> Facts {
    Facts { of: "an answer".to_owned(), ..facts("http") }
}

fn conditions(view: &View<'_>, key: &'static str, facts: &Facts) -> Vec<Condition> {
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
            record.push(Recording { name: name.value.to_owned(), value: value.value });
        }
        known.names.push(name.value.to_owned());
    }
    record
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
    };
    view.finish("limits");
    limits
}

/// Notes a rendered target that can't be looked at. Secrets inside count as some text.
pub fn check_target(reader: &Reader<'_>, target: &At<()>, kind: &ProbeKind<Rendered>) {
    let shown = |rendered: &Rendered| rendered.resolve(&|_| Some("x".into()), &|_| Some("x".into())).ok();
    match kind {
        ProbeKind::Tcp { address } => {
            if let Some(address) = shown(address) {
                check_address(reader, target.place, &address);
            }
        }
        ProbeKind::Http(request) | ProbeKind::Json(request) | ProbeKind::Prometheus(request) => {
            if let Some(url) = shown(&request.url) {
                check_url(reader, target.place, &url);
            }
        }
    }
}

/// Notes a URL that is not absolute, or neither http nor https.
pub fn check_url(reader: &Reader<'_>, place: Place, text: &str) {
    let help = || "write it in full: https://host/path".to_owned();
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            if url.host_str().is_none_or(str::is_empty) {
                reader.problem(place, format!("the URL '{text}' has no host"), help());
            }
        }
        Ok(url) => reader.problem(
            place,
            format!("'{text}' begins with {}:, and only http and https can be used", url.scheme()),
            help(),
        ),
        Err(error) => reader.problem(place, format!("'{text}' is not an absolute URL: {error}"), help()),
    }
}

fn check_address(reader: &Reader<'_>, place: Place, text: &str) {
    let fine = text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !host.contains('/') && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if !fine {
        let help = match url::Url::parse(text)
            .ok()
            .and_then(|url| Some((url.host_str()?.to_owned(), url.port_or_known_default()?)))
        {
            Some((host, port)) => format!("write tcp = \"{host}:{port}\""),
            None => "write tcp = \"host:port\", as in \"db.internal:5432\"".to_owned(),
        };
        reader.problem(place, format!("'{text}' is not host:port"), help);
    }
}
