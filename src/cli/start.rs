//! `deploy`, `verify`, `rollback`, `run`: prepare, preflight, confirm, start, follow.

use std::{
    collections::BTreeMap,
    io::{BufRead, Write},
};

use serde_json::json;

use super::{
    args::{Global, OnHold, StartArguments},
    deck::Deck,
    exit, follow, format,
    output::{Failure, Mode, Outcome, Output, has_person, remark},
};
use crate::{
    domain::{
        condition::Condition,
        environment::{Confirm, Environment},
        pipeline::{Command, Pipeline, PipelineKind, StepKind},
        plan::{Plan, PlanInput, PlannedStep},
        release::RollbackPoint,
        template::Rendered,
        verdict::Verdict,
    },
    run::launch::{self, LaunchError},
    store::{Store, StoreError},
};

/// Everything a start needs.
struct Start<'a> {
    deck: &'a Deck,
    environment: &'a Environment,
    store: Store,
    output: Output,
    arguments: &'a StartArguments,
}

impl<'a> Start<'a> {
    fn new(deck: &'a Deck, global: &Global, arguments: &'a StartArguments) -> Result<Self, Failure> {
        let environment = deck.named_environment()?;
        let store = deck.store()?;
        Ok(Self { deck, environment, store, output: Output::new(global), arguments })
    }

    /// The pipeline asked for, or the only one of the kind, or the one named like the kind.
    fn pipeline(&self, kind: PipelineKind) -> Result<&'a Pipeline, Failure> {
        let all = &self.environment.pipelines;
        if let Some(name) = &self.arguments.pipeline {
            return self.named(name);
        }
        let of_kind: Vec<_> = all.values().filter(|pipeline| pipeline.kind == kind).collect();
        match (all.get(kind.word()), of_kind.as_slice()) {
            (Some(pipeline), _) if pipeline.kind == kind => Ok(pipeline),
            (_, [only]) => Ok(only),
            (_, []) => Err(Failure::usage(format_args!(
                "no pipeline of kind \"{0}\" is configured for {1}: add [pipelines.{0}]",
                kind.word(),
                self.environment.name
            ))),
            (_, several) => {
                let names: Vec<_> = several.iter().map(|pipeline| pipeline.name.as_str()).collect();
                Err(Failure::usage(format_args!("which pipeline? Give --pipeline NAME, one of: {}", names.join(", "))))
            }
        }
    }

    fn named(&self, name: &str) -> Result<&'a Pipeline, Failure> {
        self.environment.pipelines.get(name).ok_or_else(|| {
            let known: Vec<_> = self.environment.pipelines.keys().map(String::as_str).collect();
            Failure::usage(format_args!("there is no pipeline '{name}'; there are: {}", known.join(", ")))
        })
    }

    fn params(&self) -> Result<BTreeMap<String, String>, Failure> {
        self.arguments
            .param
            .iter()
            .map(|given| {
                given
                    .split_once('=')
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .ok_or_else(|| Failure::usage(format_args!("--param {given}: write NAME=VALUE")))
            })
            .collect()
    }

    fn prepare(&self, pipeline: &str, params: BTreeMap<String, String>) -> Result<Plan, Failure> {
        let input = PlanInput { params, ..PlanInput::default() };
        launch::prepare(&self.deck.project, self.environment, pipeline, input, &self.store.reader()?).map_err(refused)
    }

    /// Preflight, confirm, start, follow.
    fn go(&self, plan: Plan, reason: Option<String>) -> Outcome {
        if self.arguments.dry_run {
            self.show(&plan)?;
            return Ok(exit::OK);
        }
        self.confirm(&plan)?;
        launch::ensure_watcher(&self.store, &self.deck.config).map_err(refused)?;
        self.preflight(&plan)?;
        let hash = plan.hash();
        let run = launch::start(&self.store, plan, &hash, launch::current_actor(), reason).map_err(refused)?;
        if self.arguments.detach {
            if self.output.mode == Mode::Json {
                self.output.json(&json!({ "run": run }))?;
            } else {
                self.output.line(format_args!("run {run} started; follow it with: quarterdeck attach {}", run.0))?;
            }
            return Ok(exit::DETACHED);
        }
        follow::follow(self.deck, &self.store, self.output, run, self.arguments.on_hold)
    }

    /// Runs the preflight suite as a run of its own; anything but a pass refuses the start, except for rollbacks, which
    /// red gates never block.
    fn preflight(&self, plan: &Plan) -> Result<(), Failure> {
        let Some(suite) = plan.preflight.clone() else { return Ok(()) };
        let preflight = launch::preflight(&self.deck.project, self.environment, plan).map_err(refused)?;
        let hash = preflight.hash();
        let run = launch::start(&self.store, preflight, &hash, launch::current_actor(), None).map_err(refused)?;
        let quiet = Output { mode: if self.output.mode == Mode::Json { Mode::Plain } else { self.output.mode } };
        let code = if self.output.mode == Mode::Json {
            follow::wait(self.deck, &self.store, run)?
        } else {
            follow::follow(self.deck, &self.store, quiet, run, OnHold::Stop)?
        };
        if code == exit::OK || plan.kind == PipelineKind::Rollback {
            return Ok(());
        }
        Err(Failure::with(
            exit::REFUSED,
            format_args!(
                "preflight '{suite}' did not pass, nothing was executed: see what and how to fix it with: quarterdeck log {}",
                run.0
            ),
        ))
    }

    fn confirm(&self, plan: &Plan) -> Result<(), Failure> {
        let named = self.arguments.confirm.as_deref();
        if let Some(name) = named.filter(|name| *name != plan.env) {
            return Err(Failure::usage(format_args!("--confirm {name}: this run is for {}", plan.env)));
        }
        if plan.kind == PipelineKind::Verify || named.is_some() {
            return Ok(());
        }
        let (asked, flag) = match plan.confirm {
            Confirm::Enter if self.arguments.yes => return Ok(()),
            Confirm::Enter => ("Start? Type yes".to_owned(), "--yes".to_owned()),
            Confirm::TypeName => (format!("Start? Type {}", plan.env), format!("--confirm {}", plan.env)),
        };
        if !has_person() {
            return Err(Failure::usage(format_args!("nobody is there to confirm: give {flag}")));
        }
        self.show(plan)?;
        let expected = if plan.confirm == Confirm::Enter { "yes" } else { plan.env.as_str() };
        let mut stderr = std::io::stderr().lock();
        write!(stderr, "{asked}: ")?;
        stderr.flush()?;
        let mut typed = String::new();
        std::io::stdin().lock().read_line(&mut typed)?;
        if typed.trim() == expected {
            Ok(())
        } else {
            Err(Failure::with(exit::CANCELLED, "not confirmed: nothing was started"))
        }
    }

    fn show(&self, plan: &Plan) -> Result<(), Failure> {
        if self.output.mode == Mode::Json {
            return self.output.json(&json!({ "hash": plan.hash(), "plan": plan }));
        }
        let previous = plan.previous.as_ref().map_or("nothing", |release| release.version.as_str());
        let version = plan.version.as_deref().unwrap_or("-");
        self.output.line(format_args!("{} in {}: {previous} -> {version}", plan.pipeline, plan.env))?;
        self.output.line(format_args!("soonest end: {} after the start", format::duration(plan.soonest())))?;
        for (index, planned) in plan.steps.iter().enumerate() {
            let step = &planned.step;
            self.output.line(format_args!("{:>3} {}: {}", index + 1, step.name, describe(&step.kind)))?;
            for line in beside(planned) {
                self.output.line(format_args!("      {line}"))?;
            }
            if step.undoes_itself() {
                self.output.line("      way back: takes back what this run applied, newest first")?;
            }
            match (&step.undo, &planned.no_way_back) {
                (Some(undo), _) => self.output.line(format_args!("      way back: {}", command(undo)))?,
                (None, Some(why)) => self.output.line(format_args!("      no way back: {why}"))?,
                (None, None) => {}
            }
        }
        Ok(())
    }
}

