//! Desks of steps side by side: one for each thread, over what they share.

use std::{cell::OnceCell, collections::VecDeque};

use super::Desk;
use crate::{
    domain::{
        placement::Others,
        run::{EventRow, StepEnd, StepState},
    },
    run::error::RunnerError,
};

impl Desk {
    pub(super) fn take_in(&mut self, common: &[EventRow]) {
        for row in common.get(self.seen..).unwrap_or_default() {
            self.state.apply(row.at, &row.event);
            self.events.push(row.clone());
        }
        self.seen = common.len();
    }

    /// A desk for a step beside others: the same run, history and values, with a reader and looks of its own. What one of
    /// them records the others take in before they record anything themselves, and whenever they hear.
    pub fn beside(&mut self) -> Result<Self, RunnerError> {
        let together = self.together.get_or_insert_default().clone();
        Ok(Self {
            store: self.store.clone(),
            reader: self.store.reader()?,
            run: self.run,
            plan: self.plan.clone(),
            state: self.state.clone(),
            events: self.events.clone(),
            late: self.late.clone(),
            runtime: super::runtime(self.run)?,
            prober: OnceCell::new(),
            masker: self.masker.clone(),
            secrets: self.secrets.clone(),
            step_began: None,
            at_work: None,
            together: Some(together),
            seen: self.seen,
            generation: self.generation,
            heard: self.heard,
            said: VecDeque::new(),
            deadline: self.deadline.clone(),
            _lock: None,
        })
    }

    /// Those beside can't go on either: they end at the next moment they hear.
    pub fn give_up(&self) {
        if let Some(together) = &self.together {
            together.break_up();
        }
    }

    /// After all desks beside are gone: takes in what they recorded.
    pub fn rejoin(&mut self) {
        if let Some(together) = self.together.take() {
            self.take_in(&together.events());
            self.seen = 0;
        }
    }

    /// A step beside the one at work that failed, where that ends the others.
    pub(super) fn failed_fellow(&self) -> Option<u16> {
        let ours = self.at_work?;
        let batch = self.plan.batch_of(ours).filter(|batch| batch.others == Others::Cancel)?;
        let beside = |step: u16| self.plan.batch_of(step).is_some_and(|other| other.number == batch.number);
        let failed = |state: &StepState| match state {
            StepState::Ended { end, .. } => !end.is_settled() && *end != StepEnd::Cancelled,
            _ => false,
        };
        (0..)
            .zip(&self.state.steps)
            .find(|(step, now)| *step != ours && beside(*step) && failed(&now.state))
            .map(|(step, _)| step)
    }
}
