//! Making plans to look at and to confirm.

use std::{collections::BTreeMap, time::Duration};

use super::error::LaunchError;
use crate::{
    database::files::read_set,
    domain::{
        database::Migrations,
        environment::{Environment, Project},
        id::RunId,
        pipeline::{Choices, DatabaseAct, Effect, Entry, OnFailure, Param, Pipeline, PipelineKind, Step, StepKind},
        plan::{Plan, PlanInput, PlannedMigrations},
        release::{self, ReleaseRef, RollbackPoint, Ways},
        run::RunOutcome,
        template::Template,
        time::UnixMs,
    },
    store::{Reader, StoreError},
};

/// How long a preflight that passed stands for its plan.
pub const PREFLIGHT_LASTS: Duration = Duration::from_mins(10);

/// The parameter of a preflight that binds it to the plan it was run for.
const BOUND_TO: &str = "plan";

/// Builds the plan of a pipeline with the live release of its target as `previous`.
pub fn prepare(
    project: &Project,
    environment: &Environment,
    pipeline: &str,
    mut input: PlanInput,
    reader: &Reader,
) -> Result<Plan, LaunchError> {
    let pipeline = named(environment, pipeline)?;
    if input.previous.is_none() {
        input.previous = live(reader, environment, &pipeline.target)?;
    }
    input.migrations = migrations(project, environment, pipeline)?;
    Ok(Plan::build(project, environment, pipeline, &input)?)
}

fn named<'a>(environment: &'a Environment, name: &str) -> Result<&'a Pipeline, LaunchError> {
    environment.pipelines.get(name).ok_or_else(|| {
        let known: Vec<_> = environment.pipelines.keys().map(String::as_str).collect();
        let known =
            if known.is_empty() { "none is configured".into() } else { format!("there are: {}", known.join(", ")) };
        LaunchError::NoPipeline(format!("there is no pipeline '{name}' in {}; {known}", environment.name))
    })
}

fn live(reader: &Reader, environment: &Environment, target: &str) -> Result<Option<ReleaseRef>, StoreError> {
    let live = reader.live_release(&environment.name, target)?;
    Ok(live.map(|release| ReleaseRef { run: release.run, version: release.version, databases: BTreeMap::new() }))
}

/// Builds the plan that goes back to `point`: the `rollback` pipeline if there is one, else the `deploy` pipeline with the
/// point's version, re-kinded as a rollback.
pub fn prepare_rollback(
    project: &Project,
    environment: &Environment,
    point: &RollbackPoint,
    reader: &Reader,
) -> Result<Plan, LaunchError> {
    let target = &point.release.target;
    if let Some(why) = &point.refused {
        return Err(LaunchError::NoPipeline(format!("can't go back to {}: {why}", point.release.version)));
    }
    let of_kind = |kind| of_kind(environment, kind, target);
    let mut input = PlanInput {
        previous: live(reader, environment, target)?,
        point: Some(ReleaseRef {
            run: point.release.run,
            version: point.release.version.clone(),
            databases: point.databases.clone(),
        }),
        ..PlanInput::default()
    };
    if let Some(pipeline) = of_kind(PipelineKind::Rollback) {
        input.migrations = migrations(project, environment, pipeline)?;
        return Ok(Plan::build(project, environment, pipeline, &input)?);
    }
    let mut pipeline = of_kind(PipelineKind::Deploy)
        .filter(|pipeline| pipeline.params.iter().any(|param| param.name == "version"))
        .cloned()
        .ok_or_else(|| {
            LaunchError::NoPipeline(format!(
                "nothing can go back to a release of '{target}' in {}: add a pipeline of kind \"rollback\" with this target, \
                 or give its deploy pipeline a parameter 'version'",
                environment.name
            ))
        })?;
    pipeline.kind = PipelineKind::Rollback;
    // The schema stays: the point would not be offered if its program did not fit it.
    input.schema_stays = true;
    input.params.insert("version".into(), point.release.version.clone());
    Ok(Plan::build(project, environment, &pipeline, &input)?)
}

