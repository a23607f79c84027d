//! Steps `migrate`, `backup` and `restore`, and their ways back.

use std::fs;

use quarterdeck::{
    domain::{
        decision::Decision,
        migration::Class,
        run::{RunEvent, RunOutcome},
    },
    run::launch,
};

use super::{THREE, applied, ask, deck, tables, write};

const DEPLOY: &str = r#"
    [pipelines.deploy]
    kind = "deploy"
    on_failure = "rollback"
    params.version = {}
    steps = [
      { name = "Back up", backup = "main" },
      { name = "Migrate", migrate = "main" },
      { name = "Switch", shell = "test ! -e fail", undo = ["true"] },
    ]
"#;

#[test]
fn a_deploy_backs_up_migrates_and_records_both_with_its_release() {
    let deck = deck(DEPLOY, &THREE[..4]);
    fs::write(deck.path("main.db"), "").unwrap();
    rusqlite::Connection::open(deck.path("main.db")).unwrap().execute_batch("CREATE TABLE old (i INTEGER)").unwrap();
    let ended = deck.execute_with("deploy", &[("version", "1.0")]);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}\n{}", ended.why(), ended.text());
    assert_eq!(tables(&deck), ["old", "teams", "users"]);
    assert_eq!(applied(&deck), ["001_users", "002_teams"]);
    let log = ended.text();
    for said in ["CREATE TABLE users", "up 002_teams done", "bytes in 1 files", "can be relied on"] {
        assert!(log.contains(said), "{said} is not in\n{log}");
    }
    let release = deck.reader().live_release("test", "test").unwrap().unwrap();
    let mark = &release.databases["main"];
    assert_eq!(mark.schema.as_deref(), Some("002_teams"));
    assert_eq!(mark.applied, [("001_users".to_owned(), Class::Additive), ("002_teams".to_owned(), Class::Additive)]);
    let backup = mark.backup.as_ref().unwrap();
    assert_eq!((backup.schema.as_deref(), backup.proven), (None, true));
    assert!(deck.path("backups/test/main").join(&backup.id).join("manifest.json").exists());
}

#[test]
fn what_the_run_applied_is_taken_back_when_a_later_step_fails_and_nothing_else() {
    let deck = deck(DEPLOY, &THREE[..2]);
    rusqlite::Connection::open(deck.path("main.db")).unwrap().execute_batch("CREATE TABLE old (i INTEGER)").unwrap();
    assert_eq!(deck.execute_with("deploy", &[("version", "1.0")]).outcome(), RunOutcome::Succeeded);
    write(&deck.path("migrations"), &THREE[2..]);
    fs::write(deck.path("fail"), "").unwrap();
    let ended = deck.execute_with("deploy", &[("version", "1.1")]);
    assert_eq!(ended.outcome(), RunOutcome::RolledBack, "{}\n{}", ended.why(), ended.text());
    assert!(ended.why().contains("undone: Switch, Migrate"), "{}", ended.why());
    assert_eq!(applied(&deck), ["001_users"]);
    assert_eq!(tables(&deck), ["old", "users"]);
    assert_eq!(ask(&deck, "SELECT name FROM pragma_table_info('users')"), ["id", "name"]);
    assert_eq!(ask(&deck, "SELECT name FROM users"), ["ann"], "data stays");
    let releases = deck.reader().releases("test", "test", 10).unwrap();
    assert!(releases[0].databases["main"].applied.is_empty(), "{releases:?}");
}

#[test]
fn a_migration_that_fails_leaves_nothing_behind_and_says_where_it_failed() {
    let deck = deck(DEPLOY, &THREE[..2]);
    rusqlite::Connection::open(deck.path("main.db")).unwrap().execute_batch("CREATE TABLE old (i INTEGER)").unwrap();
    write(
        &deck.path("migrations"),
        &[("002_bad.up.sql", "CREATE TABLE half (i INTEGER);\nINSERT INTO nowhere VALUES (1);")],
    );
    let ended = deck.execute_with("deploy", &[("version", "1.0")]);
    assert_eq!(ended.outcome(), RunOutcome::RolledBack, "{}", ended.why());
    assert!(ended.why().contains("line 2") && ended.why().contains("nowhere"), "{}", ended.why());
    assert_eq!(tables(&deck), ["old"]);
    assert!(applied(&deck).is_empty());
}

#[test]
fn without_a_way_back_the_rollback_says_so_before_and_fails_aloud() {
    let deck = deck(DEPLOY, &THREE[..2]);
    rusqlite::Connection::open(deck.path("main.db")).unwrap().execute_batch("CREATE TABLE old (i INTEGER)").unwrap();
    write(&deck.path("migrations"), &[("002_drop.sql", "-- class: irreversible\nDROP TABLE old;")]);
    let plan = deck.plan("deploy", &[("version", "1")]);
    let no_way_back = plan.steps[1].no_way_back.clone().unwrap_or_default();
    assert!(no_way_back.contains("002_drop says that it is irreversible"), "{no_way_back}");
    fs::write(deck.path("fail"), "").unwrap();
    let ended = deck.execute_with("deploy", &[("version", "1.0")]);
    assert_eq!(ended.outcome(), RunOutcome::RollbackFailed, "{}", ended.why());
    assert!(ended.why().contains("NOT UNDONE: Migrate") && ended.why().contains("no way back"), "{}", ended.why());
    assert_eq!(applied(&deck), ["001_users", "002_drop"], "all or nothing");
}

