//! Runners that die, and two at once: nothing is lost, nothing runs twice.

use std::process::Stdio;

use quarterdeck::{
    domain::{
        decision::Decision,
        id::RunId,
        run::{AttemptEnd, ProcessRef, RunEvent, RunOutcome},
    },
    proc::{crash, identity},
    run::launch,
    store::{StoreError, lock},
};

use crate::support::{
    quarterdeck,
    run::{Deck, Ended, Running, exists, now, wait_for},
};

/// A run of two steps; the first says something for a moment, and counts how often it was run.
const TWO: &str = r#"
    [pipelines.go]
    kind = "task"
    on_failure = "rollback"
    steps = [
      { name = "One", shell = "echo begun >> ran; for i in 1 2 3 4 5 6 7 8; do echo line $i; sleep 0.05; done", undo = ["true"] },
      { name = "Two", shell = "echo two >> ran; test ! -e fail", undo = ["sh", "-c", "echo undone >> ran"] },
    ]
"#;

const LINES: &str = "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nline 8\n";

/// Has a runner crash at a point, lets successors finish the run.
fn crash_at(deck: &Deck, point: &str) -> Ended {
    let run = deck.create("go");
    let marker = deck.path("crashed");
    let mut first = deck.runner(run).env(crash::AT, point).env(crash::ONCE, &marker).spawn().unwrap();
    let status = first.wait().unwrap();
    assert!(marker.exists(), "{point} was never passed: {status}");
    // Where no supervisor replaces it (no command was running), the next process that looks does.
    let _second = deck.spawn(run);
    let ended = wait_for("an end", || {
        let detail = deck.reader().run(run).unwrap();
        if detail.state.outcome().is_none() {
            let generation = deck.reader().generation(run).unwrap();
            if !lock::is_held(&deck.state().run_lock(run, generation)).unwrap() {
                let _ = deck.runner(run).spawn().unwrap().wait();
            }
        }
        detail.state.outcome().map(|_| deck.ended(run))
    });
    let adopted = ended.count(|event| matches!(event, RunEvent::RunnerStarted { adopted: true, .. }));
    assert!(adopted >= 1, "each takeover is on record");
    ended
}

#[test]
fn f01_f04_f07_f08_a_runner_killed_at_any_crash_point_of_a_good_run_changes_nothing() {
    for point in [
        "runner.after_started",
        "runner.after_intent",
        "runner.after_launch",
        "runner.after_spawned",
        "runner.after_log",
        "runner.before_end",
        "runner.after_end",
        "runner.after_step",
        "runner.before_over",
    ] {
        let deck = Deck::new(TWO);
        let ended = crash_at(&deck, point);
        assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{point}: {}", ended.why());
        assert_eq!(ended.text(), LINES, "{point}");
        assert_eq!(deck.read("ran"), "begun\ntwo\n", "{point}: nothing runs twice");
        let good =
            |event: &RunEvent| matches!(event, RunEvent::AttemptEnded { end: AttemptEnd::Exited { code: 0 }, .. });
        assert_eq!(ended.count(good), 2, "{point}: each end is stored once");
    }
}

#[test]
fn a_runner_killed_at_any_crash_point_of_a_rollback_undoes_everything_once() {
    for point in
        ["runner.after_rollback_started", "runner.after_spawned:3", "runner.before_end:3", "runner.before_over"]
    {
        let deck = Deck::new(TWO);
        std::fs::write(deck.path("fail"), "").unwrap();
        let ended = crash_at(&deck, point);
        assert_eq!(ended.outcome(), RunOutcome::RolledBack, "{point}: {}", ended.why());
        assert_eq!(deck.read("ran"), "begun\ntwo\nundone\n", "{point}");
    }
}

