//! The thread that writes to the terminal. One frame is written at a time; whoever draws is told when it is done and then
//! draws the newest state, so a slow terminal drops frames and delays nothing.

use std::{
    io,
    sync::mpsc::{self, SyncSender, TrySendError},
    thread::JoinHandle,
};

use rustix::io::Errno;

/// The writing thread.
#[derive(Debug)]
pub struct Writer {
    frames: Option<SyncSender<Vec<u8>>>,
    busy: bool,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Writes to standard output, and calls `done` after each frame, with `false` if the line is gone. Ends when `done`
    /// says that nobody listens.
    pub fn start(mut done: impl FnMut(bool) -> bool + Send + 'static) -> io::Result<Self> {
        let (frames, waiting) = mpsc::sync_channel::<Vec<u8>>(1);
        let thread = std::thread::Builder::new().name("frames".into()).spawn(move || {
            for frame in waiting {
                let alive = write_all(&frame);
                if !done(alive) || !alive {
                    return;
                }
            }
        })?;
        Ok(Self { frames: Some(frames), busy: false, thread: Some(thread) })
    }

    /// Whether a frame is still being written.
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// Hands over a frame. Only while not busy.
    pub fn write(&mut self, frame: Vec<u8>) {
        let Some(frames) = &self.frames else { return };
        self.busy = !matches!(frames.try_send(frame), Err(TrySendError::Disconnected(_)));
    }

    /// The frame handed over last was written.
    pub fn written(&mut self) {
        self.busy = false;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.frames = None;
        // A stalled terminal must not hold up the end: a thread that still writes is left behind.
        if let Some(thread) = self.thread.take().filter(|_| !self.busy) {
            let _ = thread.join();
        }
    }
}

fn write_all(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match rustix::io::write(io::stdout(), bytes) {
            Ok(count) => bytes = &bytes[count.min(bytes.len())..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                // Somebody made the terminal non-blocking: wait until it takes more.
                let stdout = io::stdout();
                let mut fds = [rustix::event::PollFd::new(&stdout, rustix::event::PollFlags::OUT)];
                if !matches!(rustix::event::poll(&mut fds, None), Ok(_) | Err(Errno::INTR)) {
                    return false;
                }
            }
            Err(_) => return false,
        }
    }
    true
}
