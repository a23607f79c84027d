//! What people and machines get wrong: each is told what is wrong and what to do, and nothing is lost.
//!
//! Elsewhere: a full disk (`f_full_disk`), a configuration with mistakes of every kind (`config`), a history of a newer
//! version (`store`).

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use pty_process::blocking::Command as PtyCommand;
use quarterdeck::domain::run::{RunEvent, RunPhase};

use crate::support::{
    quarterdeck,
    run::Deck,
    terminal::{PATIENCE, Terminal},
};

const PIPELINES: &str = r#"
    [pipelines.go]
    kind = "task"
    steps = [{ name = "One", run = ["true"] }]
"#;

/// The arguments that lead to a deck.
fn place(deck: &Deck) -> Vec<PathBuf> {
    let config = deck.path("quarterdeck.toml");
    vec!["--config".into(), config, "--state".into(), deck.state().path().to_owned()]
}

/// Whether file modes mean nothing to this process.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The binary as somebody for whom file modes mean something: root gives its powers up.
fn ordinary() -> (PathBuf, Vec<PathBuf>) {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_quarterdeck"));
    if is_root() { ("unshare".into(), vec!["--user".into(), "--".into(), binary]) } else { (binary, Vec::new()) }
}

/// Exit code, standard output and standard error.
fn said(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Takes the right to write away from a directory and all in it, until dropped.
struct ReadOnly<'a>(&'a Path);

impl<'a> ReadOnly<'a> {
    fn new(dir: &'a Path) -> Self {
        let it = Self(dir);
        it.set(0o500, 0o400);
        it
    }

    fn set(&self, dirs: u32, files: u32) {
        let mut open = vec![self.0.to_owned()];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
                open.extend(fs::read_dir(&path).unwrap().flatten().map(|entry| entry.path()));
                fs::set_permissions(&path, fs::Permissions::from_mode(dirs)).unwrap();
            } else {
                fs::set_permissions(&path, fs::Permissions::from_mode(files)).unwrap();
            }
        }
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        self.set(0o700, 0o600);
    }
}

#[test]
fn a_state_directory_that_can_not_be_written_is_read_and_whoever_must_write_says_what_to_do() {
    let deck = Deck::new(PIPELINES);
    deck.execute("go");
    let before = deck.reader().runs(None, 10).unwrap();
    let read_only = ReadOnly::new(deck.state().path());
    let (binary, first) = ordinary();
    let run = |arguments: &[&str]| said(Command::new(&binary).args(&first).args(place(&deck)).args(arguments));

    for reading in [&["status"][..], &["runs"], &["log", "1"]] {
        let (code, _, error) = run(reading);
        assert_eq!((code, error.as_str()), (Some(0), ""), "{reading:?}");
    }
    for writing in [&["run", "go", "--yes"][..], &["watch"], &["runner", "1"]] {
        let (code, _, error) = run(writing);
        assert_eq!(code, Some(1), "{writing:?}: {error}");
        assert!(error.contains("Permission denied") && error.contains("give --state DIR"), "{writing:?}: {error}");
        assert_eq!(error.lines().filter(|line| line.starts_with("quarterdeck: ")).count(), 1, "{writing:?}: {error}");
    }
    let (code, found, _) = run(&["doctor"]);
    assert_eq!(code, Some(1));
    assert!(found.contains("fail     history"), "{found}");

    let mut console = PtyCommand::new(&binary).args(&first).args(place(&deck));
    console = console.env("LANG", "C");
    let mut terminal = Terminal::start(console, 200, 24);
    let code = terminal.end();
    let screen = terminal.wait_for("give --state DIR");
    assert_eq!(code, Some(1), "{screen}");
    assert!(terminal.is_restored(), "{screen}");
    drop(read_only);
    assert_eq!(deck.reader().runs(None, 10).unwrap(), before);
}

#[test]
fn a_state_directory_that_can_not_be_made_says_where_and_what_to_do() {
    let deck = Deck::new(PIPELINES);
    let file = deck.path("file");
    fs::write(&file, "").unwrap();
    let (code, _, error) = said(
        quarterdeck()
            .arg("--config")
            .arg(deck.path("quarterdeck.toml"))
            .arg("--state")
            .arg(file.join("x"))
            .arg("status"),
    );
    assert_eq!(code, Some(1));
    assert!(error.contains("/file/x can't be used: it can't be made: Not a directory"), "{error}");
    assert!(error.contains("give --state DIR"), "{error}");
}

#[test]
fn a_command_that_is_missing_is_named_in_the_hold_and_in_the_log() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        steps = [{ name = "One", run = ["no-such-program", "x"] }]
        "#,
    );
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    let why = deck.held(run);
    let wanted = "no-such-program could not be executed: no such program: check the name and the PATH";
    assert!(why.contains(wanted), "{why}");
    let lines: Vec<_> = deck.reader().log(run, 1, 10).unwrap().into_iter().map(|line| line.text).collect();
    assert_eq!(lines, [format!("quarterdeck: {wanted}")]);
    let (code, found, _) = said(quarterdeck().args(place(&deck)).arg("doctor"));
    assert_eq!(code, Some(1));
    assert!(found.contains("not found: no-such-program") && found.contains("install them"), "{found}");
}

