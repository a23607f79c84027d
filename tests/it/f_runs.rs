//! Runs end to end: real runners, real supervisors, real commands.

use quarterdeck::run::launch::{self, LaunchError};

use quarterdeck::{
    domain::{
        decision::Decision,
        id::AttemptKey,
        run::{AttemptEnd, ProcessRef, RunEvent, RunOutcome, StepEnd, StepState},
        time::{BootTime, Moment, UnixMs},
    },
    proc::clock,
};

use std::{
    io::{Read, Write},
    net::TcpListener,
};

use crate::support::run::{Deck, now};

#[test]
fn a_run_whose_commands_succeed_succeeds_and_its_output_is_stored_in_order() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        steps = [
          { name = "One", run = ["printf", "a\nb\n"] },
          { name = "Two", shell = "echo run $QUARTERDECK_RUN in $QUARTERDECK_ENV at $QUARTERDECK_STEP; echo id {{ run.id | sh }}" },
        ]
        "#,
    );
    let ended = deck.execute("go");
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    assert_eq!(ended.text(), "a\nb\nrun 1 in test at Two\nid 1\n");
    assert_eq!(ended.count(|event| matches!(event, RunEvent::Spawned { .. })), 2);
    let order: Vec<_> = ended.log.iter().map(|line| line.seq).collect();
    assert_eq!(order, [1, 2, 3, 4]);
}

#[test]
fn a_failed_step_rolls_back_every_step_with_an_intent_in_reverse_the_failed_one_included() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "rollback"
        steps = [
          { name = "One", run = ["true"], undo = ["sh", "-c", "echo 1 >> undone"] },
          { name = "Two", run = ["true"] },
          { name = "Three", shell = "echo broken; exit 3", undo = ["sh", "-c", "echo 3 >> undone"] },
          { name = "Four", run = ["true"], undo = ["sh", "-c", "echo 4 >> undone"] },
        ]
        "#,
    );
    let ended = deck.execute("go");
    assert_eq!(ended.outcome(), RunOutcome::RolledBack, "{}", ended.why());
    assert_eq!(deck.read("undone"), "3\n1\n");
    assert!(ended.why().contains("exit code 3"), "{}", ended.why());
    let evidence = ended.events.iter().find_map(|row| match &row.event {
        RunEvent::Evidence { body } => Some(body.to_string()),
        _ => None,
    });
    assert!(evidence.unwrap().contains("broken"));
}

#[test]
fn on_failure_stop_leaves_everything_as_it_is() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "stop"
        steps = [
          { name = "One", run = ["sh", "-c", "exit 4"], undo = ["sh", "-c", "echo 1 >> undone"] },
          { name = "Two", run = ["touch", "two"] },
        ]
        "#,
    );
    let ended = deck.execute("go");
    assert_eq!(ended.outcome(), RunOutcome::Failed);
    assert_eq!((deck.read("undone"), deck.path("two").exists()), (String::new(), false));
}

#[test]
fn only_listed_exits_are_tried_again_and_each_attempt_keeps_its_own_record() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "stop"
        steps = [
          { name = "One", shell = "echo x >> tries; test $(wc -l < tries) -ge 3 || exit 75", retry = { times = 5, backoff = "10ms", exits = [75] } },
          { name = "Two", shell = "echo y >> others; exit 1", retry = { times = 5, backoff = "10ms", exits = [75] } },
        ]
        "#,
    );
    let ended = deck.execute("go");
    assert_eq!(ended.outcome(), RunOutcome::Failed);
    assert_eq!((deck.read("tries"), deck.read("others")), ("x\nx\nx\n".into(), "y\n".into()));
    assert_eq!(ended.detail.state.steps[0].attempts, 3);
    assert!(ended.text().contains("exit code 75; retry 1 of 5"), "{}", ended.text());
}

const HOLDING: &str = r#"
    [pipelines.go]
    kind = "task"
    on_failure = "hold"
    steps = [
      { name = "One", shell = "echo one >> done", undo = ["sh", "-c", "echo undone >> done"] },
      { name = "Two", shell = "echo try >> tries; test -e ready" },
      { name = "Three", shell = "echo three >> done" },
    ]
