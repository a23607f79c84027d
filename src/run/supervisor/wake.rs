//! Waiting for news from an attempt without asking all the time.

use std::{path::Path, time::Duration};

/// Wakes its owner when a file of the attempt changed: by inotify, or every 250 ms where there is none.
#[derive(Debug)]
pub struct AttemptWatch {}

impl AttemptWatch {
    /// Watches the attempt directory `dir`.
    pub fn new(dir: &Path) -> Self {
        todo!("{}", dir.display())
    }

    /// Blocks until something changed or `timeout` has passed; `true` if something changed. Changes since the last call
    /// count. Not within an async task: use a thread of its own.
    pub fn wait(&mut self, timeout: Duration) -> bool {
        todo!("{timeout:?}")
    }
}
