//! A disk that fills up: nothing is lost, nothing runs twice, nothing begins; and it is said.

use std::process::Stdio;

use pty_process::blocking::Command;
use quarterdeck::{
    domain::{
        run::{RunEvent, RunOutcome},
        service_log::ServiceLine,
    },
    store::{LogBatch, ServiceBatch, Store, StoreError, ballast::is_spent},
};

use crate::support::{
    quarterdeck,
    run::{Deck, Running, exists, wait_for},
    small_disk::{Filler, on_a_small_disk},
    terminal::Terminal,
};

/// Says ten lines, and the rest once it may; counts how often it was run.
const STREAM: &str = r#"
    [pipelines.go]
    kind = "task"
    steps = [{ name = "Stream", effect = "once", shell = '''
      echo begun >> ran
      seq 1 10
      while ! test -e flood; do sleep 0.05; done
      seq -f "%06.0f 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789" 11 40000''' }]
"#;

#[test]
#[ignore = "needs a mount of its own: run by .ci/run"]
fn f30_a_disk_that_fills_up_while_a_command_streams_holds_it_back_saves_the_state_and_loses_nothing() {
    let name =
        "f_full_disk::f30_a_disk_that_fills_up_while_a_command_streams_holds_it_back_saves_the_state_and_loses_nothing";
    on_a_small_disk(name, 160, |disk| {
        let deck = Deck::new(STREAM);
        let run = deck.create("go");
        let mut first = deck.spawn(run);
        let reader = deck.reader();
        wait_for("the first lines", || (reader.log_len(run).unwrap() == 10).then_some(()));
        let ballast = deck.state().ballast();
        assert_eq!(std::fs::metadata(&ballast).unwrap().len(), 32 << 20);

        // A file without content needs no room.
        std::fs::write(deck.path("flood"), "").unwrap();
        let filler = Filler::fill(disk);
        wait_for("the ballast to be given up", || is_spent(&ballast).then_some(()));
        // The state is saved: a runner that dies now is replaced, which is an event.
        first.kill();
        let _second = deck.spawn(run);
        let events = deck.until(run, "the takeover on the full disk", |events| {
            events.iter().any(|row| matches!(row.event, RunEvent::RunnerStarted { adopted: true, .. }))
        });
        assert!(is_spent(&ballast), "output did not take what is for the state");
        assert!(!events.iter().any(|row| matches!(row.event, RunEvent::AttemptEnded { .. })), "it is held back");
        assert!(reader.log_len(run).unwrap() < 40_000);

        drop(filler);
        let ended = deck.ended(run);
        assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
        assert_eq!(ended.log.len(), 40_000);
        let number = |text: &str| text.split(' ').next().unwrap().parse::<usize>().unwrap();
        assert!(ended.log.iter().enumerate().all(|(n, line)| number(&line.text) == n + 1), "each line once, in order");
        assert_eq!(deck.read("ran"), "begun\n", "the command was run once");
        assert_eq!(std::fs::metadata(&ballast).unwrap().len(), 32 << 20, "there is room in reserve again");
    });
}

#[test]
#[ignore = "needs a mount of its own: run by .ci/run"]
fn f30_a_command_held_back_by_a_full_disk_is_ended_by_a_cancel() {
    let name = "f_full_disk::f30_a_command_held_back_by_a_full_disk_is_ended_by_a_cancel";
    on_a_small_disk(name, 160, |disk| {
        let deck = Deck::new(&STREAM.replace("40000'''", "40000; exec sleep 600'''"));
        let run = deck.create("go");
        let _runner = deck.spawn(run);
        let reader = deck.reader();
        wait_for("the first lines", || (reader.log_len(run).unwrap() == 10).then_some(()));
        std::fs::write(deck.path("flood"), "").unwrap();
        let filler = Filler::fill(disk);
        wait_for("the ballast to be given up", || is_spent(&deck.state().ballast()).then_some(()));
        deck.decide(run, "bob", quarterdeck::domain::decision::Decision::Cancel { reason: "full".into() });
        let dir =
            deck.state().attempt_dir(run, quarterdeck::domain::id::AttemptKey { step: 0, undo: false, attempt: 1 });
        // It is passed on although the log can't be written.
        wait_for("the cancel", || exists(&dir.join("cancel")));
        drop(filler);
        assert_eq!(deck.ended(run).outcome(), RunOutcome::Cancelled);
    });
}

