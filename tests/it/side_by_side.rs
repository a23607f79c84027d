//! Steps that are left out, and steps side by side: each on its own, and still one run.

use quarterdeck::{
    domain::{
        decision::Decision,
        run::{RunEvent, RunOutcome, StepEnd, StepState},
    },
    proc::crash,
    store::lock,
};

use crate::support::run::{Deck, Ended, wait_for};

fn ends(ended: &Ended) -> Vec<Option<StepEnd>> {
    let end = |state: &StepState| if let StepState::Ended { end, .. } = state { Some(*end) } else { None };
    ended.detail.state.steps.iter().map(|now| end(&now.state)).collect()
}

fn why(ended: &Ended, step: usize) -> String {
    match &ended.detail.state.steps[step].state {
        StepState::Ended { why, .. } => why.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_step_whose_condition_is_false_is_left_out_with_the_reason_and_never_undone() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "rollback"
        params.mode = { default = "small" }
        steps = [
          { name = "Big", shell = "echo big >> ran", when = "mode == 'big'", undo = ["sh", "-c", "echo unbig >> ran"] },
          { name = "Small", shell = "echo small >> ran", when = "mode == 'small'" },
          { name = "After", shell = "echo after >> ran; exit 1", when = "steps['Small'] == 'succeeded' && steps['Big'] == 'left_out'" },
        ]
        "#,
    );
    let ended = deck.execute("go");
    assert_eq!(ends(&ended), [Some(StepEnd::LeftOut), Some(StepEnd::Succeeded), Some(StepEnd::Failed)]);
    assert!(why(&ended, 0).starts_with("not needed: "), "{}", why(&ended, 0));
    assert!(why(&ended, 0).contains("small"), "the value is in the reason: {}", why(&ended, 0));
    assert_eq!(deck.read("ran"), "small\nafter\n");
    assert_eq!(ended.outcome(), RunOutcome::RolledBack);
}

#[test]
fn a_condition_that_can_t_be_judged_holds_until_a_person_says_what_to_do() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        steps = [
          { name = "One", shell = "echo one >> ran", when = "previous.version == '1'" },
          { name = "Two", shell = "echo two >> ran" },
        ]
        "#,
    );
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    let why = deck.held(run);
    assert!(why.contains("whether it is needed is unknown"), "{why}");
    deck.decide(run, "bob", Decision::Skip { step: 0, reason: "never released".into() });
    assert_eq!(deck.ended(run).outcome(), RunOutcome::Succeeded);
    assert_eq!(deck.read("ran"), "two\n");
}

/// Each member waits until the other two have begun: one after the other would never end.
const THREE: &str = r#"
    [pipelines.go]
    kind = "task"
    on_failure = "rollback"
    steps = [
      { name = "All", parallel = [
        { name = "a", shell = "echo a >> ran; touch a; until test -e b -a -e c; do sleep 0.02; done; echo from a" },
        { name = "b", shell = "echo b >> ran; touch b; until test -e a -a -e c; do sleep 0.02; done; echo from b" },
        { name = "c", shell = "echo c >> ran; touch c; until test -e a -a -e b; do sleep 0.02; done; echo from c" },
      ] },
      { name = "Then", shell = "echo then >> ran" },
    ]
"#;

#[test]
fn steps_side_by_side_run_at_the_same_time_each_with_its_own_log_and_the_next_waits_for_all() {
    let deck = Deck::new(THREE);
    let ended = deck.execute("go");
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    let ran = deck.read("ran");
    let mut lines: Vec<_> = ran.lines().collect();
    assert_eq!(lines.pop(), Some("then"));
    lines.sort_unstable();
    assert_eq!(lines, ["a", "b", "c"]);
    for (step, wanted) in ["from a", "from b", "from c"].iter().enumerate() {
        let said: Vec<_> =
            ended.log.iter().filter(|line| usize::from(line.step) == step).map(|line| line.text.as_str()).collect();
        assert_eq!(said, [*wanted]);
    }
}

#[test]
fn no_more_than_the_bound_are_under_way_at_once() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        steps = [{ at_most = 2, parallel = [
          { shell = "touch in.1; ls in.* | wc -l >> seen; sleep 0.3; rm in.1" },
          { shell = "touch in.2; ls in.* | wc -l >> seen; sleep 0.3; rm in.2" },
          { shell = "touch in.3; ls in.* | wc -l >> seen; sleep 0.3; rm in.3" },
          { shell = "touch in.4; ls in.* | wc -l >> seen; sleep 0.3; rm in.4" },
        ] }]
        "#,
    );
    assert_eq!(deck.execute("go").outcome(), RunOutcome::Succeeded);
    let seen = deck.read("seen");
    let most = seen.lines().filter_map(|line| line.trim().parse::<u32>().ok()).max();
    assert_eq!((seen.lines().count(), most), (4, Some(2)), "{seen}");
}