#[test]
fn every_crash_point_has_a_test() {
    let here = concat!(include_str!("f_crashes.rs"), include_str!("databases/crashes.rs"));
    let untested: Vec<_> = crash::POINTS.iter().filter(|point| !here.contains(&format!("\"{point}\""))).collect();
    assert!(untested.is_empty(), "{untested:?}");
    let ours = |word: &str| ["runner.", "migrate.", "backup."].iter().any(|room| word.starts_with(room));
    let named = here
        .split('"')
        .filter(|word| ours(word) && !word.contains(char::is_whitespace))
        .map(|word| word.split(':').next().unwrap());
    let unknown: Vec<_> = named.filter(|word| !word.ends_with('.') && !crash::POINTS.contains(word)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// How often the runner is killed: 20 in a plain `cargo test`, 50 with `QUARTERDECK_SLOW_TESTS`.
fn kills() -> usize {
    if std::env::var_os("QUARTERDECK_SLOW_TESTS").is_some() { 50 } else { 20 }
}

/// The living runner in charge; started here if there is none, as every console and command does that looks.
fn in_charge(deck: &Deck, run: RunId, runners: &mut Vec<Running>) -> ProcessRef {
    let reader = deck.reader();
    wait_for("a runner in charge", || {
        let led = || {
            let generation = reader.generation(run).unwrap();
            lock::is_held(&deck.state().run_lock(run, generation)).unwrap()
        };
        if !led() {
            let mut runner = deck.spawn(run);
            // Until it has the lock, or left it to one that was quicker.
            wait_for("a runner", || (led() || runner.0.try_wait().unwrap().is_some()).then_some(()));
            runners.push(runner);
        }
        let events = reader.events(run, 0).unwrap();
        events
            .into_iter()
            .rev()
            .find_map(|row| match row.event {
                RunEvent::RunnerStarted { process, .. } => Some(process),
                _ => None,
            })
            .filter(identity::is_alive)
    })
}

#[test]
fn f03_a_runner_killed_again_and_again_during_a_stream_loses_and_doubles_nothing() {
    // 2 MB in 25,000 lines, at a pace that lasts as long as the killing does.
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "stop"
        steps = [{ name = "Stream", shell = '''
          i=0
          while [ $i -lt 250 ]; do
            seq -f "%06.0f 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789" $((i * 100 + 1)) $((i * 100 + 100))
            i=$((i + 1))
            test -e hurry || sleep 0.4
          done
          exit 7''' }]
        "#,
    );
    let run = deck.create("go");
    let reader = deck.reader();
    let mut runners = vec![deck.spawn(run)];
    for killed in 0..kills() {
        let process = in_charge(&deck, run, &mut runners);
        let lines = reader.log_len(run).unwrap();
        // It copies something, and is killed at some moment of that.
        wait_for("some lines", || {
            let over = reader.run(run).unwrap().state.outcome().is_some();
            assert!(!over, "the stream was over after {killed} kills");
            (reader.log_len(run).unwrap() > lines).then_some(())
        });
        identity::signal(&process, rustix::process::Signal::KILL).unwrap();
        wait_for("its death", || (!identity::is_alive(&process)).then_some(()));
    }
    std::fs::write(deck.path("hurry"), "").unwrap();
    in_charge(&deck, run, &mut runners);
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Failed);
    assert!(ended.why().contains("exit code 7"), "{}", ended.why());
    assert_eq!(ended.log.len(), 25_000);
    let wanted = (1..=25_000).map(|number| {
        format!("{number:06} 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789")
    });
    for (line, wanted) in ended.log.iter().zip(wanted) {
        assert_eq!(line.text, wanted);
    }
    let takeovers = ended.count(|event| matches!(event, RunEvent::RunnerStarted { adopted: true, .. }));
    assert!(takeovers >= kills(), "{takeovers} takeovers are on record");
    assert_eq!(ended.count(|event| matches!(event, RunEvent::AttemptEnded { .. })), 1);
}

#[test]
fn f05_when_the_supervisor_dies_a_step_is_unknown_unless_its_probe_or_its_effect_says_otherwise() {
    let step = |rest: &str| {
        format!(
            r#"
            [pipelines.go]
            kind = "task"
            on_failure = "rollback"
            steps = [{{ name = "One", shell = "echo ran >> ran; touch started; test -e quick || exec sleep 600", {rest} }}]
            "#
        )
    };
    for (rest, ran, outcome) in [
        ("effect = \"once\"", "ran\n", None),
        ("effect = \"idempotent\"", "ran\nran\n", Some(RunOutcome::Succeeded)),
        ("probe = [\"true\"]", "ran\n", Some(RunOutcome::Succeeded)),
        ("probe = [\"false\"]", "ran\nran\n", Some(RunOutcome::Succeeded)),
        ("probe = [\"sh\", \"-c\", \"exit 5\"]", "ran\n", None),
    ] {
        let deck = Deck::new(&step(rest));
        let run = deck.create("go");
        let _runner = deck.spawn(run);
        wait_for("the command", || exists(&deck.path("started")));
        deck.until(run, "its process", |events| events.iter().any(|row| matches!(row.event, RunEvent::Spawned { .. })));
        std::fs::write(deck.path("quick"), "").unwrap();
        kill_supervisor_of(&deck);
        if let Some(outcome) = outcome {
            assert_eq!(deck.ended(run).outcome(), outcome, "{rest}");
        } else {
            let why = deck.held(run);
            assert!(why.contains("supervisor died"), "{rest}: {why}");
            deck.decide(run, "bob", Decision::Stop { reason: "don't know".into() });
            assert_eq!(deck.ended(run).outcome(), RunOutcome::Inconclusive, "{rest}");
        }
        assert_eq!(deck.read("ran"), ran, "{rest}");
    }
}

