//! Building a plan: templates filled in, step by step.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{
    Plan, PlanError, PlanInput,
    expand::{self, Expanded},
    params,
};
use crate::domain::{
    environment::{Environment, Project},
    pipeline::{Command, DatabaseAct, Effect, HttpStep, Pipeline, PipelineKind, Step, StepKind},
    probe::ProbeKind,
    release::ReleaseRef,
    suite::CheckKind,
    template::{Context, Piece, Rendered, Template, TemplateError},
};

/// See [`Plan::build`].
pub(super) fn build(
    project: &Project,
    environment: &Environment,
    pipeline: &Pipeline,
    input: &PlanInput,
) -> Result<Plan, PlanError> {
    let params = params::values(pipeline, input)?;
    let context = Plan::context(project, environment, &params, input);
    let Expanded { steps, suites } = expand::expand(project, environment, pipeline, input, &context)?;
    let mut plan = Plan {
        project: project.name.clone(),
        root: project.root.clone(),
        env: environment.name.clone(),
        target: pipeline.target.clone(),
        pipeline: pipeline.name.clone(),
        touches: pipeline.touches.clone(),
        kind: if input.point.is_some() { PipelineKind::Rollback } else { pipeline.kind },
        version: input.point.as_ref().map(|point| point.version.clone()).or_else(|| params.get("version").cloned()),
        params,
        previous: input.previous.clone(),
        point: input.point.clone(),
        on_failure: pipeline.on_failure,
        timeout: pipeline.timeout,
        preflight: pipeline.preflight.clone(),
        confirm: environment.confirm,
        steps,
        suites,
        services: BTreeMap::new(),
        databases: BTreeMap::new(),
        migrations: BTreeMap::new(),
        secrets: BTreeMap::new(),
    };
    take_databases(&mut plan, environment, input, &context)?;
    take_services(&mut plan, environment)?;
    take_secrets(&mut plan, environment);
    Ok(plan)
}

impl Plan {
    /// The names the templates of a plan may use: `env`, `project`, `params.*` and each parameter by its bare name,
    /// `version`, `previous.*` if anything was ever released, `point.*` when going back; late: `run.id`.
    pub fn context(
        project: &Project,
        environment: &Environment,
        params: &BTreeMap<String, String>,
        input: &PlanInput,
    ) -> Context {
        const OURS: [&str; 9] = ["env", "project", "params", "previous", "point", "run", "weight", "captures", "host"];
        let mut context = environment.context(&project.name).with("params", json!(params)).with_late("run.id");
        for (name, value) in params.iter().filter(|(name, _)| !OURS.contains(&name.as_str())) {
            context = context.with(name, value.as_str());
        }
        let release = |release: &ReleaseRef| json!({ "version": release.version, "run": release.run.0, "databases": release.databases });
        if let Some(previous) = &input.previous {
            context = context.with("previous", release(previous));
        }
        if let Some(point) = &input.point {
            context = context.with("point", release(point)).with("version", point.version.as_str());
        }
        context
    }
}

/// The names of the late values a step takes from an answer.
pub(super) fn captures(step: &Step<Template>) -> impl Iterator<Item = &String> {
    let http = match &step.kind {
        StepKind::Command(Command::Http(http)) => Some(http),
        _ => None,
    };
    http.into_iter().flat_map(|http| http.capture.keys())
}

/// The step without its undo.
pub(super) fn render_step(step: &Step<Template>, context: &Context) -> Result<Step<Rendered>, TemplateError> {
    let kind = match &step.kind {
        StepKind::Command(command) => StepKind::Command(command.render(context)?),
        StepKind::Verify { suite } => StepKind::Verify { suite: suite.clone() },
        StepKind::Traffic { weights, set, soak } => StepKind::Traffic {
            weights: weights.clone(),
            set: render_all(set, &context.clone().with_late("weight"))?,
            soak: soak.clone(),
        },
        StepKind::Soak(soak) => StepKind::Soak(soak.clone()),
        StepKind::Wait(wait) => StepKind::Wait(wait.clone()),
        StepKind::Ask { question } => StepKind::Ask { question: question.render(context)? },
        StepKind::Database { database, act } => {
            let text = act.text().map(|text| text.render(context)).transpose()?;
            let act = match act {
                DatabaseAct::Migrate { stays, .. } => DatabaseAct::Migrate { to: text, stays: *stays },
                DatabaseAct::Backup => DatabaseAct::Backup,
                DatabaseAct::Restore { keep_present, .. } => {
                    DatabaseAct::Restore { from: text, keep_present: *keep_present }
                }
            };
            StepKind::Database { database: database.clone(), act }
        }
        StepKind::Checklist { items } => StepKind::Checklist { items: render_all(items, context)? },
        StepKind::Flag { flag, percent, get, set } => {
            let context = context.clone().with("flag", flag.as_str());
            StepKind::Flag {
                flag: flag.clone(),
                percent: *percent,
                get: render_all(get, &context)?,
                set: render_all(set, &context.with("percent", *percent))?,
            }
        }
    };
    let env = step.env.iter().map(|(name, value)| Ok((name.clone(), value.render(context)?)));
    Ok(Step {
        name: step.name.clone(),
        kind,
        effect: step.effect,
        retry: step.retry.clone(),
        timeout: step.timeout,
        undo: None,
        probe: step.probe.as_ref().map(|words| render_all(words, context)).transpose()?,
        required: step.required,
        env: env.collect::<Result<_, TemplateError>>()?,
    })
}

