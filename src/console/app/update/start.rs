//! Opening wizards, and the ways between their stages that need no key.

use std::sync::Arc;

use tui_input::Input;

use crate::domain::{
    health::Health,
    id::RunId,
    pipeline::{Choices, Param, PipelineKind},
    release::RollbackPoint,
    status::Tone,
};

use super::{
    super::{
        effect::{Effect, Ticket},
        model::{Model, Screen},
        msg::Planned,
        runs::RunsFocus,
        wizard::{
            Choice, Failed, Field, FieldChoices, Form, PointChoice, Preflight, Preparing, Reason, ReasonChoice, Review,
            Stage, Subject, Wizard,
        },
    },
    tell::{notice, ticket},
};

/// The pipeline that is meant when somebody just deploys.
const USUAL: &str = "deploy";

/// Opens the wizard that starts pipelines of a kind (and suites, to verify). Of several ways to deploy, the pipeline that is
/// called `deploy` is the usual one: its form comes first, and Esc leads from there to the others.
pub fn open(model: &mut Model, kind: PipelineKind) -> Vec<Effect> {
    let mut rows = rows(model, kind);
    let usual = Subject::Pipeline(USUAL.to_owned());
    if kind == PipelineKind::Deploy && rows.iter().any(|(subject, _)| *subject == usual) {
        return choose(model, kind, &usual);
    }
    match rows.len() {
        0 => Vec::new(),
        1 => rows.pop().map(|(subject, _)| choose(model, kind, &subject)).unwrap_or_default(),
        _ => {
            set(model, kind, Stage::Choose(Choice { rows, selected: 0 }));
            Vec::new()
        }
    }
}

/// The list from which a pipeline was, or might have been, chosen; `None` if there was no choice.
pub fn other_ways(model: &Model, kind: PipelineKind, pipeline: &str) -> Option<Stage> {
    let rows = rows(model, kind);
    let selected = rows.iter().position(|(subject, _)| subject.name() == pipeline).unwrap_or(0);
    (rows.len() > 1).then_some(Stage::Choose(Choice { rows, selected }))
}

/// What can be started, with a line about each.
fn rows(model: &Model, kind: PipelineKind) -> Vec<(Subject, String)> {
    let mut rows: Vec<(Subject, String)> = model
        .pipelines(kind)
        .map(|pipeline| (Subject::Pipeline(pipeline.name.clone()), pipeline.description.clone().unwrap_or_default()))
        .collect();
    if let (PipelineKind::Verify, Some(environment)) = (kind, model.environment()) {
        let suites = environment.suites.values();
        rows.extend(suites.map(|suite| {
            let checks = suite.checks.len();
            (Subject::Suite(suite.name.clone()), format!("{checks} check{}", if checks == 1 { "" } else { "s" }))
        }));
    }
    rows
}

/// Goes on with what was chosen: to its parameters, or straight to the plan.
pub fn choose(model: &mut Model, kind: PipelineKind, subject: &Subject) -> Vec<Effect> {
    match subject {
        Subject::Suite(suite) => {
            let preparing = Preparing { what: format!("verify {suite}"), reason: None, point: None, back: None };
            let ticket = set(model, PipelineKind::Verify, Stage::Preparing(preparing));
            let Some(project) = model.project.clone() else { return Vec::new() };
            vec![Effect::PrepareSuite { ticket, project, env: model.env.clone(), suite: suite.clone() }]
        }
        Subject::Pipeline(name) => ask_params(model, kind, name),
    }
}

fn ask_params(model: &mut Model, kind: PipelineKind, name: &str) -> Vec<Effect> {
    let Some(pipeline) = model.environment().and_then(|environment| environment.pipelines.get(name)).cloned() else {
        notice(model, Tone::Warn, format!("there is no pipeline {name} any more"));
        return Vec::new();
    };
    let fields: Vec<Field> = pipeline.params.iter().cloned().map(field).collect();
    let form = Form { pipeline: name.to_owned(), fields, focus: 0, refused: None };
    if form.fields.is_empty() {
        return prepare(model, kind, form, false);
    }
    let ticket = set(model, kind, Stage::Params(form));
    let Some(project) = model.project.clone() else { return Vec::new() };
    let asked = pipeline.params.into_iter().filter(|param| matches!(param.choices, Choices::Command(_)));
    asked.map(|param| Effect::Choices { ticket, param, project: Arc::clone(&project) }).collect()
}

fn field(param: Param) -> Field {
    let choices = match &param.choices {
        Choices::Free => FieldChoices::Free,
        Choices::List(list) => FieldChoices::Known(list.clone()),
        Choices::Command(_) => FieldChoices::Loading,
    };
    let selected = match (&choices, &param.default) {
        (FieldChoices::Known(list), Some(default)) => list.iter().position(|choice| choice == default).unwrap_or(0),
        _ => 0,
    };
    Field { param, input: Input::default(), choices, selected }
}

