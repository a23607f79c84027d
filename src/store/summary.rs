//! The row of a run, and the sentences that mark its way.

use rusqlite::Row;

use crate::domain::{
    id::RunId,
    plan::Plan,
    run::{RunEvent, RunOutcome, RunSummary, StepEnd},
    status::{Happening, Tone},
    time::UnixMs,
};

use super::{error::StoreError, open::from_json};

/// The columns [`read`] reads, in its order.
pub(super) const COLUMNS: &str = "id, env, target, pipeline, kind, version, previous, requested_by, requested_at, ended_at, \
                                  phase, step_count, current_step, current_name";

pub(super) fn read(row: &Row<'_>) -> Result<RunSummary, StoreError> {
    let current: (Option<u16>, Option<String>) = (row.get(12)?, row.get(13)?);
    Ok(RunSummary {
        id: RunId(row.get(0)?),
        env: row.get(1)?,
        target: row.get(2)?,
        pipeline: row.get(3)?,
        kind: from_json("run", &row.get::<_, String>(4)?)?,
        version: row.get(5)?,
        previous: row.get(6)?,
        by: row.get(7)?,
        requested_at: UnixMs(row.get(8)?),
        ended_at: row.get::<_, Option<i64>>(9)?.map(UnixMs),
        phase: from_json("run", &row.get::<_, String>(10)?)?,
        step_count: row.get(11)?,
        current: current.0.zip(current.1),
    })
}

/// What people should see of an event, if anything.
pub(super) fn landmark(run: RunId, plan: &Plan, at: UnixMs, event: &RunEvent) -> Option<Happening> {
    let name = match &plan.version {
        Some(version) => format!("{} {run} {version}", plan.pipeline),
        None => format!("{} {run}", plan.pipeline),
    };
    let step_name =
        |step: u16| plan.steps.get(usize::from(step)).map_or("?", |planned| planned.step.name.as_str()).to_owned();
    let (text, tone) = match event {
        RunEvent::Requested { actor, .. } => (format!("{name} started by {actor}"), Tone::Plain),
        RunEvent::StepEnded {
            step,
            undo,
            state: StepEnd::Failed | StepEnd::Inconclusive | StepEnd::Unknown,
            why,
            ..
        } => {
            let what = if *undo { "undo of step" } else { "step" };
            (format!("{name}: {what} {} '{}' failed: {why}", step + 1, step_name(*step)), Tone::Bad)
        }
        RunEvent::Asked { question, .. } => (format!("{name} asks: {question}"), Tone::Warn),
        RunEvent::Held { why, .. } => (format!("{name} waits for a person: {why}"), Tone::Warn),
        RunEvent::RollbackStarted { why, automatic } => {
            let how = if *automatic { "rolls back by itself" } else { "rolls back" };
            (format!("{name} {how}: {why}"), Tone::Warn)
        }
        RunEvent::Ended { outcome, why } => {
            let tone = match outcome {
                RunOutcome::Succeeded => Tone::Good,
                RunOutcome::RolledBack | RunOutcome::Inconclusive | RunOutcome::Cancelled | RunOutcome::Refused => {
                    Tone::Warn
                }
                RunOutcome::Failed | RunOutcome::RollbackFailed => Tone::Bad,
            };
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            (format!("{name} {}{why}", outcome.word()), tone)
        }
        _ => return None,
    };
    Some(Happening { at, env: plan.env.clone(), subject: plan.target.clone(), text, tone })
}
