//! Migrations, backups and restores of PostgreSQL and MariaDB.

use std::{fs, sync::Mutex};

use quarterdeck::domain::run::RunOutcome;

use super::{judged, mariadb, postgres, sql};
use crate::{
    databases::{by_hand::db, write},
    support::run::Deck,
};

/// Servers are heavy: one at a time.
static ONE: Mutex<()> = Mutex::new(());

const PIPELINES: &str = r#"
    [pipelines.deploy]
    kind = "deploy"
    on_failure = "rollback"
    params.version = {}
    steps = [
      { name = "Back up", backup = "main" },
      { name = "Migrate", migrate = "main" },
      { name = "Switch", shell = "test ! -e fail", undo = ["true"] },
    ]
    [pipelines.rollback]
    kind = "rollback"
    steps = [{ name = "Restore", restore = "main" }]
"#;

fn deck(kind: &str, url: &str, files: &[(&str, &str)]) -> Deck {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.keep().join("url");
    fs::write(&secret, url).unwrap();
    fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let deck = Deck::new(&format!(
        "[secrets.DB]\nfile = \"{}\"\n[databases.main]\n{kind} = \"{{{{ secret('DB') }}}}\"\nmigrations = \"migrations\"\n\
         backup = {{ verify = \"restore\" }}\n{PIPELINES}",
        secret.display()
    ));
    write(&deck.path("migrations"), files);
    deck
}

fn ask(_: &Deck, url: &str, statement: &str) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let judged = runtime.block_on(judged(sql(statement, url), &[]));
    let facts = serde_json::json!(judged.outcome.facts);
    let text = facts.get("value").unwrap_or_else(|| panic!("{statement}: {}", judged.detail)).to_string();
    text.trim_matches('"').trim_end_matches(".0").to_owned()
}

const SHARED: [(&str, &str); 4] = [
    (
        "001_users.up.sql",
        "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(40));\nINSERT INTO users VALUES (1, 'ann; o''hara');",
    ),
    ("001_users.down.sql", "DROP TABLE users;"),
    (
        "002_teams.up.sql",
        "CREATE TABLE teams (id INT PRIMARY KEY, owner INT, FOREIGN KEY (owner) REFERENCES users (id));\nALTER TABLE users ADD COLUMN mail VARCHAR(80);",
    ),
    ("002_teams.down.sql", "ALTER TABLE users DROP COLUMN mail;\nDROP TABLE teams;"),
];

