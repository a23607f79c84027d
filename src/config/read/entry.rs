//! Entries of `steps`: a step, several side by side, one over machines, another pipeline.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::step::{self, KINDS, MEMBER_KINDS, Place};
use crate::{
    config::{
        names::{Facts, check_known},
        options::MEMBER,
        reader::At,
        tree::Value,
        view::View,
    },
    domain::{
        condition::Condition,
        pipeline::{Entry, Pipeline, Single},
        placement::{Host, Others, Serial},
        template::Template,
    },
};

/// Machines of one step, at most.
const MOST_HOSTS: usize = 1_000;

/// Reads an entry, with the names it captures.
pub fn entry(place: &Place<'_, '_>, view: &View<'_>) -> (Option<Entry>, Vec<String>) {
    let Some(key) = view.exactly_one(&KINDS, "a step") else {
        view.finish_strange();
        return (None, Vec::new());
    };
    match key {
        "parallel" => parallel(place, view),
        "pipeline" => (pipeline(place, view), Vec::new()),
        _ if view.has("hosts") => (hosts(place, view, key), Vec::new()),
        _ => {
            let (single, captured) = single(place, view, key);
            (single.map(Entry::Step), captured)
        }
    }
}

fn single(place: &Place<'_, '_>, view: &View<'_>, key: &'static str) -> (Option<Single>, Vec<String>) {
    let when = when(place, view);
    let (step, captured) = step::step(place, view, key);
    (step.map(|step| Single { step, when }), captured)
}

/// A condition over what templates may read here, and how earlier steps ended.
fn when(place: &Place<'_, '_>, view: &View<'_>) -> Option<Condition> {
    let text = view.text("when")?;
    let condition = At { value: view.reader.condition(text)?, place: text.place };
    let mut names = place.words.roots();
    names.push("steps".into());
    let facts = Facts { names, baseline: None, page: false, of: "'when'".into() };
    facts.check(view.reader, &condition);
    Some(condition.value)
}

fn name_or(view: &View<'_>, default: &str) -> String {
    view.text("name").map_or_else(|| default.to_owned(), |text| text.value.to_owned())
}

fn at_most(view: &View<'_>) -> u16 {
    view.integer("at_most").and_then(|number| u16::try_from(number).ok()).unwrap_or(8)
}

fn parallel(place: &Place<'_, '_>, view: &View<'_>) -> (Option<Entry>, Vec<String>) {
    let name = name_or(view, "At once");
    let when = when(place, view);
    let items = view.list("parallel").unwrap_or_default();
    if items.is_empty() {
        let help = "write parallel = [{ run = [\"...\"] }, { run = [\"...\"] }]".to_owned();
        view.reader.problem(view.place_of("parallel"), "'parallel' names no steps", help);
    }
    let mut captured = Vec::new();
    let mut steps = Vec::new();
    for item in items {
        let Some(member) = view.as_section("parallel", item, &MEMBER) else { continue };
        let Some(key) = member.exactly_one(&MEMBER_KINDS, "a step within 'parallel'") else {
            member.finish_strange();
            continue;
        };
        // What one captures another beside it can't use yet.
        let (read, its) = single(place, &member, key);
        steps.extend(read);
        captured.extend(its);
    }
    let others = match view.word("on_failure").map(|word| word.value) {
        Some("cancel") => Others::Cancel,
        _ => Others::Wait,
    };
    let at_most = at_most(view);
    view.finish("a 'parallel' step");
    (Some(Entry::Parallel { name, when, steps, at_most, others }), captured)
}

fn pipeline(place: &Place<'_, '_>, view: &View<'_>) -> Option<Entry> {
    let text = view.text("pipeline")?;
    let known = place.pipelines.iter().map(String::as_str);
    let exists = check_known(view.reader, "pipeline", text.value, text.place, known);
    let when = when(place, view);
    let mut params = BTreeMap::new();
    for (name, value) in view.text_map("with") {
        if let Some(template) = view.reader.template(value) {
            let template = At { value: template, place: value.place };
            place.words.check(view.reader, &template);
            params.insert(name.value.to_owned(), template.value);
        }
    }
    let name = name_or(view, text.value);
    view.finish("a 'pipeline' step");
    exists.then(|| Entry::Pipeline { name, when, pipeline: text.value.to_owned(), params })
}

