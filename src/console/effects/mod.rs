//! Carrying out what `update` asks for, each on a thread of its own: the loop never waits for a command or a disk.
//!
//! In: an [`Effect`]. Out: an answer with the effect's ticket, through the loop's channel.

mod alerts;
mod find;

use std::{path::Path, sync::Arc};

use crate::{
    domain::{decision::Decision, environment::Environment, environment::Project, id::RunId, plan::Plan},
    run::launch::{self, LaunchError},
    store::Store,
};

use self::find::Finder;
use super::{
    app::{
        effect::{Effect, Ticket},
        msg::{Answer, Msg, Planned},
    },
    error::ConsoleError,
    wake::{self, Wake, Wakes},
};

/// Carries effects out.
#[derive(Debug)]
pub struct Effects {
    store: Store,
    finder: Finder,
    wakes: Wakes,
}

impl Effects {
    /// On this history; answers go to `wakes`.
    pub fn new(store: Store, wakes: Wakes) -> Result<Self, ConsoleError> {
        let finder = Finder::start(store.clone(), wakes.clone())
            .map_err(|source| ConsoleError::Io { doing: "start its search", source })?;
        Ok(Self { store, finder, wakes })
    }

    /// Carries one out in the background. Those of the loop itself (quit, suspend, copy) are not for here.
    pub fn carry_out(&self, effect: Effect) {
        if let Effect::Find { ticket, run, needles, from, way, around, count } = effect {
            self.finder.find(find::Job { ticket, run, needles, from, way, around, count });
            return;
        }
        let store = self.store.clone();
        let started = wake::spawn("effect", self.wakes.clone(), move |wakes| {
            if let Some(msg) = answer(&store, effect) {
                // The console may have ended meanwhile.
                let _ = wakes.send(Wake::Msg(msg));
            }
        });
        if let Err(error) = started {
            let trouble = Msg::Trouble(format!("nothing was done, because no thread could be started: {error}"));
            let _ = self.wakes.try_send(Wake::Msg(trouble));
        }
    }
}

fn answer(store: &Store, effect: Effect) -> Option<Msg> {
    let (ticket, answer) = match effect {
        Effect::Choices { ticket, param, project } => {
            let choices = launch::choices(&param, &project.root);
            (ticket, Answer::Choices { param: param.name, choices })
        }
        Effect::Prepare { ticket, project, env, pipeline, params } => {
            let input = crate::domain::plan::PlanInput { params, ..Default::default() };
            let plan = within(&project, &env, |environment| {
                launch::prepare(&project, environment, &pipeline, input, &store.reader()?)
            });
            planned(ticket, plan)
        }
        Effect::PrepareSuite { ticket, project, env, suite } => {
            planned(ticket, within(&project, &env, |environment| launch::prepare_suite(&project, environment, &suite)))
        }
        Effect::PrepareRollback { ticket, project, env, point } => {
            let plan = within(&project, &env, |environment| {
                launch::prepare_rollback(&project, environment, &point, &store.reader()?)
            });
            planned(ticket, plan)
        }
        Effect::Points { ticket, project, env, target } => {
            let ways =
                project.environment(&env).map(|environment| launch::ways(environment, &target)).unwrap_or_default();
            let reader = store.reader().map_err(LaunchError::from);
            let points = reader.and_then(|reader| launch::rollback_points_by(&reader, &env, &target, &ways));
            (ticket, Answer::Points(points.map(Arc::new).map_err(|error| error.to_string())))
        }
        Effect::Preflight { ticket, project, plan } => (ticket, Answer::Started(preflight(store, &project, &plan))),
        Effect::Start { ticket, plan, hash, reason } => {
            (ticket, Answer::Started(start(store, Arc::unwrap_or_clone(plan), &hash, reason)))
        }
        Effect::Acknowledge { key, fired_at } => return alerts::acknowledge(store, key, fired_at),
        Effect::Silence { env, matches, from, length, reason } => {
            return alerts::silence(store, env, matches, (from, length), reason);
        }
        Effect::EndSilence { id } => return alerts::end_silence(store, id),
        Effect::Runbook { root, path } => return Some(alerts::runbook(&root, &path)),
        Effect::Decide { run, decision } => return decide(store, run, decision),
        Effect::Remember { name, value } => {
            let result = store.set_setting(name, &value).wait();
            return result.err().map(|error| Msg::Trouble(format!("the {name} is not remembered: {error}")));
        }
        Effect::Quit | Effect::Suspend | Effect::Find { .. } | Effect::Copy { .. } => return None,
    };
    Some(Msg::Answered(ticket, answer))
}

fn within(
    project: &Project,
    env: &str,
    make: impl FnOnce(&Environment) -> Result<Plan, LaunchError>,
) -> Result<Plan, String> {
    let environment = project.environment(env).ok_or_else(|| format!("there is no environment {env} any more"))?;
    make(environment).map_err(|error| error.to_string())
}

fn planned(ticket: Ticket, plan: Result<Plan, String>) -> (Ticket, Answer) {
    let planned = plan.map(|plan| Planned { hash: plan.hash(), plan: Arc::new(plan) });
    (ticket, Answer::Planned(planned))
}

fn preflight(store: &Store, project: &Project, plan: &Plan) -> Result<RunId, String> {
    let checks = within(project, &plan.env, |environment| launch::preflight(project, environment, plan))?;
    let hash = checks.hash();
    start(store, checks, &hash, None)
}

fn start(store: &Store, plan: Plan, hash: &str, reason: Option<String>) -> Result<RunId, String> {
    launch::start(store, plan, hash, launch::current_actor(), reason).map_err(|error| error.to_string())
}

fn decide(store: &Store, run: RunId, decision: Decision) -> Option<Msg> {
    let result = launch::decide(store, run, decision);
    result.err().map(|error| Msg::Trouble(format!("run {run} was not told: {error}")))
}

/// Writes copied text into a file only this person may read; what to tell them comes back.
pub fn copy_to_file(state: &Path, text: &str) -> Result<String, String> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let path = state.join("copied.txt");
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(&path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => Ok(path.display().to_string()),
        Err(error) => Err(format!("{} can't be written: {error}", path.display())),
    }
}