/// Whether the step is needed as far as that is known, where it runs, and what runs at the same time.
fn beside(planned: &PlannedStep) -> Vec<String> {
    let when = planned.when.as_ref().map(|when| {
        let judgement = when.judge(&BTreeMap::new());
        match judgement.verdict {
            Verdict::Fail => format!("left out: {}", judgement.explanation),
            Verdict::Pass => format!("needed: {}", judgement.explanation),
            Verdict::Unknown if when.is_late() => {
                format!("whether it is needed turns out then: {}", judgement.condition)
            }
            Verdict::Unknown => format!("can't be judged, so it will hold: {}", judgement.condition),
        }
    });
    let host = planned.host.as_ref().map(|host| format!("on {}", host.name));
    let batch = planned.batch.as_ref().map(|batch| format!("batch {}, {} at a time", batch.number, batch.at_most));
    when.into_iter().chain(host).chain(batch).collect()
}

fn describe(kind: &StepKind) -> String {
    match kind {
        StepKind::Command(one) => command(one),
        StepKind::Database { database, act } => act.sentence(database),
        StepKind::Verify { suite } => format!("suite {suite}"),
        StepKind::Checklist { items } => {
            let items: Vec<_> = items.iter().map(Rendered::shown).collect();
            format!("to tick off: {}", items.join("; "))
        }
        StepKind::Flag { flag, percent, set, .. } => format!("{flag} for {percent} % by {}", words(set)),
        StepKind::Traffic { weights, set, .. } => {
            let weights: Vec<_> = weights.iter().map(|weight| format!("{weight} %")).collect();
            format!("{} by {}", weights.join(", "), words(set))
        }
        StepKind::Soak(soak) => {
            let conditions: Vec<_> = soak.fail_when.iter().map(Condition::source).collect();
            format!(
                "watch {} for {}, fail when {}",
                soak.service,
                format::duration(soak.duration),
                conditions.join(" or ")
            )
        }
        StepKind::Wait(wait) => format!("wait at most {}", format::duration(wait.at_most)),
        StepKind::Ask { question } => format!("ask: {}", question.shown()),
    }
}

