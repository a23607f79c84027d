//! A terminal with a person at it: a real PTY, a real VT parser, keys pressed and screens read.

use std::{
    io::{Read, Write},
    num::NonZeroU16,
    process::Child,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use pty_process::{
    Size,
    blocking::{Command, Pty},
};

/// How long a person waits for the screen to show something before giving up.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A program running in a terminal of a given size.
pub struct Terminal {
    pty: Arc<Pty>,
    child: Child,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    screen: vt100::Parser,
    /// All that was written.
    written: Vec<u8>,
    closed: bool,
}

impl Terminal {
    /// Starts `command` in a terminal of `columns` by `rows`.
    pub fn start(command: Command, columns: u16, rows: u16) -> Self {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(rows, columns)).unwrap();
        let child = command.env("TERM", "xterm-256color").env_remove("NO_COLOR").spawn(pts).unwrap();
        let pty = Arc::new(pty);
        let (rows, columns) = (NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap());
        let seen = Seen { screen: vt100::Parser::new(rows, columns, 0), written: Vec::new(), closed: false };
        let seen = Arc::new(Mutex::new(seen));
        let (reading, watching) = (Arc::clone(&pty), Arc::clone(&seen));
        std::thread::spawn(move || read(&reading, &watching));
        Self { pty, child, seen }
    }

    /// Types text as it is; `\r` is Enter, `\x1b` is Esc.
    pub fn press(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).unwrap();
    }

    /// Gives the terminal another size; either may be 0.
    pub fn resize(&self, columns: u16, rows: u16) {
        if let (Some(columns), Some(rows)) = (NonZeroU16::new(columns), NonZeroU16::new(rows)) {
            self.seen.lock().unwrap().screen.screen_mut().set_size(rows, columns);
        }
        self.pty.resize(Size::new(rows, columns)).unwrap();
    }

    /// What the screen shows now.
    pub fn screen(&self) -> String {
        self.seen.lock().unwrap().screen.screen().contents().clone()
    }

    /// All bytes written so far.
    pub fn written(&self) -> Vec<u8> {
        self.seen.lock().unwrap().written.clone()
    }

    /// Waits until the screen shows `text`; the whole screen is in the complaint if it never does.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(text, PATIENCE, |screen| screen.contains(text))
    }

    /// Waits until `right` says so.
    pub fn wait_until(&self, what: &str, patience: Duration, right: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if right(&screen) {
                return screen;
            }
            assert!(
                began.elapsed() < patience && !self.closed(),
                "waited {:?} for {what}; the screen shows:\n{screen}",
                began.elapsed()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether the program closed its terminal.
    pub fn closed(&self) -> bool {
        self.seen.lock().unwrap().closed
    }

    /// Whether the program has left the terminal as it found it: main screen, cursor shown, no paste mode.
    pub fn is_restored(&self) -> bool {
        let seen = self.seen.lock().unwrap();
        let screen = seen.screen.screen();
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the program to end, and until all it wrote was read; its exit code, or `None` for a signal.
    pub fn end(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap()
                && self.closed()
            {
                return status.code();
            }
            assert!(began.elapsed() < PATIENCE, "the program does not end; the screen shows:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(pty: &Pty, seen: &Mutex<Seen>) {
    let mut buffer = [0; 16 << 10];
    let mut pty = pty;
    while let Ok(count @ 1..) = pty.read(&mut buffer) {
        let mut seen = seen.lock().unwrap();
        seen.screen.process(&buffer[..count]);
        seen.written.extend_from_slice(&buffer[..count]);
    }
    seen.lock().unwrap().closed = true;
}
