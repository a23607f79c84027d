//! Rules judged by the watcher as a process: what is so is written with its change, and a restart loses nothing.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use quarterdeck::{
    domain::alert::{AlertEvent, AlertKey, Phase, Standing},
    store::{Reader, state_dir::StateDir},
};
use tempfile::TempDir;

use crate::support::quarterdeck;

/// A service that answers with a status, configured with rules.
struct Post {
    dir: TempDir,
    address: String,
    status: Arc<AtomicU16>,
    watcher: Option<Child>,
}

impl Post {
    fn new(rules: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let status = Arc::new(AtomicU16::new(200));
        let answer = Arc::clone(&status);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let answer = Arc::clone(&answer);
                thread::spawn(move || {
                    let mut buffer = [0; 2048];
                    while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                        let status = answer.load(Ordering::SeqCst);
                        let text = format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n");
                        if stream.write_all(text.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        let mut post = Self { dir: tempfile::tempdir().unwrap(), address, status, watcher: None };
        post.configure(rules);
        post.watch();
        post
    }

    fn configure(&self, rules: &str) {
        let text = format!(
            "alerts_every = \"1s\"\n[project]\nname = \"Post\"\n[environments.here]\n[services.api.probes.ready]\n\
             http = \"http://{}/\"\nevery = \"200ms\"\ntimeout = \"1s\"\n{rules}",
            self.address
        );
        fs::write(self.config(), text).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("quarterdeck.toml")
    }

    fn state(&self) -> StateDir {
        StateDir::at(self.dir.path().join("state"))
    }

    fn watch(&mut self) {
        let mut command = quarterdeck();
        command.arg("watch").arg("--config").arg(self.config()).arg("--state").arg(self.state().path());
        self.watcher = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    }

    fn end(&mut self, signal: &str) {
        let mut child = self.watcher.take().unwrap();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        child.wait().unwrap();
    }

    fn says(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn standings(&self) -> Vec<Standing> {
        if !self.state().database().exists() {
            return Vec::new();
        }
        Reader::open(&self.state()).map_or_else(|_| Vec::new(), |reader| reader.standings(Some("here")).unwrap())
    }

    fn fires(&self, rule: &str) -> Standing {
        until(&format!("{rule} fires"), || {
            self.standings().into_iter().find(|one| one.key.rule == rule && one.phase.is_firing())
        })
    }

    fn ends(&self, rule: &str) {
        until(&format!("{rule} ends"), || {
            self.standings().iter().all(|one| one.key.rule != rule || one.phase == Phase::Inactive).then_some(())
        });
    }

    /// Every state it was in, in order, as it is written down.
    fn moves(&self, rule: &str) -> Vec<&'static str> {
        let key = AlertKey { env: "here".into(), rule: rule.into(), subject: "api".into() };
        let events = Reader::open(&self.state()).unwrap().alert_events_of(&key, 100).unwrap();
        let word = |event: &AlertEvent| match event {
            AlertEvent::Moved { now, .. } => Some(now.phase.word()),
            _ => None,
        };
        events.iter().filter_map(|row| word(&row.event)).collect()
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

/// Looks until there is something, or fails after 30 s.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "waited in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

const OUTAGE: &str = "[[alerts]]\nname = \"Outage\"\nwhen = \"health == 'down'\"\nseverity = \"critical\"\n";

#[test]
fn a_rule_that_is_so_fires_and_ends_and_each_move_is_written_once() {
    let post = Post::new(OUTAGE);
    post.says(503);
    let standing = post.fires("Outage");
    assert_eq!(standing.explanation, "health \"down\" == \"down\"");
    assert_eq!(standing.key.subject, "api");
    post.says(200);
    post.ends("Outage");
    assert_eq!(post.moves("Outage"), ["firing", "inactive"]);
}

#[test]
fn what_fires_goes_on_firing_over_a_restart_and_a_kill() {
    let mut post = Post::new(OUTAGE);
    post.says(503);
    let before = post.fires("Outage");
    for signal in ["-TERM", "-KILL"] {
        post.end(signal);
        post.watch();
        until("it is judged again", || {
            post.standings().into_iter().find(|now| now.judged_at > before.judged_at).or_else(|| {
                // Written again only after a minute; the moment of judging moves on all the same.
                let judged = Reader::open(&post.state()).unwrap().judged_at().unwrap()?;
                (judged.at > before.judged_at.after(Duration::from_secs(1))).then(|| before.clone())
            })
        });
    }
    let now = post.fires("Outage");
    assert_eq!(now.phase, before.phase, "neither began anew nor ended");
    post.says(200);
    post.ends("Outage");
    assert_eq!(post.moves("Outage"), ["firing", "inactive"]);
}

#[test]
fn a_rule_that_is_taken_out_of_the_configuration_ends() {
    let post = Post::new(OUTAGE);
    post.says(503);
    post.fires("Outage");
    post.configure(&OUTAGE.replace("Outage", "Down"));
    post.fires("Down");
    post.ends("Outage");
    assert_eq!(post.moves("Outage"), ["firing", "inactive"]);
}