#[test]
fn a_rollback_that_restores_brings_schema_and_data_back_and_keeps_what_was_there() {
    let rollback = r#"
        [pipelines.rollback]
        kind = "rollback"
        steps = [{ name = "Restore", restore = "main" }]
    "#;
    let deck = deck(&format!("{DEPLOY}{rollback}"), &THREE[..2]);
    let open = || rusqlite::Connection::open(deck.path("main.db")).unwrap();
    open().execute_batch("CREATE TABLE old (i INTEGER)").unwrap();
    assert_eq!(deck.execute_with("deploy", &[("version", "1.0")]).outcome(), RunOutcome::Succeeded);
    open().execute_batch("INSERT INTO users VALUES (2, 'bob')").unwrap();
    write(&deck.path("migrations"), &THREE[2..]);
    assert_eq!(deck.execute_with("deploy", &[("version", "1.1")]).outcome(), RunOutcome::Succeeded);
    open().execute_batch("INSERT INTO users VALUES (3, 'eve', 'eve@x')").unwrap();
    let environment = &deck.project.environments[0];
    let points = launch::rollback_points(&deck.reader(), environment, "test").unwrap();
    let point = points.iter().find(|point| point.preferred).unwrap();
    assert_eq!(point.release.version, "1.0");
    assert!(point.not_restored[0].contains("is lost: backup"), "{:?}", point.not_restored);
    let plan = launch::prepare_rollback(&deck.project, environment, point, &deck.reader()).unwrap();
    let run = deck.store.create_run(plan, launch::current_actor(), None, crate::support::run::now()).wait().unwrap();
    let _runner = deck.spawn(run);
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}\n{}", ended.why(), ended.text());
    assert_eq!(applied(&deck), ["001_users"]);
    assert_eq!(tables(&deck), ["old", "users"]);
    assert_eq!(ask(&deck, "SELECT name FROM users ORDER BY id"), ["ann", "bob"], "as it was just before 1.1");
    assert_eq!(fs::read_dir(deck.path("backups/test/main")).unwrap().count(), 3, "what was there is kept");
    let live = deck.reader().live_release("test", "test").unwrap().unwrap();
    assert_eq!(live.databases["main"].schema.as_deref(), Some("001_users"));
}

#[test]
fn a_release_that_does_not_fit_the_schema_is_not_offered() {
    let deck = deck(DEPLOY, &THREE[..2]);
    rusqlite::Connection::open(deck.path("main.db")).unwrap().execute_batch("CREATE TABLE old (i INTEGER)").unwrap();
    assert_eq!(deck.execute_with("deploy", &[("version", "1.0")]).outcome(), RunOutcome::Succeeded);
    write(&deck.path("migrations"), &[("002_drop.up.sql", "DROP TABLE old;")]);
    assert_eq!(deck.execute_with("deploy", &[("version", "1.1")]).outcome(), RunOutcome::Succeeded);
    let points = launch::rollback_points(&deck.reader(), &deck.project.environments[0], "test").unwrap();
    let refused = points[1].refused.clone().unwrap_or_default();
    assert!(refused.contains("002_drop is breaking"), "{refused}");
}

#[test]
fn files_that_changed_after_the_confirmation_are_refused() {
    let deck = deck(DEPLOY, &THREE[..2]);
    rusqlite::Connection::open(deck.path("main.db")).unwrap().execute_batch("CREATE TABLE old (i INTEGER)").unwrap();
    let run = deck.create_with("deploy", &[("version", "1.0")]);
    write(&deck.path("migrations"), &[("001_users.up.sql", "DROP TABLE old;")]);
    let _runner = deck.spawn(run);
    let ended = deck.ended(run);
    assert!(ended.why().contains("not those that were confirmed"), "{}", ended.why());
    assert_eq!(tables(&deck), ["old"]);
}

#[test]
fn what_is_dirty_holds_for_a_person_with_the_exact_next_command() {
    let pipelines = DEPLOY.replace("{ name = \"Back up\", backup = \"main\" },", "");
    let deck = deck(&pipelines, &THREE[..2]);
    write(
        &deck.path("migrations"),
        &[("002_alone.sql", "-- transaction: none\nCREATE TABLE half (i INTEGER);\nINSERT INTO nowhere VALUES (1);")],
    );
    let run = deck.create_with("deploy", &[("version", "1.0")]);
    let _runner = deck.spawn(run);
    let why = deck.held(run);
    assert!(why.contains("quarterdeck db repair main --not-applied 002_alone"), "{why}");
    assert_eq!(applied(&deck), ["001_users", "002_alone applying"]);
    // What the sentence says is done by hand, and the step goes on where it was.
    let connection = rusqlite::Connection::open(deck.path("main.db")).unwrap();
    connection.execute_batch("CREATE TABLE nowhere (i INTEGER); DROP TABLE half").unwrap();
    let said =
        crate::databases::by_hand::db(&deck, &["repair", "main", "--not-applied", "002_alone", "--confirm", "main"]);
    assert_eq!(said.0, 0, "{}", said.1);
    deck.decide(run, "ann", Decision::Retry { step: 0 });
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    assert_eq!(applied(&deck), ["001_users", "002_alone"]);
    assert_eq!(ended.count(|event| matches!(event, RunEvent::Held { .. })), 1);
}