/// What going back would do with databases.
pub fn ways(environment: &Environment, target: &str) -> Ways {
    let mut ways = Ways::default();
    let Some(pipeline) = of_kind(environment, PipelineKind::Rollback, target) else { return ways };
    for (database, act) in acts(environment, pipeline, 0) {
        match act {
            DatabaseAct::Restore { .. } => ways.restores.insert(database.clone()),
            DatabaseAct::Migrate { .. } => ways.migrates.insert(database.clone()),
            DatabaseAct::Backup => false,
        };
    }
    ways
}

/// What a pipeline does with databases, those within it included.
fn acts<'a>(
    environment: &'a Environment,
    pipeline: &'a Pipeline,
    depth: usize,
) -> Vec<(&'a String, &'a DatabaseAct<Template>)> {
    /// Deeper ones are refused when the plan is built.
    const DEPTH: usize = 16;
    let own = pipeline.each_step().filter_map(|step| match &step.kind {
        StepKind::Database { database, act } => Some((database, act)),
        _ => None,
    });
    let within = pipeline.steps.iter().filter_map(|entry| match entry {
        Entry::Pipeline { pipeline, .. } if depth < DEPTH => environment.pipelines.get(pipeline),
        _ => None,
    });
    own.chain(within.flat_map(|within| acts(environment, within, depth + 1))).collect()
}

/// The pipeline of a kind for a target; of several the one that is named like the kind.
fn of_kind<'a>(environment: &'a Environment, kind: PipelineKind, target: &str) -> Option<&'a Pipeline> {
    let mut found = environment.pipelines.values().filter(|one| one.kind == kind && one.target == *target);
    let first = found.next();
    found.find(|one| one.name == kind.word()).or(first)
}

/// The files of the migrations of every database that a pipeline changes.
fn migrations(
    project: &Project,
    environment: &Environment,
    pipeline: &Pipeline,
) -> Result<BTreeMap<String, PlannedMigrations>, LaunchError> {
    let mut found = BTreeMap::new();
    for (name, act) in acts(environment, pipeline, 0) {
        if !matches!(act, DatabaseAct::Migrate { .. }) {
            continue;
        }
        let Some(database) = environment.databases.get(name) else { continue };
        if let (Some(Migrations::Files { dir }), Some(server)) = (&database.migrations, &database.server) {
            let set = read_set(&project.root.join(dir), server.dialect)
                .map_err(|error| LaunchError::NoPipeline(format!("the migrations of {name}: {error}")))?;
            let newest = set.all.last().map(|one| one.id.clone());
            let planned = PlannedMigrations { digest: set.digest(), newest, without_way_back: set.without_way_back() };
            found.insert(name.clone(), planned);
        }
    }
    Ok(found)
}

/// A verify plan that runs one suite and nothing else: what `verify SUITE` starts.
pub fn prepare_suite(project: &Project, environment: &Environment, suite: &str) -> Result<Plan, LaunchError> {
    let pipeline = suite_pipeline(environment, suite, &project.name)?;
    Ok(Plan::build(project, environment, &pipeline, &PlanInput::default())?)
}

/// The verify plan of `plan`'s preflight suite, bound to its hash (as the parameter `plan`); run it with
/// [`start`](super::start()) and judge it by its outcome within 10 minutes. Refused if the plan has no preflight.
pub fn preflight(project: &Project, environment: &Environment, plan: &Plan) -> Result<Plan, LaunchError> {
    let suite = plan
        .preflight
        .as_deref()
        .ok_or_else(|| LaunchError::NoPipeline(format!("the pipeline '{}' has no preflight", plan.pipeline)))?;
    let mut pipeline = suite_pipeline(environment, suite, &plan.target)?;
    // The suite may name what the plan was given: it sees the same values, already checked there.
    let mut input = PlanInput {
        params: plan.params.clone(),
        previous: plan.previous.clone(),
        point: plan.point.clone(),
        ..PlanInput::default()
    };
    input.params.insert(BOUND_TO.into(), plan.hash());
    pipeline.params = input.params.keys().map(|name| free(name)).collect();
    Ok(Plan::build(project, environment, &pipeline, &input)?)
}

