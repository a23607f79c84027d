//! Rows and processes: starting a run, saying something to it, adopting it.

use chrono::Utc;

use super::{
    actor::current_actor,
    error::LaunchError,
    plan::{Preflight, preflight_verdict},
    process::{is_starting, spawn_runner},
};
use crate::{
    domain::{
        actor::Actor,
        decision::Decision,
        id::RunId,
        pipeline::PipelineKind,
        plan::Plan,
        run::{RunEvent, RunOutcome},
        time::UnixMs,
    },
    store::{Reader, Store, StoreError, lock},
};

/// Runs among which a preflight is looked for: more than anybody starts in 10 minutes.
const LATELY: usize = 100;

fn now() -> UnixMs {
    Utc::now().into()
}

/// Creates the run and starts its detached runner. `shown_hash` is the hash of the plan a person confirmed.
pub fn start(
    store: &Store,
    plan: Plan,
    shown_hash: &str,
    actor: Actor,
    reason: Option<String>,
) -> Result<RunId, LaunchError> {
    if plan.hash() != shown_hash {
        return Err(LaunchError::PlanChanged);
    }
    if plan.locks() && !shows_what_is_live(store, &plan)? {
        return Err(LaunchError::PlanChanged);
    }
    if let Some(suite) = unproven(store, &plan)? {
        return Err(LaunchError::Preflight(suite));
    }
    let run = store.create_run(plan, actor, reason, now()).wait()?;
    if let Err(error) = spawn_runner(store.state(), run) {
        give_up(store, run, &error)?;
        return Err(error);
    }
    Ok(run)
}

/// Whether the plan still names the release that is live now: its ways back lead there.
fn shows_what_is_live(store: &Store, plan: &Plan) -> Result<bool, LaunchError> {
    let live = store.reader()?.live_release(&plan.env, &plan.target)?;
    Ok(live.map(|release| release.run) == plan.previous.as_ref().map(|previous| previous.run))
}

/// The preflight suite of the plan, if it has not passed for it lately. Nothing red ever blocks a rollback.
fn unproven(store: &Store, plan: &Plan) -> Result<Option<String>, LaunchError> {
    let Some(suite) = plan.preflight.clone().filter(|_| plan.kind != PipelineKind::Rollback) else { return Ok(None) };
    let (reader, now) = (store.reader()?, now());
    let lately = reader.runs(Some(&plan.env), LATELY)?;
    for run in lately.iter().filter(|run| run.kind == PipelineKind::Verify && run.ended_at.is_some()) {
        if preflight_verdict(&reader, run.id, plan, now)? == Preflight::Passed {
            return Ok(None);
        }
    }
    Ok(Some(suite))
}

/// Nothing was executed: the run ends, so that it does not hold its target.
fn give_up(store: &Store, run: RunId, error: &LaunchError) -> Result<(), StoreError> {
    let generation = store.take_over(run).wait()?;
    let ended = RunEvent::Ended { outcome: RunOutcome::Refused, why: error.to_string() };
    store.append_events(run, generation, vec![(now(), ended)]).wait()
}

/// Says something to a run.
pub fn decide(store: &Store, run: RunId, decision: Decision) -> Result<(), LaunchError> {
    store.decide(run, current_actor(), decision, now()).wait()?;
    // Nobody hears it if the runner died in the meantime.
    let reader = store.reader()?;
    if is_orphan(store, &reader, run)? {
        spawn_runner(store.state(), run)?;
    }
    Ok(())
}

/// Starts a runner for every active run whose lock is free (it died, or the machine restarted). Returns which. Only
/// the user who started a run adopts it: another one has neither its secrets nor its rights.
pub fn adopt_orphans(store: &Store) -> Result<Vec<RunId>, LaunchError> {
    let reader = store.reader()?;
    let mut adopted = Vec::new();
    for run in reader.active_runs()? {
        if is_orphan(store, &reader, run.id)? {
            spawn_runner(store.state(), run.id)?;
            adopted.push(run.id);
        }
    }
    Ok(adopted)
}

fn is_orphan(store: &Store, reader: &Reader, run: RunId) -> Result<bool, StoreError> {
    let generation = reader.generation(run)?;
    if lock::is_held(&store.state().run_lock(run, generation))? || is_starting(store.state(), run) {
        return Ok(false);
    }
    // The lock was looked at after the generation was read; a runner that changes both in between is alive.
    if reader.generation(run)? != generation {
        return Ok(false);
    }
    let events = reader.events(run, 0)?;
    let over = events.iter().any(|row| matches!(row.event, RunEvent::Ended { .. }));
    let ours = events.iter().any(|row| matches!(&row.event, RunEvent::Requested { actor, .. } if actor.uid == rustix::process::geteuid().as_raw()));
    Ok(ours && !over)
}

/// Takes a run away from a runner that lives but does not get on (it was stopped, or hangs): from now on nothing it writes
/// is taken, and a new runner continues.
pub fn take_over(store: &Store, run: RunId) -> Result<u32, LaunchError> {
    let generation = store.take_over(run).wait()?;
    spawn_runner(store.state(), run)?;
    Ok(generation)
}
