//! Waiting that hears.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::run::{
    desk::{Desk, PAUSE},
    error::RunnerError,
};

/// Waits this long; `false` if a decision (or the run's timeout) ended it early. An undo is ended by a further cancel only.
pub fn pause(desk: &mut Desk, duration: Duration, undo: bool) -> Result<bool, RunnerError> {
    let end = Instant::now() + duration;
    let cancels = desk.cancels();
    loop {
        let interrupted = desk.interrupt()?.is_some();
        if if undo { desk.cancels() > cancels } else { interrupted } {
            return Ok(false);
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(true);
        }
        thread::sleep(left.min(PAUSE));
    }
}
