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
    pipeline::{Pipeline, PipelineKind, StepKind},
    probe::ProbeKind,
    release::ReleaseRef,
    suite::CheckKind,
    template::Context,
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
