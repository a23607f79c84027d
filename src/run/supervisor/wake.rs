//! Waiting for news from an attempt without asking all the time.

use std::{
    mem::MaybeUninit,
    os::fd::OwnedFd,
    path::Path,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::inotify,
    io::Errno,
};

/// How often to look where there is no inotify.
const FALLBACK: Duration = Duration::from_millis(250);

/// Wakes its owner when a file of the attempt changed: by inotify, or every 250 ms where there is none.
#[derive(Debug)]
pub struct AttemptWatch {
    events: Option<OwnedFd>,
}

impl AttemptWatch {
    /// Watches the attempt directory `dir`: new lines, start, end.
    pub fn new(dir: &Path) -> Self {
        use inotify::WatchFlags;
        Self::of(dir, WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO)
    }

    /// Only what appears in the directory, for the supervisor, which does not want to hear of its own lines.
    pub(super) fn appearances(dir: &Path) -> Self {
        use inotify::WatchFlags;
        Self::of(dir, WatchFlags::CREATE | WatchFlags::MOVED_TO)
    }

    fn of(dir: &Path, what: inotify::WatchFlags) -> Self {
        let open = || {
            let events = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
            inotify::add_watch(&events, dir, what | inotify::WatchFlags::ONLYDIR)?;
            Ok::<OwnedFd, Errno>(events)
        };
        Self { events: open().ok() }
    }

    /// Blocks until something changed or `timeout` has passed; `true` if something changed, or may have. Changes since the
    /// last call count. Not within an async task: use a thread of its own.
    pub fn wait(&mut self, timeout: Duration) -> bool {
        let Some(events) = &self.events else {
            std::thread::sleep(timeout.min(FALLBACK));
            return true;
        };
        let until = Instant::now() + timeout;
        loop {
            let rest = until.saturating_duration_since(Instant::now());
            let mut descriptors = [PollFd::new(events, PollFlags::IN)];
            match poll(&mut descriptors, Some(&timespec(rest))) {
                Ok(0) => return false,
                Err(Errno::INTR) => {}
                Ok(_) | Err(_) => {
                    self.drain();
                    return true;
                }
            }
        }
    }

    /// The descriptor to poll, if there is one.
    pub(super) fn descriptor(&self) -> Option<&OwnedFd> {
        self.events.as_ref()
    }

    /// Forgets what happened so far.
    pub(super) fn drain(&self) {
        let Some(events) = &self.events else { return };
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(events, &mut buffer);
        while reader.next().is_ok() {}
    }
}

/// A duration as `poll` takes it.
pub(super) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_wakes_and_silence_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut watch = AttemptWatch::new(dir.path());
        assert!(!watch.wait(Duration::from_millis(20)));
        std::fs::write(dir.path().join("spool"), "x").unwrap();
        assert!(watch.wait(Duration::from_secs(5)));
        assert!(!watch.wait(Duration::from_millis(20)));
    }
}
