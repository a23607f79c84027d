//! A console over a real SSH line that is cut in the middle of a deploy, and steps on machines that ssh reaches.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use pty_process::blocking::Command as PtyCommand;
use serde_json::Value;

use quarterdeck::domain::run::{AttemptEnd, RunEvent, RunOutcome};

use crate::support::{
    quarterdeck,
    run::{Deck, wait_for},
    terminal::Terminal,
};

/// An sshd on loopback that lets only this test in; ends when dropped.
struct SshServer {
    child: Child,
    port: u16,
    dir: PathBuf,
}

impl SshServer {
    fn start(dir: &Path) -> Self {
        for name in ["host", "client"] {
            let status = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(dir.join(name))
                .status()
                .expect("ssh-keygen runs");
            assert!(status.success());
        }
        fs::copy(dir.join("client.pub"), dir.join("authorized")).unwrap();
        fs::set_permissions(dir.join("authorized"), fs::Permissions::from_mode(0o600)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let options = [
            format!("Port={port}"),
            "ListenAddress=127.0.0.1".into(),
            format!("HostKey={}", dir.join("host").display()),
            format!("AuthorizedKeysFile={}", dir.join("authorized").display()),
            format!("PidFile={}", dir.join("sshd.pid").display()),
            "StrictModes=no".into(),
            format!("SetEnv=XDG_STATE_HOME={}", dir.join("far").display()),
            "UsePAM=no".into(),
            "PermitRootLogin=yes".into(),
        ];
        let mut command = Command::new("/usr/sbin/sshd");
        command.args(["-D", "-e", "-f", "/dev/null"]);
        for option in &options {
            command.args(["-o", option]);
        }
        let log = fs::File::create(dir.join("sshd.log")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("sshd runs");
        let server = Self { child, port, dir: dir.to_owned() };
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "sshd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// `ssh -tt` running `line` in a terminal.
    fn connect(&self, line: &str) -> Terminal {
        let command = PtyCommand::new("ssh")
            .args(["-tt", "-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes"])
            .arg("-o")
            .arg(format!("UserKnownHostsFile={}", self.dir.join("known").display()))
            .arg("-i")
            .arg(self.dir.join("client"))
            .args(["-p", &self.port.to_string(), "127.0.0.1", line]);
        Terminal::start(command, 120, 40)
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run_json(dir: &Path, arguments: &[&str]) -> Value {
    let output = quarterdeck()
        .arg("--config")
        .arg(dir.join("quarterdeck.toml"))
        .args(["--json"])
        .args(arguments)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

#[test]
#[ignore = "needs sshd; .ci/run runs it"]
fn a_line_cut_in_mid_deploy_ends_nothing_and_the_next_console_shows_the_whole_run() {
    let keys = tempfile::tempdir().unwrap();
    let server = SshServer::start(keys.path());
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("quarterdeck.toml"), CONFIGURATION).unwrap();
    let state = dir.path().join("state");
    let console = format!(
        "{} --config {} --state {}",
        env!("CARGO_BIN_EXE_quarterdeck"),
        dir.path().join("quarterdeck.toml").display(),
        state.display()
    );

    let terminal = server.connect(&console);
    terminal.wait_for("Line test");
    terminal.press("d");
    terminal.wait_for("way back");
    terminal.press("\r");
    terminal.wait_for("line 3 of 40");
    // The line is cut as a lost network does it: the client is killed, no goodbye.
    let ssh = rustix::process::Pid::from_raw(i32::try_from(terminal.pid()).unwrap()).unwrap();
    rustix::process::kill_process(ssh, rustix::process::Signal::KILL).unwrap();
    drop(terminal);

    let began = Instant::now();
    let run = loop {
        let run = run_json(dir.path(), &["--state", state.to_str().unwrap(), "runs", "1"]);
        if run["outcome"] != Value::Null {
            break run;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "the run does not end: {run:#}");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(run["outcome"], "succeeded", "{run:#}");

    let terminal = server.connect(&console);
    terminal.wait_for("Line test");
    terminal.press("2");
    terminal.wait_for("succeeded");
    terminal.wait_for("line 40 of 40");
    let log = quarterdeck()
        .arg("--config")
        .arg(dir.path().join("quarterdeck.toml"))
        .args(["--state", state.to_str().unwrap(), "--plain", "log", "1"])
        .output()
        .unwrap();
    let lines: Vec<_> = String::from_utf8(log.stdout).unwrap().lines().map(str::to_owned).collect();
    let counted: Vec<_> = lines.iter().filter(|line| line.starts_with("line ")).collect();
    let expected: Vec<_> = (1..=40).map(|number| format!("line {number} of 40")).collect();
    assert!(counted.iter().copied().eq(expected.iter()), "every line once and in order: {counted:?}");
}

/// Two machines of a fleet, by two servers on loopback; what they keep stays in the test's directory.
#[test]
#[ignore = "needs sshd; .ci/run runs it"]
fn a_step_over_machines_survives_lines_that_are_cut_and_runs_once_on_each() {
    let keys = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let servers = keys.each_ref().map(|dir| SshServer::start(dir.path()));
    // Both let the same key in.
    for name in ["client", "client.pub"] {
        fs::copy(keys[0].path().join(name), keys[1].path().join(name)).unwrap();
    }
    fs::copy(keys[0].path().join("client.pub"), keys[1].path().join("authorized")).unwrap();
    let world = tempfile::tempdir().unwrap();
    let ssh = format!(
        r#"["-F", "/dev/null", "-i", "{}", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile={}"]"#,
        keys[0].path().join("client").display(),
        world.path().join("known").display()
    );
    let hosts = servers.each_ref().map(|server| format!("127.0.0.1:{}", server.port));
    let deck = Deck::new(&format!(
        r#"
        [pipelines.go]
        kind = "task"
        params.word = {{ default = "x", pattern = '(?s).*' }}
        steps = [{{ name = "Roll", hosts = ["{}", "{}"], ssh = {ssh}, run = ["sh", "-c", '''
          cd "$1"; printf '%s\n' "$2" >> "ran.$3"; i=0
          while [ $i -lt 40 ]; do i=$((i + 1)); echo "line $i of 40"; sleep 0.1; done
          exit 0''', "sh", "{}", "{{{{ word }}}}", "{{{{ host.name }}}}"] }}]
        "#,
        hosts[0],
        hosts[1],
        world.path().display()
    ));
    let word = "v1; touch pwned; $(id) 'x'";
    let run = deck.create_with("go", &[("word", word)]);
    let _runner = deck.spawn(run);
    wait_for("both", || hosts.iter().all(|host| world.path().join(format!("ran.{host}")).exists()).then_some(()));
    // All lines of the first machine are cut as a firewall does it: the server's sessions are killed.
    let sessions = Command::new("pgrep").args(["-P", &servers[0].child.id().to_string()]).output().unwrap();
    for pid in String::from_utf8(sessions.stdout).unwrap().lines() {
        let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
    let ended = deck.ended(run);
    assert_eq!(ended.outcome(), RunOutcome::Succeeded, "{}\n{}", ended.why(), ended.text());
    for host in &hosts {
        let ran = fs::read_to_string(world.path().join(format!("ran.{host}"))).unwrap();
        assert_eq!(ran, format!("{word}\n"), "once, and the word as it is");
    }
    let lost = |event: &RunEvent| matches!(event, RunEvent::AttemptEnded { end: AttemptEnd::LineLost { .. }, .. });
    assert!(ended.count(lost) >= 1, "the cut was noticed: {}", ended.text());
    let last = ended.log.iter().filter(|line| line.step == 0).map(|line| line.attempt).max().unwrap();
    let lines: Vec<_> = ended
        .log
        .iter()
        .filter(|line| line.step == 0 && line.attempt == last && line.text.starts_with("line "))
        .map(|line| line.text.clone())
        .collect();
    let expected: Vec<_> = (1..=40).map(|number| format!("line {number} of 40")).collect();
    assert_eq!(lines, expected, "the attempt that joined has all of it");
    assert!(!world.path().join("pwned").exists());
}

const CONFIGURATION: &str = r#"
[project]
name = "Line test"

[environments.test]

[pipelines.deploy]
kind = "deploy"
on_failure = "rollback"
steps = [
  { name = "Count", shell = "for n in $(seq 40); do echo line $n of 40; sleep 0.2; done", undo = ["true"] },
]
"#;