fn hosts(place: &Place<'_, '_>, view: &View<'_>, key: &'static str) -> Option<Entry> {
    if !matches!(key, "run" | "shell") {
        let help = "use 'run' or 'shell' there, or leave 'hosts' out".to_owned();
        view.reader.problem(view.place_of("hosts"), format!("a '{key}' step runs on no machines"), help);
    }
    let ssh: Vec<String> = view.texts("ssh").iter().map(|text| text.value.to_owned()).collect();
    let mut hosts: Vec<Host> = Vec::new();
    for text in view.texts("hosts") {
        match Host::parse(text.value) {
            Ok(host) if hosts.iter().any(|other| other.name == host.name) => {
                view.reader.problem(text.place, format!("'{}' stands there twice", text.value), None);
            }
            Ok(host) => hosts.push(Host { ssh: ssh.clone(), ..host }),
            Err(why) => {
                let help = "write a name or an address: \"web1\", \"deploy@web2:2222\", \"[::1]:22\"".to_owned();
                view.reader.problem(text.place, why, help);
            }
        }
    }
    if hosts.is_empty() || hosts.len() > MOST_HOSTS {
        let message = format!("'hosts' must name 1 to {MOST_HOSTS} machines");
        view.reader.problem(view.place_of("hosts"), message, "write hosts = [\"web1\", \"web2\"]".to_owned());
    }
    let serial = serial(view);
    let max_failures = view.integer("max_failures").and_then(|number| u16::try_from(number).ok()).unwrap_or(0);
    let verify_each = view.text("verify_each").map(|suite| {
        check_known(view.reader, "suite", suite.value, suite.place, place.suites.iter().map(String::as_str));
        suite.value.to_owned()
    });
    let at_most = at_most(view);
    let words = place.words.clone().with("host", json!({ "name": Json::Null, "address": Json::Null }));
    let (step, _) = single(&Place { words: &words, ..*place }, view, key);
    Some(Entry::Hosts { step: step?, hosts, serial, at_most, max_failures, verify_each })
}

/// A number of machines, or a part of them; all if it is absent.
fn serial(view: &View<'_>) -> Serial {
    const ALL: Serial = Serial::Percent(100);
    let Some(node) = view.take("serial") else { return ALL };
    match &node.value {
        Value::Integer(_) => view
            .as_integer("serial", node, (1, 1_000))
            .and_then(|number| u16::try_from(number).ok())
            .map_or(ALL, Serial::Count),
        Value::Text(text) => {
            let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<u8>().ok());
            if let Some(percent @ 1..=100) = percent {
                return Serial::Percent(percent);
            }
            let help = "write serial = 1 for one after the other, or serial = \"25%\" for a quarter".to_owned();
            view.reader.problem(node.place, format!("'{text}' is neither a number nor a part of the machines"), help);
            ALL
        }
        _ => {
            view.wrong("serial", node);
            ALL
        }
    }
}

/// A parameter of a pipeline within another that can't be given or is missing, and pipelines that are part of themselves.
pub fn check_nested(
    reader: &crate::config::reader::Reader<'_>,
    pipelines: &BTreeMap<String, Pipeline>,
    places: &BTreeMap<String, crate::config::source::Place>,
) {
    let nested = |name: &str| {
        let entries = pipelines.get(name).map(|pipeline| pipeline.steps.as_slice()).unwrap_or_default();
        entries.iter().filter_map(|entry| match entry {
            Entry::Pipeline { pipeline, params, .. } => Some((pipeline.as_str(), params)),
            _ => None,
        })
    };
    for (name, place) in places {
        for (inner, params) in nested(name) {
            check_params(reader, *place, pipelines.get(inner), params);
        }
        let mut seen: Vec<&str> = Vec::new();
        let mut next: Vec<&str> = nested(name).map(|(inner, _)| inner).collect();
        while let Some(inner) = next.pop() {
            if inner == name {
                let help = "a pipeline can't be a step of itself, nor of one that is a step of it".to_owned();
                reader.problem(*place, format!("the pipeline '{name}' is part of itself"), help);
                break;
            }
            if !seen.contains(&inner) {
                seen.push(inner);
                next.extend(nested(inner).map(|(below, _)| below));
            }
        }
    }
}

fn check_params(
    reader: &crate::config::reader::Reader<'_>,
    place: crate::config::source::Place,
    inner: Option<&Pipeline>,
    given: &BTreeMap<String, Template>,
) {
    let Some(inner) = inner else { return };
    let known = || inner.params.iter().map(|param| param.name.as_str());
    for name in given.keys() {
        check_known(reader, "parameter", name, place, known());
    }
    for param in &inner.params {
        if param.default.is_none() && !given.contains_key(&param.name) {
            let message = format!("the pipeline '{}' needs its parameter '{}'", inner.name, param.name);
            reader.problem(place, message, format!("write with = {{ {} = \"...\" }} beside 'pipeline'", param.name));
        }
    }
}
