//! Crash points: the moments between two durable writes at which a test kills this process.
//!
//! A boundary that nobody tests is where output is lost and commands run twice. So each has a name in [`POINTS`], and a
//! test compares the names with the list of fault tests. Only builds with debug assertions ever crash on purpose.

use std::{
    env,
    fs::OpenOptions,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use rustix::process::{Signal, getpid, kill_process};

/// All crash points, in the order a run passes them.
pub const POINTS: &[&str] = &[
    "runner.after_started",
    "runner.after_intent",
    "runner.after_launch",
    "runner.after_spawned",
    "runner.after_log",
    "runner.before_end",
    "runner.after_end",
    "runner.after_step",
    "runner.after_rollback_started",
    "runner.before_over",
    "migrate.announced",
    "migrate.counted",
    "migrate.before_commit",
    "migrate.after_commit",
    "backup.scratch_made",
];

/// Points of the console: at these it panics, which must give the terminal back and leave runs alone.
pub const PANICS: &[&str] = &["console.key", "console.feed"];

/// Which point to crash at: `NAME` or `NAME:N` for the Nth time it is passed.
pub const AT: &str = "QUARTERDECK_CRASH_AT";
/// A file that is created at the crash; if it exists already nobody crashes, so that a successor lives.
pub const ONCE: &str = "QUARTERDECK_CRASH_ONCE";

/// Passes a crash point: ends this process by SIGKILL if a test asked for that.
///
/// # Panics
/// At one of [`PANICS`], if a test asked for that.
pub fn point(name: &'static str) {
    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    debug_assert!(POINTS.contains(&name) || PANICS.contains(&name), "the crash point {name} is not registered");
    if !cfg!(debug_assertions) {
        return;
    }
    let Some((wanted, nth)) = WANTED.get_or_init(|| env::var(AT).ok().map(|value| parse(&value))) else { return };
    if wanted == name && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *nth && first_to_crash() {
        assert!(!PANICS.contains(&name), "a test asked for a panic at {name}");
        let _ = kill_process(getpid(), Signal::KILL);
    }
}

fn parse(value: &str) -> (String, u64) {
    match value.rsplit_once(':') {
        Some((name, nth)) => (name.to_owned(), nth.parse().unwrap_or(1)),
        None => (value.to_owned(), 1),
    }
}

fn first_to_crash() -> bool {
    env::var_os(ONCE).is_none_or(|marker| OpenOptions::new().write(true).create_new(true).open(marker).is_ok())
}