#[test]
#[ignore = "needs a mount of its own: run by .ci/run"]
fn f31_on_a_full_disk_nothing_is_started_and_the_reason_is_said() {
    on_a_small_disk("f_full_disk::f31_on_a_full_disk_nothing_is_started_and_the_reason_is_said", 96, |disk| {
        let deck = Deck::new(STREAM);
        let filler = Filler::fill(disk);
        let run = |state: &std::path::Path| {
            let output = quarterdeck()
                .arg("--config")
                .arg(deck.path("quarterdeck.toml"))
                .arg("--state")
                .arg(state)
                .args(["run", "go", "--yes"])
                .stdin(Stdio::null())
                .output()
                .unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        let (code, said) = run(deck.state().path());
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("0 MiB left") && said.contains("nothing was executed"), "{said}");
        assert_eq!(deck.reader().runs(None, 10).unwrap(), []);
        let (code, said) = run(&deck.path("another"));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("is full: free some space"), "{said}");
        assert!(!deck.path("ran").exists());
        drop(filler);
    });
}

#[test]
#[ignore = "needs a mount of its own: run by .ci/run"]
fn f30_what_was_set_aside_is_not_for_services_logs() {
    on_a_small_disk("f_full_disk::f30_what_was_set_aside_is_not_for_services_logs", 96, |disk| {
        let deck = Deck::new(STREAM);
        let store = Store::open(deck.state()).unwrap();
        assert!(deck.state().keep_ballast());
        let append = || {
            let line = ServiceLine { message: "one more".into(), ..ServiceLine::default() };
            let one = ServiceBatch { lines: vec![line], ..ServiceBatch::default() };
            let services = [(("here".to_owned(), "api".to_owned()), one)].into();
            store.append_service_logs(LogBatch { services, now: crate::support::run::now() }).wait()
        };
        append().unwrap();
        let filler = Filler::fill(disk);
        deck.state().spend_ballast();
        for _ in 0..10 {
            assert!(matches!(append(), Err(StoreError::Full { .. })), "there would be room for it");
        }
        assert!(is_spent(&deck.state().ballast()));
        drop(filler);
        append().unwrap();
        assert!(!is_spent(&deck.state().ballast()), "there is room in reserve again");
    });
}

#[test]
#[ignore = "needs a mount of its own: run by .ci/run"]
fn a_console_on_a_full_disk_says_so_and_goes_on() {
    on_a_small_disk("f_full_disk::a_console_on_a_full_disk_says_so_and_goes_on", 160, |disk| {
        let deck = Deck::new(STREAM);
        let config = deck.path("quarterdeck.toml");
        let mut watch = quarterdeck();
        watch.arg("--config").arg(&config).arg("--state").arg(deck.state().path()).arg("watch").stderr(Stdio::null());
        let _watcher = Running(watch.spawn().unwrap());
        wait_for("the ballast", || exists(&deck.state().ballast()));
        let command = Command::new(env!("CARGO_BIN_EXE_quarterdeck")).arg("--config").arg(&config).arg("--state");
        let mut terminal = Terminal::start(command.arg(deck.state().path()), 100, 30);
        terminal.wait_for("Watch");
        let filler = Filler::fill(disk);
        // Whoever writes next finds it full.
        wait_for("the ballast to be given up", || {
            let _ = deck.store.set_setting("filling", &"x".repeat(200_000)).wait();
            is_spent(&deck.state().ballast()).then_some(())
        });
        terminal.wait_for("is full");
        terminal.press("2");
        terminal.wait_for("Runs");
        drop(filler);
        terminal.press("q");
        assert_eq!(terminal.end(), Some(0));
        assert!(terminal.is_restored());
    });
}