/// A good deploy, a bad one that is rolled back, and a rollback by restoring: afterwards the world is as before.
fn the_whole_way(kind: &str, url: &str, tables: &str) {
    let deck = deck(kind, url, &SHARED[..2]);
    let (code, said) = db(&deck, &["migrate", "main", "--to", "1"]);
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("correct-horse"), "{said}");
    assert_eq!(ask(&deck, url, "SELECT name FROM users"), "ann; o'hara");
    let ended = deck.execute_with("deploy", &[("version", "1.0")]);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}\n{}", ended.why(), ended.text());
    assert!(ended.text().contains("can be relied on") && !ended.text().contains("correct-horse"), "{}", ended.text());
    write(&deck.path("migrations"), &SHARED[2..]);
    fs::write(deck.path("fail"), "").unwrap();
    let ended = deck.execute_with("deploy", &[("version", "1.1")]);
    assert_eq!(ended.outcome(), RunOutcome::RolledBack, "{}\n{}", ended.why(), ended.text());
    assert_eq!(ask(&deck, url, tables), "2", "users and what is applied");
    fs::remove_file(deck.path("fail")).unwrap();
    let ended = deck.execute_with("deploy", &[("version", "1.1")]);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}", ended.why());
    assert_eq!(ask(&deck, url, tables), "3");
    let mut command = crate::support::quarterdeck();
    command.arg("--config").arg(deck.path("quarterdeck.toml")).arg("--state").arg(deck.state().path());
    let output = command.args(["rollback", "--reason", "for a trial", "--yes", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(ask(&deck, url, tables), "2", "the schema is as before");
    assert_eq!(ask(&deck, url, "SELECT name FROM users"), "ann; o'hara");
    let (code, said) = db(&deck, &["status"]);
    assert!(code == 0 && said.contains("002_teams"), "{said}");
    // No scratch database is left behind.
    let databases = if kind == "postgres" {
        "SELECT count(*) FROM pg_database WHERE datname LIKE 'qd\\_scratch%'"
    } else {
        "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'qd\\_scratch%'"
    };
    assert_eq!(ask(&deck, url, databases), "0");
}

#[test]
#[ignore = "needs PostgreSQL: run by .ci/run"]
fn postgres_is_migrated_backed_up_rolled_back_and_restored() {
    let _one = ONE.lock();
    let server = postgres::start();
    let url = postgres::url(&server, "");
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
    let own = deck_of_its_own(&url);
    the_whole_way("postgres", &own, tables);
}

/// A database of its own, empty: made by a migration-free connection.
fn deck_of_its_own(url: &str) -> String {
    let (server, name) = url.rsplit_once('/').unwrap();
    let name = name.split('?').next().unwrap();
    let maker = deck(
        "postgres",
        &format!("{server}/{name}"),
        &[("001_make.sql", "-- transaction: none\nCREATE DATABASE ours;")],
    );
    let (code, said) = db(&maker, &["migrate"]);
    assert_eq!(code, 0, "{said}");
    format!("{server}/ours")
}

#[test]
#[ignore = "needs MariaDB: run by .ci/run"]
fn mariadb_is_migrated_backed_up_rolled_back_and_restored() {
    let _one = ONE.lock();
    let server = mariadb::start_for_all();
    let url = mariadb::ours(&server);
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'ours'";
    the_whole_way("mysql", &url, tables);
}

#[test]
#[ignore = "needs PostgreSQL: run by .ci/run"]
fn postgres_takes_a_failed_migration_back_whole_and_tells_who_holds_a_lock() {
    let _one = ONE.lock();
    let server = postgres::start();
    let url = deck_of_its_own(&postgres::url(&server, ""));
    let deck = deck("postgres", &url, &SHARED);
    assert_eq!(db(&deck, &["migrate"]).0, 0);
    write(
        &deck.path("migrations"),
        &[(
            "003_bad.sql",
            "CREATE TABLE half (i INT);\nDO $$ BEGIN RAISE NOTICE 'on the way'; END $$;\nSET search_path = nowhere;\nINSERT INTO public.users VALUES (1, 'twice');",
        )],
    );
    let (code, said) = db(&deck, &["migrate"]);
    assert!(code == 1 && said.contains("line 4") && said.contains("nothing of it was done"), "{said}");
    assert!(said.contains("notice: on the way"), "{said}");
    assert_eq!(ask(&deck, &url, "SELECT count(*) FROM pg_class WHERE relname = 'half'"), "0");
    // One that runs without a transaction, and fails: its index is found and told.
    write(
        &deck.path("migrations"),
        &[("003_bad.sql", "-- transaction: none\nCREATE UNIQUE INDEX CONCURRENTLY twice ON users ((1));")],
    );
    write(&deck.path("migrations"), &[("001_users.up.sql", SHARED[0].1)]);
    assert_eq!(db(&deck, &["migrate"]).0, 0, "one row is unique");
    write(&deck.path("migrations"), &[("004_slow.sql", "SELECT pg_sleep(5);")]);
    let codes: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..2).map(|_| scope.spawn(|| db(&deck, &["migrate"]))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(codes.iter().all(|(code, _)| *code == 0), "{codes:?}");
    assert!(
        codes.iter().any(|(_, said)| said.contains("somebody else is changing this database (watcher as quarterdeck")),
        "{codes:?}"
    );
}

#[test]
#[ignore = "needs MariaDB: run by .ci/run"]
fn mariadb_takes_a_failed_migration_back_by_its_down_else_it_is_dirty() {
    let _one = ONE.lock();
    let server = mariadb::start_for_all();
    let url = mariadb::ours(&server);
    let deck = deck("mysql", &url, &SHARED);
    assert_eq!(db(&deck, &["migrate"]).0, 0);
    let up = "CREATE TABLE half (i INT);\nINSERT INTO nowhere VALUES (1);";
    write(&deck.path("migrations"), &[("003_bad.up.sql", up), ("003_bad.down.sql", "DROP TABLE IF EXISTS half;")]);
    let (code, said) = db(&deck, &["migrate"]);
    assert!(code == 1 && said.contains("was taken back by its down"), "{said}");
    assert_eq!(ask(&deck, &url, "SELECT count(*) FROM information_schema.tables WHERE table_name = 'half'"), "0");
    fs::remove_file(deck.path("migrations/003_bad.down.sql")).unwrap();
    let (code, said) = db(&deck, &["migrate"]);
    assert!(code == 8 && said.contains("db repair main --applied 003_bad"), "{said}");
    let (code, said) = db(&deck, &["migrate"]);
    assert!(code == 8 && said.contains("003_bad is dirty"), "{said}");
    assert_eq!(db(&deck, &["repair", "--not-applied", "003_bad", "--confirm", "main"]).0, 0);
    assert!(db(&deck, &["status"]).1.contains("pending"));
}
