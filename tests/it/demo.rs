//! The whole loop without a screen: what CI runs, and what it leaves behind.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::quarterdeck;

/// Runs a scenario with its temporary files under `dir`; its exit code and the run it printed.
fn scenario(name: &str, dir: &Path) -> (Option<i32>, Value) {
    let output = quarterdeck()
        .args(["demo", "--headless", "--scenario", name, "--json"])
        .env("TMPDIR", dir)
        .output()
        .expect("the binary runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let run = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{told}", String::from_utf8_lossy(&output.stdout)));
    (output.status.code(), run)
}

fn assert_nothing_is_left(dir: &Path) {
    let files: Vec<_> = std::fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path()).collect();
    assert!(files.is_empty(), "files left behind: {files:?}");
    // Locks are let go of a moment before a process is gone.
    let began = Instant::now();
    loop {
        let processes = processes_of(dir);
        if processes.is_empty() {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "processes left behind: {processes:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn processes_of(dir: &Path) -> Vec<String> {
    let listed = Command::new("pgrep").args(["-af", &dir.to_string_lossy()]).output().expect("pgrep runs");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    listed.lines().filter(|line| !line.contains("pgrep")).map(str::to_owned).collect()
}

fn ends(run: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let step = |step: &Value| (text(&step["name"]), text(&step["now"]["state"]["end"]));
    run["steps"].as_array().unwrap().iter().map(step).collect()
}

#[test]
fn a_bad_release_fails_its_soak_is_rolled_back_and_exits_with_6() {
    let dir = tempfile::tempdir().unwrap();
    let (code, run) = scenario("bad-release", dir.path());
    assert_eq!(code, Some(6), "{run:#}");
    assert_eq!(run["outcome"], "rolled_back", "{run:#}");
    let ends = ends(&run);
    assert!(ends.contains(&("Soak".into(), "failed".into())), "{run:#}");
    assert!(ends.contains(&("Promote".into(), String::new())), "the bad release was promoted: {ends:?}");
    let events = run["events"].as_array().unwrap();
    assert!(events.iter().any(|event| event["event"] == "rollback_started" && event["automatic"] == true), "{run:#}");
    let undone: Vec<_> = events
        .iter()
        .filter(|event| event["event"] == "step_ended" && event["undo"] == true)
        .map(|event| event["step"].as_u64().unwrap())
        .collect();
    assert_eq!(undone, [2, 1], "undone in reverse: the traffic, then the new colour");
    assert_nothing_is_left(dir.path());
}

#[test]
fn a_good_release_succeeds_and_exits_with_0() {
    let dir = tempfile::tempdir().unwrap();
    let (code, run) = scenario("good-release", dir.path());
    assert_eq!(code, Some(0), "{run:#}");
    assert_eq!(run["outcome"], "succeeded");
    assert!(ends(&run).iter().all(|(_, end)| end == "succeeded"), "{run:#}");
    assert_nothing_is_left(dir.path());
}
