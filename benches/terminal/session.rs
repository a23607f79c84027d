//! A program in a PTY, and a clock on what it writes.

use std::{
    io::{Read, Write},
    process::Child,
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use pty_process::{
    Size,
    blocking::{Command, Pty},
};

/// Characters that make a frame, and the silence that ends it.
const FRAME: u64 = 500;
const SILENCE: Duration = Duration::from_millis(30);
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Written {
    bytes: u64,
    last: Option<Instant>,
}

/// One program in one terminal of 120 by 40.
pub struct Session {
    pty: Arc<Pty>,
    child: Child,
    began: Instant,
    written: Arc<(Mutex<Written>, Condvar)>,
}

impl Session {
    pub fn start(command: Command) -> Self {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(40, 120)).unwrap();
        let began = Instant::now();
        let child = command.env("TERM", "xterm-256color").env_remove("NO_COLOR").spawn(pts).unwrap();
        let pty = Arc::new(pty);
        let written = Arc::new((Mutex::new(Written::default()), Condvar::new()));
        let (reading, noting) = (Arc::clone(&pty), Arc::clone(&written));
        std::thread::spawn(move || {
            let mut buffer = [0; 16 << 10];
            while let Ok(count @ 1..) = (&*reading).read(&mut buffer) {
                let mut written = noting.0.lock().unwrap();
                written.bytes += count as u64;
                written.last = Some(Instant::now());
                noting.1.notify_all();
            }
        });
        Self { pty, child, began, written }
    }

    /// From the start to the last byte before the first silence of 30 ms.
    pub fn first_frame(&mut self) -> Duration {
        loop {
            assert!(self.began.elapsed() < PATIENCE, "no frame within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(1));
            let written = self.written.0.lock().unwrap();
            if let Some(last) = written.last.filter(|last| written.bytes > FRAME && last.elapsed() > SILENCE) {
                return last - self.began;
            }
        }
    }

    /// From a key to the first byte of the answer.
    pub fn press(&mut self, key: &str) -> Duration {
        let mut written = self.written.0.lock().unwrap();
        let before = written.bytes;
        let pressed = Instant::now();
        (&*self.pty).write_all(key.as_bytes()).unwrap();
        while written.bytes == before {
            let (next, timeout) = self.written.1.wait_timeout(written, PATIENCE).unwrap();
            assert!(!timeout.timed_out(), "no answer to {key:?}");
            written = next;
        }
        written.last.unwrap() - pressed
    }

    pub fn type_text(&mut self, text: &str) {
        (&*self.pty).write_all(text.as_bytes()).unwrap();
    }

    pub fn bytes(&self) -> u64 {
        self.written.0.lock().unwrap().bytes
    }

    /// Bytes written a second over `time`; `each_second` is called once a second.
    pub fn rate(&mut self, time: Duration, each_second: impl Fn()) -> f64 {
        let (before, began) = (self.bytes(), Instant::now());
        while began.elapsed() < time {
            each_second();
            std::thread::sleep(Duration::from_secs(1));
        }
        (self.bytes() - before) as f64 / began.elapsed().as_secs_f64()
    }

    pub fn quit(mut self) {
        self.type_text("q");
        let began = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            if began.elapsed() > Duration::from_secs(2) {
                self.child.kill().unwrap();
                self.child.wait().unwrap();
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

pub fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
