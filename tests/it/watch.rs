//! The watcher as a process: what it sees is stored, it is elected, it leaves when it should, and nothing delays it.

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
    config,
    domain::{
        health::Health,
        status::{Happening, ServiceNow},
        time::UnixMs,
    },
    store::{Reader, lock, state_dir::StateDir},
};
use tempfile::TempDir;

use crate::support::quarterdeck;

/// A service whose status can be changed; 0 is silence.
struct Service {
    address: String,
    status: Arc<AtomicU16>,
}

impl Service {
    fn start() -> Self {
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
                        if status == 0 {
                            continue;
                        }
                        let text = format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n");
                        if stream.write_all(text.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, status }
    }

    fn say(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }
}

/// A configuration, its state directory, and the watchers started on them.
struct Post {
    dir: TempDir,
    watchers: Vec<Child>,
}

impl Post {
    fn new(services: &[(&str, &Service)]) -> Self {
        let post = Self { dir: tempfile::tempdir().unwrap(), watchers: Vec::new() };
        post.configure(services, "");
        post
    }

    fn configure(&self, services: &[(&str, &Service)], more: &str) {
        let mut text = format!("[project]\nname = \"Post\"\n[environments.here]\n{more}\n");
        for (name, service) in services {
            text += &format!(
                "[services.{name}.probes.ready]\nhttp = \"http://{}/\"\nevery = \"200ms\"\ntimeout = \"1s\"\n",
                service.address
            );
        }
        fs::write(self.config(), text).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("quarterdeck.toml")
    }

    fn state(&self) -> StateDir {
        StateDir::at(self.dir.path().join("state"))
    }

    /// Starts a watcher; its index.
    fn watch(&mut self, arguments: &[&str]) -> usize {
        let mut command = quarterdeck();
        command.arg("watch").args(arguments).arg("--config").arg(self.config());
        command.arg("--state").arg(self.state().path()).stdout(Stdio::null()).stderr(Stdio::null());
        self.watchers.push(command.spawn().unwrap());
        self.watchers.len() - 1
    }

    /// Ends a watcher as systemd would.
    fn end(&mut self, index: usize) {
        let pid = self.watchers[index].id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert_eq!(self.ended(index), Some(0));
    }

    /// Waits for a watcher's end; its exit code.
    fn ended(&mut self, index: usize) -> Option<i32> {
        let child = &mut self.watchers[index];
        until("a watcher ends", || child.try_wait().unwrap()).code()
    }

    fn reader(&self) -> Option<Reader> {
        self.state().database().exists().then(|| Reader::open(&self.state()).ok())?
    }

    fn status(&self) -> Vec<ServiceNow> {
        let project = config::load(&self.config()).unwrap();
        let services = &project.environment("here").unwrap().services;
        self.reader().map_or_else(Vec::new, |reader| reader.status("here", services, now()).unwrap())
    }

    /// Waits until a service is in that state.
    fn becomes(&self, service: &str, health: Health) -> ServiceNow {
        until(&format!("{service} becomes {health:?}"), || {
            self.status().into_iter().find(|one| one.service == service && one.health == health)
        })
    }

    fn happenings(&self) -> Vec<Happening> {
        self.reader().map_or_else(Vec::new, |reader| reader.happenings("here", 100).unwrap())
    }