/// Asks for the plan of a filled-in form. `back`: a failure goes back to the form.
pub fn prepare(model: &mut Model, kind: PipelineKind, form: Form, back: bool) -> Vec<Effect> {
    let Some(project) = model.project.clone() else { return Vec::new() };
    let params = form.values();
    let pipeline = form.pipeline.clone();
    let what = match params.get("version") {
        Some(version) => format!("{pipeline} {version}"),
        None => pipeline.clone(),
    };
    let back = back.then(|| Box::new(Stage::Params(form)));
    let ticket = set(model, kind, Stage::Preparing(Preparing { what, reason: None, point: None, back }));
    vec![Effect::Prepare { ticket, project, env: model.env.clone(), pipeline, params }]
}

/// Opens the rollback chooser; a point selected on the Releases screen is selected there too.
pub fn open_rollback(model: &mut Model) -> Vec<Effect> {
    let Some(target) = model.releases.target.clone() else {
        notice(model, Tone::Warn, "nothing is deployed in this environment, so there is nothing to go back to");
        return Vec::new();
    };
    choose_point(model, target, false, "")
}

/// Goes straight to the plan that goes back to the best release of a target, and says because of what.
pub fn roll_back_for(model: &mut Model, target: Option<String>, because: &str) -> Vec<Effect> {
    let Some(target) = target else {
        notice(model, Tone::Warn, "nothing is deployed in this environment, so there is nothing to go back to");
        return Vec::new();
    };
    choose_point(model, target, true, because)
}

fn choose_point(model: &mut Model, target: String, fast: bool, because: &str) -> Vec<Effect> {
    let Some(project) = model.project.clone() else { return Vec::new() };
    let because = because.to_owned();
    let choice = PointChoice { target: target.clone(), points: None, selected: 0, fast, because };
    let ticket = set(model, PipelineKind::Rollback, Stage::Point(choice));
    vec![Effect::Points { ticket, project, env: model.env.clone(), target }]
}

/// Takes the rollback points in.
pub fn take_points(model: &mut Model, points: Arc<Vec<RollbackPoint>>) -> Vec<Effect> {
    let pointed = pointed_at(model);
    let Some(Wizard { stage: Stage::Point(choice), .. }) = &mut model.wizard else { return Vec::new() };
    let preferred = points.iter().position(|point| point.preferred);
    let pointed =
        pointed.and_then(|run| points.iter().position(|point| point.release.run == run && point.refused.is_none()));
    choice.selected = pointed.or(preferred).unwrap_or(0);
    choice.points = Some(points);
    if choice.fast { take_best(model) } else { Vec::new() }
}

/// The release a person has selected on the Releases screen.
fn pointed_at(model: &Model) -> Option<RunId> {
    let points = model.releases.points.as_ref().filter(|_| model.screen == Screen::Releases)?;
    points.get(model.releases.selected).map(|point| point.release.run)
}

/// `r r`: the selected (at first: best) point, straight to its plan, with the reason that fits what is seen.
pub fn take_best(model: &mut Model) -> Vec<Effect> {
    let reason = likely_reason(model);
    let Some(Wizard { stage: Stage::Point(choice), .. }) = &mut model.wizard else { return Vec::new() };
    if choice.points.is_none() {
        choice.fast = true;
        return Vec::new();
    }
    let selected = Reason::ALL.iter().position(|other| *other == reason).unwrap_or(0);
    match choice.chosen().cloned() {
        Ok(point) => {
            let note = Input::from(choice.because.as_str());
            prepare_rollback(model, ReasonChoice { point, selected, note })
        }
        Err(why) => {
            choice.fast = false;
            notice(model, Tone::Warn, why);
            Vec::new()
        }
    }
}

/// Degradation if a service is not well, else a request.
pub fn likely_reason(model: &Model) -> Reason {
    let unwell = model.watch.services.iter().any(|now| matches!(now.health, Health::Down | Health::Degraded));
    if unwell { Reason::Degradation } else { Reason::Request }
}

/// Asks for the plan that goes back.
pub fn prepare_rollback(model: &mut Model, choice: ReasonChoice) -> Vec<Effect> {
    let Some(project) = model.project.clone() else { return Vec::new() };
    let point = choice.point.clone();
    let preparing = Preparing {
        what: format!("rollback to {}", point.release.version),
        reason: Some(choice.text()),
        point: Some(point.clone()),
        back: Some(Box::new(Stage::Reason(choice))),
    };
    let ticket = set(model, PipelineKind::Rollback, Stage::Preparing(preparing));
    vec![Effect::PrepareRollback { ticket, project, env: model.env.clone(), point: Box::new(point) }]
}

