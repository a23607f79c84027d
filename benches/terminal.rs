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
use session::{Session, median};

const STARTS: usize = 15;
const PRESSES: usize = 60;

fn main() {
    if std::env::args().any(|argument| argument == "--bare") {
        bare::run();
        return;
    }
    let fixture = Fixture::new(20);
    fixture.look_once();
    println!("| what | bare ratatui | quarterdeck | ratio | goal |\n|---|---|---|---|---|");
    compare("first frame, ms", 2.5, &starts(&bare_command), &starts(&|| fixture.console()));
    let (bare_keys, bare_burst) = keys(&bare_command);
    let (keys, burst) = keys(&|| fixture.console());
    compare("key to screen, ms", 1.5, &bare_keys, &keys);
    println!("| 200 keys at once, bytes | {bare_burst} | {burst} | | at most 12,000 |");
    println!("| nothing changes, bytes/s | | {:.0} | | 0 |", quiet(&fixture));
    println!("| 20 services updating each second, bytes/s | | {:.0} | | at most 1,000 |", live(&fixture));
}

fn bare_command() -> pty_process::blocking::Command {
    pty_process::blocking::Command::new(std::env::current_exe().unwrap()).arg("--bare")
}

type Start<'a> = dyn Fn() -> pty_process::blocking::Command + 'a;

fn starts(start: &Start<'_>) -> Vec<f64> {
    (0..STARTS)
        .map(|_| {
            let mut session = Session::start(start());
            let first = session.first_frame();
            session.quit();
            first.as_secs_f64() * 1e3
        })
        .collect()
}

fn keys(start: &Start<'_>) -> (Vec<f64>, u64) {
    let mut session = Session::start(start());
    session.first_frame();
    thread::sleep(Duration::from_secs(1));
    let times = (0..PRESSES)
        .map(|press| {
            thread::sleep(Duration::from_millis(30 + (press as u64 * 37) % 50));
            session.press(if press % 2 == 0 { "j" } else { "k" }).as_secs_f64() * 1e3
        })
        .collect();
    thread::sleep(Duration::from_millis(200));
    let before = session.bytes();
    session.type_text(&"jk".repeat(99).chars().chain("jj".chars()).collect::<String>());
    thread::sleep(Duration::from_millis(300));
    let burst = session.bytes() - before;
    session.quit();
    (times, burst)
}

fn quiet(fixture: &Fixture) -> f64 {
    let mut session = Session::start(fixture.console());
    session.first_frame();
    thread::sleep(Duration::from_secs(2));
    let rate = session.rate(Duration::from_secs(10), || {});
    session.quit();
    rate
}

fn live(fixture: &Fixture) -> f64 {
    let mut session = Session::start(fixture.console());
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