fn free(name: &str) -> Param {
    Param {
        name: name.to_owned(),
        prompt: name.to_owned(),
        default: None,
        choices: Choices::Free,
        pattern: Some("(?s).*".into()),
    }
}

/// A pipeline of one `verify` step.
fn suite_pipeline(environment: &Environment, suite: &str, target: &str) -> Result<Pipeline, LaunchError> {
    if !environment.suites.contains_key(suite) {
        let known: Vec<_> = environment.suites.keys().map(String::as_str).collect();
        let known =
            if known.is_empty() { "none is configured".into() } else { format!("there are: {}", known.join(", ")) };
        return Err(LaunchError::NoPipeline(format!("there is no suite '{suite}' in {}; {known}", environment.name)));
    }
    let step = Step {
        name: suite.to_owned(),
        kind: StepKind::Verify { suite: suite.to_owned() },
        effect: Effect::Read,
        retry: None,
        timeout: None,
        undo: None,
        probe: None,
        required: false,
        env: BTreeMap::new(),
    };
    Ok(Pipeline {
        name: format!("verify {suite}"),
        kind: PipelineKind::Verify,
        target: target.to_owned(),
        touches: Vec::new(),
        description: None,
        params: Vec::new(),
        on_failure: OnFailure::Stop,
        timeout: None,
        preflight: None,
        steps: vec![step.into()],
    })
}

/// What a preflight run says about the plan it was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preflight {
    /// Not over yet.
    Running,
    /// The plan may be started.
    Passed,
    /// Something is not as it must be: the sentence the run ended with.
    Failed(String),
    /// It says nothing about this plan: it was made for another one, or too long ago.
    Void(&'static str),
}

/// What the preflight run says about `plan` at `now`. It is bound to the plan's hash and lasts for [`PREFLIGHT_LASTS`].
pub fn preflight_verdict(reader: &Reader, run: RunId, plan: &Plan, now: UnixMs) -> Result<Preflight, LaunchError> {
    let detail = reader.run(run)?;
    if detail.plan.params.get(BOUND_TO) != Some(&plan.hash()) {
        return Ok(Preflight::Void("it was made for another plan"));
    }
    let Some(outcome) = detail.state.outcome() else { return Ok(Preflight::Running) };
    let age = now.since(detail.state.ended_at.unwrap_or_default());
    Ok(match outcome {
        RunOutcome::Succeeded if age > PREFLIGHT_LASTS => Preflight::Void("it is older than 10 minutes"),
        RunOutcome::Succeeded => Preflight::Passed,
        _ => match detail.state.phase {
            crate::domain::run::RunPhase::Ended { why, .. } => Preflight::Failed(why),
            _ => Preflight::Running,
        },
    })
}

/// The rollback chooser of a target: rows newest first.
pub fn rollback_points(
    reader: &Reader,
    environment: &Environment,
    target: &str,
) -> Result<Vec<RollbackPoint>, LaunchError> {
    rollback_points_by(reader, &environment.name, target, &ways(environment, target))
}

/// The same for those who know what a rollback would do with databases, and no configuration.
pub fn rollback_points_by(
    reader: &Reader,
    env: &str,
    target: &str,
    ways: &Ways,
) -> Result<Vec<RollbackPoint>, LaunchError> {
    /// More than anyone scrolls through.
    const RELEASES: usize = 200;
    let releases = reader.releases(env, target, RELEASES)?;
    let estimate = usual(reader, env, target)?;
    Ok(release::rollback_points(releases, estimate, ways))
}

/// The usual duration of a rollback of this target, else of a deploy.
fn usual(reader: &Reader, env: &str, target: &str) -> Result<Option<u64>, StoreError> {
    let runs = reader.runs(Some(env), 100)?;
    for kind in [PipelineKind::Rollback, PipelineKind::Deploy] {
        if let Some(run) = runs.iter().find(|run| run.kind == kind && run.target == target) {
            let (whole, _) = reader.usual_durations(env, &run.pipeline)?;
            if whole.is_some() {
                return Ok(whole);
            }
        }
    }
    Ok(None)
}