/// Where a rollback's step says nothing of its own, it goes to what is recorded of the point.
pub(super) fn of_the_point(
    step: Step<Rendered>,
    kind: PipelineKind,
    input: &PlanInput,
) -> Result<Step<Rendered>, String> {
    let (Some(point), PipelineKind::Rollback) = (&input.point, kind) else { return Ok(step) };
    let StepKind::Database { database, act } = &step.kind else { return Ok(step) };
    let recorded = point.databases.get(database);
    let missing = |what: &str, key: &str| {
        format!("nothing is recorded of {what} of {database} for {}: say which with `{key}`", point.version)
    };
    let text = |text: &Option<String>| text.as_ref().map(Rendered::text);
    let act = match act {
        DatabaseAct::Migrate { to, .. } if input.schema_stays => DatabaseAct::Migrate { to: to.clone(), stays: true },
        DatabaseAct::Migrate { to: None, stays: false } => {
            let to = recorded.and_then(|one| text(&one.schema)).ok_or_else(|| missing("the schema", "to"))?;
            DatabaseAct::Migrate { to: Some(to), stays: true }
        }
        DatabaseAct::Restore { from: None, keep_present } => {
            let from = recorded.and_then(|one| text(&one.backup)).ok_or_else(|| missing("a backup", "from"))?;
            DatabaseAct::Restore { from: Some(from), keep_present: *keep_present }
        }
        _ => return Ok(step),
    };
    Ok(Step { kind: StepKind::Database { database: database.clone(), act }, ..step })
}

/// Why what a step does with a database can't be taken back, if it can't.
fn database_way_back<T>(database: &str, act: &DatabaseAct<T>, input: &PlanInput) -> Option<String> {
    match act {
        DatabaseAct::Backup => None,
        DatabaseAct::Migrate { .. } => {
            let without =
                input.migrations.get(database).map(|planned| planned.without_way_back.as_slice()).unwrap_or_default();
            (!without.is_empty()).then(|| format!("if one of these is applied: {}", without.join("; ")))
        }
        DatabaseAct::Restore { keep_present: true, .. } => {
            Some("what it replaces is in the backup that it makes first".into())
        }
        DatabaseAct::Restore { .. } => Some("it replaces what is there, and keeps none of it".into()),
    }
}

/// The undo, or why there is none.
pub(super) fn render_undo(
    step: &Step<Template>,
    context: &Context,
    input: &PlanInput,
) -> Result<(Option<Command<Rendered>>, Option<String>), TemplateError> {
    let first = input.previous.is_none();
    if let StepKind::Database { database, act } = &step.kind {
        return Ok((None, database_way_back(database, act, input)));
    }
    let changes = step.effect != Effect::Read && matches!(step.kind, StepKind::Command(_) | StepKind::Traffic { .. });
    if let StepKind::Flag { flag, set, .. } = &step.kind {
        let context = context.clone().with("flag", flag.as_str()).with_late("percent");
        let words = render_all(set, &context)?.into_iter().map(|word| formerly(flag, word)).collect();
        return Ok((Some(Command::Run(words)), None));
    }
    let Some(undo) = &step.undo else {
        return Ok((None, changes.then(|| "no undo is configured".to_owned())));
    };
    match undo.render(context) {
        Ok(rendered) => Ok((Some(rendered), None)),
        Err(_) if first && undo.reads("previous") => {
            Ok((None, Some("the first deploy has no previous version to go back to".to_owned())))
        }
        Err(error) => Err(error),
    }
}

