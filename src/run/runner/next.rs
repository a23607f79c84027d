//! What comes next: a function of the folded state.

use crate::domain::run::{RunOutcome, RunPhase, RunState, StepEnd, StepState};

/// What a runner does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Begin this step, or go on with it; where it must end early its execution sees to that.
    Step(u16),
    /// The step ended badly: decide what follows.
    Failed {
        /// Index.
        step: u16,
        /// How.
        end: StepEnd,
        /// Why.
        why: String,
    },
    /// Wait for a person.
    Hold(u16),
    /// Undo the next step, or conclude.
    Undo,
    /// All steps are done.
    Finish,
    /// A person cancelled, and nothing runs any more.
    Cancel,
    /// A person said to leave it as it is.
    Stop(String),
    /// Over.
    Over(RunOutcome),
}

/// What comes next.
pub fn next(state: &RunState) -> Next {
    match &state.phase {
        RunPhase::Ended { outcome, .. } => return Next::Over(*outcome),
        RunPhase::Holding { step, .. } => return Next::Hold(*step),
        _ => {}
    }
    let leaving = state.rolling_back.is_some() || state.cancelling;
    if leaving && let Some(step) = running(state) {
        return Next::Step(step);
    }
    if state.rolling_back.is_some() {
        return Next::Undo;
    }
    if state.cancelling {
        return Next::Cancel;
    }
    if let Some(why) = &state.stopping {
        return Next::Stop(why.clone());
    }
    for (step, now) in (0..).zip(&state.steps) {
        match &now.state {
            StepState::Ended { end: StepEnd::Succeeded | StepEnd::Skipped, .. } => {}
            StepState::Ended { end, why, .. } => return Next::Failed { step, end: *end, why: why.clone() },
            StepState::Waiting | StepState::Running => return Next::Step(step),
        }
    }
    Next::Finish
}

/// The step (not the undo) that is under way.
fn running(state: &RunState) -> Option<u16> {
    (0..).zip(&state.steps).find(|(_, now)| now.state == StepState::Running).map(|(step, _)| step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        actor::Actor,
        decision::Decision,
        id::AttemptKey,
        run::{AttemptEnd, ProcessRef, RunEvent},
        time::UnixMs,
    };

    fn state(events: Vec<RunEvent>) -> RunState {
        let mut state = RunState::new(2);
        let process = ProcessRef { pid: 1, start_ticks: 1, boot_id: String::new() };
        let started = RunEvent::RunnerStarted { process, generation: 1, adopted: false };
        for event in std::iter::once(started).chain(events) {
            state.apply(UnixMs(1), &event);
        }
        state
    }

    const KEY: AttemptKey = AttemptKey { step: 0, undo: false, attempt: 1 };

    fn begun() -> Vec<RunEvent> {
        vec![RunEvent::StepStarted { step: 0, undo: false }, RunEvent::Intent { key: KEY }]
    }

    fn ended(end: StepEnd) -> Vec<RunEvent> {
        let over = RunEvent::AttemptEnded { key: KEY, end: AttemptEnd::Exited { code: 1 }, duration_ms: 1 };
        let step = RunEvent::StepEnded { step: 0, undo: false, state: end, why: "w".into(), duration_ms: 1 };
        begun().into_iter().chain([over, step]).collect()
    }

    fn decided(decision: Decision) -> RunEvent {
        RunEvent::Decided { id: 1, actor: Actor::quarterdeck(), decision }
    }

    fn held(after: Vec<RunEvent>, decision: Decision) -> Next {
        let mut events = after;
        events.push(RunEvent::Held { step: 0, why: "w".into() });
        events.push(decided(decision));
        next(&state(events))
    }

    #[test]
    fn the_first_step_that_is_not_done_comes_next() {
        assert_eq!(next(&state(vec![])), Next::Step(0));
        assert_eq!(next(&state(ended(StepEnd::Succeeded))), Next::Step(1));
        assert_eq!(next(&state(begun())), Next::Step(0));
    }

    #[test]
    fn a_failure_is_judged_even_by_a_successor() {
        let failed = Next::Failed { step: 0, end: StepEnd::Failed, why: "w".into() };
        assert_eq!(next(&state(ended(StepEnd::Failed))), failed);
    }

    #[test]
    fn a_person_decides_in_a_hold() {
        let reason = String::new;
        assert_eq!(held(ended(StepEnd::Failed), Decision::Retry { step: 0 }), Next::Step(0));
        assert_eq!(held(ended(StepEnd::Failed), Decision::Skip { step: 0, reason: reason() }), Next::Step(1));
        assert_eq!(held(ended(StepEnd::Failed), Decision::Stop { reason: reason() }), Next::Stop(reason()));
        assert_eq!(held(ended(StepEnd::Failed), Decision::RollBack { reason: reason() }), Next::Undo);
        assert_eq!(held(ended(StepEnd::Failed), Decision::Cancel { reason: reason() }), Next::Cancel);
        assert_eq!(held(ended(StepEnd::Failed), Decision::Retry { step: 1 }), Next::Hold(0));
    }

    #[test]
    fn what_runs_is_ended_before_a_cancel_or_a_rollback_counts() {
        for decision in [Decision::Cancel { reason: "r".into() }, Decision::RollBack { reason: "r".into() }] {
            let mut events = begun();
            events.push(decided(decision));
            assert_eq!(next(&state(events)), Next::Step(0));
        }
    }

    #[test]
    fn f16_after_the_end_there_is_nothing_else() {
        let mut events = ended(StepEnd::Cancelled);
        events.push(RunEvent::Ended { outcome: RunOutcome::Cancelled, why: String::new() });
        events.push(decided(Decision::Cancel { reason: String::new() }));
        assert_eq!(next(&state(events)), Next::Over(RunOutcome::Cancelled));
    }
}
