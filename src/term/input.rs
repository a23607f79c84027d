//! The thread that reads what a person types. It sleeps until bytes come; nothing ticks.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    thread::JoinHandle,
    time::Duration,
};

use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll},
    io::Errno,
};

use super::{event::Event, keys::Parser};

/// After this pause an escape is the Esc key. Sequences come in one piece, also over slow links.
const ESCAPE: Duration = Duration::from_millis(40);

/// The reading thread; dropping it ends it.
#[derive(Debug)]
pub struct Input {
    stop: OwnedFd,
    thread: Option<JoinHandle<()>>,
}

impl Input {
    /// Reads standard input and hands events to `deliver` until that says no more (returns false), or the line is gone.
    pub fn start(deliver: impl FnMut(Event) -> bool + Send + 'static) -> io::Result<Self> {
        let stop = eventfd(0, EventfdFlags::CLOEXEC)?;
        let stopped = stop.try_clone()?;
        let thread =
            std::thread::Builder::new().name("input".into()).spawn(move || read_until_stopped(&stopped, deliver))?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        // The thread sleeps in `poll` on this too. It can't fail: the counter is far from full.
        let _ = rustix::io::write(&self.stop, &1u64.to_ne_bytes());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read_until_stopped(stop: &OwnedFd, mut deliver: impl FnMut(Event) -> bool) {
    let stdin = io::stdin();
    let mut parser = Parser::default();
    let mut bytes = [0u8; 4096];
    let mut events = Vec::new();
    loop {
        let wait = if parser.waits() { Some(ESCAPE) } else { None };
        match wait_for_bytes(stop, &stdin, wait) {
            Ready::Bytes => match rustix::io::read(&stdin, &mut bytes) {
                Ok(0) => events.push(Event::Gone),
                Ok(count) => parser.feed(&bytes[..count], &mut events),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => events.push(Event::Gone),
            },
            Ready::Nothing => parser.flush(&mut events),
            Ready::Gone => events.push(Event::Gone),
            Ready::Stop => return,
        }
        for event in events.drain(..) {
            let gone = event == Event::Gone;
            if !deliver(event) || gone {
                return;
            }
        }
    }
}

/// What a wait came to.
enum Ready {
    Bytes,
    Nothing,
    Gone,
    Stop,
}

fn wait_for_bytes(stop: &OwnedFd, stdin: &io::Stdin, wait: Option<Duration>) -> Ready {
    let mut fds =
        [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN), PollFd::from_borrowed_fd(stop.as_fd(), PollFlags::IN)];
    let timeout = wait.and_then(|wait| Timespec::try_from(wait).ok());
    match poll(&mut fds, timeout.as_ref()) {
        Ok(_) if fds[1].revents().contains(PollFlags::IN) => Ready::Stop,
        // Bytes sent before the line was cut are read first; then the read says that it is gone.
        Ok(_) if fds[0].revents().contains(PollFlags::IN) => Ready::Bytes,
        Ok(0) | Err(Errno::INTR) => Ready::Nothing,
        Ok(_) if fds[0].revents().is_empty() => Ready::Nothing,
        Ok(_) | Err(_) => Ready::Gone,
    }
}
