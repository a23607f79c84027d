//! The fold: one event after another, each taken in whatever the state is.

use super::{OpenAttempt, RunEvent, RunPhase, RunState, StepEnd, StepNow, StepState};
use crate::domain::{decision::Decision, id::AttemptKey, time::UnixMs};

impl RunState {
    /// Takes one event in. Total: an event that makes no sense here changes nothing.
    pub fn apply(&mut self, at: UnixMs, event: &RunEvent) {
        if matches!(self.phase, RunPhase::Ended { .. }) {
            return;
        }
        match event {
            RunEvent::Requested { .. } | RunEvent::Evidence { .. } | RunEvent::OutsideCheck { .. } => {}
            RunEvent::RunnerStarted { generation, .. } => self.runner_started(at, *generation),
            RunEvent::StepStarted { step, undo } => self.step_started(at, *step, *undo),
            RunEvent::Intent { key } => self.intent(at, *key),
            RunEvent::Spawned { key, process } => {
                if let Some(open) = self.open_attempts.iter_mut().find(|open| open.key == *key) {
                    open.process = Some(process.clone());
                }
            }
            RunEvent::AttemptEnded { key, .. } => {
                self.open_attempts.retain(|open| open.key != *key);
            }
            RunEvent::StepEnded { step, undo, state, why, duration_ms } => {
                self.step_ended(*step, *undo, *state, why, *duration_ms);
            }
            RunEvent::Asked { step, question } => {
                if self.rolling_back.is_none() && self.has(*step) {
                    self.current = Some(*step);
                    self.phase = RunPhase::Asking { step: *step, question: question.clone() };
                }
            }
            RunEvent::Held { step, why } => {
                if self.has(*step) {
                    self.pausing = None;
                    self.current = Some(*step);
                    self.phase = RunPhase::Holding { step: *step, why: why.clone() };
                }
            }
            RunEvent::Decided { id, decision, .. } => {
                self.decided = self.decided.max(*id);
                self.decided(decision);
            }
            RunEvent::RollbackStarted { why, .. } => self.roll_back(why),
            RunEvent::Ended { outcome, why } => {
                self.phase = RunPhase::Ended { outcome: *outcome, why: why.clone() };
                self.ended_at = Some(at);
                self.open_attempts.clear();
                self.current = None;
            }
        }
    }

    /// The steps to undo, in order: every one with an intent that was not undone, the failed one included, in reverse.
    /// One whose undo failed is still among them: it was not undone. Whether a step has an undo is the plan's affair.
    pub fn to_undo(&self) -> Vec<u16> {
        let undone =
            |step: &StepNow| matches!(step.undo, StepState::Ended { end: StepEnd::Succeeded | StepEnd::Skipped, .. });
        let begun = |step: &StepNow| step.attempts > 0 || step.started_at.is_some();
        let due = self.steps.iter().enumerate().rev().filter(|(_, step)| begun(step) && !undone(step));
        due.filter_map(|(index, _)| u16::try_from(index).ok()).collect()
    }

    fn has(&self, step: u16) -> bool {
        usize::from(step) < self.steps.len()
    }

    fn step_mut(&mut self, step: u16) -> Option<&mut StepNow> {
        self.steps.get_mut(usize::from(step))
    }

    fn runner_started(&mut self, at: UnixMs, generation: u32) {
        if generation < self.generation {
            return;
        }
        self.generation = generation;
        self.started_at.get_or_insert(at);
        if self.phase == RunPhase::Waiting {
            self.phase = RunPhase::Running;
        }
    }

    /// Back to what was going on before a hold or a question.
    fn resume(&mut self) {
        self.phase = match &self.rolling_back {
            Some(why) => RunPhase::RollingBack { why: why.clone() },
            None => RunPhase::Running,
        };
    }

    fn roll_back(&mut self, why: &str) {
        let why = self.rolling_back.get_or_insert_with(|| why.to_owned()).clone();
        self.phase = RunPhase::RollingBack { why };
    }

