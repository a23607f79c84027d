//! Services' logs, from real files and commands through a real watcher into the history, and out of the command line.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use quarterdeck::{
    domain::service_log::{ErrorState, Level, LogFilter, StoredLine},
    store::{Reader, state_dir::StateDir},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::quarterdeck;

const SECRET: &str = "hunter2-correct-horse";

/// A directory with a configuration, logs, a `bin` on the PATH, and a watcher.
struct Post {
    dir: TempDir,
    watcher: Option<Child>,
}

impl Post {
    /// `sources` are tables below `[services]`.
    fn new(sources: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let text = format!(
            "[project]\nname = \"Post\"\n[environments.here]\n[secrets.TOKEN]\nenv = \"POST_TOKEN\"\n{sources}\n"
        );
        fs::write(dir.path().join("quarterdeck.toml"), text).unwrap();
        fs::create_dir(dir.path().join("bin")).unwrap();
        Self { dir, watcher: None }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = quarterdeck();
        command.args(["--config"]).arg(self.path("quarterdeck.toml")).arg("--state").arg(self.path("state"));
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display())).env("POST_TOKEN", SECRET);
        command.env("DIR", self.dir.path());
        command
    }

    fn watch(&mut self) {
        let command = self.command();
        self.watch_as(command);
    }

    fn watch_as(&mut self, mut command: Command) {
        command.arg("watch").stdout(Stdio::null()).stderr(Stdio::null());
        self.watcher = Some(command.spawn().unwrap());
    }

    /// Ends the watcher: as systemd would, or as a crash would.
    fn stop(&mut self, signal: &str) {
        let Some(mut child) = self.watcher.take() else { return };
        let pid = child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        child.wait().unwrap();
    }

    fn lines(&self, filter: &LogFilter) -> Vec<StoredLine> {
        let state = StateDir::at(self.path("state"));
        let Some(reader) = state.database().exists().then(|| Reader::open(&state).ok()).flatten() else {
            return Vec::new();
        };
        reader.service_logs("here", &[], filter, 1_000_000).unwrap().lines
    }

    fn messages(&self) -> Vec<String> {
        self.lines(&LogFilter::default()).into_iter().map(|stored| stored.line.message).collect()
    }

    /// Waits until a message holds these words.
    fn says(&self, words: &str) -> String {
        until(words, || self.messages().into_iter().find(|message| message.contains(words)))
    }

    /// Waits until the watcher has begun to follow: its first position is stored.
    fn is_followed(&self, service: &str, source: &str) {
        let state = StateDir::at(self.path("state"));
        until("the source is followed", || {
            state
                .database()
                .exists()
                .then(|| Reader::open(&state).ok())
                .flatten()?
                .log_position("here", service, source)
                .ok()?
        });
    }

    fn prints(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        if let Some(child) = &mut self.watcher {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Looks until there is something, or fails after 60 s.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_file_is_followed_through_a_crash_of_the_watcher_and_rotation_every_line_once() {
    let mut post = Post::new("[services.api.logs.main]\nfile = \"api.log\"\n");
    post.append("api.log", "before anybody watched\n");
    post.watch();
    post.is_followed("api", "main");
    let mut number = 0;
    let mut write = |post: &Post, lines: u32| {
        let text: String = (number..number + lines).map(|line| format!("INFO line {line}\n")).collect();
        number += lines;
        post.append("api.log", &text);
    };
    write(&post, 3_000);
    post.says("line 2999");
    write(&post, 2_000);
    post.stop("-KILL");
    fs::rename(post.path("api.log"), post.path("api.log.1")).unwrap();
    write(&post, 500);
    post.watch();
    post.says("line 5499");
    write(&post, 10);
    post.says("line 5509");
    post.stop("-TERM");
    let expected: Vec<String> = (0..5_510).map(|line| format!("INFO line {line}")).collect();
    assert!(post.messages() == expected, "{} lines", post.messages().len());
}

#[test]
fn f47_f80_hostile_lines_and_secrets_are_stored_as_marks_and_masks() {
    let mut post = Post::new("[services.api.logs.main]\nfile = \"api.log\"\n");
    post.append("api.log", "");
    post.watch();
    post.is_followed("api", "main");
    post.append("api.log", &format!("token={SECRET} a\x1b[2Jb\n"));
    post.append("api.log", "{\"level\":\"error\",\"msg\":\"\\u001b]52;c;aGk=\\u0007 \\u0068unter2-correct-horse\"}\n");
    let huge = vec![b'x'; 1 << 20];
    let mut file = OpenOptions::new().append(true).open(post.path("api.log")).unwrap();
    (0..100).for_each(|_| file.write_all(&huge).unwrap());
    file.write_all(b"\nafter\n").unwrap();
    post.says("after");
    let messages = post.messages();
    assert_eq!(messages[0], "token=•••••• a⟨CSI 2J⟩b");
    assert_eq!(messages[1], "⟨OSC 52 clipboard⟩ ••••••");
    assert_eq!((messages.len(), messages[3].as_str()), (4, "after"));
    post.stop("-TERM");
    for entry in fs::read_dir(post.path("state")).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        let bytes = fs::read(entry.path()).unwrap();
        assert!(memchr::memmem::find(&bytes, SECRET.as_bytes()).is_none(), "{}", entry.path().display());
    }
}

#[test]
fn a_command_that_ends_is_started_again_and_that_is_said() {
    let mut post = Post::new("[services.api.logs.tail]\ncommand = [\"follower\", \"--json\"]\n");
    post.program(
        "follower",
        "echo \"$1 run\" >> \"$DIR/count\"\necho '{\"level\":\"warn\",\"message\":\"from the command\",\"requestId\":\"r-7\"}'\necho oops >&2\nexit 3",
    );
    post.watch();
    until("it is started twice", || (fs::read_to_string(post.path("count")).ok()?.lines().count() >= 2).then_some(()));
    post.says("follower ended with exit code 3; it is started again in 1s");
    post.says("oops");
    let line = post.lines(&LogFilter { request: Some("r-7".into()), ..LogFilter::default() }).remove(0);
    assert_eq!((line.line.level, line.line.message.as_str()), (Some(Level::Warn), "from the command"));
    let happened = until("it is among what happened", || {
        let state = StateDir::at(post.path("state"));
        Reader::open(&state).ok()?.happenings("here", 10).ok()?.into_iter().find(|one| one.text.contains("follower"))
    });
    assert_eq!(happened.subject, "api");
}

#[test]
fn the_journal_is_read_on_from_its_cursor_and_its_absence_is_said() {
    let mut post = Post::new("[services.api.logs.unit]\njournal = \"api.service\"\n");
    let mut without = post.command();
    without.env("PATH", post.path("bin"));
    post.watch_as(without);
    post.says("journalctl is not on this machine: the journal needs systemd");
    post.stop("-TERM");
    let entry = |number: u32| {
        format!(
            "{{\"__CURSOR\":\"s=a;i={number}\",\"PRIORITY\":\"4\",\"_SYSTEMD_UNIT\":\"api.service\",\"MESSAGE\":\"entry {number}\"}}"
        )
    };
    post.program(
        "journalctl",
        &format!(
            "echo \"$*\" >> \"$DIR/asked\"\ncase \"$*\" in\n*after-cursor=s=a\\;i=2*) echo '{}';;\n*) echo '{}'; echo '{}';;\nesac\nexec sleep 1000",
            entry(3),
            entry(1),
            entry(2)
        ),
    );
    post.watch();
    post.says("entry 2");
    post.stop("-KILL");
    post.watch();
    post.says("entry 3");
    let asked = fs::read_to_string(post.path("asked")).unwrap();
    assert!(asked.lines().next().unwrap().contains("--since=@"), "{asked}");
    assert!(asked.contains("--unit api.service"), "{asked}");
    let entries: Vec<String> = post.messages().into_iter().filter(|message| message.starts_with("entry")).collect();
    assert_eq!(entries, ["entry 1", "entry 2", "entry 3"]);
    let line = post.lines(&LogFilter { text: Some("entry 3".into()), ..LogFilter::default() }).remove(0);
    assert_eq!(line.line.level, Some(Level::Warn));
}

#[test]
fn a_command_that_floods_is_bounded_and_says_how_much_is_missing() {
    let mut post = Post::new("[services.api.logs.flood]\ncommand = [\"flood\"]\n");
    post.program("flood", "head -c 300000000 /dev/zero | tr '\\0' 'y' | fold -w 100\nsleep 1000");
    post.watch();
    let said = post.says("lines dropped");
    let dropped: u64 = said.split(' ').next().unwrap().replace(',', "").parse().unwrap();
    assert!(dropped > 0);
}

#[test]
fn one_request_is_followed_across_services_and_errors_are_grouped_triaged_and_come_back() {
    let mut post = Post::new(
        "[services.api.logs.main]\nfile = \"api.log\"\n[services.web.logs.main]\nfile = \"web.log\"\nfields.request = \"rid\"\n",
    );
    post.append("api.log", "");
    post.append("web.log", "");
    post.watch();
    post.is_followed("api", "main");
    post.is_followed("web", "main");
    let now = || chrono::Utc::now().to_rfc3339();
    post.append("web.log", &format!("{{\"time\":\"{}\",\"level\":30,\"msg\":\"GET /pay\",\"rid\":\"r-1\"}}\n", now()));
    thread::sleep(Duration::from_millis(5));
    for order in [17, 18] {
        let line = format!(
            "{{\"time\":\"{}\",\"level\":\"error\",\"msg\":\"order {order} failed\",\"requestId\":\"r-1\",\"userId\":\"u-{order}\"}}\n",
            now()
        );
        post.append("api.log", &line);
    }
    post.says("order 18 failed");
    post.says("GET /pay");
    let printed = post.prints(&["logs", "--request", "r-1", "--json"]);
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let services: Vec<&str> = lines.iter().map(|line| line["service"].as_str().unwrap()).collect();
    assert_eq!(services, ["web", "api", "api"], "{printed}");
    assert_eq!((&lines[1]["level"], &lines[1]["userId"]), (&"error".into(), &"u-17".into()));
    let plain = post.prints(&["logs", "api", "--level", "error", "--grep", "order 18", "--since", "1h", "--plain"]);
    assert_eq!(plain.lines().count(), 1, "{plain}");
    assert!(plain.contains(" api error order 18 failed"), "{plain}");

    let errors = |post: &Post| -> Vec<Value> { serde_json::from_str(&post.prints(&["errors", "--json"])).unwrap() };
    let found =
        until("both are one error", || Some(errors(&post)).filter(|all| all.len() == 1 && all[0]["count"] == 2));
    let fingerprint = found[0]["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!((&found[0]["state"], &found[0]["sample"]["user"]), (&"new".into(), &"u-18".into()));
    post.prints(&["errors", "resolve", &fingerprint[..6], "--note", "fixed in 1.2"]);
    assert_eq!(errors(&post)[0]["state"], "resolved");
    assert_eq!(post.prints(&["errors", "--status", "new", "--json"]).trim(), "[]");
    thread::sleep(Duration::from_millis(5));
    post.append("api.log", &format!("{{\"time\":\"{}\",\"level\":\"error\",\"msg\":\"order 99 failed\"}}\n", now()));
    until("it has come back", || (errors(&post)[0]["state"] == "regressed").then_some(()));
    let shown = post.prints(&["errors", "show", &fingerprint]);
    assert!(shown.contains("regressed: order 1") && shown.contains("fixed in 1.2"), "{shown}");
    let state = StateDir::at(post.path("state"));
    assert_eq!(
        Reader::open(&state).unwrap().errors("here", Some("api"), Some(ErrorState::Regressed), 9).unwrap().len(),
        1
    );
}
