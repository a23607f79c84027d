//! What comes next: a function of the folded state.

use std::ops::Range;

use crate::domain::{
    placement::{Batch, Over},
    run::{RunOutcome, RunPhase, RunState, StepEnd, StepNow, StepState},
};

/// What a runner does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Begin this step, or go on with it; where it must end early its execution sees to that.
    Step(u16),
    /// Begin these steps side by side, or go on with them.
    Batch(Range<u16>),
    /// The step ended badly: decide what follows.
    Failed {
        /// Index.
        step: u16,
        /// How.
        end: StepEnd,
        /// Why.
        why: String,
    },
    /// Hold before this step: a person said so.
    Pause(u16, String),
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

/// Which batch a step belongs to.
pub type BatchOf<'a> = &'a dyn Fn(u16) -> Option<&'a Batch>;

/// What comes next.
pub fn next(state: &RunState, batch_of: BatchOf<'_>) -> Next {
    match &state.phase {
        RunPhase::Ended { outcome, .. } => return Next::Over(*outcome),
        RunPhase::Holding { step, .. } => return Next::Hold(*step),
        _ => {}
    }
    let leaving = state.rolling_back.is_some() || state.cancelling;
    if leaving && let Some(step) = running(state) {
        return match batch_of(step) {
            Some(_) => Next::Batch(beside(state, batch_of, step)),
            None => Next::Step(step),
        };
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
    let (mut step, end) = (0, u16::try_from(state.steps.len()).unwrap_or(u16::MAX));
    while step < end {
        let after = if batch_of(step).is_some() { beside(state, batch_of, step).end } else { step + 1 };
        if let Some(next) = next_of(state, batch_of, step..after) {
            if let (Some(why), None, Next::Step(_) | Next::Batch(_)) = (&state.pausing, running(state), &next) {
                let begins = (step..after).find(|step| waits(state, *step)).unwrap_or(step);
                return Next::Pause(begins, why.clone());
            }
            return next;
        }
        step = after;
    }
    Next::Finish
}

fn waits(state: &RunState, step: u16) -> bool {
    state.steps.get(usize::from(step)).is_some_and(|now| now.state == StepState::Waiting)
}

/// The step (not the undo) that is under way.
fn running(state: &RunState) -> Option<u16> {
    (0..).zip(&state.steps).find(|(_, now)| now.state == StepState::Running).map(|(step, _)| step)
}

/// The neighbours in the step's batch, itself included.
fn beside(state: &RunState, batch_of: BatchOf<'_>, step: u16) -> Range<u16> {
    let number = |step: u16| batch_of(step).map(|batch| batch.number);
    let ours = number(step);
    let last = u16::try_from(state.steps.len()).unwrap_or(u16::MAX);
    let start = (0..step).rev().take_while(|other| number(*other) == ours).last().unwrap_or(step);
    let end = (step..last).take_while(|other| number(*other) == ours).last().map_or(step + 1, |other| other + 1);
    start..end
}

/// What comes next of one step, or of a batch; `None` if nothing of it is left.
fn next_of(state: &RunState, batch_of: BatchOf<'_>, steps: Range<u16>) -> Option<Next> {
    let now = |step: u16| state.steps.get(usize::from(step)).map(|now| &now.state);
    let go_on = || match batch_of(steps.start) {
        Some(_) => Next::Batch(steps.clone()),
        None => Next::Step(steps.start),
    };
    if steps.clone().any(|step| now(step) == Some(&StepState::Running)) {
        return Some(go_on());
    }
    let worst = steps.clone().filter(|step| is_bad(state, batch_of, *step)).min_by_key(|step| match now(*step) {
        Some(StepState::Ended { end: StepEnd::Failed, .. }) => 0,
        Some(StepState::Ended { end: StepEnd::Cancelled, .. }) => 2,
        _ => 1,
    });
    if let Some(step) = worst
        && let Some(StepState::Ended { end, why, .. }) = now(step)
    {
        return Some(Next::Failed { step, end: *end, why: why.clone() });
    }
    steps.clone().any(|step| now(step) == Some(&StepState::Waiting)).then(go_on)
}

/// Whether the step ended in a way that must be decided about: not if it is a machine whose failure is borne.
pub fn is_bad(state: &RunState, batch_of: BatchOf<'_>, step: u16) -> bool {
    let Some(StepState::Ended { end, .. }) = state.steps.get(usize::from(step)).map(|now| &now.state) else {
        return false;
    };
    let borne = |over: Over| failures(state, batch_of, over) <= usize::from(over.max_failures);
    let over = batch_of(step).and_then(|batch| batch.over).filter(|_| *end == StepEnd::Failed);
    !(end.is_settled() || over.is_some_and(borne))
}

/// Machines that failed, over all batches of the same step.
fn failures(state: &RunState, batch_of: BatchOf<'_>, of: Over) -> usize {
    let failed = |now: &StepNow| matches!(now.state, StepState::Ended { end: StepEnd::Failed, .. });
    let ours = |step: u16| batch_of(step).and_then(|batch| batch.over).is_some_and(|over| over.first == of.first);
    (0..).zip(&state.steps).filter(|(step, now)| failed(now) && ours(*step)).count()
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

    fn next_alone(state: &RunState) -> Next {
        next(state, &|_| None)
    }

    fn borne(max_failures: u16) -> Option<Over> {
        (max_failures < u16::MAX).then_some(Over { first: 1, max_failures })
    }

    /// Four steps: one alone, two side by side, one alone; each ended so, or waits.
    fn side_by_side(ends: [Option<StepEnd>; 4], over: Option<Over>) -> Next {
        let batch = Batch { number: 1, at_most: 8, others: crate::domain::placement::Others::Wait, over };
        let mut state = RunState::new(4);
        for (now, end) in state.steps.iter_mut().zip(ends) {
            now.state = end.map_or(StepState::Waiting, |end| StepState::Ended { end, why: "w".into(), duration_ms: 1 });
        }
        next(&state, &|step| matches!(step, 1 | 2).then_some(&batch))
    }

    const DONE: Option<StepEnd> = Some(StepEnd::Succeeded);
    const FAILED: Option<StepEnd> = Some(StepEnd::Failed);

    fn failed(step: u16, end: StepEnd) -> Next {
        Next::Failed { step, end, why: "w".into() }
    }

    #[test]
    fn what_stands_side_by_side_comes_together_and_what_follows_waits_for_all_of_it() {
        assert_eq!(side_by_side([None; 4], None), Next::Step(0));
        assert_eq!(side_by_side([DONE, None, None, None], None), Next::Batch(1..3));
        assert_eq!(side_by_side([DONE, DONE, None, None], None), Next::Batch(1..3));
        assert_eq!(side_by_side([DONE, DONE, DONE, None], None), Next::Step(3));
        assert_eq!(side_by_side([DONE, Some(StepEnd::LeftOut), DONE, DONE], None), Next::Finish);
    }

    #[test]
    fn the_failure_that_ended_the_others_is_told_before_them() {
        let cancelled = Some(StepEnd::Cancelled);
        assert_eq!(side_by_side([DONE, cancelled, FAILED, None], None), failed(2, StepEnd::Failed));
        assert_eq!(side_by_side([DONE, cancelled, DONE, None], None), failed(1, StepEnd::Cancelled));
        assert_eq!(side_by_side([DONE, None, FAILED, None], None), failed(2, StepEnd::Failed));
    }

    #[test]
    fn a_machines_failure_is_borne_up_to_the_bound_but_an_unknown_end_never() {
        assert_eq!(side_by_side([DONE, FAILED, DONE, None], borne(1)), Next::Step(3));
        assert_eq!(side_by_side([DONE, FAILED, None, None], borne(1)), Next::Batch(1..3));
        assert_eq!(side_by_side([DONE, FAILED, FAILED, None], borne(1)), failed(1, StepEnd::Failed));
        let unknown = Some(StepEnd::Unknown);
        assert_eq!(side_by_side([DONE, unknown, DONE, None], borne(2)), failed(1, StepEnd::Unknown));
        assert_eq!(side_by_side([DONE, Some(StepEnd::Excluded), FAILED, None], borne(1)), Next::Step(3));
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
        next_alone(&state(events))
    }

    #[test]
    fn the_first_step_that_is_not_done_comes_next() {
        assert_eq!(next_alone(&state(vec![])), Next::Step(0));
        assert_eq!(next_alone(&state(ended(StepEnd::Succeeded))), Next::Step(1));
        assert_eq!(next_alone(&state(begun())), Next::Step(0));
    }

    #[test]
    fn a_pause_holds_before_the_next_step_and_ends_nothing_that_runs() {
        let pause = || decided(Decision::Pause { reason: "lunch".into() });
        let mut events = begun();
        events.push(pause());
        assert_eq!(next_alone(&state(events)), Next::Step(0));
        let mut events = ended(StepEnd::Succeeded);
        events.push(pause());
        assert_eq!(next_alone(&state(events)), Next::Pause(1, "lunch".into()));
    }

    #[test]
    fn a_failure_is_judged_even_by_a_successor() {
        let failed = Next::Failed { step: 0, end: StepEnd::Failed, why: "w".into() };
        assert_eq!(next_alone(&state(ended(StepEnd::Failed))), failed);
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
            assert_eq!(next_alone(&state(events)), Next::Step(0));
        }
    }

    #[test]
    fn f16_after_the_end_there_is_nothing_else() {
        let mut events = ended(StepEnd::Cancelled);
        events.push(RunEvent::Ended { outcome: RunOutcome::Cancelled, why: String::new() });
        events.push(decided(Decision::Cancel { reason: String::new() }));
        assert_eq!(next_alone(&state(events)), Next::Over(RunOutcome::Cancelled));
    }
}
