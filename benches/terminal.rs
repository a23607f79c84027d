//! The console from outside, through a PTY, beside a bare ratatui program of the same size in the same run.
//!
//! ```text
//! cargo bench --bench terminal
//! ```
//!
//! Read the ratios; the absolute times are of this machine at this moment. `docs/performance.md` says what each line means.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program, not the product")]

#[path = "terminal/bare.rs"]
mod bare;
#[path = "terminal/fixture.rs"]
mod fixture;
#[path = "terminal/session.rs"]
mod session;

use std::{thread, time::Duration};

use fixture::Fixture;
use quarterdeck::domain::time::UnixMs;
use session::{Mark, Session, median};

const STARTS: usize = 15;
const PRESSES: usize = 60;
const BARE: Mark = b">";
const OURS: Mark = "\u{25b8}".as_bytes();

fn main() {
    if std::env::args().any(|argument| argument == "--bare") {
        bare::run();
        return;
    }
    let fixture = Fixture::new(20);
    fixture.look_once();
    println!("| what | bare ratatui | quarterdeck | ratio | goal |\n|---|---|---|---|---|");
    compare("first frame, ms", 2.5, &starts(&bare_command), &starts(&|| fixture.console()));
    let (bare_keys, bare_burst) = (keys(&bare_command, BARE), burst(&bare_command));
    let (keys, burst) = (keys(&|| fixture.console(), OURS), burst(&|| fixture.console()));
    compare("key to screen, ms", 1.5, &bare_keys, &keys);
    println!("| 200 keys at once, bytes | {bare_burst} | {burst} | | at most 12,000 |");
    println!("| 20 services updating each second, bytes/s | | {:.0} | | at most 1,000 |", live(&fixture));
    flood(&fixture);
    let at_rest = Fixture::new(20);
    at_rest.look_at(UnixMs::from(chrono::Utc::now()).before(Duration::from_hours(2)));
    quiet("nothing changes", &at_rest);
    at_rest.look_once();
    quiet("looks go stale", &at_rest);
}

fn bare_command() -> pty_process::blocking::Command {
    pty_process::blocking::Command::new(std::env::current_exe().unwrap()).arg("--bare")
}

type Start<'a> = dyn Fn() -> pty_process::blocking::Command + 'a;

fn starts(start: &Start<'_>) -> Vec<f64> {
    (0..STARTS)
        .map(|_| {
            let mut session = Session::start(start(), BARE);
            let first = session.first_frame();
            session.quit();
            first.as_secs_f64() * 1e3
        })
        .collect()
}

fn keys(start: &Start<'_>, mark: Mark) -> Vec<f64> {
    let mut session = Session::start(start(), mark);
    session.first_frame();
    thread::sleep(Duration::from_secs(1));
    let times = presses(&mut session);
    session.quit();
    times
}

fn presses(session: &mut Session) -> Vec<f64> {
    (0..PRESSES)
        .map(|press| {
            thread::sleep(Duration::from_millis(30 + (press as u64 * 37) % 50));
            session.press(if press % 2 == 0 { "j" } else { "k" }).as_secs_f64() * 1e3
        })
        .collect()
}

fn burst(start: &Start<'_>) -> u64 {
    let mut session = Session::start(start(), BARE);
    session.first_frame();
    thread::sleep(Duration::from_secs(1));
    let before = session.bytes();
    session.type_text(&"jk".repeat(99).chars().chain("jj".chars()).collect::<String>());
    thread::sleep(Duration::from_millis(300));
    let burst = session.bytes() - before;
    session.quit();
    burst
}

/// Both programs while a run floods its log: the bare one has nothing to show of it, but shares the machine with it.
fn flood(fixture: &Fixture) {
    fixture.look_once();
    let mut session = Session::start(fixture.console(), OURS);
    session.first_frame();
    let flood = fixture.flood();
    while flood.lines() < 50_000 {
        thread::sleep(Duration::from_millis(100));
    }
    let (before, lines) = (session.resident(), flood.lines());
    let began = std::time::Instant::now();
    let ours = presses(&mut session);
    let rate = session.rate(Duration::from_secs(10), || {});
    let speed = (flood.lines() - lines) as f64 / began.elapsed().as_secs_f64();
    let after = session.resident();
    session.quit();
    compare("key to screen while a run floods its log, ms", 1.5, &keys(&bare_command, BARE), &ours);
    println!("| that flood: lines/s stored; bytes/s written | | {speed:.0}; {rate:.0} | | |");
    println!("| resident in that flood, MB: at first, at last | | {before:.1}, {after:.1} | | at most 30 |");
}

/// What is written, and how often a thread wakes, while nothing arrives.
fn quiet(what: &str, fixture: &Fixture) {
    const SECONDS: u64 = 25;
    let mut session = Session::start(fixture.console(), OURS);
    session.first_frame();
    thread::sleep(Duration::from_secs(2));
    let before = session.sleeps();
    let rate = session.rate(Duration::from_secs(SECONDS), || {});
    let woken = (session.sleeps() - before) as f64 / SECONDS as f64;
    session.quit();
    println!("| {what}: bytes in {SECONDS} s; wake-ups/s | | {:.0}; {woken:.1} | | 0; 2 |", rate * SECONDS as f64);
}

fn live(fixture: &Fixture) -> f64 {
    let mut session = Session::start(fixture.console(), OURS);
    session.first_frame();
    fixture.look_once();
    thread::sleep(Duration::from_secs(2));
    let rate = session.rate(Duration::from_secs(20), || fixture.look_once());
    session.quit();
    rate
}

fn compare(what: &str, goal: f64, bare: &[f64], ours: &[f64]) {
    let (bare, ours) = (median(bare), median(ours));
    println!("| {what} | {bare:.2} | {ours:.2} | {:.2} | at most {goal} |", ours / bare);
}