/// One fails at once; one runs for ever unless it is ended, or until a file appears; one waits for a place.
fn one_fails(others: &str) -> Deck {
    Deck::new(&format!(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "rollback"
        steps = [{{ name = "All", at_most = 2, {others} parallel = [
          {{ name = "long", shell = "echo long >> ran; touch long; until test -e enough; do sleep 0.02; done; echo over >> ran", undo = ["sh", "-c", "echo unlong >> ran"] }},
          {{ name = "bad", shell = "until test -e long; do sleep 0.02; done; exit 3", undo = ["sh", "-c", "echo unbad >> ran"] }},
          {{ name = "late", shell = "echo late >> ran", undo = ["sh", "-c", "echo unlate >> ran"] }},
        ] }}]
        "#
    ))
}

#[test]
fn a_failing_member_ends_the_others_where_that_is_said_and_each_that_began_is_undone() {
    let deck = one_fails("on_failure = \"cancel\",");
    let ended = deck.execute("go");
    assert_eq!(ended.outcome(), RunOutcome::RolledBack, "{}", ended.why());
    assert_eq!(ends(&ended), [Some(StepEnd::Cancelled), Some(StepEnd::Failed), None]);
    assert!(why(&ended, 0).contains("'All / bad' beside it failed"), "{}", why(&ended, 0));
    assert_eq!(deck.read("ran"), "long\nunbad\nunlong\n", "in reverse, and what never began is left alone");
    assert!(ended.why().contains("exit code 3"), "{}", ended.why());
}

#[test]
fn by_default_the_others_come_to_their_end_but_none_begins() {
    let deck = one_fails("");
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    deck.until(run, "the failure", |events| {
        events.iter().any(|row| matches!(row.event, RunEvent::StepEnded { step: 1, .. }))
    });
    std::fs::write(deck.path("enough"), "").unwrap();
    let ended = deck.ended(run);
    assert_eq!(ends(&ended), [Some(StepEnd::Succeeded), Some(StepEnd::Failed), None]);
    assert_eq!(deck.read("ran"), "long\nover\nunbad\nunlong\n");
}

#[test]
fn f01_a_runner_killed_while_steps_run_side_by_side_loses_none_and_runs_none_twice() {
    for point in [
        "runner.after_intent:2",
        "runner.after_launch:3",
        "runner.after_spawned:2",
        "runner.before_end:2",
        "runner.after_end:3",
        "runner.after_step",
    ] {
        let deck = Deck::new(THREE);
        let run = deck.create("go");
        let marker = deck.path("crashed");
        let mut first = deck.runner(run).env(crash::AT, point).env(crash::ONCE, &marker).spawn().unwrap();
        first.wait().unwrap();
        assert!(marker.exists(), "{point} was never passed");
        let ended = wait_for("an end", || {
            let over = deck.reader().run(run).unwrap().state.outcome().is_some();
            let generation = deck.reader().generation(run).unwrap();
            if !over && !lock::is_held(&deck.state().run_lock(run, generation)).unwrap() {
                let _ = deck.runner(run).spawn().unwrap().wait();
            }
            over.then(|| deck.ended(run))
        });
        assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{point}: {}", ended.why());
        let ran = deck.read("ran");
        let mut lines: Vec<_> = ran.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["a", "b", "c", "then"], "{point}");
        for (step, wanted) in ["from a", "from b", "from c"].iter().enumerate() {
            let said = ended.log.iter().filter(|line| usize::from(line.step) == step && line.text == *wanted).count();
            assert_eq!(said, 1, "{point}: {wanted}");
        }
    }
}

#[test]
fn a_cancel_ends_everything_side_by_side_and_counts_once() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        steps = [{ parallel = [
          { shell = "touch a; sleep 600" },
          { shell = "touch b; sleep 600" },
        ] }]
        "#,
    );
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    wait_for("both", || (deck.path("a").exists() && deck.path("b").exists()).then_some(()));
    deck.decide(run, "bob", Decision::Cancel { reason: "wrong day".into() });
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Cancelled, "{}", ended.why());
    assert_eq!(ends(&ended), [Some(StepEnd::Cancelled), Some(StepEnd::Cancelled)]);
    assert_eq!(ended.count(|event| matches!(event, RunEvent::Decided { .. })), 1);
}

#[test]
fn a_retry_runs_the_failed_member_again_and_then_those_that_had_not_begun() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        steps = [{ at_most = 1, parallel = [
          { name = "one", shell = "echo one >> ran; test -e mended" },
          { name = "two", shell = "echo two >> ran" },
        ] }]
        "#,
    );
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    deck.held(run);
    std::fs::write(deck.path("mended"), "").unwrap();
    deck.decide(run, "bob", Decision::Retry { step: 0 });
    assert_eq!(deck.ended(run).outcome(), RunOutcome::Succeeded);
    assert_eq!(deck.read("ran"), "one\none\ntwo\n");
}
