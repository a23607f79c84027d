//! Looks made of several requests.

use std::time::Duration;

use super::http;
use crate::{
    config::{
        names::{Words, check_identifier, check_known},
        options::FLOW_STEP,
        reader::At,
        tree::Value,
        view::View,
    },
    domain::{
        probe::{BenchLook, Capture, FlowLook, FlowStep, HttpRequest, ProbeKind, without_password},
        template::Template,
    },
};

/// The keys that name a method.
const METHODS: [&str; 6] = ["get", "post", "put", "patch", "delete", "head"];
/// Names that templates have for other things.
const TAKEN: [&str; 8] = ["env", "service", "project", "look", "run", "params", "secret", "captures"];

/// Reads `flow` and `cleanup`.
pub fn flow(view: &View<'_>, words: &Words) -> Option<ProbeKind<Template>> {
    let mut words = words.looking();
    let items = view.list("flow")?;
    if items.is_empty() {
        let help = "write flow = [{ get = \"https://...\" }]".to_owned();
        view.reader.problem(view.place_of("flow"), "the flow has no request", help);
        return None;
    }
    let mut steps = Vec::new();
    for item in items {
        let step = view.as_section("flow", item, &FLOW_STEP).and_then(|view| step(&view, &words));
        for capture in step.iter().flat_map(|step| &step.capture) {
            words = words.with(&capture.name, serde_json::Value::Null);
        }
        steps.push(step);
    }
    let cleanup = view.list("cleanup").unwrap_or_default().iter();
    let cleanup: Vec<_> =
        cleanup.map(|item| view.as_section("cleanup", item, &FLOW_STEP).and_then(|view| step(&view, &words))).collect();
    let all = |steps: Vec<Option<FlowStep<Template>>>| steps.into_iter().collect::<Option<Vec<_>>>();
    Some(ProbeKind::Flow(FlowLook { steps: all(steps)?, cleanup: all(cleanup)? }))
}

/// Reads what stands beside `bench`.
pub fn bench(view: &View<'_>, url: Template, words: &Words) -> Option<ProbeKind<Template>> {
    let number = |key, default: u32| view.integer(key).and_then(|number| u32::try_from(number).ok()).unwrap_or(default);
    let (requests, concurrency) = (number("requests", 100), number("concurrency", 10));
    let duration = view.duration("duration", Duration::from_millis(1));
    Some(ProbeKind::Bench(BenchLook { request: http::request(view, url, words)?, requests, concurrency, duration }))
}

fn step(view: &View<'_>, words: &Words) -> Option<FlowStep<Template>> {
    let method = view.exactly_one(&METHODS, "a request");
    let url = method.and_then(|method| http::template(view, method, words));
    let mut headers = http::headers(view, words);
    let (json, text) = (view.take("json"), view.take("body"));
    if let (Some(_), Some(second)) = (json, text) {
        view.reader.problem(second.place, "a request has either 'json' or 'body'", "remove one".to_owned());
    }
    if json.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        headers.push(("content-type".into(), Template::parse("application/json").ok()?));
    }
    let body = json.or(text).and_then(|node| match &node.value {
        Value::Text(_) if json.is_some() => {
            view.wrong("json", node);
            None
        }
        _ => http::body(view, node, words),
    });
    let facts = crate::config::read::look::answer();
    let expect = view
        .conditions("expect")
        .into_iter()
        .map(|condition| {
            facts.check(view.reader, &condition);
            condition.value
        })
        .collect();
    let capture = captures(view, &facts);
    let auth = http::auth(view, words);
    let redirects = view.integer("redirects").and_then(|number| u8::try_from(number).ok()).unwrap_or(0);
    let name = view.text("name").map(|text| text.value.to_owned());
    view.finish("a request of a flow");
    let (method, url) = (method?.to_ascii_uppercase(), url?);
    let name = name.unwrap_or_else(|| format!("{method} {}", without_password(url.source())));
    let request = HttpRequest { method, headers, body, redirects, auth, ..HttpRequest::get(url) };
    Some(FlowStep { name, request, expect, capture })
}

fn captures(view: &View<'_>, facts: &crate::config::names::Facts) -> Vec<Capture> {
    let secret = view.texts("capture_secret");
    let written = view.text_map("capture");
    for name in &secret {
        check_known(view.reader, "capture", name.value, name.place, written.iter().map(|(name, _)| name.value));
    }
    let mut captures = Vec::new();
    for (name, text) in written {
        if TAKEN.contains(&name.value) {
            let message = format!("'{}' has another meaning in templates", name.value);
            view.reader.problem(name.place, message, "capture it under another name".to_owned());
        }
        check_identifier(view.reader, "a captured value", name);
        if let Some(value) = view.reader.condition(text) {
            let value = At { value, place: text.place };
            facts.check(view.reader, &value);
            let secret = secret.iter().any(|secret| secret.value == name.value);
            captures.push(Capture { name: name.value.to_owned(), value: value.value, secret });
        }
    }
    captures
}