    fn step_started(&mut self, at: UnixMs, step: u16, undo: bool) {
        if undo != self.rolling_back.is_some() {
            return;
        }
        let Some(now) = self.step_mut(step) else { return };
        if undo {
            now.undo = StepState::Running;
        } else {
            now.state = StepState::Running;
            now.started_at = Some(at);
        }
        self.current = Some(step);
        self.resume();
    }

    fn intent(&mut self, at: UnixMs, key: AttemptKey) {
        let Some(now) = self.step_mut(key.step) else { return };
        let (attempts, state) =
            if key.undo { (&mut now.undo_attempts, &mut now.undo) } else { (&mut now.attempts, &mut now.state) };
        *attempts = (*attempts).max(key.attempt);
        *state = StepState::Running;
        if !key.undo {
            now.started_at.get_or_insert(at);
        }
        self.current = Some(key.step);
        // At any time at most one attempt at one piece of work is open.
        self.open_attempts.retain(|open| (open.key.step, open.key.undo) != (key.step, key.undo));
        self.open_attempts.push(OpenAttempt { key, at, process: None });
    }

    fn step_ended(&mut self, step: u16, undo: bool, end: StepEnd, why: &str, duration_ms: u64) {
        let Some(now) = self.step_mut(step) else { return };
        let ended = StepState::Ended { end, why: why.to_owned(), duration_ms };
        *(if undo { &mut now.undo } else { &mut now.state }) = ended;
        self.open_attempts.retain(|open| (open.key.step, open.key.undo) != (step, undo));
        if matches!(self.phase, RunPhase::Asking { step: asked, .. } if asked == step) {
            self.resume();
        }
    }

    fn decided(&mut self, decision: &Decision) {
        let held = match self.phase {
            RunPhase::Holding { step, .. } => Some(step),
            _ => None,
        };
        let asked = match self.phase {
            RunPhase::Asking { step, .. } => Some(step),
            _ => None,
        };
        match decision {
            Decision::Answer { step, .. } if asked == Some(*step) => self.resume(),
            Decision::Tick { step, item, .. } if asked == Some(*step) && !self.ticked.contains(&(*step, *item)) => {
                self.ticked.push((*step, *item));
            }
            Decision::Retry { step } if held == Some(*step) => {
                self.clear(*step);
                self.resume();
            }
            Decision::RetryEdited { step, edit } if held == Some(*step) && self.rolling_back.is_none() => {
                self.edits.push((*step, edit.clone()));
                self.clear(*step);
                self.resume();
            }
            Decision::Continue { step } if held == Some(*step) && self.is_paused() => self.resume(),
            Decision::Pause { reason } if held.is_none() && self.rolling_back.is_none() => {
                self.pausing = Some(reason.clone());
            }
            Decision::Skip { step, reason } if held == Some(*step) => {
                self.settle(*step, StepEnd::Skipped, reason);
                self.resume();
            }
            Decision::Exclude { step, reason } if held == Some(*step) && self.rolling_back.is_none() => {
                self.settle(*step, StepEnd::Excluded, reason);
                self.resume();
            }
            Decision::RollBack { reason } => self.roll_back(reason),
            Decision::Stop { reason } if held.is_some() => {
                self.stopping = Some(reason.clone());
                self.resume();
            }
            Decision::Cancel { .. } => {
                self.cancelling = true;
                if held.is_some() || asked.is_some() {
                    self.resume();
                }
            }
            _ => {}
        }
    }

    /// Whether it holds before a step that has not begun.
    pub fn is_paused(&self) -> bool {
        let RunPhase::Holding { step, .. } = self.phase else { return false };
        let waiting = |now: &StepNow| now.state == StepState::Waiting;
        self.rolling_back.is_none() && self.steps.get(usize::from(step)).is_some_and(waiting)
    }

    /// Forgets how the held step (or its undo) ended, so that it begins again; its attempts stay counted.
    fn clear(&mut self, step: u16) {
        let undoing = self.rolling_back.is_some();
        if let Some(now) = self.step_mut(step) {
            *(if undoing { &mut now.undo } else { &mut now.state }) = StepState::Waiting;
        }
    }