"#;

#[test]
fn a_held_step_is_tried_again_when_a_person_says_so() {
    let deck = Deck::new(HOLDING);
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    assert!(deck.held(run).contains("Two"));
    std::fs::write(deck.path("ready"), "").unwrap();
    deck.decide(run, "bob", Decision::Retry { step: 1 });
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    assert_eq!((deck.read("tries"), deck.read("done")), ("try\ntry\n".into(), "one\nthree\n".into()));
}

#[test]
fn a_held_step_that_is_skipped_counts_as_done_and_only_one_persons_decision_counts() {
    let deck = Deck::new(HOLDING);
    let run = deck.create("go");
    let mut runner = deck.spawn(run);
    deck.held(run);
    // Both are said before any runner can hear them.
    runner.kill();
    deck.decide(run, "bob", Decision::Skip { step: 1, reason: "done by hand".into() });
    deck.decide(run, "carol", Decision::Stop { reason: "no".into() });
    let _runner = deck.spawn(run);
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    assert!(matches!(ended.detail.state.steps[1].state, StepState::Ended { end: StepEnd::Skipped, .. }));
    assert_eq!(ended.count(|event| matches!(event, RunEvent::Decided { .. })), 1);
}

#[test]
fn a_held_run_is_rolled_back_or_stopped_when_a_person_says_so() {
    let deck = Deck::new(HOLDING);
    for (decision, outcome, done) in [
        (Decision::RollBack { reason: "enough".into() }, RunOutcome::RolledBack, "one\nundone\n"),
        (Decision::Stop { reason: "leave it".into() }, RunOutcome::Failed, "one\n"),
        (Decision::Cancel { reason: "never mind".into() }, RunOutcome::Cancelled, "one\n"),
    ] {
        let _ = std::fs::remove_file(deck.path("done"));
        let run = deck.create("go");
        let _runner = deck.spawn(run);
        deck.held(run);
        deck.decide(run, "bob", decision);
        let ended = deck.ended(run);
        assert_eq!((ended.outcome(), deck.read("done").as_str()), (outcome, done), "{}", ended.why());
        assert!(ended.why().contains("bob"), "{}", ended.why());
    }
}

#[test]
fn a_required_step_can_not_be_skipped() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "hold"
        steps = [{ name = "One", run = ["false"], required = true }]
        "#,
    );
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    deck.held(run);
    deck.decide(run, "bob", Decision::Skip { step: 0, reason: "hurry".into() });
    deck.decide(run, "bob", Decision::Stop { reason: "oh".into() });
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Failed);
    assert!(ended.text().contains("the step is required"), "{}", ended.text());
}

#[test]
fn a_question_waits_for_an_answer_and_no_fails_the_step() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "stop"
        steps = [{ name = "Sign-off", ask = "QA signed off?" }]
        "#,
    );
    for (yes, outcome) in [(true, RunOutcome::Succeeded), (false, RunOutcome::Failed)] {
        let run = deck.create("go");
        let _runner = deck.spawn(run);
        deck.until(run, "the question", |events| events.iter().any(|row| matches!(row.event, RunEvent::Asked { .. })));
        // An answer to another step's question is none.
        deck.decide(run, "bob", Decision::Answer { step: 7, yes: !yes, note: None });
        deck.decide(run, "carol", Decision::Answer { step: 0, yes, note: Some("checked twice".into()) });
        let ended = deck.ended(run);
        assert_eq!(ended.outcome(), outcome, "{}", ended.why());
        assert!(ended.text().contains("carol said") && ended.text().contains("checked twice"), "{}", ended.text());
    }
}

#[test]
fn a_cancel_ends_the_command_and_undoes_nothing() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "rollback"
        steps = [
          { name = "One", run = ["sh", "-c", "touch started; exec sleep 600"], undo = ["touch", "undone"] },
          { name = "Two", run = ["touch", "two"] },
        ]
        "#,
    );
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    crate::support::run::wait_for("the command", || crate::support::run::exists(&deck.path("started")));
    deck.decide(run, "bob", Decision::Cancel { reason: "wrong version".into() });
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Cancelled, "{}", ended.why());
    assert!(ended.why().contains("bob: wrong version"), "{}", ended.why());
    assert!(!deck.path("undone").exists() && !deck.path("two").exists());
    assert!(ended.count(|event| matches!(event, RunEvent::AttemptEnded { end: AttemptEnd::Cancelled, .. })) == 1);
}

