//! Undoing, in reverse: every step with an intent, the failed one included.

use std::time::Instant;

use super::{
    desk::Desk,
    error::RunnerError,
    evidence, over,
    step::{StepResult, execute},
};
use crate::{
    domain::{
        actor::Actor,
        decision::Decision,
        id::AttemptKey,
        run::{RunEvent, RunOutcome, StepEnd, StepState},
    },
    proc::crash,
};

/// Begins undoing by the rules of the plan: the evidence first.
pub fn begin_automatically(desk: &mut Desk, why: &str) -> Result<(), RunnerError> {
    begin(desk, why.to_owned(), true)
}

fn begin(desk: &mut Desk, why: String, automatic: bool) -> Result<(), RunnerError> {
    evidence::save(desk)?;
    for (index, planned) in desk.plan.clone().steps.iter().enumerate() {
        let attempts = desk.state.steps.get(index).map_or(0, |step| step.attempts);
        if let (Some(no_way_back), 1..) = (planned.no_way_back.as_ref().filter(|_| !planned.step.has_undo()), attempts)
        {
            let step = u16::try_from(index).unwrap_or(u16::MAX);
            let key = AttemptKey { step, undo: false, attempt: attempts };
            desk.note(key, &format!("stays as it is, no way back: {no_way_back}"))?;
        }
    }
    desk.record(RunEvent::RollbackStarted { why, automatic })?;
    crash::point("runner.after_rollback_started");
    Ok(())
}

/// Undoes the next step, or ends the run if none is left.
pub fn go_on(desk: &mut Desk) -> Result<(), RunnerError> {
    if !desk.events.iter().any(|row| matches!(row.event, RunEvent::RollbackStarted { .. })) {
        let why = decided_why(desk);
        return begin(desk, why, false);
    }
    let Some(index) = next_undo(desk) else { return conclude(desk) };
    if let Err(why) = desk.resolve_secrets() {
        let why = desk.say(&format!("can't undo without {why}"));
        return desk.record(RunEvent::Held { step: index, why });
    }
    desk.step_began = None;
    if desk.state.steps[usize::from(index)].undo != StepState::Running {
        desk.record(RunEvent::StepStarted { step: index, undo: true })?;
        desk.step_began = Some(Instant::now());
    }
    let StepResult { end, why } = execute(desk, index, true)?;
    let duration_ms = u64::try_from(desk.step_elapsed(index, true).as_millis()).unwrap_or(u64::MAX);
    let why = desk.say(&why);
    desk.record(RunEvent::StepEnded { step: index, undo: true, state: end, why, duration_ms })
}

/// The next step whose undo has not been tried to its end.
fn next_undo(desk: &Desk) -> Option<u16> {
    desk.state.to_undo().into_iter().find(|index| {
        let index = usize::from(*index);
        desk.plan.steps[index].step.has_undo() && !matches!(desk.state.steps[index].undo, StepState::Ended { .. })
    })
}

fn decided_why(desk: &Desk) -> String {
    let said = desk.events.iter().rev().find_map(|row| match &row.event {
        RunEvent::Decided { actor, decision: Decision::RollBack { reason }, .. } => Some(by(actor, reason)),
        _ => None,
    });
    said.unwrap_or_else(|| "decided".into())
}

/// "bob: the checkout is broken"
pub fn by(actor: &Actor, reason: &str) -> String {
    if reason.trim().is_empty() { format!("by {actor}") } else { format!("by {actor}: {reason}") }
}

fn conclude(desk: &mut Desk) -> Result<(), RunnerError> {
    let mut undone = Vec::new();
    let mut failed = Vec::new();
    for (now, planned) in desk.state.steps.iter().zip(&desk.plan.steps) {
        match &now.undo {
            StepState::Ended { end: StepEnd::Succeeded | StepEnd::Skipped, .. } => {
                undone.push(planned.step.name.as_str());
            }
            StepState::Ended { why, .. } => failed.push(format!("{} ({why})", planned.step.name)),
            _ => {}
        }
    }
    undone.reverse();
    let because = desk.events.iter().find_map(|row| match &row.event {
        RunEvent::RollbackStarted { why, .. } => Some(why.clone()),
        _ => None,
    });
    let because = because.unwrap_or_default();
    if failed.is_empty() {
        let undone = if undone.is_empty() {
            "nothing had to be undone".into()
        } else {
            format!("undone: {}", undone.join(", "))
        };
        over::over(desk, RunOutcome::RolledBack, &format!("{because}; {undone}"))
    } else {
        over::over(desk, RunOutcome::RollbackFailed, &format!("{because}; NOT UNDONE: {}", failed.join(", ")))
    }
}