/// Kills the supervisor of the attempt under way, found by its command line.
fn kill_supervisor_of(deck: &Deck) {
    let state = deck.state().path().to_string_lossy().into_owned();
    let supervisors: Vec<i32> = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_string_lossy().parse().ok())
        .filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            line.contains(" supervise ") && line.contains(&state)
        })
        .collect();
    assert_eq!(supervisors.len(), 1, "{supervisors:?}");
    let process = identity::identify(supervisors[0]).unwrap();
    assert!(identity::signal(&process, rustix::process::Signal::KILL).unwrap());
}

#[test]
fn f09_after_a_restart_of_the_machine_a_running_step_is_unknown() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        on_failure = "rollback"
        steps = [{ name = "One", run = ["true"] }]
        "#,
    );
    let run = deck.create("go");
    // What a runner of the boot before left: a command that was running.
    let generation = deck.reader().generation(run).unwrap();
    let process = ProcessRef { pid: 1, start_ticks: 1, boot_id: "the boot before".into() };
    let key = quarterdeck::domain::id::AttemptKey { step: 0, undo: false, attempt: 1 };
    let events = vec![
        RunEvent::RunnerStarted { process: process.clone(), generation, adopted: false },
        RunEvent::StepStarted { step: 0, undo: false },
        RunEvent::Intent { key },
        RunEvent::Spawned { key, process },
    ];
    let rows = events.into_iter().map(|event| (now(), event)).collect();
    deck.store.append_events(run, generation, rows).wait().unwrap();
    let _runner = deck.spawn(run);
    let why = deck.held(run);
    assert!(why.contains("machine restarted"), "{why}");
}

#[test]
fn f21_a_stopped_runner_that_resumes_after_another_took_over_writes_nothing_more() {
    let deck = Deck::new(TWO);
    let run = deck.create("go");
    let first = deck.spawn(run);
    let pid = i32::try_from(first.0.id()).unwrap();
    let process = identity::identify(pid).unwrap();
    deck.until(run, "its start", |events| events.iter().any(|row| matches!(row.event, RunEvent::Spawned { .. })));
    identity::signal(&process, rustix::process::Signal::STOP).unwrap();
    deck.store.take_over(run).wait().unwrap();
    let _second = deck.spawn(run);
    let ended = deck.ended(run);
    identity::signal(&process, rustix::process::Signal::CONT).unwrap();
    wait_for("the first runner's end", || (!identity::is_alive(&process)).then_some(()));
    assert_eq!((ended.outcome(), ended.text().as_str()), (RunOutcome::Succeeded, LINES));
    assert_eq!(deck.reader().log_len(run).unwrap(), 8);
    assert_eq!(deck.reader().events(run, 0).unwrap().len(), ended.events.len());
}

#[test]
fn f39_of_two_starts_on_one_target_at_the_same_instant_one_wins_and_the_other_is_told_who() {
    let deck = Deck::new(
        r#"
        [pipelines.go]
        kind = "task"
        steps = [{ name = "One", run = ["true"] }]
        "#,
    );
    let stores: Vec<_> = (0..2).map(|_| quarterdeck::store::Store::open(deck.state()).unwrap()).collect();
    for race in 0..60 {
        let barrier = std::sync::Barrier::new(2);
        let plan = deck.plan("go", &[]);
        let results: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = stores
                .iter()
                .map(|store| {
                    let (plan, barrier) = (plan.clone(), &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        store.create_run(plan, launch::current_actor(), None, now()).wait()
                    })
                })
                .collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        let won: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        let told: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        assert_eq!((won.len(), told.len()), (1, 1), "race {race}: {results:?}");
        assert!(matches!(told[0], StoreError::TargetHeld { holder, .. } if holder == won[0]), "race {race}: {told:?}");
        let run = *won[0];
        let generation = deck.store.take_over(run).wait().unwrap();
        let over = RunEvent::Ended { outcome: RunOutcome::Cancelled, why: "the race is over".into() };
        deck.store.append_events(run, generation, vec![(now(), over)]).wait().unwrap();
    }
}