#[test]
fn an_endpoint_that_does_not_answer_is_down_with_the_phase_and_the_reason() {
    let deck = Deck::new(
        r#"
        [services.api.probes.ready]
        http = "http://127.0.0.1:1/health"
        every = "200ms"
        [services.gone.probes.ready]
        http = "http://no-such-host.invalid/"
        every = "200ms"
        "#,
    );
    let mut watch = quarterdeck();
    watch.args(place(&deck)).arg("watch").stderr(std::process::Stdio::null()).stdout(std::process::Stdio::null());
    let _watcher = crate::support::run::Running(watch.spawn().unwrap());
    let terminal_command = PtyCommand::new(env!("CARGO_BIN_EXE_quarterdeck")).args(place(&deck));
    let mut terminal = Terminal::start(terminal_command, 160, 40);
    terminal.wait_until("both to be down", PATIENCE, |screen| screen.matches("DOWN").count() >= 2);
    terminal.wait_for("connect refused by 127.0.0.1:1");
    terminal.press("q");
    assert_eq!(terminal.end(), Some(0));
    let (code, found, _) = said(quarterdeck().args(place(&deck)).args(["status", "--check"]));
    assert_eq!(code, Some(1));
    assert!(found.contains("nothing listens there"), "{found}");
    assert!(found.contains("can't resolve no-such-host.invalid"), "{found}");
}

#[test]
fn a_key_that_means_nothing_changes_nothing_and_points_to_the_help() {
    let deck = Deck::new(PIPELINES);
    let command = PtyCommand::new(env!("CARGO_BIN_EXE_quarterdeck")).args(place(&deck));
    let mut terminal = Terminal::start(command, 100, 30);
    terminal.wait_for(": commands");
    terminal.press("Z");
    terminal.wait_for("Z means nothing here");
    // Sequences of keys nobody knows are swallowed whole.
    terminal.press("\x1b[99;99~\x1bOQ\x1b[200~pasted q\x1b[201~");
    terminal.press("?");
    terminal.wait_for("On every screen");
    terminal.press("\x1b");
    terminal.press("q");
    assert_eq!(terminal.end(), Some(0));
    assert_eq!(deck.reader().runs(None, 10).unwrap(), []);
}

#[test]
fn ten_mistakes_in_the_configuration_are_told_at_once_each_with_its_place() {
    let deck = Deck::new(PIPELINES);
    let config = deck.path("quarterdeck.toml");
    fs::write(
        &config,
        r#"[project]
nam = "test"
timezon = "UTC"
[environments.test]
colour = "red"
[services.api.probes.ready]
htpp = "http://127.0.0.1:1/health"
every = "soon"
[services.b.probes.ready]
http = "not a url"
timeout = "-1s"
[pipelines.go]
kind = "tusk"
on_failure = "explode"
steps = [{ name = "One", rum = ["true"] }]
[pipelines.empty]
kind = "task"
steps = []
[suites.s]
cheks = []
"#,
    )
    .unwrap();
    let complete = |told: &str| {
        for (line, wrong) in [(2, "nam"), (3, "timezon"), (5, "colour"), (7, "htpp"), (10, "not a url"), (11, "-1s")]
            .into_iter()
            .chain([(13, "tusk"), (14, "explode"), (15, "rum"), (18, "a pipeline without steps"), (20, "cheks")])
        {
            assert!(
                told.contains(&format!("quarterdeck.toml:{line}:")) && told.contains(wrong),
                "{line} {wrong}: {told}"
            );
        }
        assert!(told.contains("11 errors") || told.matches("error: ").count() == 11, "{told}");
    };
    let (code, _, error) = said(quarterdeck().args(place(&deck)).arg("status"));
    assert_eq!(code, Some(2));
    complete(&error);
    let command = PtyCommand::new(env!("CARGO_BIN_EXE_quarterdeck")).args(place(&deck));
    let mut terminal = Terminal::start(command, 120, 120);
    let code = terminal.end();
    let screen = terminal.wait_for("cheks");
    assert_eq!(code, Some(2));
    assert!(terminal.is_restored());
    complete(&screen);
}

#[test]
fn a_terminal_of_any_size_shows_what_fits_and_comes_back() {
    let deck = Deck::new(PIPELINES);
    let command = PtyCommand::new(env!("CARGO_BIN_EXE_quarterdeck")).args(place(&deck));
    let mut terminal = Terminal::start(command, 10, 5);
    terminal.wait_for("needs at\nleast\n40x10,\nthis is\n10x5");
    for (columns, rows) in [(1, 1), (300, 1), (1, 100), (2, 2), (10, 5), (0, 0), (39, 11), (200, 60)] {
        terminal.resize(columns, rows);
        // Keys are heard at any size.
        terminal.press("2j1k");
    }
    terminal.resize(100, 30);
    terminal.wait_for(": commands");
    terminal.press("1");
    terminal.wait_for("What happened");
    terminal.press("q");
    assert_eq!(terminal.end(), Some(0));
    assert!(terminal.is_restored());
    assert_eq!(deck.reader().runs(None, 10).unwrap(), []);
}

#[test]
fn a_step_that_can_not_reach_its_endpoint_holds_and_says_which_and_why() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        steps = [{ name = "Hook", http = "http://127.0.0.1:1/hook", method = "POST" }]
        "#,
    );
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    let why = deck.held(run);
    assert!(why.contains("127.0.0.1:1") && why.contains("nothing listens there"), "{why}");
    let ends = deck.reader().events(run, 0).unwrap();
    assert!(ends.iter().any(|row| matches!(row.event, RunEvent::Held { .. })));
    assert!(matches!(deck.reader().run(run).unwrap().state.phase, RunPhase::Holding { .. }));
}