#[test]
fn f16_of_two_cancels_that_race_one_counts_and_the_run_ends_once() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "rollback"
        steps = [{ name = "One", run = ["sh", "-c", "touch started; exec sleep 600"] }]
        "#,
    );
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    crate::support::run::wait_for("the command", || crate::support::run::exists(&deck.path("started")));
    std::thread::scope(|scope| {
        for who in ["bob", "carol"] {
            let deck = &deck;
            scope.spawn(move || deck.decide(run, who, Decision::Cancel { reason: who.into() }));
        }
    });
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Cancelled);
    assert_eq!(ended.count(|event| matches!(event, RunEvent::Ended { .. })), 1);
    assert_eq!(ended.count(|event| matches!(event, RunEvent::Decided { .. })), 1);
}

#[test]
fn a_rollback_decided_while_a_command_runs_ends_it_and_undoes() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "stop"
        steps = [{ name = "One", run = ["sh", "-c", "touch started; exec sleep 600"], undo = ["touch", "undone"] }]
        "#,
    );
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    crate::support::run::wait_for("the command", || crate::support::run::exists(&deck.path("started")));
    deck.decide(run, "bob", Decision::RollBack { reason: "back".into() });
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::RolledBack, "{}", ended.why());
    assert!(deck.path("undone").exists());
}

#[test]
fn a_step_and_a_run_end_when_their_time_is_up() {
    let deck = Deck::new(
        r#"
        [pipelines.step]
        kind = "task"
        on_failure = "stop"
        steps = [{ name = "One", run = ["sleep", "600"], timeout = "1s" }]
        [pipelines.whole]
        kind = "task"
        on_failure = "stop"
        timeout = "1s"
        steps = [{ name = "One", run = ["sleep", "600"] }]
        "#,
    );
    let ended = deck.execute("step");
    assert_eq!(ended.outcome(), RunOutcome::Failed);
    assert_eq!(ended.count(|event| matches!(event, RunEvent::AttemptEnded { end: AttemptEnd::TimedOut, .. })), 1);
    let ended = deck.execute("whole");
    assert_eq!(ended.outcome(), RunOutcome::Failed, "{}", ended.why());
    assert!(ended.why().contains("time") && ended.why().contains("1s"), "{}", ended.why());
}

#[test]
fn an_undo_that_fails_is_said_and_the_others_are_still_tried() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "rollback"
        steps = [
          { name = "One", run = ["true"], undo = ["touch", "undone"] },
          { name = "Two", run = ["false"], undo = ["sh", "-c", "exit 9"] },
        ]
        "#,
    );
    let ended = deck.execute("go");
    assert_eq!(ended.outcome(), RunOutcome::RollbackFailed);
    assert!(deck.path("undone").exists());
    assert!(ended.why().contains("Two (exit code 9)"), "{}", ended.why());
}

#[test]
fn a_missing_command_is_named_and_nothing_is_tried_again() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "stop"
        steps = [{ name = "One", run = ["no-such-program-anywhere"], retry = { times = 3, backoff = "10ms" } }]
        "#,
    );
    let ended = deck.execute("go");
    assert_eq!(ended.outcome(), RunOutcome::Failed);
    assert!(ended.why().contains("no-such-program-anywhere"), "{}", ended.why());
    assert_eq!(ended.detail.state.steps[0].attempts, 1);
}

