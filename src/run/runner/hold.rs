//! Waiting for a person: one decides, the others are too late.

use std::thread;

use crate::{
    domain::{
        decision::Decision,
        id::AttemptKey,
        run::{RunEvent, RunPhase},
    },
    run::{
        desk::{Desk, PAUSE, moment},
        error::RunnerError,
    },
};

/// Waits until somebody decides about the hold on `step`.
pub fn hold(desk: &mut Desk, step: u16) -> Result<(), RunnerError> {
    // The run's time is no longer what matters once people have taken over.
    desk.lift_deadline();
    let since = desk.latest(|event| matches!(event, RunEvent::Held { .. })).unwrap_or_else(moment);
    loop {
        desk.hear()?;
        if !matches!(desk.state.phase, RunPhase::Holding { .. }) {
            return Ok(());
        }
        let Some(row) = desk.next_said(moment().as_of_now(&since), |decision| about(decision, step)) else {
            thread::sleep(PAUSE);
            continue;
        };
        let machine = desk.plan.steps.get(usize::from(step)).is_some_and(|planned| planned.host.is_some());
        if !machine && matches!(row.decision, Decision::Exclude { .. }) {
            tracing::warn!(run = desk.run.0, step, "only a machine can be excluded");
            continue;
        }
        if let Decision::RetryEdited { edit, .. } = &row.decision {
            let planned = desk.plan.steps.get(usize::from(step)).map(|planned| planned.step.clone());
            let attempt = desk.state.steps.get(usize::from(step)).map_or(1, |now| now.attempts.max(1));
            let key = AttemptKey { step, undo: false, attempt };
            let tried = planned.clone().map(|mut planned| edit.apply(&mut planned));
            if let Some(Err(why)) = tried {
                desk.note(key, &format!("{} wanted to change it: not possible, {why}", row.actor))?;
                continue;
            }
            let said = planned.map(|planned| edit.said(&planned)).unwrap_or_default();
            desk.note(key, &format!("{} changed {said}", row.actor))?;
        }
        let required = desk.plan.steps.get(usize::from(step)).is_some_and(|planned| planned.step.required);
        if required && matches!(row.decision, Decision::Skip { .. }) {
            let attempt = desk.state.steps.get(usize::from(step)).map_or(1, |now| now.attempts.max(1));
            let key = AttemptKey { step, undo: false, attempt };
            desk.note(key, &format!("{} wanted to skip it: not possible, the step is required", row.actor))?;
            continue;
        }
        return desk.decided(row);
    }
}

fn about(decision: &Decision, held: u16) -> bool {
    match decision {
        Decision::Retry { step }
        | Decision::RetryEdited { step, .. }
        | Decision::Continue { step }
        | Decision::Skip { step, .. }
        | Decision::Exclude { step, .. } => *step == held,
        Decision::Stop { .. } => true,
        _ => false,
    }
}
