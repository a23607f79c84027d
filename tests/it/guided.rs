//! What people decide about a run: changed retries, pauses, and a new run of a part of an old one.

use std::fs;

use quarterdeck::domain::{
    decision::{Decision, Edit, EditedWord},
    id::RunId,
    run::{RunEvent, RunOutcome},
};
use serde_json::Value;

use crate::support::{
    quarterdeck,
    run::{Deck, exists, wait_for},
};

fn word(at: u16, text: &str) -> Edit {
    Edit { words: vec![EditedWord { at, text: text.into() }], ..Edit::default() }
}

#[test]
fn a_failed_step_is_tried_again_with_other_words_and_the_change_is_on_record() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "hold"
        steps = [
          { name = "One", run = ["sh", "-c", "echo $0 $LEVEL >> ran; test $0 = right", "wrong"], env = { LEVEL = "1" } },
          { name = "Two", shell = "echo two >> ran" },
        ]
        "#,
    );
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    deck.held(run);
    // What can't be is refused, and the run goes on holding.
    deck.decide(run, "bob", Decision::RetryEdited { step: 0, edit: word(9, "x") });
    let edit = Edit { env: [("LEVEL".to_owned(), "2".to_owned())].into(), ..word(3, "right") };
    deck.decide(run, "bob", Decision::RetryEdited { step: 0, edit: edit.clone() });
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    assert_eq!(deck.read("ran"), "wrong 1\nright 2\ntwo\n");
    let kept = |event: &RunEvent| matches!(event, RunEvent::Decided { decision: Decision::RetryEdited { edit: kept, .. }, .. } if *kept == edit);
    assert_eq!(ended.count(kept), 1);
    let text = ended.text();
    assert!(text.contains("bob changed word 3: wrong -> right; LEVEL: 1 -> 2"), "{text}");
    assert!(text.contains("not possible, its command has no word 9"), "{text}");
}

#[test]
fn a_pause_lets_the_step_end_and_holds_before_the_next_until_somebody_goes_on() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        steps = [
          { name = "One", shell = "touch one; until test -e go; do sleep 0.02; done; echo one >> ran" },
          { name = "Two", shell = "echo two >> ran" },
        ]
        "#,
    );
    let run = deck.create("go");
    let mut runner = deck.spawn(run);
    wait_for("its beginning", || exists(&deck.path("one")));
    deck.decide(run, "bob", Decision::Pause { reason: "lunch".into() });
    deck.until(run, "the pause heard", |events| {
        events.iter().any(|row| matches!(row.event, RunEvent::Decided { decision: Decision::Pause { .. }, .. }))
    });
    // A successor knows of it.
    runner.kill();
    let _next = deck.spawn(run);
    fs::write(deck.path("go"), "").unwrap();
    let why = deck.held(run);
    assert_eq!(why, "paused by bob: lunch");
    assert_eq!(deck.read("ran"), "one\n");
    deck.decide(run, "bob", Decision::Continue { step: 1 });
    assert_eq!(deck.ended(run).outcome(), RunOutcome::Succeeded);
    assert_eq!(deck.read("ran"), "one\ntwo\n");
}

