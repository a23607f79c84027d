//! Rows and processes: starting a run, saying something to it, adopting it.

use std::fs;

use chrono::Utc;

use super::{
    actor::current_actor,
    error::LaunchError,
    plan::{Preflight, preflight_verdict},
    process::spawn_runner,
    turn,
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
    store::{Reader, Store, StoreError, lock, state_dir::StateDir},
};

/// Runs among which a preflight is looked for: more than anybody starts in 10 minutes.
const LATELY: usize = 100;

/// Starts in a row that got a run nowhere before that is told.
const FUTILE: u32 = 2;

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
    store.state().expect_room()?;
    let run = store.create_run(plan, actor, reason, now()).wait()?;
    // Others see the run before its runner has the lock; a turn that can't be taken costs a superfluous process.
    let _ = turn::take(store.state(), run, 1);
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
    let _ = fs::remove_file(turn::starting_marker(store.state(), run));
    let generation = store.take_over(run).wait()?;
    let ended = RunEvent::Ended { outcome: RunOutcome::Refused, why: error.to_string() };
    store.append_events(run, generation, vec![(now(), ended)]).wait()
}

/// Says something to a run.
pub fn decide(store: &Store, run: RunId, decision: Decision) -> Result<(), LaunchError> {
    store.decide(run, current_actor(), decision, now()).wait()?;
    // Nobody hears it if the runner died in the meantime. A person does not wait for a pause between two starts.
    let reader = store.reader()?;
    if orphan(store, &reader, run)?.is_some() {
        spawn_runner(store.state(), run)?;
    }
    Ok(())
}

/// A run that was given a new runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adopted {
    /// Which.
    pub run: RunId,
    /// Starts in a row, this one included, that found the run where it is now.
    pub starts: u32,
}

impl Adopted {
    /// Said once its runners die again and again without getting it on.
    pub fn trouble(&self, state: &StateDir) -> Option<String> {
        (self.starts > FUTILE).then(|| {
            let (run, log) = (self.run, state.log_dir());
            format!(
                "the runner of run {run} ended {} times without getting on: {} says why; tried again ever more rarely, up \
                 to once a minute",
                self.starts - 1,
                log.join("quarterdeck.runner.*.jsonl").display()
            )
        })
    }
}

/// Starts a runner for every active run whose lock is free (it died, or the machine restarted). Returns which. Only
/// the user who started a run adopts it: another one has neither its secrets nor its rights. A run whose runners die
/// without getting it on is adopted ever more rarely, however many processes call this.
pub fn adopt_orphans(store: &Store) -> Result<Vec<Adopted>, LaunchError> {
    let reader = store.reader()?;
    let mut adopted = Vec::new();
    for run in reader.active_runs()? {
        let Some(progress) = orphan(store, &reader, run.id)? else { continue };
        let Some(starts) = turn::take(store.state(), run.id, progress)? else { continue };
        spawn_runner(store.state(), run.id)?;
        adopted.push(Adopted { run: run.id, starts });
    }
    Ok(adopted)
}

/// If no process is in charge of the run and we may be: how much of it is stored, as a number that grows as it moves on.
fn orphan(store: &Store, reader: &Reader, run: RunId) -> Result<Option<u64>, StoreError> {
    let generation = reader.generation(run)?;
    if lock::is_held(&store.state().run_lock(run, generation))? {
        return Ok(None);
    }
    // The lock was looked at after the generation was read; a runner that changes both in between is alive.
    if reader.generation(run)? != generation {
        return Ok(None);
    }
    let events = reader.events(run, 0)?;
    let over = events.iter().any(|row| matches!(row.event, RunEvent::Ended { .. }));
    let uid = rustix::process::geteuid().as_raw();
    let ours = |event: &RunEvent| matches!(event, RunEvent::Requested { actor, .. } if actor.uid == uid);
    if over || !events.iter().any(|row| ours(&row.event)) {
        return Ok(None);
    }
    // That a runner came is not progress.
    let moved = events.iter().filter(|row| !matches!(row.event, RunEvent::RunnerStarted { .. })).count() as u64;
    Ok(Some(moved + reader.log_len(run)?))
}

/// Takes a run away from a runner that lives but does not get on (it was stopped, or hangs): from now on nothing it writes
/// is taken, and a new runner continues.
pub fn take_over(store: &Store, run: RunId) -> Result<u32, LaunchError> {
    let generation = store.take_over(run).wait()?;
    spawn_runner(store.state(), run)?;
    Ok(generation)
}