#[test]
fn f42_a_rollback_during_a_deploy_of_the_same_target_is_refused_with_the_holder() {
    let deck = Deck::new(
        r#"
        [pipelines.deploy]
        kind = "deploy"
        params.version = { prompt = "Version" }
        steps = [{ name = "Install", run = ["true"] }]
        [pipelines.long]
        kind = "deploy"
        params.version = { prompt = "Version" }
        steps = [{ name = "Install", run = ["sh", "-c", "touch started; exec sleep 600"] }]
        "#,
    );
    deck.execute_with("deploy", &[("version", "1")]);
    deck.execute_with("deploy", &[("version", "2")]);
    let run = deck.create_with("long", &[("version", "3")]);
    let _runner = deck.spawn(run);
    wait_for("the deploy", || exists(&deck.path("started")));
    let environment = &deck.project.environments[0];
    let target = &environment.pipelines["deploy"].target;
    let points = launch::rollback_points(&deck.reader(), environment, target).unwrap();
    let point = points.iter().find(|point| point.preferred).unwrap();
    let plan = launch::prepare_rollback(&deck.project, environment, point, &deck.reader()).unwrap();
    let hash = plan.hash();
    let refused = launch::start(&deck.store, plan, &hash, launch::current_actor(), None);
    match refused {
        Err(launch::LaunchError::Store(StoreError::TargetHeld { holder, .. })) => assert_eq!(holder, run),
        other => panic!("{other:?}"),
    }
    deck.decide(run, "bob", Decision::Cancel { reason: "first things first".into() });
    assert_eq!(deck.ended(run).outcome(), RunOutcome::Cancelled);
}

#[test]
fn f01_the_launcher_may_die_right_after_the_start_and_the_run_ends_all_the_same() {
    let deck = Deck::new(TWO);
    let config = deck.path("quarterdeck.toml");
    let mut launcher = quarterdeck()
        .arg("--config")
        .arg(&config)
        .arg("--state")
        .arg(deck.state().path())
        .args(["run", "go", "--yes"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let run = wait_for("the run", || {
        let runs = deck.reader().active_runs().unwrap();
        runs.into_iter().find(|run| run.current.is_some()).map(|run| run.id)
    });
    launcher.kill().unwrap();
    launcher.wait().unwrap();
    let ended = deck.ended(run);
    assert_eq!((ended.outcome(), ended.text().as_str()), (RunOutcome::Succeeded, LINES));
}

#[test]
fn a_run_whose_runners_die_at_once_is_adopted_ever_more_rarely_by_all_who_follow_it_together() {
    let deck = Deck::new(TWO);
    let run = deck.create("go");
    // Two people follow; the runners that their processes start die right after they took charge.
    let followers: Vec<_> = (0..2)
        .map(|_| {
            let mut command = quarterdeck();
            command.arg("--config").arg(deck.path("quarterdeck.toml")).arg("--state").arg(deck.state().path());
            command.args(["attach", &run.0.to_string()]).env(crash::AT, "runner.after_started");
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
            Running(command.spawn().unwrap())
        })
        .collect();
    let started = |events: &[quarterdeck::domain::run::EventRow]| -> Vec<i64> {
        let runners = events.iter().filter(|row| matches!(row.event, RunEvent::RunnerStarted { .. }));
        runners.map(|row| row.at.0).collect()
    };
    let events = deck.until(run, "a fourth runner", |events| started(events).len() >= 4);
    let complaints: Vec<String> = followers
        .into_iter()
        .map(|mut follower| {
            let mut text = String::new();
            let mut pipe = follower.0.stderr.take().unwrap();
            drop(follower);
            std::io::Read::read_to_string(&mut pipe, &mut text).unwrap();
            text
        })
        .collect();
    let times = started(&events);
    // A runner says it is in charge somewhat after it was started, and the first of a pair may be later than the second.
    let pauses: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let rarer = times[3] - times[0] >= 4_000 && pauses[2] >= 3_000;
    assert!(rarer, "1 s, 2 s and 4 s lie between the starts: {pauses:?}");
    let told = complaints.iter().any(|text| text.contains("ended 2 times without getting on"));
    assert!(told, "{complaints:?}");
}
