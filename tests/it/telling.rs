//! Telling by the watcher as a process: a service goes bad, is grouped, acknowledged, gets well; during a real deploy it is held as
//! expected, and told at once when the deploy dies. Read from the outbox, where every channel takes it from.

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
    domain::alert::{AlertEvent, AlertKey, Notice, Reason},
    store::{Reader, state_dir::StateDir},
};
use tempfile::TempDir;

use crate::support::quarterdeck;

struct Post {
    dir: TempDir,
    status: Arc<AtomicU16>,
    watcher: Option<Child>,
}

/// Waits until something is there.
fn until<T>(what: &str, mut there: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = there() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(90), "waited in vain until {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

impl Post {
    /// A service that answers with a status, two rules that say so, and a channel that nobody listens at.
    fn new(more: &str) -> Self {
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
        let mut post = Self { dir: tempfile::tempdir().unwrap(), status, watcher: None };
        let text = format!(
            "alerts_every = \"1s\"\n[project]\nname = \"Post\"\n[environments.here]\n[services.api.probes.ready]\n\
             http = \"http://{address}/\"\nevery = \"200ms\"\ntimeout = \"1s\"\n\
             [[alerts]]\nname = \"outage\"\nwhen = \"state == 'down'\"\nservices = [\"api\"]\nseverity = \"critical\"\n\
             [[alerts]]\nname = \"unhealthy\"\nwhen = \"availability < 1\"\nservices = [\"api\"]\nseverity = \"high\"\n\
             [channels.hook]\nwebhook = {{ url = \"http://127.0.0.1:9/\" }}\n\
             [[routes]]\nto = [\"hook\"]\ngroup_wait = \"2s\"\ngroup_interval = \"3s\"\nrepeat_every = \"8s\"\n{more}"
        );
        fs::write(post.config(), text).unwrap();
        post.watch();
        until("it is seen", || post.reader()?.standings(None).ok());
        post
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("quarterdeck.toml")
    }

    fn state(&self) -> StateDir {
        StateDir::at(self.dir.path().join("state"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = quarterdeck();
        command.args(arguments).arg("--config").arg(self.config()).arg("--state").arg(self.state().path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn watch(&mut self) {
        self.watcher = Some(self.command(&["watch"]).spawn().unwrap());
    }

    fn kill(&mut self) {
        let mut child = self.watcher.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn says(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn reader(&self) -> Option<Reader> {
        self.state().database().exists().then(|| Reader::open(&self.state()).ok())?
    }

    /// Every message, oldest first.
    fn told(&self) -> Vec<Notice> {
        let posts = self.reader().unwrap().posts(None, 100).unwrap();
        let mut notices: Vec<Notice> = posts.into_iter().map(|post| post.notice).collect();
        notices.sort_by_key(|notice| notice.at);
        notices
    }

    fn is_told(&self, reason: &Reason) -> Notice {
        until(&format!("{reason:?} is told"), || self.told().into_iter().find(|one| one.reason == *reason))
    }

    fn is_held(&self, rule: &str) -> String {
        until(&format!("{rule} is held"), || {
            let tellings = self.reader()?.tellings(Some("here")).ok()?;
            let (_, telling) = tellings.into_iter().find(|(key, _)| key.rule == rule)?;
            telling.held.map(|why| why.to_string()).filter(|why| !why.starts_with("waits for others"))
        })
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        if let Some(mut child) = self.watcher.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn what_fires_is_grouped_acknowledged_and_resolved_and_a_killed_watcher_tells_nothing_twice() {
    let mut post = Post::new("");
    post.says(500);
    let first = post.is_told(&Reason::First);
    let names: Vec<_> = first.firing.iter().map(|card| card.key.rule.as_str()).collect();
    assert_eq!(names, ["outage", "unhealthy"], "one message for both, the heavier first");
    assert_eq!(first.firing[0].open, "quarterdeck --env here alerts explain outage api");
    post.is_told(&Reason::Repeat);
    post.kill();
    for rule in ["outage", "unhealthy"] {
        assert!(post.command(&["ack", rule, "api", "--note", "looking"]).status().unwrap().success());
    }
    let before = post.told().len();
    post.watch();
    let known = until("it is told who acknowledged", || {
        post.told().into_iter().find(|one| matches!(one.reason, Reason::Acknowledged { .. }))
    });
    assert_eq!(post.told().len(), before + 1, "the watcher that came after tells nothing again: {:?}", post.told());
    // Longer than a repeat would take.
    until("a repeat would be due", || {
        let beaten = post.reader()?.pulse().ok()??.at;
        (beaten.since(known.at) > Duration::from_secs(10)).then_some(())
    });
    post.says(200);
    let last = post.is_told(&Reason::AllResolved);
    assert_eq!((last.resolved.len(), last.firing.len()), (2, 0));
    let reasons: Vec<Reason> = post.told().into_iter().map(|one| one.reason).collect();
    let after: Vec<_> = reasons.iter().skip_while(|one| !matches!(one, Reason::Acknowledged { .. })).skip(1).collect();
    assert_eq!(after, [&Reason::AllResolved], "no repeat since it was acknowledged: {reasons:?}");
    let key = AlertKey { env: "here".into(), rule: "outage".into(), subject: "api".into() };
    let events = post.reader().unwrap().alert_events_of(&key, 100).unwrap();
    assert!(events.iter().any(|row| matches!(&row.event, AlertEvent::Acknowledged { note, .. } if note == "looking")));
}

#[test]
fn during_a_deploy_it_is_held_as_expected_and_told_at_once_when_the_step_is_over() {
    let steps = "[expected]\ngrace = \"1s\"\n[pipelines.deploy]\nkind = \"deploy\"\ntouches = [\"api\"]\n\
                 params.version = { prompt = \"Version\" }\n\
                 steps = [{ name = \"Switch\", shell = \"while [ ! -e go ]; do sleep 0.1; done\" }]\n";
    let post = Post::new(steps);
    assert_eq!(post.command(&["deploy", "1.9.2", "--yes", "--detach"]).status().unwrap().code(), Some(9));
    until("the step is at it", || {
        let run = post.reader()?.active_runs().ok()?.pop()?;
        run.current.is_some().then_some(())
    });
    post.says(500);
    assert_eq!(post.is_held("outage"), "expected (deploy #1)");
    assert_eq!(post.is_held("unhealthy"), "expected (deploy #1)");
    assert_eq!(post.told(), [], "held, and not told");
    fs::write(post.dir.path().join("go"), "").unwrap();
    let told = post.is_told(&Reason::First);
    assert_eq!(told.firing.len(), 2, "not dropped");
    assert_eq!(told.firing[0].last_deploy.as_deref(), Some("during deploy #1 (1.9.2)"));
}

#[test]
fn a_silence_holds_and_what_fires_when_it_is_ended_is_told() {
    let post = Post::new("");
    let wrong = post.command(&["silence", "add", "--service", "apj", "--for", "1h", "--reason", "x"]).status().unwrap();
    assert_eq!(wrong.code(), Some(2), "a service that is not there");
    let all = ["silence", "add", "--service", "api", "--for", "1h", "--reason", "known"];
    assert!(post.command(&all).status().unwrap().success());
    post.says(500);
    assert!(post.is_held("outage").starts_with("silence 1 by "));
    assert_eq!(post.told(), []);
    assert!(post.command(&["silence", "end", "1"]).status().unwrap().success());
    assert_eq!(post.is_told(&Reason::First).firing.len(), 2);
    let warned = until("people are warned", || {
        let happenings = post.reader()?.happenings("here", 100).ok()?;
        happenings.into_iter().find(|one| one.text.contains("ended while"))
    });
    assert!(warned.text.starts_with("silence 1 by "), "{}", warned.text);
}