#[test]
fn a_secret_that_can_not_be_had_holds_the_run_and_is_named() {
    let deck = Deck::new(
        r#"
        [secrets]
        TOKEN = { file = "token" }
        [pipelines.go]
        kind = "task"
        steps = [{ name = "One", shell = "printenv TOKEN > out; printenv TOKEN", env = { TOKEN = "{{ secret('TOKEN') }}" } }]
        "#,
    );
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    let why = deck.held(run);
    assert!(why.contains("TOKEN"), "{why}");
    let token = deck.path("token");
    std::fs::write(&token, "s3cr3t-value").unwrap();
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    deck.decide(run, "bob", Decision::Retry { step: 0 });
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    assert_eq!(deck.read("out"), "s3cr3t-value\n");
    assert!(!ended.text().contains("s3cr3t") && ended.text().contains("••••••"), "{}", ended.text());
}

#[test]
fn a_runner_that_waits_for_a_person_ends_when_its_state_directory_is_gone() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "hold"
        steps = [{ name = "One", run = ["false"] }]
        "#,
    );
    let run = deck.create("go");
    let mut runner = deck.spawn(run);
    deck.held(run);
    std::fs::remove_dir_all(deck.state().path()).unwrap();
    let status = crate::support::run::wait_for("the runner's end", || runner.0.try_wait().unwrap());
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_secret_that_only_a_look_at_a_service_needs_holds_no_deploy() {
    let deck = Deck::new(
        r#"
        [secrets]
        STATS = { file = "nowhere" }
        [services.stats.probes.figures]
        json = "http://127.0.0.1:1/"
        headers.authorization = "Bearer {{ secret('STATS') }}"
        [pipelines.deploy]
        kind = "deploy"
        params.version = { prompt = "Version" }
        steps = [{ name = "Install", run = ["true"] }]
        "#,
    );
    let ended = deck.execute_with("deploy", &[("version", "1.0")]);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
}

#[test]
fn traffic_moves_in_stages_and_begins_again_with_the_first_when_a_person_retries_it() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "hold"
        steps = [{ name = "Shift", traffic = [10, 50, 100], set = ["sh", "-c", "echo $1 >> weights; test $1 != 50 || test -e second || { touch second; exit 1; }", "set", "{{ weight }}"] }]
        "#,
    );
    let run = deck.create("go");
    let _runner = deck.spawn(run);
    assert!(deck.held(run).contains("exit code 1"));
    deck.decide(run, "bob", Decision::Retry { step: 0 });
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    assert_eq!(deck.read("weights"), "10\n50\n10\n50\n100\n");
}

#[test]
fn a_suite_reports_each_check_with_what_to_do_and_a_failed_optional_one_does_not_fail_it() {
    let deck = Deck::new(
        r#"
        [suites.smoke]
        checks = [
          { name = "Shell works", run = ["true"] },
          { name = "Moon is full", run = ["sh", "-c", "echo not tonight; exit 1"], optional = true, fix = "Wait" },
          { name = "PATH is set", env = "PATH" },
        ]
        [suites.broken]
        checks = [{ name = "Never", run = ["sh", "-c", "echo really not; exit 1"], fix = "Give up" }]
        [pipelines.good]
        kind = "verify"
        steps = [{ name = "Smoke", verify = "smoke" }]
        [pipelines.bad]
        kind = "verify"
        steps = [{ name = "Broken", verify = "broken" }]
        "#,
    );
    let ended = deck.execute("good");
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    let reports = deck.reader().reports(ended.detail.summary.id).unwrap();
    assert_eq!(reports[0].1.findings.len(), 3);
    assert!(ended.text().contains("FAIL  Moon is full (optional)"), "{}", ended.text());
    assert!(ended.text().contains("not tonight") && ended.text().contains("fix: Wait"), "{}", ended.text());
    let ended = deck.execute("bad");
    assert_eq!(ended.outcome(), RunOutcome::Failed);
    assert!(ended.why().contains("Never") && ended.why().contains("really not"), "{}", ended.why());
}

