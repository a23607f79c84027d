//! Pipelines.

use std::time::Duration;

use serde_json::{Value, json};

use super::{entry, param::param, step::Place, world::World};
use crate::{
    config::{
        names::{Words, check_known},
        options::{PARAM, STEP},
        view::View,
    },
    domain::pipeline::{Entry, OnFailure, Param, Pipeline, PipelineKind},
};

/// What exists where a pipeline stands.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// Suites.
    pub suites: &'a [String],
    /// Pipelines.
    pub pipelines: &'a [String],
}

/// Reads a pipeline.
pub fn pipeline(world: &World<'_>, name: &str, view: &View<'_>, names: Names<'_>) -> Option<Pipeline> {
    let kind = view.word("kind").map(|word| match word.value {
        "deploy" => PipelineKind::Deploy,
        "verify" => PipelineKind::Verify,
        "rollback" => PipelineKind::Rollback,
        _ => PipelineKind::Task,
    });
    if !view.has("kind") {
        view.missing("kind", "kind = \"deploy\", or \"verify\", \"rollback\", \"task\"");
    }
    let kind_or_task = kind.unwrap_or(PipelineKind::Task);
    let params: Vec<Param> = view.named("params", &PARAM).iter().map(|(name, view)| param(*name, view)).collect();
    let preflight = view.text("preflight").map(|suite| {
        check_known(view.reader, "suite", suite.value, suite.place, names.suites.iter().map(String::as_str));
        suite.value.to_owned()
    });
    let words = words(world, kind_or_task, &params);
    let steps = steps(world, view, kind_or_task, words, names);
    let pipeline = Pipeline {
        name: name.to_owned(),
        kind: kind_or_task,
        target: view.text("target").map_or(world.project, |text| text.value).to_owned(),
        touches: touches(world, view),
        description: view.text("description").map(|text| text.value.to_owned()),
        params,
        on_failure: match view.word("on_failure").map(|word| word.value) {
            Some("rollback") => OnFailure::Rollback,
            Some("stop") => OnFailure::Stop,
            _ => OnFailure::Hold,
        },
        timeout: view.duration("timeout", Duration::from_secs(1)),
        preflight,
        steps,
    };
    view.finish("a pipeline");
    kind.map(|_| pipeline)
}

/// Services that must exist here or elsewhere: of those that live elsewhere there are no alerts here.
fn touches(world: &World<'_>, view: &View<'_>) -> Vec<String> {
    let known = || world.all_services.iter().copied();
    let named = view.texts("touches").into_iter();
    let fine = named.filter(|one| check_known(view.reader, "service", one.value, one.place, known()));
    fine.map(|one| one.value.to_owned()).collect()
}

/// The names templates of the steps may use.
pub fn words(world: &World<'_>, kind: PipelineKind, params: &[Param]) -> Words {
    let release = || json!({ "version": null, "run": null });
    let by_name: serde_json::Map<String, Value> =
        params.iter().map(|param| (param.name.clone(), Value::Null)).collect();
    let mut words = world.words.clone();
    for param in params {
        words = words.with(&param.name, Value::Null);
    }
    words = words
        .with("params", Value::Object(by_name))
        .with("run", json!({ "id": null }))
        .with("previous", release())
        .with("captures", json!({}));
    if kind == PipelineKind::Rollback {
        let of = |name: &String| (name.clone(), json!({ "schema": null, "backup": null }));
        let databases: serde_json::Map<String, Value> = world.databases.iter().map(|one| of(&one.name)).collect();
        let point = json!({ "version": null, "run": null, "databases": databases });
        words = words.with("point", point).with("version", Value::Null);
    }
    words
}

fn steps(world: &World<'_>, view: &View<'_>, kind: PipelineKind, mut words: Words, names: Names<'_>) -> Vec<Entry> {
    if !view.has("steps") {
        view.missing("steps", "steps = [{ name = \"...\", run = [\"...\"] }]");
    }
    let items = view.list("steps");
    if items.is_some_and(<[_]>::is_empty) {
        let help = "write steps = [{ name = \"...\", run = [\"...\"] }]".to_owned();
        view.reader.problem(view.place_of("steps"), "a pipeline without steps does nothing", help);
    }
    let mut steps = Vec::new();
    for item in items.unwrap_or_default() {
        let Some(view) = view.as_section("steps", item, &STEP) else { continue };
        let place = Place { world, words: &words, suites: names.suites, pipelines: names.pipelines, kind };
        let (step, captured) = entry::entry(&place, &view);
        for name in captured {
            words.add("captures", &name);
        }
        steps.extend(step);
    }
    if steps.len() > usize::from(u16::MAX) {
        view.reader.problem(view.place_of("steps"), "more than 65,535 steps", None);
    }
    steps
}