fn command(command: &Command) -> String {
    match command {
        Command::Run(argv) => words(argv),
        Command::Shell(script) => format!("sh: {}", script.shown()),
        Command::Http(http) => format!("{} {}", http.request.method, http.request.url.shown()),
    }
}

fn words(argv: &[Rendered]) -> String {
    argv.iter().map(Rendered::shown).collect::<Vec<_>>().join(" ")
}

/// A launch that was refused, with its exit code and what to do.
fn refused(error: LaunchError) -> Failure {
    let code = match &error {
        LaunchError::Plan(_) | LaunchError::NoPipeline(_) => exit::USAGE,
        LaunchError::Preflight(_) | LaunchError::Store(StoreError::NoRoom { .. }) => exit::REFUSED,
        LaunchError::Store(StoreError::TargetHeld { holder, .. }) => {
            remark(format_args!("  look at it with: quarterdeck attach {}", holder.0));
            exit::LOCKED
        }
        _ => exit::FAILED,
    };
    Failure { code, error: Some(error.into()) }
}

pub fn deploy(global: &Global, version: Option<&str>, arguments: &StartArguments) -> Outcome {
    let deck = Deck::load(global)?;
    let start = Start::new(&deck, global, arguments)?;
    let pipeline = start.pipeline(PipelineKind::Deploy)?;
    let mut params = start.params()?;
    if let Some(version) = version {
        params.insert("version".into(), version.into());
    }
    let plan = start.prepare(&pipeline.name, params)?;
    start.go(plan, None)
}

pub fn run(global: &Global, pipeline: &str, arguments: &StartArguments) -> Outcome {
    let deck = Deck::load(global)?;
    let start = Start::new(&deck, global, arguments)?;
    let pipeline = start.named(pipeline)?;
    if pipeline.kind == PipelineKind::Rollback {
        return Err(Failure::usage("a rollback pipeline needs a release to go back to: use `quarterdeck rollback`"));
    }
    let plan = start.prepare(&pipeline.name, start.params()?)?;
    start.go(plan, None)
}

/// Starts a plan that was made already.
pub fn planned(global: &Global, plan: Plan, reason: Option<String>, arguments: &StartArguments) -> Outcome {
    let deck = Deck::load(global)?;
    Start::new(&deck, global, arguments)?.go(plan, reason)
}

pub fn verify(global: &Global, suite: Option<&str>, arguments: &StartArguments) -> Outcome {
    let deck = Deck::load(global)?;
    let start = Start::new(&deck, global, arguments)?;
    let plan = match suite {
        Some(suite) => launch::prepare_suite(&deck.project, start.environment, suite).map_err(refused)?,
        None => start.prepare(&start.pipeline(PipelineKind::Verify)?.name, start.params()?)?,
    };
    start.go(plan, None)
}

pub fn rollback(global: &Global, to: Option<&str>, reason: Option<String>, arguments: &StartArguments) -> Outcome {
    let deck = Deck::load(global)?;
    let start = Start::new(&deck, global, arguments)?;
    let target = &start.pipeline(PipelineKind::Deploy)?.target;
    let reader = start.store.reader()?;
    let points = launch::rollback_points(&reader, start.environment, target).map_err(refused)?;
    let point = choose(&points, to)?;
    let plan = launch::prepare_rollback(&deck.project, start.environment, point, &reader).map_err(refused)?;
    for sentence in &point.not_restored {
        remark(format_args!("not restored: {sentence}"));
    }
    start.go(plan, reason)
}

fn choose<'a>(points: &'a [RollbackPoint], to: Option<&str>) -> Result<&'a RollbackPoint, Failure> {
    let Some(to) = to else {
        return points.iter().find(|point| point.preferred).ok_or_else(|| {
            Failure::with(exit::FAILED, "there is no good release to go back to; `quarterdeck releases` says why")
        });
    };
    let number = to.trim_start_matches('#').parse().ok();
    let matches = |point: &&RollbackPoint| point.release.version == to || Some(point.release.run.0) == number;
    let found: Vec<_> = points.iter().filter(matches).collect();
    // The same version may have been released twice, once badly.
    let point = found.iter().find(|point| point.refused.is_none()).or(found.first());
    let point = point
        .ok_or_else(|| Failure::usage(format_args!("there is no release '{to}'; `quarterdeck releases` lists them")))?;
    match &point.refused {
        Some(why) => Err(Failure::with(exit::FAILED, format_args!("can't go back to {to}: {why}"))),
        None => Ok(point),
    }
}

pub fn attach(global: &Global, run: Option<i64>) -> Outcome {
    let deck = Deck::load(global)?;
    let store = deck.store()?;
    let run = match run {
        Some(run) => crate::domain::id::RunId(run),
        None => match store.reader()?.active_runs()?.as_slice() {
            [] => return Err(Failure::usage("no run is under way; `quarterdeck runs` lists the past ones")),
            [only] => only.id,
            several => {
                let ids: Vec<_> = several.iter().map(|run| run.id.to_string()).collect();
                return Err(Failure::usage(format_args!("which run? There are: {}", ids.join(", "))));
            }
        },
    };
    follow::follow(&deck, &store, Output::new(global), run, OnHold::Leave)
}
