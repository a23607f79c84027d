//! The loop: ask what comes next, do it, ask again.

use super::{
    batch::batch,
    forward::forward,
    hold::hold,
    next::{Next, next},
};
use crate::{
    domain::{
        decision::Decision,
        pipeline::{OnFailure, PipelineKind, Step, StepKind, Trust},
        run::{AttemptEnd, RunEvent, RunOutcome, StepEnd, StepState},
        verdict::Verdict,
    },
    run::{desk::Desk, error::RunnerError, outside, over, rollback},
};

fn coming(desk: &Desk) -> Next {
    next(&desk.state, &|step| desk.plan.batch_of(step))
}

/// Drives the run to its end.
pub fn drive(desk: &mut Desk) -> Result<RunOutcome, RunnerError> {
    loop {
        match coming(desk) {
            Next::Step(step) => forward(desk, step)?,
            Next::Batch(steps) => batch(desk, steps)?,
            Next::Failed { step, end, why } => after_failure(desk, step, end, &why)?,
            Next::Pause(step, why) => {
                let why = paused_why(desk, &why);
                held(desk, step, &why)?;
            }
            Next::Hold(step) => hold(desk, step)?,
            Next::Undo => rollback::go_on(desk)?,
            Next::Finish => finish(desk)?,
            Next::Cancel => {
                let why = cancelled_why(desk);
                over::over(desk, RunOutcome::Cancelled, &why)?;
            }
            Next::Stop(reason) => {
                let why = stopped_why(desk, &reason);
                over::over(desk, stopped_outcome(desk), &why)?;
            }
            Next::Over(outcome) => return Ok(outcome),
        }
    }
}

/// What follows a step that ended badly.
fn after_failure(desk: &mut Desk, step: u16, end: StepEnd, why: &str) -> Result<(), RunnerError> {
    let plan = desk.plan.clone();
    let planned = &plan.steps[usize::from(step)].step;
    let why = format!("step {} {}: {why}", step + 1, planned.name);
    if plan.kind == PipelineKind::Verify {
        // Nothing was changed, so there is nothing to decide.
        let outcome = if end == StepEnd::Failed { RunOutcome::Failed } else { RunOutcome::Inconclusive };
        return over::over(desk, outcome, &why);
    }
    let a_person_decides = end != StepEnd::Failed || asks_before_acting(planned, last_end(desk, step));
    match plan.on_failure {
        _ if a_person_decides => held(desk, step, &why),
        OnFailure::Hold => held(desk, step, &why),
        OnFailure::Rollback => rollback::begin_automatically(desk, &why),
        OnFailure::Stop => over::over(desk, RunOutcome::Failed, &why),
    }
}

fn held(desk: &mut Desk, step: u16, why: &str) -> Result<(), RunnerError> {
    let why = desk.say(why);
    desk.record(RunEvent::Held { step, why })
}

fn last_end(desk: &Desk, of: u16) -> Option<&AttemptEnd> {
    desk.events.iter().rev().find_map(|row| match &row.event {
        RunEvent::AttemptEnded { key, end, .. } if key.step == of && !key.undo => Some(end),
        _ => None,
    })
}

/// A soak with `trust = "ask"` that failed.
fn asks_before_acting(step: &Step, end: Option<&AttemptEnd>) -> bool {
    let trust = match &step.kind {
        StepKind::Soak(soak) | StepKind::Traffic { soak: Some(soak), .. } => soak.trust,
        _ => Trust::Act,
    };
    trust == Trust::Ask && matches!(end, Some(AttemptEnd::Judged { .. }))
}

/// All steps are done: looked at from outside, then over.
fn finish(desk: &mut Desk) -> Result<(), RunnerError> {
    let plan = desk.plan.clone();
    let done = done(desk);
    let releases = matches!(plan.kind, PipelineKind::Deploy | PipelineKind::Rollback);
    if plan.kind == PipelineKind::Verify || (!releases && outside::read_by(&plan).is_empty()) {
        return over::over(desk, RunOutcome::Succeeded, &done);
    }
    let (verdict, seen) = outside::check(desk)?;
    // A decision may have come while it was looked at.
    if !matches!(coming(desk), Next::Finish) {
        return Ok(());
    }
    match verdict {
        Verdict::Pass => over::over(desk, RunOutcome::Succeeded, &format!("{done}; from outside: {seen}")),
        Verdict::Unknown => {
            over::over(desk, RunOutcome::Succeeded, &format!("{done}; from outside nothing is known: {seen}"))
        }
        Verdict::Fail if plan.on_failure == OnFailure::Rollback => {
            rollback::begin_automatically(desk, &format!("all steps were done, but from outside: {seen}"))
        }
        Verdict::Fail => over::over_unwell(desk, &format!("{done}, but from outside: {seen}")),
    }
}

/// "all steps are done", and on which machines they are not.
fn done(desk: &Desk) -> String {
    let left: Vec<_> = desk
        .state
        .steps
        .iter()
        .zip(&desk.plan.steps)
        .filter_map(|(now, planned)| match (&now.state, &planned.host) {
            (StepState::Ended { end: end @ (StepEnd::Failed | StepEnd::Excluded), .. }, Some(_)) => {
                Some(format!("{} ({})", planned.step.name, end.word()))
            }
            _ => None,
        })
        .collect();
    if left.is_empty() {
        "all steps are done".into()
    } else {
        format!("all steps are done, but not: {}", left.join(", "))
    }
}

fn cancelled_why(desk: &Desk) -> String {
    let said = desk.events.iter().find_map(|row| match &row.event {
        RunEvent::Decided { actor, decision: Decision::Cancel { reason }, .. } => Some(rollback::by(actor, reason)),
        _ => None,
    });
    format!("cancelled {}; nothing was undone", said.unwrap_or_default())
}

fn paused_why(desk: &Desk, reason: &str) -> String {
    let said = desk.events.iter().rev().find_map(|row| match &row.event {
        RunEvent::Decided { actor, decision: Decision::Pause { .. }, .. } => Some(rollback::by(actor, reason)),
        _ => None,
    });
    format!("paused {}", said.unwrap_or_default())
}

fn stopped_why(desk: &Desk, reason: &str) -> String {
    let said = desk.events.iter().rev().find_map(|row| match &row.event {
        RunEvent::Decided { actor, decision: Decision::Stop { .. }, .. } => Some(rollback::by(actor, reason)),
        _ => None,
    });
    format!("left as it is {}", said.unwrap_or_default())
}

/// A run that was stopped because too little was known has no verdict.
fn stopped_outcome(desk: &Desk) -> RunOutcome {
    let inconclusive =
        |state: &StepState| matches!(state, StepState::Ended { end: StepEnd::Inconclusive | StepEnd::Unknown, .. });
    if desk.state.steps.iter().any(|step| inconclusive(&step.state)) {
        RunOutcome::Inconclusive
    } else {
        RunOutcome::Failed
    }
}