#[test]
fn a_wait_waits_and_a_soak_without_figures_is_inconclusive_and_holds() {
    let deck = Deck::new(
        r#"
        [services.api]
        [services.api.probes.port]
        tcp = "127.0.0.1:9"
        record.error_rate = "latency_ms"
        [pipelines.wait]
        kind = "task"
        steps = [{ name = "Wait", wait = "1s" }]
        [pipelines.soak]
        kind = "task"
        on_failure = "rollback"
        steps = [{ name = "Soak", soak = "3s", every = "1s", service = "api", fail_when = ["error_rate > 0.5"] }]
        "#,
    );
    let ended = deck.execute("wait");
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    let run = deck.create("soak");
    let _runner = deck.spawn(run);
    let why = deck.held(run);
    assert!(why.contains("Soak"), "{why}");
    deck.decide(run, "bob", Decision::Stop { reason: "nobody knows".into() });
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Inconclusive, "{}", ended.why());
    assert!(ended.text().contains("sample 1/3") && ended.text().contains("sample 3/3"), "{}", ended.text());
}

#[test]
fn a_deploy_writes_a_release_and_a_rolled_back_one_is_seen_and_never_chosen() {
    let deck = Deck::new(
        r#"
        [pipelines.deploy]
        kind = "deploy"
        params.version = { prompt = "Version" }
        on_failure = "rollback"
        steps = [{ name = "Install", run = ["test", "{{ version }}", "!=", "bad"], undo = ["true"] }]
        "#,
    );
    for (version, outcome) in
        [("1.0", RunOutcome::Succeeded), ("1.1", RunOutcome::Succeeded), ("bad", RunOutcome::RolledBack)]
    {
        let ended = deck.execute_with("deploy", &[("version", version)]);
        assert_eq!(ended.outcome(), outcome, "{}", ended.why());
    }
    let target = deck.project.environments[0].pipelines["deploy"].target.clone();
    let points = launch::rollback_points(&deck.reader(), &deck.project.environments[0], &target).unwrap();
    let seen: Vec<_> =
        points.iter().map(|point| (point.release.version.as_str(), point.refused.is_none(), point.preferred)).collect();
    assert_eq!(seen, [("bad", false, false), ("1.1", false, false), ("1.0", true, true)]);
    let plan =
        launch::prepare_rollback(&deck.project, &deck.project.environments[0], &points[2], &deck.reader()).unwrap();
    let run = deck.store.create_run(plan, launch::current_actor(), None, now());
    let run = run.wait().unwrap();
    let _runner = deck.spawn(run);
    assert_eq!(deck.ended(run).outcome(), RunOutcome::Succeeded);
    let live = deck.reader().live_release("test", &target).unwrap().unwrap();
    assert_eq!(live.version, "1.0");
}

/// Answers every request with the same JSON, and keeps what was asked.
fn answering(body: &'static str) -> (u16, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let asked_too = std::sync::Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            asked_too.lock().unwrap().push(String::from_utf8_lossy(&request[..read]).into_owned());
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    (port, asked)
}

