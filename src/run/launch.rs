//! Starting runs, and keeping runner and watcher processes alive: the only part of this room the console sees.

use std::path::{Path, PathBuf};

use crate::{
    domain::{
        actor::Actor,
        decision::Decision,
        environment::{Environment, Project},
        id::RunId,
        pipeline::Param,
        plan::{Plan, PlanError, PlanInput},
        release::RollbackPoint,
    },
    store::{Reader, Store, StoreError},
};

/// Why nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// No plan could be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The history said no; [`StoreError::TargetHeld`] among others.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such pipeline, or none of the kind.
    #[error("{0}")]
    NoPipeline(String),
    /// The configuration changed since the plan was shown.
    #[error("the plan changed since it was shown: look at the new one and confirm again")]
    PlanChanged,
    /// A process could not be started.
    #[error("{what} could not be started: {why}")]
    Spawn {
        /// "the runner of run #12".
        what: String,
        /// Why.
        why: String,
    },
}

/// Who sits at this keyboard, as the operating system vouches for it.
pub fn current_actor() -> Actor {
    todo!()
}

/// Builds the plan of a pipeline with the live release of its target as `previous`.
pub fn prepare(
    project: &Project,
    environment: &Environment,
    pipeline: &str,
    input: PlanInput,
    reader: &Reader,
) -> Result<Plan, LaunchError> {
    todo!("{project:?} {environment:?} {pipeline} {input:?} {}", reader.active_runs().is_ok())
}

/// Builds the plan that goes back to `point`: the `rollback` pipeline if there is one, else the `deploy` pipeline with the
/// point's version, re-kinded as a rollback.
pub fn prepare_rollback(
    project: &Project,
    environment: &Environment,
    point: &RollbackPoint,
    reader: &Reader,
) -> Result<Plan, LaunchError> {
    todo!("{project:?} {environment:?} {point:?} {}", reader.active_runs().is_ok())
}

/// A verify plan that runs one suite and nothing else: what `verify SUITE` starts.
pub fn prepare_suite(project: &Project, environment: &Environment, suite: &str) -> Result<Plan, LaunchError> {
    todo!("{project:?} {environment:?} {suite}")
}

/// The verify plan of `plan`'s preflight suite, bound to its hash (as the parameter `plan`); run it with [`start`] and
/// judge it by its outcome within 10 minutes. Refused if the plan has no preflight.
pub fn preflight(project: &Project, environment: &Environment, plan: &Plan) -> Result<Plan, LaunchError> {
    todo!("{project:?} {environment:?} {plan:?}")
}

/// The rollback chooser of a target: rows newest first.
pub fn rollback_points(reader: &Reader, env: &str, target: &str) -> Result<Vec<RollbackPoint>, LaunchError> {
    todo!("{env} {target} {}", reader.active_runs().is_ok())
}

/// The choices of a parameter, newest first; runs the command if there is one (10 s, 10,000 lines at most).
pub fn choices(param: &Param, root: &Path) -> Result<Vec<String>, String> {
    todo!("{param:?} {}", root.display())
}

/// Creates the run and starts its detached runner. `shown_hash` is the hash of the plan a person confirmed.
pub fn start(
    store: &Store,
    plan: Plan,
    shown_hash: &str,
    actor: Actor,
    reason: Option<String>,
) -> Result<RunId, LaunchError> {
    todo!("{store:?} {plan:?} {shown_hash} {actor:?} {reason:?}")
}

/// Says something to a run.
pub fn decide(store: &Store, run: RunId, decision: Decision) -> Result<(), LaunchError> {
    todo!("{store:?} {run} {decision:?}")
}

/// Starts a runner for every active run whose lock is free (it died, or the machine restarted). Returns which.
pub fn adopt_orphans(store: &Store) -> Result<Vec<RunId>, LaunchError> {
    todo!("{store:?}")
}

/// Starts a detached `quarterdeck watch --while-needed` if nobody holds `watch.lock`.
pub fn ensure_watcher(store: &Store, config: &Path) -> Result<bool, LaunchError> {
    todo!("{store:?} {}", config.display())
}

/// Who watches now, for the header: `daemon`, `while needed`, `nobody`.
pub fn watcher(store: &Store) -> &'static str {
    todo!("{store:?}")
}

/// The binary to start children from: `/proc/self/exe`, so that an upgrade does not change a running process's children.
pub fn own_binary() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}