    /// Takes the held step (or its undo) as done, or as left for later.
    fn settle(&mut self, step: u16, end: StepEnd, reason: &str) {
        let undoing = self.rolling_back.is_some();
        if let Some(now) = self.step_mut(step) {
            let state = if undoing { &mut now.undo } else { &mut now.state };
            let duration_ms = if let StepState::Ended { duration_ms, .. } = state { *duration_ms } else { 0 };
            *state = StepState::Ended { end, why: reason.to_owned(), duration_ms };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        actor::Actor,
        decision::Edit,
        run::{AttemptEnd, ProcessRef, RunOutcome},
    };

    fn key(step: u16, undo: bool, attempt: u16) -> AttemptKey {
        AttemptKey { step, undo, attempt }
    }

    fn decided(id: i64, decision: Decision) -> RunEvent {
        RunEvent::Decided { id, actor: Actor::quarterdeck(), decision }
    }

    fn started(generation: u32) -> RunEvent {
        let process = ProcessRef { pid: 1, start_ticks: 1, boot_id: "b".into() };
        RunEvent::RunnerStarted { process, generation, adopted: generation > 1 }
    }

    fn ended(step: u16, undo: bool, state: StepEnd) -> RunEvent {
        RunEvent::StepEnded { step, undo, state, why: "w".into(), duration_ms: 7 }
    }

    fn begin(step: u16) -> Vec<RunEvent> {
        vec![RunEvent::StepStarted { step, undo: false }, RunEvent::Intent { key: key(step, false, 1) }]
    }

    fn fold(events: &[RunEvent]) -> RunState {
        let mut state = RunState::new(3);
        for (at, event) in (1..).zip(events) {
            state.apply(UnixMs(at), event);
        }
        state
    }

    fn failed_at_second() -> Vec<RunEvent> {
        let mut events = vec![started(1)];
        events.extend(begin(0));
        events.push(ended(0, false, StepEnd::Succeeded));
        events.extend(begin(1));
        events.push(ended(1, false, StepEnd::Failed));
        events
    }

    #[test]
    fn an_attempt_is_open_from_its_intent_to_its_end() {
        let mut events = vec![started(1)];
        events.extend(begin(0));
        let open = fold(&events).open_attempts.pop().unwrap();
        assert_eq!((open.key, open.process), (key(0, false, 1), None));
        events.push(RunEvent::AttemptEnded {
            key: key(0, false, 2),
            end: AttemptEnd::Exited { code: 0 },
            duration_ms: 1,
        });
        assert!(!fold(&events).open_attempts.is_empty(), "the end of another attempt is not this one's");
        events.push(RunEvent::AttemptEnded {
            key: key(0, false, 1),
            end: AttemptEnd::Exited { code: 0 },
            duration_ms: 1,
        });
        assert_eq!(fold(&events).open_attempts, []);
    }

    #[test]
    fn steps_side_by_side_have_an_open_attempt_each() {
        let mut events = vec![started(1)];
        events.extend(begin(0).into_iter().chain(begin(1)));
        let open =
            |events: &[RunEvent]| fold(events).open_attempts.iter().map(|open| open.key.step).collect::<Vec<_>>();
        assert_eq!(open(&events), [0, 1]);
        events.push(ended(0, false, StepEnd::Succeeded));
        assert_eq!(open(&events), [1]);
    }

    #[test]
    fn a_machine_that_is_left_for_later_settles_its_step_and_is_undone_with_the_rest() {
        let mut events = failed_at_second();
        events.push(RunEvent::Held { step: 1, why: "failed".into() });
        events.push(decided(4, Decision::Exclude { step: 1, reason: "its disk is gone".into() }));
        let state = fold(&events);
        assert!(matches!(&state.steps[1].state, StepState::Ended { end: StepEnd::Excluded, .. }));
        assert_eq!((state.phase.clone(), state.to_undo()), (RunPhase::Running, vec![1, 0]));
    }

    #[test]
    fn the_failed_step_is_undone_too_and_in_reverse() {
        assert_eq!(fold(&failed_at_second()).to_undo(), [1, 0]);
    }

    #[test]
    fn what_was_undone_is_not_undone_again_but_a_failed_undo_is_still_due() {
        let mut events = failed_at_second();
        events.push(RunEvent::RollbackStarted { why: "soak".into(), automatic: true });
        events.push(RunEvent::StepStarted { step: 1, undo: true });
        events.push(ended(1, true, StepEnd::Succeeded));
        events.push(RunEvent::StepStarted { step: 0, undo: true });
        assert_eq!(fold(&events).to_undo(), [0]);
        events.push(ended(0, true, StepEnd::Failed));
        assert_eq!(fold(&events).to_undo(), [0]);
    }

    #[test]
    fn an_adopting_runner_finds_the_hold_and_raises_the_generation() {
        let mut events = failed_at_second();
        events.push(RunEvent::Held { step: 1, why: "failed".into() });
        events.push(started(2));
        let state = fold(&events);
        assert_eq!(state.generation, 2);
        assert!(matches!(state.phase, RunPhase::Holding { step: 1, .. }));
        assert_eq!(state.started_at, Some(UnixMs(1)));
    }

    #[test]
    fn a_runner_of_an_older_generation_changes_nothing() {
        assert_eq!(fold(&[started(3), started(2)]).generation, 3);
    }

    #[test]
    fn retry_clears_the_held_step_and_keeps_its_attempts() {
        let mut events = failed_at_second();
        events.push(RunEvent::Held { step: 1, why: "failed".into() });
        events.push(decided(4, Decision::Retry { step: 1 }));
        let state = fold(&events);
        assert_eq!(state.phase, RunPhase::Running);
        assert_eq!((&state.steps[1].state, state.steps[1].attempts), (&StepState::Waiting, 1));
        assert_eq!(state.decided, 4);
    }

    #[test]
    fn a_pause_is_remembered_until_it_holds_and_ends_by_going_on() {
        let mut events = vec![started(1)];
        events.extend(begin(0));
        events.push(decided(3, Decision::Pause { reason: "lunch".into() }));
        let state = fold(&events);
        assert_eq!((state.pausing.as_deref(), &state.phase), (Some("lunch"), &RunPhase::Running));
        events.push(ended(0, false, StepEnd::Succeeded));
        events.push(RunEvent::Held { step: 1, why: "lunch".into() });
        let state = fold(&events);
        assert!(state.is_paused() && state.pausing.is_none());
        events.push(decided(4, Decision::Continue { step: 1 }));
        assert_eq!(fold(&events).phase, RunPhase::Running);
    }

    #[test]
    fn what_was_edited_stays_for_every_later_try() {
        let mut events = failed_at_second();
        events.push(RunEvent::Held { step: 1, why: "failed".into() });
        let word = crate::domain::decision::EditedWord { at: 1, text: "2".into() };
        let edit = Edit { words: vec![word], ..Edit::default() };
        events.push(decided(4, Decision::RetryEdited { step: 1, edit: edit.clone() }));
        let state = fold(&events);
        assert_eq!((state.edits.as_slice(), &state.steps[1].state), ([(1, edit)].as_slice(), &StepState::Waiting));
    }

    #[test]
    fn skip_takes_the_held_step_as_done() {
        let mut events = failed_at_second();
        events.push(RunEvent::Held { step: 1, why: "failed".into() });
        events.push(decided(4, Decision::Skip { step: 1, reason: "done by hand".into() }));
        let state = fold(&events);
        assert!(matches!(&state.steps[1].state, StepState::Ended { end: StepEnd::Skipped, duration_ms: 7, .. }));
        assert_eq!(state.phase, RunPhase::Running);
    }

    #[test]
    fn a_decision_for_another_step_is_counted_and_changes_nothing() {
        let mut events = failed_at_second();
        events.push(RunEvent::Held { step: 1, why: "failed".into() });
        events.push(decided(9, Decision::Skip { step: 0, reason: "x".into() }));
        let state = fold(&events);
        assert!(matches!(state.phase, RunPhase::Holding { step: 1, .. }));
        assert_eq!(state.decided, 9);
    }

    #[test]
    fn a_decision_to_roll_back_survives_a_crash_before_the_rollback_starts() {
        let mut events = failed_at_second();
        events.push(RunEvent::Held { step: 1, why: "failed".into() });
        events.push(decided(4, Decision::RollBack { reason: "bad".into() }));
        events.push(started(2));
        assert_eq!(fold(&events).phase, RunPhase::RollingBack { why: "bad".into() });
    }

    #[test]
    fn a_hold_while_undoing_goes_back_to_undoing() {
        let mut events = failed_at_second();
        events.push(RunEvent::RollbackStarted { why: "soak".into(), automatic: true });
        events.push(RunEvent::StepStarted { step: 1, undo: true });
        events.push(ended(1, true, StepEnd::Failed));
        events.push(RunEvent::Held { step: 1, why: "undo failed".into() });
        events.push(decided(1, Decision::Skip { step: 1, reason: "by hand".into() }));
        let state = fold(&events);
        assert_eq!(state.phase, RunPhase::RollingBack { why: "soak".into() });
        assert_eq!(state.to_undo(), [0]);
    }

    #[test]
    fn a_cancel_ends_a_hold_and_a_question() {
        let asked = RunEvent::Asked { step: 0, question: "sure?".into() };
        let state = fold(&[started(1), asked, decided(2, Decision::Cancel { reason: "no".into() })]);
        assert!(state.cancelling);
        assert_eq!(state.phase, RunPhase::Running);
    }

    #[test]
    fn an_answer_to_the_question_resumes() {
        let asked = RunEvent::Asked { step: 0, question: "sure?".into() };
        let answer = Decision::Answer { step: 0, yes: true, note: None };
        assert_eq!(fold(&[started(1), asked, decided(2, answer)]).phase, RunPhase::Running);
    }

    #[test]
    fn nothing_changes_after_the_end() {
        let over = RunEvent::Ended { outcome: RunOutcome::Succeeded, why: "done".into() };
        let mut events = vec![started(1), over];
        let before = fold(&events);
        events.extend(failed_at_second());
        events.push(decided(3, Decision::Cancel { reason: "late".into() }));
        assert_eq!(fold(&events), before);
        assert_eq!(before.outcome(), Some(RunOutcome::Succeeded));
    }

    fn any_event() -> impl proptest::strategy::Strategy<Value = RunEvent> {
        use proptest::prelude::*;
        let end =
            proptest::sample::select(vec![StepEnd::Succeeded, StepEnd::Failed, StepEnd::Unknown, StepEnd::Skipped]);
        (0..13_u8, 0..5_u16, any::<bool>(), 1..4_u16, end).prop_map(|(which, step, undo, n, state)| match which {
            0 => started(u32::from(n)),
            1 | 2 => RunEvent::StepStarted { step, undo },
            3 => RunEvent::Intent { key: key(step, undo, n) },
            4 => RunEvent::AttemptEnded { key: key(step, undo, n), end: AttemptEnd::TimedOut, duration_ms: 1 },
            5 | 6 => ended(step, undo, state),
            7 => RunEvent::Held { step, why: "h".into() },
            8 => RunEvent::Asked { step, question: "q".into() },
            9 => decided(n.into(), Decision::Retry { step }),
            10 => decided(n.into(), Decision::Skip { step, reason: "s".into() }),
            11 => RunEvent::RollbackStarted { why: "r".into(), automatic: undo },
            _ => decided(n.into(), Decision::Cancel { reason: "c".into() }),
        })
    }

    proptest::proptest! {
        #[test]
        fn any_events_in_any_order_fold_into_a_state_that_holds_together(
            events in proptest::collection::vec(any_event(), 0..40),
        ) {
            let state = fold(&events);
            proptest::prop_assert_eq!(state.steps.len(), 3);
            proptest::prop_assert!(state.current.is_none_or(|step| step < 3));
            let undo = state.to_undo();
            proptest::prop_assert!(undo.windows(2).all(|pair| pair[0] > pair[1]));
            proptest::prop_assert!(undo.iter().all(|step| state.steps[usize::from(*step)].started_at.is_some()));
            if let RunPhase::RollingBack { .. } = state.phase {
                proptest::prop_assert!(state.rolling_back.is_some());
            }
            let json = serde_json::to_string(&state).unwrap();
            proptest::prop_assert_eq!(serde_json::from_str::<RunState>(&json).unwrap(), state);
        }
    }
}
