//! `quarterdeck db`.

use std::fs;

use serde_json::Value;

use super::{THREE, applied, ask, deck, tables, write};
use crate::support::{quarterdeck, run::Deck};

/// Runs `quarterdeck db ...`: exit code, and everything it said.
pub fn db(deck: &Deck, arguments: &[&str]) -> (i32, String) {
    let mut command = quarterdeck();
    command.arg("--config").arg(deck.path("quarterdeck.toml")).arg("--state").arg(deck.state().path());
    let output = command.arg("db").args(arguments).stdin(std::process::Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), said)
}

fn json(deck: &Deck, arguments: &[&str]) -> Value {
    let mut command = quarterdeck();
    command.arg("--config").arg(deck.path("quarterdeck.toml")).arg("--state").arg(deck.state().path());
    let output = command.arg("db").args(arguments).arg("--json").output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn status_migrate_and_the_way_down_by_hand() {
    let deck = deck("", &THREE);
    let status = json(&deck, &["status"]);
    assert_eq!(status["standing"]["pending"], serde_json::json!(["001_users", "002_teams", "003_mail"]));
    let (code, said) = db(&deck, &["migrate", "main", "--dry-run"]);
    assert!(code == 0 && said.contains("CREATE TABLE teams") && said.contains("all of it works"), "{said}");
    assert!(tables(&deck).is_empty());
    let (code, said) = db(&deck, &["migrate", "--to", "2"]);
    assert!(code == 0 && said.contains("2 migrations (001_users, 002_teams) applied"), "{said}");
    assert_eq!(db(&deck, &["migrate"]).0, 0);
    let (code, said) = db(&deck, &["migrate"]);
    assert!(code == 0 && said.contains("nothing is pending"), "{said}");
    assert_eq!(applied(&deck).len(), 3);
    let (code, said) = db(&deck, &["migrate", "--down-to", "001_users"]);
    assert!(code == 2 && said.contains("--confirm main"), "{said}");
    assert_eq!(db(&deck, &["migrate", "--down-to", "001_users", "--confirm", "mian"]).0, 2);
    assert_eq!(applied(&deck).len(), 3, "nothing was done");
    let (code, said) = db(&deck, &["migrate", "--down-to", "001_users", "--confirm", "main"]);
    assert!(code == 0 && said.contains("002_teams"), "{said}");
    assert_eq!(tables(&deck), ["users"]);
}

#[test]
fn changed_missing_and_out_of_order_files_are_refused_with_what_to_do() {
    let deck = deck("", &THREE);
    assert_eq!(db(&deck, &["migrate"]).0, 0);
    write(&deck.path("migrations"), &[("001_users.up.sql", "CREATE TABLE users (id INTEGER);")]);
    let (code, said) = db(&deck, &["migrate"]);
    assert!(code == 1 && said.contains("--accept 001_users"), "{said}");
    assert_eq!(db(&deck, &["status"]).0, 1);
    assert_eq!(db(&deck, &["repair", "--accept", "001_users", "--confirm", "main"]).0, 0);
    assert_eq!(db(&deck, &["status"]).0, 0);
    fs::rename(deck.path("migrations/002_teams.up.sql"), deck.path("kept")).unwrap();
    fs::remove_file(deck.path("migrations/002_teams.down.sql")).unwrap();
    let (code, said) = db(&deck, &["migrate"]);
    assert!(code == 1 && said.contains("002_teams is applied and its file is gone"), "{said}");
    // Its way back was kept when it was applied.
    let (code, said) = db(&deck, &["migrate", "--down-to", "1", "--confirm", "main"]);
    assert!(code == 0 && tables(&deck) == ["users"], "{said}");
    assert_eq!(db(&deck, &["migrate"]).0, 0);
    write(&deck.path("migrations"), &[("002_late.sql", "CREATE TABLE late (i INTEGER);")]);
    let (code, said) = db(&deck, &["migrate"]);
    assert!(code == 1 && said.contains("--out-of-order"), "{said}");
    assert_eq!(db(&deck, &["migrate", "--out-of-order"]).0, 0);
    assert_eq!(tables(&deck), ["late", "users"]);
}

#[test]
fn a_backup_is_verified_listed_and_put_back() {
    let deck = deck("", &THREE);
    assert_eq!(db(&deck, &["migrate"]).0, 0);
    let (code, said) = db(&deck, &["backup"]);
    assert!(code == 0 && said.contains("restored for a trial"), "{said}");
    let listed = json(&deck, &["backups"]);
    let id = listed["backups"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(listed["backups"][0]["schema"], "003_mail");
    assert_eq!(listed["backups"][0]["parts"][0]["sha256"].as_str().unwrap().len(), 64);
    let connection = rusqlite::Connection::open(deck.path("main.db")).unwrap();
    connection.execute_batch("DELETE FROM users; CREATE TABLE later (i INTEGER)").unwrap();
    let (code, said) = db(&deck, &["restore"]);
    assert!(code == 2 && said.contains("what was written since the backup is lost"), "{said}");
    let (code, said) = db(&deck, &["restore", "--id", &id, "--confirm", "main"]);
    assert!(code == 0 && said.contains("first a backup of what is there now"), "{said}");
    assert_eq!(
        (ask(&deck, "SELECT name FROM users"), tables(&deck)),
        (vec!["ann".to_owned()], vec!["teams".to_owned(), "users".to_owned()])
    );
    assert_eq!(json(&deck, &["backups"])["backups"].as_array().unwrap().len(), 2);
}

#[test]
fn a_backup_that_was_tampered_with_is_found_out_and_not_put_back() {
    let deck = deck("", &THREE);
    assert_eq!(db(&deck, &["migrate"]).0, 0);
    assert_eq!(db(&deck, &["backup"]).0, 0);
    let id = json(&deck, &["backups"])["backups"][0]["id"].as_str().unwrap().to_owned();
    let data = deck.path("backups/test/main").join(&id).join("data");
    let mut bytes = fs::read(&data).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&data, bytes).unwrap();
    let (code, said) = db(&deck, &["restore", "--id", &id, "--no-backup", "--confirm", "main"]);
    assert!(code == 1 && said.contains("is not what it was"), "{said}");
    let (code, said) = db(&deck, &["verify", "--id", &id]);
    assert!(code == 1 && said.contains("CAN'T BE RELIED ON"), "{said}");
    let (code, said) = db(&deck, &["restore", "--confirm", "main", "--no-backup"]);
    assert!(code == 1 && said.contains("no good backup"), "{said}");
}

#[test]
fn another_tool_is_asked_by_its_commands() {
    let deck = Deck::new(
        r#"
        [databases.d1]
        migrate_with.status = ["sh", "-c", "cat ver; grep -q pending ver && exit 1; exit 0"]
        migrate_with.up = ["sh", "-c", "echo 'version 5' > ver"]
        migrate_with.down = ["sh", "-c", "echo 'version 4 pending' > ver"]
        migrate_with.version = 'version (\d+)'
        "#,
    );
    fs::write(deck.path("ver"), "version 4 pending\n").unwrap();
    let status = json(&deck, &["status"]);
    assert_eq!(
        (status["schema"].as_str(), status["why"].as_str()),
        (Some("4"), Some("schema 4, something is pending"))
    );
    let (code, said) = db(&deck, &["migrate"]);
    assert!(code == 0 && said.contains("schema 5, applied by its tool"), "{said}");
    let (code, said) = db(&deck, &["migrate"]);
    assert!(code == 0 && said.contains("nothing was pending"), "{said}");
    assert_eq!(db(&deck, &["migrate", "--down", "--confirm", "d1"]).0, 0);
    assert_eq!(deck.read("ver"), "version 4 pending\n");
}

#[test]
fn two_at_once_apply_everything_once() {
    let deck = deck("", &THREE);
    let codes: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(|| db(&deck, &["migrate"]))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(codes.iter().all(|(code, _)| *code == 0), "{codes:?}");
    assert_eq!(ask(&deck, "SELECT name FROM users"), ["ann"]);
}
