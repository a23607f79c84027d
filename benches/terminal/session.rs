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
    /// Chunks that held the mark.
    marks: u64,
}

/// What a program writes where its selection is: its answer to a key, whatever else it writes.
pub type Mark = &'static [u8];

/// One program in one terminal of 120 by 40.
pub struct Session {
    pty: Arc<Pty>,
    child: Child,
    began: Instant,
    written: Arc<(Mutex<Written>, Condvar)>,
}

impl Session {
    pub fn start(command: Command, mark: Mark) -> Self {
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
                written.marks += u64::from(buffer[..count].windows(mark.len()).any(|bytes| bytes == mark));
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

    /// From a key to the mark of the selection at its new place.
    pub fn press(&mut self, key: &str) -> Duration {
        let mut written = self.written.0.lock().unwrap();
        let before = written.marks;
        let pressed = Instant::now();
        (&*self.pty).write_all(key.as_bytes()).unwrap();
        while written.marks == before {
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

    /// Times its threads went to sleep so far, which is how often they were woken.
    pub fn sleeps(&self) -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        tasks.map(|task| field(&task.unwrap().path().join("status"), "voluntary_ctxt_switches:")).sum()
    }

    /// Its memory, in MB.
    pub fn resident(&self) -> f64 {
        field(format!("/proc/{}/status", self.child.id()).as_ref(), "VmRSS:") as f64 / 1024.0
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

/// A number of a file in /proc.
fn field(path: &std::path::Path, name: &str) -> u64 {
    let text = std::fs::read_to_string(path).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

pub fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
