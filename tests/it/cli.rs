//! The command line as a person or a CI job meets it.

use std::fs;

use crate::support::quarterdeck;

#[test]
fn an_unknown_subcommand_is_a_usage_error() {
    let output = quarterdeck().arg("no-such-command").output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_command_that_only_reads_upgrades_the_history_of_an_older_binary() {
    let dir = tempfile::tempdir().unwrap();
    let (config, state) = (dir.path().join("quarterdeck.toml"), dir.path().join("state"));
    fs::write(&config, "[project]\nname = \"Before\"\n[environments.test]\n").unwrap();
    fs::create_dir(&state).unwrap();
    let before = rusqlite::Connection::open(state.join("history.db")).unwrap();
    before.execute_batch(include_str!("../../src/store/migrations/0001_history.sql")).unwrap();
    before.pragma_update(None, "user_version", 1).unwrap();
    drop(before);
    let output = quarterdeck().arg("runs").arg("--config").arg(&config).arg("--state").arg(&state).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(state.join("history.before-2.db").exists());
}
