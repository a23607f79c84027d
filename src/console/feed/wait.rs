//! Sleeping until the history changes, the interest changes, or time is up.

use std::{
    mem::MaybeUninit,
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::inotify::{self, CreateFlags, WatchFlags},
};

use crate::store::state_dir::StateDir;

/// What the feed sleeps on.
#[derive(Debug)]
pub struct Waiting {
    /// Writes in the state directory; `None` where inotify is not to be had: then only time wakes us.
    changes: Option<OwnedFd>,
    bell: OwnedFd,
}

impl Waiting {
    /// On the history's directory (its write-ahead file comes and goes) and on a bell.
    pub fn new(state: &StateDir, bell: OwnedFd) -> Self {
        let changes = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok().filter(|changes| {
            inotify::add_watch(changes, state.path(), WatchFlags::MODIFY | WatchFlags::CREATE).is_ok()
        });
        Self { changes, bell }
    }

    /// For `pause` only the bell wakes us; after that the history does too, until `longest` is over.
    pub fn wait(&self, pause: Duration, longest: Duration) {
        if !pause.is_zero() && self.rings_within(pause.min(longest)) {
            return;
        }
        let Some(changes) = &self.changes else {
            self.rings_within(longest.saturating_sub(pause));
            return;
        };
        let mut fds = [
            PollFd::from_borrowed_fd(self.bell.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(changes.as_fd(), PollFlags::IN),
        ];
        let _ = poll(&mut fds, timeout(longest.saturating_sub(pause)).as_ref());
        self.drain();
    }

    fn rings_within(&self, time: Duration) -> bool {
        let mut fds = [PollFd::from_borrowed_fd(self.bell.as_fd(), PollFlags::IN)];
        let rung = matches!(poll(&mut fds, timeout(time).as_ref()), Ok(1..));
        if rung {
            self.drain();
        }
        rung
    }

    /// Takes in what was signalled: what happened is asked of the history, not of the signals.
    fn drain(&self) {
        let mut count = [0u8; 8];
        let _ = rustix::io::read(&self.bell, &mut count);
        if let Some(changes) = &self.changes {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut events = inotify::Reader::new(changes, &mut buffer);
            while events.next().is_ok() {}
        }
    }
}

fn timeout(time: Duration) -> Option<Timespec> {
    Timespec::try_from(time).ok()
}
