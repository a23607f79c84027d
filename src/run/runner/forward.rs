//! One step, from wherever it stands to its end.

use std::{collections::BTreeMap, time::Instant};

use serde_json::{Value, json};

use crate::{
    domain::{
        run::{RunEvent, StepEnd, StepState},
        verdict::Verdict,
    },
    proc::crash,
    run::{
        desk::Desk,
        error::RunnerError,
        step::{StepResult, execute},
    },
};

/// Begins the step or goes on with it, to its end. One whose condition is false is left out.
pub fn forward(desk: &mut Desk, step: u16) -> Result<(), RunnerError> {
    desk.at_work = Some(step);
    desk.step_began = None;
    if desk.state.steps[usize::from(step)].state != StepState::Running {
        if let Some(StepResult { end, why }) = not_needed(desk, step) {
            return ended(desk, step, end, &why, 0);
        }
        desk.record(RunEvent::StepStarted { step, undo: false })?;
        desk.step_began = Some(Instant::now());
    }
    let StepResult { end, why } = execute(desk, step, false)?;
    let elapsed = desk.step_elapsed(step, false);
    ended(desk, step, end, &why, u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

fn ended(desk: &mut Desk, step: u16, end: StepEnd, why: &str, duration_ms: u64) -> Result<(), RunnerError> {
    let why = desk.say(why);
    desk.record(RunEvent::StepEnded { step, undo: false, state: end, why, duration_ms })?;
    desk.at_work = None;
    crash::point("runner.after_step");
    Ok(())
}

/// How a step ends without having begun: its condition is false, or can't be judged.
fn not_needed(desk: &Desk, step: u16) -> Option<StepResult> {
    let when = desk.plan.steps.get(usize::from(step))?.when.as_ref()?;
    let judgement = when.judge(&known_by_now(desk));
    let source = when.condition.source();
    match judgement.verdict {
        Verdict::Pass => None,
        Verdict::Fail => {
            let why = format!("not needed: {}", judgement.explanation);
            Some(StepResult { end: StepEnd::LeftOut, why })
        }
        Verdict::Unknown => {
            let why = format!("whether it is needed is unknown ({source}): {}", judgement.explanation);
            Some(StepResult { end: StepEnd::Inconclusive, why })
        }
    }
}

/// What exists only during the run: captured values, and how steps ended.
fn known_by_now(desk: &Desk) -> BTreeMap<String, Value> {
    let ended = desk.plan.steps.iter().zip(&desk.state.steps).filter_map(|(planned, now)| match &now.state {
        StepState::Ended { end, .. } => Some((planned.step.name.clone(), Value::from(end.word()))),
        _ => None,
    });
    BTreeMap::from([
        ("captures".to_owned(), json!(desk.late.captures())),
        ("steps".to_owned(), Value::Object(ended.collect())),
        ("run".to_owned(), json!({ "id": desk.run.0 })),
    ])
}