#[test]
fn a_request_captures_values_for_later_steps_and_an_expectation_that_fails_fails_it() {
    let (port, asked) = answering(r#"{"id": 42, "state": "queued"}"#);
    let deck = Deck::new(&format!(
        r#"
        [pipelines.good]
        kind = "task"
        on_failure = "stop"
        steps = [
          {{ name = "Order", method = "POST", http = "http://127.0.0.1:{port}/jobs?run={{{{ run.id }}}}", expect = ["status == 200"], capture.job = "json.id" }},
          {{ name = "Use", run = ["echo", "job {{{{ captures.job }}}}"] }},
        ]
        [pipelines.bad]
        kind = "task"
        on_failure = "stop"
        steps = [{{ name = "Order", http = "http://127.0.0.1:{port}/", expect = ["json.state == 'done'"] }}]
        "#
    ));
    let ended = deck.execute("good");
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    assert!(ended.text().contains("job 42\n"), "{}", ended.text());
    assert!(asked.lock().unwrap()[0].starts_with("POST /jobs?run=1 "), "{asked:?}");
    let ended = deck.execute("bad");
    assert_eq!(ended.outcome(), RunOutcome::Failed);
    assert!(ended.why().contains("queued"), "{}", ended.why());
}

#[test]
fn a_soak_whose_figures_are_bad_fails_and_the_deploy_rolls_back_by_itself() {
    let (port, _) = answering("{}");
    let deck = Deck::new(&format!(
        r#"
        [services.api]
        [services.api.probes.traffic]
        json = "http://127.0.0.1:{port}/"
        every = "1s"
        record.error_rate = "json.error_rate"
        [pipelines.deploy]
        kind = "deploy"
        params.version = {{ prompt = "Version" }}
        on_failure = "rollback"
        steps = [
          {{ name = "Install", run = ["true"], undo = ["touch", "undone"] }},
          {{ name = "Soak", soak = "30s", every = "1s", service = "api", fail_after = 2, fail_when = ["error_rate > 0.05"] }},
        ]
        "#
    ));
    let key = quarterdeck::domain::id::LookKey { env: "test".into(), service: "api".into(), probe: "traffic".into() };
    let look = deck.store.register_look(key, vec!["error_rate".into()]).wait().unwrap();
    let feeding = std::sync::atomic::AtomicBool::new(true);
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            while feeding.load(std::sync::atomic::Ordering::Relaxed) {
                let row = quarterdeck::domain::series::LookRow {
                    look,
                    at: now(),
                    verdict: quarterdeck::domain::verdict::Verdict::Pass,
                    degraded: false,
                    latency_ms: Some(3.0),
                    values: vec![Some(0.081)],
                };
                deck.store.append_looks(vec![row]).wait().unwrap();
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
        });
        let ended = deck.execute_with("deploy", &[("version", "1.0")]);
        feeding.store(false, std::sync::atomic::Ordering::Relaxed);
        ended
    });
    assert_eq!(ended.outcome(), RunOutcome::RolledBack, "{}", ended.why());
    assert!(ended.why().contains("0.081") && deck.path("undone").exists(), "{}", ended.why());
    assert!(ended.text().contains("FAIL 2/2"), "{}", ended.text());
    let target = &deck.project.environments[0].pipelines["deploy"].target;
    let release = &deck.reader().releases("test", target, 9).unwrap()[0];
    assert!(release.marked_bad.is_some() && release.behaviour.soak.as_ref().unwrap().starts_with("failed"));
}

#[test]
fn what_the_run_read_must_be_well_from_outside_and_others_are_only_named() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = open.local_addr().unwrap().port();
    let deck = Deck::new(&format!(
        r#"
        [services.api.probes.port]
        tcp = "127.0.0.1:{port}"
        [services.other.probes.port]
        tcp = "127.0.0.1:{closed}"
        [suites.smoke]
        checks = [{{ service = "api" }}]
        [pipelines.deploy]
        kind = "deploy"
        params.version = {{ prompt = "Version" }}
        on_failure = "rollback"
        steps = [
          {{ name = "Verify", verify = "smoke" }},
          {{ name = "Break", run = ["sh", "-c", "touch go; while test ! -e broken; do sleep 0.05; done"], undo = ["true"] }},
        ]
        "#
    ));
    std::fs::write(deck.path("broken"), "").unwrap();
    let ended = deck.execute_with("deploy", &[("version", "1")]);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    assert!(ended.why().contains("api up") && ended.why().contains("other DOWN"), "{}", ended.why());
    for name in ["broken", "go"] {
        std::fs::remove_file(deck.path(name)).unwrap();
    }
    let run = deck.create_with("deploy", &[("version", "2")]);
    let _runner = deck.spawn(run);
    crate::support::run::wait_for("the last step", || crate::support::run::exists(&deck.path("go")));
    drop(open);
    std::fs::write(deck.path("broken"), "").unwrap();
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::RolledBack, "{}", ended.why());
    assert!(ended.why().contains("api DOWN"), "{}", ended.why());
}