/// Takes the plan in: a verify run starts at once, a preflight runs before the gate, else the plan is reviewed.
pub fn take_plan(model: &mut Model, planned: Planned) -> Vec<Effect> {
    let Some(wizard) = model.wizard.take() else { return Vec::new() };
    let Stage::Preparing(preparing) = wizard.stage else {
        model.wizard = Some(wizard);
        return Vec::new();
    };
    let review = Review {
        plan: planned.plan,
        hash: planned.hash,
        reason: preparing.reason,
        point: preparing.point,
        preflight: None,
        scroll: 0,
        typed: Input::default(),
        back: preparing.back,
    };
    if review.plan.kind == PipelineKind::Verify {
        return start(model, PipelineKind::Verify, review);
    }
    if review.plan.preflight.is_some() && wizard.kind != PipelineKind::Rollback {
        return run_preflight(model, wizard.kind, review);
    }
    set(model, wizard.kind, Stage::Review(review));
    Vec::new()
}

/// Runs the checks before the gate.
pub fn run_preflight(model: &mut Model, kind: PipelineKind, review: Review) -> Vec<Effect> {
    let plan = Arc::clone(&review.plan);
    let ticket = set(model, kind, Stage::Preflight(Preflight { review, run: None }));
    let Some(project) = model.project.clone() else { return Vec::new() };
    vec![Effect::Preflight { ticket, project, plan }]
}

/// Starts a reviewed plan.
pub fn start(model: &mut Model, kind: PipelineKind, review: Review) -> Vec<Effect> {
    let (plan, hash, reason) = (Arc::clone(&review.plan), review.hash.clone(), review.reason.clone());
    let ticket = set(model, kind, Stage::Starting(review));
    vec![Effect::Start { ticket, plan, hash, reason }]
}

/// A run was created: the preflight's is watched in the wizard, any other on the Runs screen.
pub fn started(model: &mut Model, run: RunId) {
    match model.wizard.as_mut().map(|wizard| &mut wizard.stage) {
        Some(Stage::Preflight(preflight)) => preflight.run = Some(run),
        Some(Stage::Starting(_)) => {
            model.wizard = None;
            model.screen = Screen::Runs;
            model.runs.selected = Some(run);
            model.runs.focus = RunsFocus::Steps;
            notice(model, Tone::Good, format!("run {run} started; leaving the console does not end it"));
        }
        _ => {}
    }
}

/// The stage could not be passed: back to the form with the reason, or a stage that tells it.
pub fn failed(model: &mut Model, why: String) {
    let Some(wizard) = model.wizard.take() else { return };
    let kind = wizard.kind;
    let (title, back) = match wizard.stage {
        Stage::Preparing(Preparing { back: Some(back), what, .. }) => match *back {
            Stage::Params(mut form) => {
                form.refused = Some(why);
                set(model, kind, Stage::Params(form));
                return;
            }
            other => (format!("There is no plan for {what}"), Some(Box::new(other))),
        },
        Stage::Preparing(preparing) => (format!("There is no plan for {}", preparing.what), None),
        Stage::Starting(review) => (format!("{} was not started", review.plan.pipeline), review.back),
        Stage::Preflight(preflight) => ("The preflight could not be started".to_owned(), preflight.review.back),
        Stage::Point(choice) => (format!("The releases of {} can't be read", choice.target), None),
        other => {
            set(model, kind, other);
            return;
        }
    };
    set(model, kind, Stage::Failed(Failed { title, why, back }));
}

/// The open run moved: a preflight that passed opens the review.
pub fn watch_preflight(model: &mut Model) {
    let passed = model.run.as_ref().filter(|run| {
        run.detail
            .as_ref()
            .is_some_and(|detail| detail.state.outcome() == Some(crate::domain::run::RunOutcome::Succeeded))
    });
    let Some(passed) = passed.map(|run| run.id) else { return };
    match model.wizard.take() {
        Some(Wizard { kind, stage: Stage::Preflight(preflight), .. }) if preflight.run == Some(passed) => {
            set(model, kind, Stage::Review(Review { preflight: Some(passed), ..preflight.review }));
            notice(model, Tone::Good, "preflight passed");
        }
        other => model.wizard = other,
    }
}

/// Puts a wizard at a stage, with a new ticket: answers to what was asked before are late.
pub fn set(model: &mut Model, kind: PipelineKind, stage: Stage) -> Ticket {
    let ticket = ticket(model);
    let env = model.wizard.as_ref().map_or_else(|| model.env.clone(), |wizard| wizard.env.clone());
    model.wizard = Some(Wizard { kind, env, ticket, stage });
    ticket
}
