//! Playbooks and `[incidents]`. What a playbook runs becomes a pipeline of one step.

use super::{
    pipeline::{self, Names},
    step,
    world::World,
};
use crate::{
    config::{
        names::check_known,
        options::{INCIDENTS, PLAYBOOK_READ, STEP},
        tree::{Node, Value},
        view::View,
    },
    domain::{
        alert::Severity,
        environment::Environment,
        pipeline::{Command, Entry, OnFailure, Pipeline, PipelineKind, Step, StepKind},
        playbook::{Playbook, PlaybookAct, PlaybookStep},
        template::Template,
    },
};

/// What a step of a playbook can do.
const KINDS: [&str; 4] = ["run", "shell", "http", "verify"];

/// Reads a playbook into its environment, with the pipelines of its steps.
pub fn playbook(world: &World<'_>, name: &str, view: &View<'_>, names: Names<'_>, environment: &mut Environment) {
    let rules: Vec<String> = environment.rulebook.rules.iter().map(|rule| rule.name.clone()).collect();
    let mut alerts = Vec::new();
    for rule in view.texts("alerts") {
        check_known(view.reader, "alert", rule.value, rule.place, rules.iter().map(String::as_str));
        alerts.push(rule.value.to_owned());
    }
    if !view.has("steps") {
        view.missing("steps", "steps = [{ name = \"...\", read = \"...\" }, { name = \"...\", run = [\"...\"] }]");
    }
    let mut steps = Vec::new();
    for (index, item) in view.list("steps").unwrap_or_default().iter().enumerate() {
        if is_read(item) {
            steps.extend(view.as_section("steps", item, &PLAYBOOK_READ).and_then(|view| read(&view)));
            continue;
        }
        let Some(view) = view.as_section("steps", item, &STEP) else { continue };
        let Some(step) = runs(world, &view, names) else { continue };
        let pipeline = pipeline_of(name, index + 1, step);
        let shown = pipeline.each_step().map(|step| shown(&step.kind)).collect();
        let step_name = pipeline.each_step().map(|step| step.name.clone()).collect();
        steps.push(PlaybookStep { name: step_name, act: PlaybookAct::Run { pipeline: pipeline.name.clone(), shown } });
        environment.pipelines.insert(pipeline.name.clone(), pipeline);
    }
    let about = view.text("about").map(|text| text.value.to_owned());
    view.finish("a playbook");
    environment.playbooks.insert(name.to_owned(), Playbook { name: name.to_owned(), about, alerts, steps });
}

fn is_read(item: &Node) -> bool {
    matches!(&item.value, Value::Table(table) if table.get("read").is_some())
}

fn read(view: &View<'_>) -> Option<PlaybookStep> {
    if !view.has("name") {
        view.missing("name", "name = \"...\"");
    }
    let (name, text) = (view.text("name"), view.text("read"));
    view.finish("a step to read");
    let (name, text) = (name?.value.to_owned(), text?.value.trim().to_owned());
    Some(PlaybookStep { name, act: PlaybookAct::Read { text } })
}

fn runs(world: &World<'_>, view: &View<'_>, names: Names<'_>) -> Option<Step<Template>> {
    let Some(key) = view.exactly_one(&KINDS, "a step of a playbook") else {
        view.finish_strange();
        return None;
    };
    let kind = if key == "verify" { PipelineKind::Verify } else { PipelineKind::Task };
    let words = pipeline::words(world, kind, &[]);
    let place = step::Place { world, words: &words, suites: names.suites, pipelines: names.pipelines, kind };
    step::step(&place, view, key).0
}

fn pipeline_of(name: &str, number: usize, step: Step<Template>) -> Pipeline {
    let kind = if matches!(step.kind, StepKind::Verify { .. }) { PipelineKind::Verify } else { PipelineKind::Task };
    Pipeline {
        name: Playbook::pipeline_of(name, number),
        kind,
        target: Playbook::target_of(name),
        description: Some(format!("playbook {name}: {}", step.name)),
        params: Vec::new(),
        on_failure: OnFailure::Stop,
        timeout: None,
        preflight: None,
        touches: Vec::new(),
        steps: vec![Entry::from(step)],
    }
}

/// What it does, as written.
fn shown(kind: &StepKind<Template>) -> String {
    match kind {
        StepKind::Command(Command::Run(words)) => words.iter().map(Template::source).collect::<Vec<_>>().join(" "),
        StepKind::Command(Command::Shell(script)) => format!("sh: {}", script.source()),
        StepKind::Command(Command::Http(http)) => {
            format!("{} {}", http.request.method, http.request.url.source())
        }
        StepKind::Verify { suite } => format!("verify {suite}"),
        _ => String::new(),
    }
}

/// Reads `[incidents]`: the severities that open one.
pub fn open_on(top: &View<'_>) -> Vec<Severity> {
    let Some(view) = top.section("incidents", &INCIDENTS) else { return vec![Severity::Critical] };
    let words = view.texts("open_on");
    let mut severities = Vec::new();
    for word in &words {
        let known = Severity::ALL.into_iter().find(|one| one.word() == word.value);
        check_known(view.reader, "severity", word.value, word.place, Severity::ALL.iter().map(|one| one.word()));
        severities.extend(known);
    }
    let given = view.has("open_on");
    view.finish("incidents");
    if given { severities } else { vec![Severity::Critical] }
}
