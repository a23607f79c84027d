//! A console over a real SSH line that is cut in the middle of a deploy.

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

use crate::support::{quarterdeck, terminal::Terminal};

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
