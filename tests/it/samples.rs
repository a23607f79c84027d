//! Looks that fail leave a sample: what was answered, without what is secret.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use quarterdeck::{
    domain::{id::LookKey, phases::PhaseSums, sample::REDACTED, time::UnixMs},
    store::{Reader, state_dir::StateDir},
};
use tempfile::TempDir;

use crate::support::{quarterdeck, run::wait_for};

const SECRET: &str = "correct-horse-battery";

/// A service that answers with what it was sent.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(read) = stream.read(&mut buffer) {
                    if read == 0 {
                        return;
                    }
                    let asked = String::from_utf8_lossy(&buffer[..read]).into_owned();
                    let body = format!("no pool\u{1b}[2J left\n{asked}\n{{\"db_password\":\"hunter22\",\"pool\":0}}");
                    let head = format!(
                        "HTTP/1.1 503 Sad\r\nset-cookie: session=abc\r\nx-asked: {SECRET}\r\nserver: shop/1.9.2\r\n\
                         content-length: {}\r\n\r\n",
                        body.len()
                    );
                    if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

struct Post {
    dir: TempDir,
    watcher: Child,
}

impl Post {
    fn watch(address: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let text = format!(
            "state_dir = '{state}'\nproject.name = \"Shop\"\n[secrets]\nKEY = {{ env = \"SAMPLE_KEY\" }}\n[environments.test]\n\
             [services.api.probes.ready]\nhttp = \"http://{address}/\"\nheaders = {{ x-key = \"{{{{ secret('KEY') }}}}\" }}\n\
             every = \"200ms\"\nexpect = [\"headers['x-asked'] == 'ok'\", \"status == 200\"]\n",
            state = dir.path().join("state").display()
        );
        fs::write(dir.path().join("quarterdeck.toml"), text).unwrap();
        let watcher = quarterdeck()
            .args(["--config", &Self::config_of(&dir), "watch"])
            .env("SAMPLE_KEY", SECRET)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { dir, watcher }
    }

    fn config_of(dir: &TempDir) -> String {
        dir.path().join("quarterdeck.toml").to_string_lossy().into_owned()
    }

    fn samples(&self, words: &[&str]) -> String {
        let output = quarterdeck()
            .args(["--config", &Self::config_of(&self.dir)])
            .args(["samples", "api"])
            .args(words)
            .env("SAMPLE_KEY", SECRET)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Asks the watcher to end, which writes down all that it saw.
    fn end(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.watcher);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.watcher.wait().unwrap();
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let _ = self.watcher.kill();
        let _ = self.watcher.wait();
    }
}

#[test]
fn a_failed_look_leaves_its_answer_without_secrets_and_where_its_time_went() {
    let mut post = Post::watch(&echo());
    let all = wait_for("a sample", || {
        let found: serde_json::Value = serde_json::from_str(&post.samples(&["--json"])).ok()?;
        found.as_array().filter(|all| !all.is_empty()).cloned()
    });
    assert_eq!(all.len(), 1, "one kind of failure, however often it comes: {all:?}");
    let sample = &all[0];
    assert_eq!((sample["status"].as_u64(), sample["probe"].as_str()), (Some(503), Some("ready")));
    let header = |name: &str| {
        let headers = sample["headers"].as_array().unwrap();
        headers.iter().find(|one| one[0] == name).map(|one| one[1].as_str().unwrap().to_owned())
    };
    assert_eq!(header("set-cookie").as_deref(), Some(REDACTED));
    assert_eq!(header("server").as_deref(), Some("shop/1.9.2"));
    let body = sample["body"].as_str().unwrap();
    assert!(body.contains("no pool") && body.contains("\"pool\":0") && !body.contains('\u{1b}'), "{body}");
    let text = post.samples(&["--plain"]);
    assert!(text.contains("status 503") && text.contains("server: shop/1.9.2"), "{text}");

    post.end();
    let state = StateDir::at(post.dir.path().join("state"));
    let reader = Reader::open(&state).unwrap();
    let happened = reader.happenings("test", 50).unwrap();
    let now = post_status(&reader);
    for shown in [format!("{all:?}"), text, format!("{happened:?}"), now] {
        assert!(!shown.contains(SECRET) && !shown.contains("hunter22"), "{shown}");
    }
    let key = LookKey { env: "test".into(), service: "api".into(), probe: "ready".into() };
    let at = UnixMs(chrono::Utc::now().timestamp_millis());
    let hour = Duration::from_hours(1);
    let took = reader.phases(&key, (at.before(hour), at.after(hour)), hour * 2).unwrap();
    let mut sums = PhaseSums::default();
    for part in &took {
        sums.merge(part);
    }
    assert!(sums.looks >= 1 && sums.means_ms().is_some_and(|means| means[3] > 0.0), "{sums:?}");
}

/// The latest look as the console shows it: its sentence quotes the header that was compared.
fn post_status(reader: &Reader) -> String {
    let spec = quarterdeck::domain::probe::ProbeSpec::plain(
        "ready",
        quarterdeck::domain::probe::ProbeKind::Tcp {
            address: quarterdeck::domain::template::Rendered::text("127.0.0.1:9"),
        },
    );
    let service = quarterdeck::domain::environment::Service {
        name: "api".into(),
        url: None,
        depends_on: Vec::new(),
        probes: vec![spec],
        debounce: quarterdeck::domain::health::Debounce::default(),
        logs: Vec::new(),
    };
    let now = UnixMs(chrono::Utc::now().timestamp_millis());
    let status = reader.status("test", &[service], now).unwrap();
    let look = &status[0].looks[0];
    assert!(look.detail.contains("x-asked"), "the sentence tells of the header: {}", look.detail);
    assert!(look.facts.iter().any(|(name, value)| name == "status" && value == "503"), "{:?}", look.facts);
    format!("{status:?}")
}
