//! Replacing a runner that died.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use super::{attempt::is_locked, spec::Respawn};
use crate::proc::detached;

/// How often to look at the runner's lock.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The first pause after a respawn that nobody was seen to follow; it doubles up to the second.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Watches a run's locks and starts a runner when none is held.
pub(super) struct RunnerWatch<'a> {
    respawn: &'a Respawn,
    secrets: &'a BTreeMap<String, String>,
    next_look: Instant,
    not_before: Instant,
    pause: Duration,
}

impl<'a> RunnerWatch<'a> {
    pub fn new(respawn: &'a Respawn, secrets: &'a BTreeMap<String, String>, now: Instant) -> Self {
        Self { respawn, secrets, next_look: now + LOOK_EVERY, not_before: now, pause: FIRST_PAUSE }
    }

    /// When to call [`look`](Self::look) next.
    pub fn next_look(&self) -> Instant {
        self.next_look
    }

    /// Starts a runner if none lives. The last look, at the command's end, waits for no pause.
    pub fn look(&mut self, now: Instant, last: bool) {
        if now < self.next_look && !last {
            return;
        }
        self.next_look = now + LOOK_EVERY;
        if self.runner_lives() {
            (self.not_before, self.pause) = (now, FIRST_PAUSE);
        } else if now >= self.not_before || last {
            (self.not_before, self.pause) = (now + self.pause, (self.pause * 2).min(LONGEST_PAUSE));
            self.spawn();
        }
    }

    /// Whether the lock of the newest generation is held; older generations were taken over.
    fn runner_lives(&self) -> bool {
        let prefix = format!("run-{}.", self.respawn.run.0);
        let generations = fs::read_dir(&self.respawn.locks).into_iter().flatten().flatten().filter_map(|entry| {
            let name = entry.file_name();
            name.to_str()?.strip_prefix(&prefix)?.strip_suffix(".lock")?.parse::<u32>().ok()
        });
        let Some(newest) = generations.max() else { return false };
        // What can't be asked is left alone.
        is_locked(&self.respawn.locks.join(format!("{prefix}{newest}.lock"))).unwrap_or(true)
    }

    /// The runner must not become our child, or it would be taken for something the command left behind: for this moment
    /// orphans go to somebody else.
    fn spawn(&self) {
        let secrets = serde_json::to_vec(self.secrets).unwrap_or_default();
        let _ = rustix::process::set_child_subreaper(None);
        // If it fails it is tried again after the pause.
        let _ = detached::spawn_detached(Path::new("/proc/self/exe"), &self.respawn.arguments, Some(&secrets));
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }
}