#[test]
fn a_plan_with_a_preflight_starts_only_after_that_preflight_has_passed_for_it() {
    let deck = Deck::new(
        r#"
        [suites.ready]
        checks = [{ name = "The flag is there", run = ["test", "-e", "flag"] }]

        [pipelines.go]
        kind = "task"
        preflight = "ready"
        steps = [{ name = "One", run = ["true"] }]
        "#,
    );
    let environment = &deck.project.environments[0];
    let plan = deck.plan("go", &[]);
    let start = || launch::start(&deck.store, plan.clone(), &plan.hash(), launch::current_actor(), None);
    let check = || {
        let checks = launch::preflight(&deck.project, environment, &plan).unwrap();
        let run = deck.store.create_run(checks, launch::current_actor(), None, now()).wait().unwrap();
        deck.runner(run).status().unwrap();
    };
    assert!(matches!(start(), Err(LaunchError::Preflight(suite)) if suite == "ready"), "nothing was checked");
    check();
    assert!(matches!(start(), Err(LaunchError::Preflight(_))), "the check failed");
    std::fs::write(deck.path("flag"), "").unwrap();
    check();
    // It gets as far as the process, which a test's own binary is not; what matters is that it was not refused.
    assert!(!matches!(start(), Err(LaunchError::Preflight(_))), "the check passed");
}

/// A run whose runner of this boot died after its first step had waited for `waited_ms`; since then the wall clock was put
/// `set_ms` on.
fn left_behind(deck: &Deck, waited_ms: i64, set_ms: i64) -> quarterdeck::domain::id::RunId {
    let run = deck.create("go");
    let generation = deck.reader().generation(run).unwrap();
    let boot = clock::boot_time().unwrap();
    let then = Moment {
        at: UnixMs(now().0 - waited_ms - set_ms),
        boot: Some(BootTime { ms: boot.ms - waited_ms, ..boot.clone() }),
    };
    let process = ProcessRef { pid: 1, start_ticks: 1, boot_id: boot.boot_id };
    let key = AttemptKey { step: 0, undo: false, attempt: 1 };
    let events = vec![
        RunEvent::RunnerStarted { process, generation, adopted: false },
        RunEvent::StepStarted { step: 0, undo: false },
        RunEvent::Intent { key },
    ];
    let events = events.into_iter().map(|event| (then.clone(), event)).collect();
    deck.store.append_events(run, generation, events).wait().unwrap();
    run
}

/// A run of at most 10 minutes that waits.
fn waits(how_long: &str) -> String {
    format!(
        r#"
        [pipelines.go]
        kind = "task"
        timeout = "10m"
        on_failure = "stop"
        steps = [{{ name = "Wait", wait = "{how_long}" }}]
        "#
    )
}

const HOUR: i64 = 3_600_000;

#[test]
fn f43_after_a_takeover_a_wall_clock_that_was_put_on_ends_neither_run_nor_wait() {
    let deck = Deck::new(&waits("5m"));
    let run = left_behind(&deck, 1_000, 24 * HOUR);
    let _runner = deck.spawn(run);
    let adopted = |event: &RunEvent| matches!(event, RunEvent::RunnerStarted { adopted: true, .. });
    deck.until(run, "the takeover", |events| events.iter().any(|row| adopted(&row.event)));
    // Its time is looked at together with what people said: once that was heard, it was not up.
    deck.decide(run, "bob", Decision::Cancel { reason: "seen enough".into() });
    assert_eq!(deck.ended(run).outcome(), RunOutcome::Cancelled);
}

#[test]
fn f43_after_a_takeover_a_wall_clock_that_was_put_back_prolongs_neither_run_nor_wait() {
    for (how_long, waited, outcome) in [("5m", 6, RunOutcome::Succeeded), ("20m", 11, RunOutcome::Failed)] {
        let deck = Deck::new(&waits(how_long));
        let run = left_behind(&deck, waited * 60_000, -24 * HOUR);
        let _runner = deck.spawn(run);
        let ended = deck.ended(run);
        assert_eq!(ended.outcome(), outcome, "{}", ended.why());
    }
}

#[test]
fn f43_an_answer_counts_although_the_wall_clock_was_put_back_since_the_question() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        steps = [{ name = "Really", ask = "Go on?" }]
        "#,
    );
    let run = left_behind(&deck, 60_000, -24 * HOUR);
    let _runner = deck.spawn(run);
    deck.until(run, "the question", |events| events.iter().any(|row| matches!(row.event, RunEvent::Asked { .. })));
    deck.decide(run, "bob", Decision::Answer { step: 0, yes: true, note: None });
    assert_eq!(deck.ended(run).outcome(), RunOutcome::Succeeded);
}