/// The command line over the deck's own directories.
fn cli(deck: &Deck, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = quarterdeck()
        .arg("--config")
        .arg(deck.path("quarterdeck.toml"))
        .arg("--state")
        .arg(deck.state().path())
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

const FAILING: &str = r#"
    [pipelines.go]
    kind = "task"
    on_failure = "stop"
    params.what = { default = "thing" }
    steps = [
      { name = "One", shell = "echo one {{ what | sh }} >> ran" },
      { name = "Two", shell = "echo two {{ what | sh }} >> ran; test -e mended", undo = ["sh", "-c", "echo undone >> ran"] },
      { name = "Three", shell = "echo three >> ran" },
    ]
"#;

#[test]
fn a_fork_runs_the_steps_from_there_on_as_they_were_planned() {
    let deck = Deck::new(FAILING);
    let ended = deck.execute_with("go", &[("what", "other")]);
    assert_eq!(ended.outcome(), RunOutcome::Failed);
    fs::write(deck.path("mended"), "").unwrap();
    let run = ended.detail.summary.id.0.to_string();
    let (code, out, err) = cli(&deck, &["runs", "fork", &run, "--from", "2", "--yes", "--plain"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(deck.read("ran"), "one other\ntwo other\ntwo other\nthree\n");
    let fork = deck.reader().run(RunId(ended.detail.summary.id.0 + 1)).unwrap();
    assert_eq!(fork.plan.steps.len(), 2);
    let events = deck.reader().events(fork.summary.id, 0).unwrap();
    let RunEvent::Requested { reason, .. } = &events[0].event else { panic!() };
    assert_eq!(reason.as_deref(), Some(format!("fork of run #{run}, from step 2 on").as_str()));
}

#[test]
fn a_fork_that_can_t_be_is_refused_with_what_to_do() {
    let deck = Deck::new(FAILING);
    let run = deck.execute("go").detail.summary.id.0.to_string();
    for (arguments, wanted) in [
        (vec!["--from", "4"], "it has 3 steps"),
        (vec!["--from", "0"], "counted from 1"),
        (vec!["--machines"], "no machine of it failed or was excluded"),
        (vec!["--from", "2", "--param", "what=x"], "as they were planned"),
        (vec![], "--from"),
    ] {
        let all: Vec<_> = ["runs", "fork", &run].into_iter().chain(arguments.iter().copied()).collect();
        let (code, out, err) = cli(&deck, &all);
        assert_eq!(code, Some(2), "{arguments:?}: {out}{err}");
        assert!(err.contains(wanted), "{arguments:?}: {err}");
    }
}

#[test]
fn a_fork_that_needs_a_value_of_an_earlier_step_says_which() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "stop"
        steps = [
          { name = "Take", http = "http://127.0.0.1:9/never", capture = { token = "json.token" } },
          { name = "Use", run = ["echo", "{{ captures.token }}"] },
        ]
        "#,
    );
    let run = deck.execute("go").detail.summary.id.0.to_string();
    let (code, _, err) = cli(&deck, &["runs", "fork", &run, "--from", "2", "--yes"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("'Use' needs the value 'token'"), "{err}");
}

#[test]
fn the_command_line_pauses_changes_and_continues() {
    let deck = Deck::new(&FAILING.replace("\"stop\"", "\"hold\"").replace(
        "shell = \"echo two {{ what | sh }} >> ran; test -e mended\"",
        "run = [\"sh\", \"-c\", \"echo $0 >> ran; test $0 = good\", \"bad\"]",
    ));
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    deck.held(run);
    let id = run.0.to_string();
    let (code, _, err) = cli(&deck, &["decide", &id, "retry", "--word", "7=x"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("has no word 7"), "{err}");
    let (code, _, err) = cli(&deck, &["decide", &id, "exclude", "--reason", "x"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("runs on no machine"), "{err}");
    let (code, _, err) = cli(&deck, &["decide", &id, "retry", "--word", "3=good"]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(deck.ended(run).outcome(), RunOutcome::Succeeded);
    let (_, out, _) = cli(&deck, &["runs", &id, "--json"]);
    let document: Value = serde_json::from_str(&out).unwrap();
    let edits =
        document["events"].as_array().unwrap().iter().filter(|event| event["decision"]["decision"] == "retry_edited");
    assert_eq!(edits.count(), 1);
}

#[test]
fn a_checklist_goes_on_when_every_item_is_ticked_off_and_says_who_and_what_shows_it() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        steps = [
          { name = "Launch", checklist = ["Support knows", "The page is prepared"] },
          { name = "Then", shell = "echo then >> ran" },
        ]
        "#,
    );
    let run = deck.create("go");
    let mut runner = deck.spawn(run);
    let asked = |wanted: &'static str| {
        move |events: &[quarterdeck::domain::run::EventRow]| {
            let said =
                |event: &RunEvent| matches!(event, RunEvent::Asked { question, .. } if question.contains(wanted));
            events.iter().any(|row| said(&row.event))
        }
    };
    deck.until(run, "the first item", asked("0 of 2 ticked off; item 1: Support knows"));
    let id = run.0.to_string();
    let (code, _, err) = cli(&deck, &["decide", &id, "tick", "--item", "2", "--reason", "ticket 7"]);
    assert_eq!(code, Some(0), "{err}");
    deck.until(run, "one tick", asked("1 of 2 ticked off; item 1: Support knows"));
    // What was ticked off stays so under a successor.
    runner.kill();
    let _next = deck.spawn(run);
    let (code, _, err) = cli(&deck, &["decide", &id, "tick", "--item", "3"]);
    assert_eq!((code, err.contains("items 1 to 2")), (Some(2), true), "{err}");
    deck.decide(run, "bob", Decision::Tick { step: 0, item: 0, evidence: Some("told them".into()) });
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    let text = ended.text();
    assert!(text.contains("ticked off 2. The page is prepared: ticket 7"), "{text}");
    assert!(text.contains("bob ticked off 1. Support knows: told them"), "{text}");
    assert_eq!(deck.read("ran"), "then\n");
}

#[test]
fn a_flag_goes_back_to_the_part_it_had_even_after_a_second_try() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "rollback"
        steps = [
          { name = "Flag", flag = "checkout", percent = 25, retry = { times = 1, backoff = "0s" },
            get = ["sh", "-c", "echo asking >&2; cat part"],
            set = ["sh", "-c", "echo $1 > part; echo \"$0 $1\" >> ran; test -e tried || { touch tried; exit 1; }", "{{ flag }}", "{{ percent }}"] },
          { name = "Bad", run = ["false"] },
        ]
        "#,
    );
    fs::write(deck.path("part"), "10\n").unwrap();
    let ended = deck.execute("go");
    assert_eq!(ended.outcome(), RunOutcome::RolledBack, "{}", ended.why());
    assert_eq!(deck.read("ran"), "checkout 25\ncheckout 25\ncheckout 10\n");
    assert_eq!(deck.read("part"), "10\n");
}

#[test]
fn a_flag_that_does_not_say_what_it_is_now_is_not_touched() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "stop"
        steps = [{ flag = "checkout", percent = 25, get = ["true"], set = ["sh", "-c", "echo $0 >> ran", "{{ percent }}"] }]
        "#,
    );
    let ended = deck.execute("go");
    assert_eq!(ended.outcome(), RunOutcome::Failed);
    assert!(ended.why().contains("no way back"), "{}", ended.why());
    assert_eq!(deck.read("ran"), "");
}

#[test]
fn a_wait_goes_on_within_its_window_and_fails_if_that_never_comes() {
    let pipeline = |window: &str| {
        format!(
            "[pipelines.go]\nkind = \"task\"\non_failure = \"stop\"\nsteps = [{{ wait = \"1s\", window = \"{window}\" }}]"
        )
    };
    let ended = Deck::new(&pipeline("00:00-24:00")).execute("go");
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    // A day that is neither today nor yesterday, whatever today is.
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let today = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() / 86_400;
    let other = days[usize::try_from((today + 3) % 7).unwrap()];
    let ended = Deck::new(&pipeline(&format!("{other} 09:00-17:00"))).execute("go");
    assert_eq!(ended.outcome(), RunOutcome::Failed);
    assert!(ended.why().contains("it never was"), "{}", ended.why());
}
