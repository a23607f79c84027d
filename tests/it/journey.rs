//! The main job as a newcomer does it: the demo, a bad release, the rollback, and a rollback point picked by hand.

use std::time::Duration;

use pty_process::blocking::Command;

use crate::support::terminal::Terminal;

fn demo(columns: u16, rows: u16, dir: &std::path::Path) -> Terminal {
    let command = Command::new(env!("CARGO_BIN_EXE_quarterdeck")).arg("demo").env("TMPDIR", dir);
    Terminal::start(command, columns, rows)
}

/// A deploy of the demo takes about 35 s, and machines that test are busy.
const RUN: Duration = Duration::from_secs(150);

#[test]
fn a_bad_release_is_deployed_seen_and_rolled_back_and_another_point_is_chosen_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let mut terminal = demo(160, 45, dir.path());
    terminal.wait_for("Harbour Shop");
    // The services are polled for real, and the first two releases really deployed.
    terminal.wait_until("the api to be up", RUN, |screen| {
        screen.lines().any(|line| line.contains("api") && line.contains(" up "))
    });
    terminal.press("3");
    terminal.wait_until("the first releases", RUN, |screen| {
        screen.lines().any(|line| line.contains("1.9.0") && line.contains("live now"))
    });

    // Of the two ways to deploy the usual one is asked for at once.
    terminal.press("d");
    terminal.wait_for("1.9.3-failing");
    terminal.press("\x1b[B\r");
    terminal.wait_for("way back");
    terminal.wait_for("1.9.0 -> 1.9.3-failing");
    terminal.press("\r");
    terminal.wait_until("the run to start", RUN, |screen| screen.contains("Start new colour"));
    terminal.wait_until("the soak to judge", RUN, |screen| screen.contains("error_rate"));
    terminal.wait_until("the rollback", RUN, |screen| screen.contains("rolled back"));

    terminal.press("\x1b");
    terminal.press("3");
    terminal.wait_until("the bad release in the list", RUN, |screen| screen.contains("1.9.3-failing"));
    terminal.press("r");
    terminal.wait_for("preferred: the newest good one");
    terminal.press("\r");
    terminal.wait_for("security incident");
    terminal.press("\r");
    terminal.wait_for("rollback 1.9.0 -> 1.8.0");
    terminal.press("\r");
    terminal.wait_until("the rollback by hand", RUN, |screen| {
        screen.contains("Switch traffic") && screen.contains("succeeded: all steps are done")
    });

    terminal.press("q");
    let code = terminal.end();
    assert!(terminal.is_restored(), "the terminal was not restored");
    assert_eq!(code, Some(0));
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().flatten().map(|entry| entry.path()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}
