//! Processes killed in the middle of a migration: applied, not applied, or dirty and held; never twice.

use quarterdeck::{
    domain::{
        decision::Decision,
        run::{RunOutcome, RunPhase},
    },
    proc::crash,
    store::lock,
};

use super::{THREE, applied, ask, deck, tables, write};
use crate::support::run::{Deck, wait_for};

const MIGRATE: &str = r#"
    [pipelines.go]
    kind = "task"
    on_failure = "rollback"
    steps = [{ name = "Migrate", migrate = "main" }, { name = "After", shell = "test ! -e fail" }]
"#;

/// Has a process crash at a point, and lets successors go on until the run is over or holds.
fn crash_at(deck: &Deck, point: &str) -> RunPhase {
    let run = deck.create("go");
    let marker = deck.path("crashed");
    let mut first = deck.runner(run).env(crash::AT, point).env(crash::ONCE, &marker).spawn().unwrap();
    let phase = wait_for("an end or a hold", || {
        let state = deck.reader().run(run).unwrap().state;
        let generation = deck.reader().generation(run).unwrap();
        if state.outcome().is_none() && !lock::is_held(&deck.state().run_lock(run, generation)).unwrap() {
            drop(deck.runner(run).env(crash::AT, point).env(crash::ONCE, &marker).spawn().unwrap());
        }
        matches!(state.phase, RunPhase::Ended { .. } | RunPhase::Holding { .. }).then_some(state.phase)
    });
    assert!(marker.exists(), "{point} was never passed: {phase:?}");
    if matches!(phase, RunPhase::Holding { .. }) {
        deck.decide(run, "ann", Decision::Stop { reason: "enough seen".into() });
        deck.ended(run);
    }
    // Killed, or done.
    first.wait().unwrap();
    phase
}

#[test]
fn f04_a_runner_or_a_migration_killed_at_any_point_applies_everything_once() {
    for point in [
        "runner.after_intent",
        "runner.after_launch",
        "runner.after_spawned",
        "runner.after_log",
        "runner.before_end",
        "runner.after_end",
        "runner.after_step",
        "migrate.before_commit",
        "migrate.before_commit:2",
        "migrate.after_commit",
    ] {
        let deck = deck(MIGRATE, &THREE);
        let phase = crash_at(&deck, point);
        assert!(matches!(&phase, RunPhase::Ended { outcome: RunOutcome::Succeeded, .. }), "{point}: {phase:?}");
        assert_eq!(applied(&deck), ["001_users", "002_teams", "003_mail"], "{point}");
        assert_eq!(ask(&deck, "SELECT name FROM users"), ["ann"], "{point}: once");
    }
}

#[test]
fn a_migration_without_a_transaction_that_is_killed_is_dirty_and_held_never_run_again() {
    for (point, done) in [("migrate.announced", 0), ("migrate.counted", 1)] {
        let deck = deck(MIGRATE, &[]);
        write(
            &deck.path("migrations"),
            &[(
                "001_a.sql",
                "-- transaction: none\n-- up\nCREATE TABLE a (i INTEGER);\nCREATE TABLE b (i INTEGER);\n-- down\nDROP TABLE b; DROP TABLE a;",
            )],
        );
        let RunPhase::Holding { why, .. } = crash_at(&deck, point) else { panic!("{point}: not held") };
        assert!(why.contains("001_a is dirty") && why.contains("db repair main --applied 001_a"), "{why}");
        assert_eq!(applied(&deck), ["001_a applying"], "{point}");
        assert_eq!(tables(&deck).len(), done, "{point}: {:?}", tables(&deck));
    }
}

#[test]
fn a_runner_or_an_undo_killed_at_any_point_of_a_rollback_takes_everything_back_once() {
    for point in
        ["runner.after_rollback_started", "runner.after_spawned:3", "runner.before_end:3", "runner.before_over"]
    {
        let deck = deck(MIGRATE, &THREE);
        std::fs::write(deck.path("fail"), "").unwrap();
        let phase = crash_at(&deck, point);
        assert!(matches!(&phase, RunPhase::Ended { outcome: RunOutcome::RolledBack, .. }), "{point}: {phase:?}");
        assert!(applied(&deck).is_empty() && tables(&deck).is_empty(), "{point}: {:?}", tables(&deck));
    }
}

#[test]
fn a_verification_that_is_killed_leaves_no_scratch_database_behind() {
    let pipelines = "[pipelines.go]\nkind = \"task\"\non_failure = \"stop\"\nsteps = [{ backup = \"main\" }]";
    let deck = deck(pipelines, &THREE);
    rusqlite::Connection::open(deck.path("main.db")).unwrap().execute_batch("CREATE TABLE t (i INTEGER)").unwrap();
    let phase = crash_at(&deck, "backup.scratch_made");
    assert!(matches!(&phase, RunPhase::Ended { outcome: RunOutcome::Succeeded, .. }), "{phase:?}");
    let files = std::fs::read_dir(deck.path("backups/test/main")).unwrap();
    let scratch: Vec<_> = files.flatten().filter(|file| file.path().is_file()).map(|file| file.file_name()).collect();
    assert!(scratch.is_empty(), "{scratch:?}");
}
