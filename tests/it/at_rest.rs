//! The console while nothing happens: it writes nothing, and it never asks the terminal anything.

use std::{
    fs,
    time::{Duration, Instant},
};

use pty_process::blocking::Command;
use quarterdeck::{
    domain::{
        health::Health, id::LookKey, probe::Phases, series::LookRow, status::LookNow, time::UnixMs, verdict::Verdict,
    },
    store::{
        Store,
        lock::{self, HeldLock},
        state_dir::StateDir,
    },
};

use crate::support::terminal::{PATIENCE, Terminal};

/// It looks at the history every 2 s, and reads it all again after 6 s: three times at least within this.
const WINDOW: Duration = Duration::from_secs(20);
/// The clock in the header.
const CLOCK_BYTES: usize = 64;

/// A project with one service that was looked at once, and the watcher's lock, so that nobody watches.
struct Project {
    dir: tempfile::TempDir,
    store: Store,
    _watching: Option<HeldLock>,
}

impl Project {
    fn looked_at(at: UnixMs) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let text = "[project]\nname = \"Rest\"\n[environments.test]\n\
                    [services.api.probes.ready]\ntcp = \"127.0.0.1:9\"\nevery = \"1s\"\n";
        fs::write(dir.path().join("quarterdeck.toml"), text).unwrap();
        let state = StateDir::at(dir.path().join("state"));
        state.create().unwrap();
        let watching = lock::try_lock(&state.watch_lock()).unwrap();
        assert!(watching.is_some());
        let store = Store::open(&state).unwrap();
        let key = LookKey { env: "test".into(), service: "api".into(), probe: "ready".into() };
        let look = store.register_look(key.clone(), Vec::new()).wait().unwrap();
        let (verdict, latency_ms) = (Verdict::Pass, Some(4.0));
        let row = LookRow { look, at, verdict, degraded: false, latency_ms, values: Vec::new() };
        store.append_looks(vec![row]).wait().unwrap();
        let now = LookNow {
            key,
            at,
            stale: false,
            health: Health::Up,
            since: at,
            verdict,
            latency_ms,
            detail: String::new(),
            phases: Phases::default(),
            values: Vec::new(),
            version: None,
            ceilings: Vec::new(),
            facts: Vec::new(),
            notes: Vec::new(),
        };
        store.set_current(vec![now]).wait().unwrap();
        Self { dir, store, _watching: watching }
    }

    fn console(&self) -> Terminal {
        let command = Command::new(env!("CARGO_BIN_EXE_quarterdeck")).arg("--config");
        let command = command.arg(self.dir.path().join("quarterdeck.toml")).arg("--state");
        Terminal::start(command.arg(self.store.state().path()), 120, 40)
    }
}

/// Bytes written within a window that begins once nothing was written for a second.
fn written_at_rest(terminal: &Terminal) -> Vec<u8> {
    let began = Instant::now();
    let (mut before, mut since) = (terminal.written().len(), Instant::now());
    while since.elapsed() < Duration::from_secs(1) {
        assert!(began.elapsed() < PATIENCE, "it never rests; the screen shows:\n{}", terminal.screen());
        std::thread::sleep(Duration::from_millis(20));
        let now = terminal.written().len();
        if now != before {
            (before, since) = (now, Instant::now());
        }
    }
    let window = Instant::now();
    while window.elapsed() < WINDOW {
        assert!(!terminal.closed(), "it ended; the screen shows:\n{}", terminal.screen());
        std::thread::sleep(Duration::from_millis(50));
    }
    terminal.written().split_off(before)
}

fn now() -> UnixMs {
    chrono::Utc::now().into()
}

#[test]
fn nothing_is_written_while_nothing_changes_but_the_minute() {
    let project = Project::looked_at(now().before(Duration::from_hours(2)));
    let terminal = project.console();
    terminal.wait_until("the stale service", PATIENCE, |screen| screen.contains("api") && screen.contains("unknown"));
    let written = written_at_rest(&terminal);
    assert!(written.len() < CLOCK_BYTES, "{} bytes: {:?}", written.len(), String::from_utf8_lossy(&written));
}

#[test]
fn a_look_that_went_stale_is_told_once() {
    // It goes stale after 10 s more: a console that starts slowly still sees it fresh.
    let project = Project::looked_at(now().after(PATIENCE / 2));
    let terminal = project.console();
    terminal.wait_until("the service to be up", PATIENCE, |screen| screen.contains("api") && screen.contains(" up "));
    terminal.wait_until("its look to go stale", 2 * PATIENCE, |screen| screen.contains("unknown"));
    let written = written_at_rest(&terminal);
    // What is told in minutes may move, each once: the clock, the chart, and how long ago the look was.
    let frames = String::from_utf8_lossy(&written).matches("\x1b[?2026h").count();
    assert!(frames <= 3 && written.len() < 1_000, "{frames} frames: {:?}", String::from_utf8_lossy(&written));
}

#[test]
fn the_services_are_shown_and_the_terminal_was_asked_nothing() {
    let project = Project::looked_at(now().before(Duration::from_hours(2)));
    let terminal = project.console();
    terminal.wait_until("the stale service", PATIENCE, |screen| screen.contains("api") && screen.contains("unknown"));
    let written = String::from_utf8(terminal.written()).unwrap();
    // Every sequence that begins a question: cursor, attributes, modes, keyboard, colours, capabilities, window.
    for question in ["n", "c", "$p", "?u", "q", "t", "x"] {
        let asked = written.split("\x1b[").skip(1).filter(|rest| {
            let end = rest.find(|sign: char| ('@'..='~').contains(&sign)).map_or(rest.len(), |end| end + 1);
            rest[..end].ends_with(question)
        });
        assert_eq!(asked.count(), 0, "a question ending in {question:?} in {written:?}");
    }
    for question in ["\x1b]", "\x1bP", "\x1b_", "\x05"] {
        assert!(!written.contains(question), "{question:?} in {written:?}");
    }
}