/// The name under which a flag's former part is kept during the run.
pub fn former(flag: &str) -> String {
    format!("flag {flag}")
}

/// The part is the one that the flag had before.
fn formerly(flag: &str, word: Rendered) -> Rendered {
    let piece = |piece: Piece| match piece {
        Piece::Late(name) if name == "percent" => Piece::Late(format!("captures.{}", former(flag))),
        other => other,
    };
    Rendered(word.0.into_iter().map(piece).collect())
}

fn render_all(words: &[Template], context: &Context) -> Result<Vec<Rendered>, TemplateError> {
    words.iter().map(|word| word.render(context)).collect()
}

impl Command<Template> {
    /// Fills in the templates.
    pub fn render(&self, context: &Context) -> Result<Command<Rendered>, TemplateError> {
        Ok(match self {
            Self::Run(words) => Command::Run(render_all(words, context)?),
            Self::Shell(script) => Command::Shell(script.render(context)?),
            Self::Http(http) => Command::Http(HttpStep {
                request: http.request.render(context)?,
                expect: http.expect.clone(),
                capture: http.capture.clone(),
            }),
        })
    }

    /// Every template in it.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Run(words) => words.iter().collect(),
            Self::Shell(script) => vec![script],
            Self::Http(http) => {
                let headers = http.request.headers.iter().map(|(_, value)| value);
                std::iter::once(&http.request.url).chain(headers).chain(&http.request.body).collect()
            }
        }
    }

    /// Whether one of its templates reads `root` or something below it.
    fn reads(&self, root: &str) -> bool {
        let names = self.templates().into_iter().flat_map(Template::names);
        names.into_iter().any(|name| name.split('.').next() == Some(root))
    }
}

/// The databases that the steps name, with the files of their migrations.
fn take_databases(
    plan: &mut Plan,
    environment: &Environment,
    input: &PlanInput,
    context: &Context,
) -> Result<(), PlanError> {
    for (index, planned) in plan.steps.iter().enumerate() {
        let StepKind::Database { database: name, .. } = &planned.step.kind else { continue };
        let error = |why: String| PlanError::Template { number: index + 1, step: planned.step.name.clone(), why };
        let Some(database) = environment.databases.get(name) else {
            return Err(error(format!("there is no database '{name}' in {}", environment.name)));
        };
        let rendered = database.render(context).map_err(|why| error(why.message))?;
        plan.databases.insert(name.clone(), rendered);
        if let Some(migrations) = input.migrations.get(name) {
            plan.migrations.insert(name.clone(), migrations.clone());
        }
    }
    Ok(())
}

/// The probes of every service the run reads; a run that changes something checks all of them once more at its end.
fn take_services(plan: &mut Plan, environment: &Environment) -> Result<(), PlanError> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for (index, planned) in plan.steps.iter().enumerate() {
        let service = match &planned.step.kind {
            StepKind::Soak(soak) | StepKind::Traffic { soak: Some(soak), .. } => Some(&soak.service),
            StepKind::Wait(wait) => wait.service.as_ref(),
            _ => None,
        };
        if let Some(service) = service {
            if environment.service(service).is_none() {
                let why = format!("there is no service '{service}' in {}", environment.name);
                return Err(PlanError::Template { number: index + 1, step: planned.step.name.clone(), why });
            }
            names.insert(service.clone());
        }
    }
    for check in plan.suites.values().flat_map(|suite| &suite.checks) {
        if let CheckKind::Service(service) = &check.kind {
            names.insert(service.clone());
        }
    }
    for service in &environment.services {
        if plan.kind != PipelineKind::Verify || names.contains(&service.name) {
            plan.services.insert(service.name.clone(), service.probes.clone());
        }
    }
    Ok(())
}

/// Where each secret comes from that the plan names, those that a check asks for included.
fn take_secrets(plan: &mut Plan, environment: &Environment) {
    let mut names = plan.secret_names();
    let checks = plan.suites.values().flat_map(|suite| &suite.checks).filter_map(|check| match &check.kind {
        CheckKind::Probe(spec) => Some(&**spec),
        _ => None,
    });
    names.extend(checks.chain(plan.services.values().flatten()).filter_map(|spec| match &spec.kind {
        ProbeKind::Env { name } => Some(name.clone()),
        _ => None,
    }));
    for name in names {
        if let Some(source) = environment.secrets.get(&name) {
            plan.secrets.insert(name, source.clone());
        }
    }
}
