//! What the desks of steps side by side share.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use crate::domain::run::EventRow;

/// See the module.
#[derive(Default)]
pub(super) struct Together {
    /// What was recorded since they parted, in order.
    events: Mutex<Vec<EventRow>>,
    /// One of them can't go on: all must end, so that a successor takes over.
    broken: AtomicBool,
}

impl Together {
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    pub(super) fn break_up(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    pub(super) fn events(&self) -> MutexGuard<'_, Vec<EventRow>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
