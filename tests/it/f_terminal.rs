//! The terminal is given back on every way out, and what the console leaves behind goes on.

use std::path::Path;

use pty_process::blocking::Command;
use quarterdeck::{domain::run::RunOutcome, proc::crash};

use crate::support::{
    run::{Deck, exists, wait_for},
    terminal::Terminal,
};

/// A run that goes on until it is told to end, with a secret in its log.
const SLOW: &str = r#"
    [secrets]
    TOKEN = { env = "SENTINEL_TOKEN" }
    [pipelines.go]
    kind = "task"
    steps = [{ name = "Slow", env = { TOKEN = "{{ secret('TOKEN') }}" }, shell = "echo got $TOKEN; touch started; while ! test -e enough; do sleep 0.05; done" }]
"#;
const SENTINEL: &str = "s3ntinel-0123456789";

fn console(deck: &Deck) -> Command {
    Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
        .env("SENTINEL_TOKEN", SENTINEL)
        .arg("--config")
        .arg(deck.path("quarterdeck.toml"))
        .arg("--state")
        .arg(deck.state().path())
}

/// A shell with job control, which starts the console.
fn shell(deck: &Deck) -> Terminal {
    let line = |part: &Path| format!("'{}'", part.display());
    let start = deck.path("start");
    let binary = Path::new(env!("CARGO_BIN_EXE_quarterdeck"));
    let text = format!(
        "exec {} --config {} --state {}\n",
        line(binary),
        line(&deck.path("quarterdeck.toml")),
        line(deck.state().path())
    );
    std::fs::write(&start, text).unwrap();
    let command = Command::new("sh").arg("-i").env("PS1", "READY> ").env("ENV", "/dev/null").env("START", start);
    let terminal = Terminal::start(command, 100, 30);
    terminal.wait_for("READY>");
    terminal
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again() {
    let deck = Deck::new(SLOW);
    let mut terminal = shell(&deck);
    terminal.press("sh \"$START\"\r");
    terminal.wait_for(": commands");
    for _ in 0..2 {
        terminal.press("\x1a");
        terminal.wait_for("READY>");
        terminal.wait_until("the terminal as it was", crate::support::terminal::PATIENCE, |_| terminal.is_restored());
        // It is the shell that reads now, and it echoes.
        terminal.press("echo $((20 + 22)) things\r");
        terminal.wait_for("42 things");
        terminal.press("fg\r");
        terminal.wait_for(": commands");
        assert!(!terminal.is_restored(), "it is the console's again");
    }
    terminal.press("2");
    terminal.wait_for("no run is open");
    terminal.press("q");
    terminal.wait_for("READY>");
    assert!(terminal.is_restored());
    terminal.press("exit\r");
    assert_eq!(terminal.end(), Some(0));
}

#[test]
fn f25_a_panic_anywhere_in_the_console_gives_the_terminal_back_prints_no_secret_and_leaves_runs_alone() {
    for point in ["console.key", "console.feed"] {
        let deck = Deck::new(SLOW);
        let run = deck.create("go");
        let _runner = crate::support::run::Running(deck.runner(run).env("SENTINEL_TOKEN", SENTINEL).spawn().unwrap());
        wait_for("the command", || exists(&deck.path("started")));
        let command = console(&deck).env(crash::AT, point).env("RUST_BACKTRACE", "full");
        let mut terminal = Terminal::start(command, 200, 60);
        if point == "console.key" {
            terminal.wait_for(": commands");
            terminal.press("2");
        }
        let code = terminal.end();
        let screen = terminal.wait_for("runs go on");
        assert_eq!(code, Some(1), "{screen}");
        assert!(terminal.is_restored(), "{point}: the terminal was not restored");
        assert!(screen.contains("Please report") && !screen.contains(SENTINEL), "{screen}");
        std::fs::write(deck.path("enough"), "").unwrap();
        assert_eq!(deck.ended(run).outcome(), RunOutcome::Succeeded);
    }
}

#[test]
fn every_place_that_may_panic_has_a_test() {
    let here = include_str!("f_terminal.rs");
    let untested: Vec<_> = crash::PANICS.iter().filter(|point| !here.contains(&format!("\"{point}\""))).collect();
    assert!(untested.is_empty(), "{untested:?}");
}