    fn says(&self, words: &str) -> Happening {
        until(words, || self.happenings().into_iter().find(|happening| happening.text.contains(words)))
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        for child in &mut self.watchers {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn now() -> UnixMs {
    UnixMs::from(chrono::Utc::now())
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

#[test]
fn what_it_sees_is_stored_and_a_change_is_told_once() {
    let api = Service::start();
    let mut post = Post::new(&[("api", &api)]);
    let watcher = post.watch(&[]);
    let up = post.becomes("api", Health::Up);
    assert!(up.looks[0].latency_ms.is_some());
    api.say(503);
    let down = post.becomes("api", Health::Down);
    assert!(down.looks[0].detail.contains("503"), "{}", down.looks[0].detail);
    assert!(post.says("-> DOWN").text.contains("503"));
    api.say(200);
    post.becomes("api", Health::Up);
    post.says("DOWN -> up");
    post.end(watcher);
    let downs = post.happenings().iter().filter(|happening| happening.text.contains("-> DOWN")).count();
    assert_eq!(downs, 1, "{:?}", post.happenings());
}

#[test]
fn a_silent_target_delays_nobody() {
    let (silent, fine) = (Service::start(), Service::start());
    silent.say(0);
    let mut post = Post::new(&[("silent", &silent), ("fine", &fine)]);
    post.watch(&[]);
    post.becomes("silent", Health::Down);
    let first = post.becomes("fine", Health::Up).looks[0].since;
    fine.say(500);
    let down = post.becomes("fine", Health::Down).looks[0].since;
    assert!(down > first);
    assert_eq!(post.says("no answer from").subject, "silent");
}

#[test]
fn a_restart_is_no_news() {
    let api = Service::start();
    let mut post = Post::new(&[("api", &api)]);
    let first = post.watch(&[]);
    let since = post.becomes("api", Health::Up).since;
    post.end(first);
    let told = post.happenings().len();
    let stopped = now();
    let second = post.watch(&[]);
    until("a look of the second watcher", || post.status()[0].looks.iter().find(|look| look.at > stopped).cloned());
    post.end(second);
    assert_eq!(post.becomes("api", Health::Up).since, since);
    assert_eq!(post.happenings().len(), told);
}

#[test]
fn a_wrong_configuration_leaves_the_old_one_in_force() {
    let (api, web) = (Service::start(), Service::start());
    let mut post = Post::new(&[("api", &api)]);
    post.watch(&[]);
    post.becomes("api", Health::Up);
    let right = fs::read_to_string(post.config()).unwrap();
    fs::write(post.config(), format!("{right}\nnonsense = 1\n")).unwrap();
    until("the error is told", || post.happenings().into_iter().find(|one| one.text.contains("stays in force")));
    api.say(500);
    fs::write(post.config(), right).unwrap();
    post.becomes("api", Health::Down);
    post.configure(&[("api", &api), ("web", &web)], "");
    post.becomes("web", Health::Up);
}

#[test]
fn a_history_that_takes_no_new_probes_for_a_moment_delays_a_changed_configuration() {
    let (api, web) = (Service::start(), Service::start());
    let mut post = Post::new(&[("api", &api)]);
    let watcher = post.watch(&[]);
    post.becomes("api", Health::Up);
    let history = rusqlite::Connection::open(post.state().database()).unwrap();
    history.busy_timeout(Duration::from_secs(10)).unwrap();
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON look_names BEGIN SELECT RAISE(ABORT, 'not now'); END";
    history.execute_batch(refuse).unwrap();
    post.configure(&[("api", &api), ("web", &web)], "");
    until("the watcher's own log tells", || {
        let logs = fs::read_dir(post.state().log_dir()).unwrap().flatten();
        let told = |path| fs::read_to_string(path).unwrap().contains("no place in the history yet");
        logs.map(|entry| entry.path()).any(told).then_some(())
    });
    api.say(503);
    post.becomes("api", Health::Down);
    assert_eq!(post.watchers[watcher].try_wait().unwrap(), None, "the watcher ended");
    history.execute_batch("DROP TRIGGER refuse").unwrap();
    post.becomes("web", Health::Up);
    post.says("the changed configuration is in force");
}

#[test]
fn one_that_is_only_needed_leaves_when_nobody_is_there() {
    let api = Service::start();
    let mut post = Post::new(&[("api", &api)]);
    post.state().create().unwrap();
    let console = lock::try_lock(&post.state().path().join("locks/console-1.lock")).unwrap().unwrap();
    let watcher = post.watch(&["--while-needed", "--linger", "1s"]);
    post.becomes("api", Health::Up);
    // Longer than it would linger: looks go on as long as the console is there.
    let begun = now();
    until("3 s of looking", || (now().since(begun) > Duration::from_secs(3)).then_some(()));
    assert_eq!(post.watchers[watcher].try_wait().unwrap(), None);
    drop(console);
    assert_eq!(post.ended(watcher), Some(0));
}

#[test]
fn a_second_watcher_leaves_at_once_but_a_daemon_takes_the_seat() {
    let api = Service::start();
    let mut post = Post::new(&[("api", &api)]);
    let first = post.watch(&["--while-needed", "--linger", "60s"]);
    post.becomes("api", Health::Up);
    let second = post.watch(&["--while-needed"]);
    assert_eq!(post.ended(second), Some(0));
    let daemon = post.watch(&[]);
    assert_eq!(post.ended(first), Some(0));
    let begun = now();
    until("the daemon's looks", || post.status()[0].looks.iter().find(|look| look.at > begun).cloned());
    let refused = post.watch(&["--while-needed"]);
    assert_eq!(post.ended(refused), Some(0));
    post.end(daemon);
}
