//! Steps side by side: a thread and a desk for each that is under way.
//!
//! A thread takes the next step that is not over, brings it to its end and takes another, so that at most so many are
//! under way as the batch says. Once one has ended badly no other begins. What has begun already comes to its end, or is
//! ended, as the batch says; what an earlier runner had begun is gone on with first.

use std::{collections::VecDeque, ops::Range, panic, sync::Mutex, sync::PoisonError, thread};

use super::{forward::forward, next::is_bad};
use crate::{
    domain::run::StepState,
    run::{
        desk::{Desk, Interrupt},
        error::RunnerError,
    },
};

/// Brings the steps of a batch to their end, or as far as the rules let them begin.
pub fn batch(desk: &mut Desk, steps: Range<u16>) -> Result<(), RunnerError> {
    let state = |step: u16| desk.state.steps.get(usize::from(step)).map(|now| &now.state);
    let running = steps.clone().filter(|step| state(*step) == Some(&StepState::Running));
    let waiting = steps.clone().filter(|step| state(*step) == Some(&StepState::Waiting));
    let queue: VecDeque<u16> = running.chain(waiting).collect();
    let at_most = desk.plan.batch_of(steps.start).map_or(1, |batch| usize::from(batch.at_most));
    let lanes = at_most.min(queue.len());
    // Looked up once for all; a step that can't have its secrets says so.
    let _ = desk.resolve_secrets();
    let queue = Mutex::new(queue);
    if lanes <= 1 {
        return lane(desk, &queue, &steps);
    }
    let desks = (0..lanes).map(|_| desk.beside()).collect::<Result<Vec<_>, _>>()?;
    let (queue, steps) = (&queue, &steps);
    let results = thread::scope(|scope| {
        let threads: Vec<_> = desks
            .into_iter()
            .map(|mut desk| scope.spawn(move || lane(&mut desk, queue, steps).inspect_err(|_| desk.give_up())))
            .collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    desk.rejoin();
    let mut first = Ok(());
    for result in results {
        match result {
            Ok(Err(error)) if first.is_ok() || matches!(first, Err(RunnerError::Beside { .. })) => first = Err(error),
            Ok(_) => {}
            Err(panicked) => panic::resume_unwind(panicked),
        }
    }
    first
}

fn lane(desk: &mut Desk, queue: &Mutex<VecDeque<u16>>, steps: &Range<u16>) -> Result<(), RunnerError> {
    loop {
        let Some(step) = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front() else { return Ok(()) };
        let interrupt = desk.interrupt()?;
        let begun = desk.state.steps.get(usize::from(step)).is_some_and(|now| now.state == StepState::Running);
        let plan = desk.plan.clone();
        let failed = steps.clone().any(|step| is_bad(&desk.state, &|step| plan.batch_of(step), step));
        // A time that is up is told by a step that fails of it.
        if !begun
            && (failed
                || desk.state.pausing.is_some()
                || matches!(interrupt, Some(Interrupt::Person | Interrupt::Fellow(_))))
        {
            return Ok(());
        }
        forward(desk, step)?;
    }
}
