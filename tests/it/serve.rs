//! The endpoints over real HTTP, against the built binary.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use quarterdeck::{
    config,
    store::{Reader, state_dir::StateDir},
};
use serde_json::{Value, json};

use crate::support::{
    http::{Answer, ask},
    quarterdeck,
    run::wait_for,
};

/// Words that may be seen nowhere: a header, a query, a path, a secret's value and name, a password in an address.
const SENTINEL: &str = "sentinel-4711";
const SECRET_NAME: &str = "SENTINEL_OF_A_NAME";
pub const TOKEN: &str = "a-token-of-more-than-16-characters";

const ENDPOINTS: [&str; 11] = [
    "/health",
    "/health/live",
    "/health/ready",
    "/health/detailed",
    "/metrics",
    "/alerts",
    "/api/status",
    "/api/services/api",
    "/api/services/down",
    "/api/runs",
    "/api/releases",
];

/// A watched service and a watcher that serves; both end when dropped.
pub struct Post {
    pub dir: tempfile::TempDir,
    pub address: String,
    children: Vec<Child>,
}

/// A port that nobody listens on, and that nobody is given by chance before it is used: below those that the system hands
/// out, and no other test of this process gets it. One that is taken is passed over.
pub fn free_address() -> String {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let ports = || std::process::id().wrapping_mul(97).wrapping_add(ASKED.fetch_add(1, Ordering::Relaxed)) % 20_000;
    let mut tried = std::iter::repeat_with(ports).take(20_000).map(|port| format!("127.0.0.1:{}", 10_000 + port));
    tried.find(|address| TcpListener::bind(address).is_ok()).expect("a free port")
}

/// A service that says all is well and tells some numbers.
fn service() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                    let body = r#"{"status":"ok","version":"1.9.2","queue":17}"#;
                    let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                    if stream.write_all(text.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

impl Post {
    /// With this under `[serve]`.
    pub fn new(serve: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (address, api) = (free_address(), service());
        private(&dir.path().join("secret"));
        let text = format!(
            r#"
[project]
name = "Post"

[serve]
listen = "{address}"
{serve}

[secrets.{SECRET_NAME}]
file = "secret"

[environments.here]
secrets.MISSING_{SECRET_NAME} = {{ file = "{SENTINEL}-file" }}

[services.api.probes.ready]
json = "http://{api}/{SENTINEL}-path?key={SENTINEL}-query"
headers.X-Key = "{{{{ secret('{SECRET_NAME}') }}}}"
headers.X-Plain = "{SENTINEL}-header"
every = "200ms"
timeout = "1s"
expect = ["json.status == \"ok\""]
record.queue = "json.queue"

[services.down.probes.refused]
http = "http://user:{SENTINEL}-password@127.0.0.1:1/{SENTINEL}-path"
every = "200ms"
timeout = "1s"

[services.down.probes.without]
http = "http://{api}/"
headers.X-Key = "{{{{ secret('MISSING_{SECRET_NAME}') }}}}"
every = "200ms"

[pipelines.deploy]
kind = "deploy"
target = "post"
params.version = {{}}
steps = [{{ name = "Copy", run = ["true"], env.KEY = "{{{{ secret('MISSING_{SECRET_NAME}') }}}}", undo = ["true"] }}]
"#
        );
        fs::write(dir.path().join("quarterdeck.toml"), text).unwrap();
        Self { dir, address, children: Vec::new() }
    }

    pub fn config(&self) -> PathBuf {
        self.dir.path().join("quarterdeck.toml")
    }

    pub fn state(&self) -> StateDir {
        StateDir::at(self.dir.path().join("state"))
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = quarterdeck();
        command.args(arguments).arg("--config").arg(self.config()).arg("--state").arg(self.state().path());
        command.env("QUARTERDECK_TEST_TOKEN", TOKEN).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Deploys, with the secret that was missing.
    pub fn deploy(&self) {
        private(&self.dir.path().join(format!("{SENTINEL}-file")));
        let deploy = self.command(&["deploy", "1.9.2", "--yes"]).stderr(Stdio::piped()).output().unwrap();
        assert!(deploy.status.success(), "{}", String::from_utf8_lossy(&deploy.stderr));
    }

    pub fn start(&mut self, arguments: &[&str]) -> &mut Child {
        let child = self.command(arguments).spawn().unwrap();
        self.children.push(child);
        self.children.last_mut().unwrap()
    }

    pub fn get(&self, path: &str) -> Option<Answer> {
        ask(&self.address, "GET", path, &[])
    }

    /// Waits until a document is as wanted.
    pub fn until(&self, path: &str, what: &str, right: impl Fn(&Answer) -> bool) -> Answer {
        wait_for(&format!("{path}: {what}"), || self.get(path).filter(&right))
    }

    /// Waits until everything was seen once.
    pub fn watched(&self) {
        self.until("/health", "well", |answer| answer.status == 200);
        self.until("/api/status", "looks", |answer| {
            let services = answer.json()["services"].clone();
            services[0]["health"] == "up" && services[1]["health"] == "down" && services[1]["looks"][1] != Value::Null
        });
    }
}

/// A secret's file.
fn private(path: &Path) {
    fs::write(path, format!("{SENTINEL}-secret\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

impl Drop for Post {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap_or_else(|| panic!("{value}")).keys().map(String::as_str).collect()
}

#[test]
fn every_endpoint_has_the_shape_of_its_page_and_the_headers_of_all() {
    let mut post = Post::new("");
    post.start(&["watch"]);
    post.watched();
    post.deploy();
    post.until("/metrics", "the run is counted", |answer| answer.body.contains("quarterdeck_runs{"));

    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/serve.md")).unwrap();
    let metrics = post.get("/metrics").unwrap().body;
    for family in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()) {
        assert!(page.contains(&format!("`{family}`")), "docs/serve.md does not tell of {family}");
    }
    for path in ENDPOINTS {
        let told = format!("`{}", path.replace("/api/services/api", "/api/services/NAME").replace("/down", "/NAME"));
        assert!(page.contains(&told), "docs/serve.md does not tell of {path}");
        let answer = post.get(path).unwrap();
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        let head = ask(&post.address, "HEAD", path, &[]).unwrap();
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        assert_eq!(head.header("content-type"), answer.header("content-type"), "{path}");
        let refused = ask(&post.address, "POST", path, &["content-length: 0"]).unwrap();
        assert_eq!((refused.status, refused.header("allow")), (405, Some("GET,HEAD")), "{path}");
        assert!(refused.json()["error"].is_string());
    }
    let media = |path: &str| post.get(path).unwrap().header("content-type").unwrap().to_owned();
    assert_eq!(media("/health"), "application/health+json");
    assert_eq!(media("/metrics"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_eq!(media("/api/status"), "application/json");

    let document = |path: &str| post.get(path).unwrap().json();
    assert_eq!(document("/health"), json!({ "status": "pass" }));
    assert_eq!(document("/health/live"), json!({ "status": "pass" }));
    let detailed = document("/health/detailed");
    assert_eq!(keys(&detailed), ["checks", "releaseId", "services", "status", "watch"]);
    let checks = ["disk:free", "history:writable", "queue:looks_unwritten", "queue:looks_waiting", "watcher:alive"];
    for check in checks {
        assert_eq!(detailed["checks"][check][0]["status"], "pass", "{check}: {detailed:#}");
    }
    assert_eq!(keys(&detailed["services"][0]), ["environment", "service", "since", "state", "status"]);
    assert_eq!((&detailed["services"][1]["state"], &detailed["status"]), (&json!("down"), &json!("pass")));
    let alerts = document("/alerts");
    assert_eq!(keys(&alerts), ["alerts", "at", "note", "rules"]);
    let down = alerts["alerts"].as_array().unwrap().iter().find(|alert| alert["subject"] == "down").unwrap();
    assert_eq!((&down["name"], &down["severity"]), (&json!("service_down"), &json!("critical")));
    let one = document("/api/services/api");
    assert_eq!(keys(&one), ["at", "environment", "service"]);
    assert_eq!(one["service"]["looks"][0]["values"], json!([["queue", 17.0]]));
    let runs = document("/api/runs?limit=1");
    assert_eq!(runs["runs"][0]["phase"]["outcome"], "succeeded", "{runs:#}");
    let releases = document("/api/releases");
    assert_eq!((&releases["target"], &releases["releases"][0]["version"]), (&json!("post"), &json!("1.9.2")));

    for (path, status) in [
        ("/", 404),
        ("/nowhere", 404),
        ("/api/services/nobody", 404),
        ("/api/status?env=nowhere", 404),
        ("/api/runs?limit=0", 400),
        ("/api/runs?limit=501", 400),
        ("/api/runs?limit=many", 400),
        ("/api/runs?what=1", 400),
    ] {
        let answer = post.get(path).unwrap();
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.json()["error"].is_string(), "{path}");
    }
}

#[test]
fn the_status_endpoint_says_what_the_command_says() {
    let mut post = Post::new("");
    post.start(&["watch"]);
    post.watched();
    let printed = post.command(&["status", "--json"]).stdout(Stdio::piped()).output().unwrap();
    let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
    let served = post.get("/api/status").unwrap().json();
    assert_eq!(keys(&served), keys(&printed));
    for (index, service) in printed["services"].as_array().unwrap().iter().enumerate() {
        let other = &served["services"][index];
        assert_eq!(keys(other), keys(service));
        assert_eq!((&other["service"], &other["health"]), (&service["service"], &service["health"]));
    }
    assert_eq!((&served["project"], &served["watch"]), (&json!("Post"), &json!("daemon")));
}

#[test]
fn nothing_sensitive_is_in_any_answer_or_in_our_own_log() {
    let mut post = Post::new("token = \"{{ secret('QUARTERDECK_TEST_TOKEN') }}\"");
    post.start(&["watch"]);
    let bearer = format!("authorization: Bearer {TOKEN}");
    let get = |path: &str| ask(&post.address, "GET", path, &[&bearer]);
    wait_for("looks of both services", || {
        let status = get("/api/status").filter(|answer| answer.status == 200)?.json();
        (status["services"][1]["looks"][1] != Value::Null).then_some(())
    });
    // It waits for a person, and its sentence to those on this machine names a secret and its file.
    let held = post.command(&["deploy", "1.9.2", "--yes"]).stderr(Stdio::piped()).output().unwrap();
    assert!(String::from_utf8_lossy(&held.stderr).contains(SECRET_NAME));
    wait_for("the run is told", || get("/alerts").filter(|answer| answer.body.contains("run_waits")));
    let secrets = [SENTINEL, SECRET_NAME, TOKEN, post.dir.path().to_str().unwrap()];
    for path in ENDPOINTS.iter().copied().chain(["/nowhere", "/api/status?env=x", "/%1b%5b2J"]) {
        let path = path.replace("?env=x", &format!("?env={SENTINEL}"));
        for answer in [get(&path).unwrap(), post.get(&path).unwrap()] {
            let whole = format!("{}\n{}", answer.head, answer.body);
            for secret in secrets {
                assert!(!whole.contains(secret), "{secret} in {path}: {whole}");
            }
        }
    }
    let log = post.state().log_dir();
    let text: String =
        fs::read_dir(log).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(text.contains("\"path\":\"/api/status\"") && text.contains("\"status\":401"), "{text}");
    for secret in [TOKEN, "sentinel-4711-secret", "sentinel-4711-query", "sentinel-4711-password", "?env"] {
        assert!(!text.contains(secret), "{secret} in the log: {text}");
    }
}

#[test]
fn the_token_is_asked_for_everywhere() {
    let mut post = Post::new("token = \"{{ secret('QUARTERDECK_TEST_TOKEN') }}\"");
    post.start(&["watch"]);
    wait_for("an answer", || post.get("/health"));
    for path in ENDPOINTS.into_iter().chain(["/nowhere"]) {
        let answer = post.get(path).unwrap();
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")), "{path}");
        let wrong = ask(&post.address, "GET", path, &[&format!("authorization: Bearer {TOKEN}x")]).unwrap();
        assert_eq!(wrong.status, 401, "{path}");
    }
    let right = ask(&post.address, "GET", "/health/live", &[&format!("authorization: Bearer {TOKEN}")]).unwrap();
    assert_eq!(right.status, 200);
}

#[test]
fn without_a_token_a_name_of_somebody_else_is_refused() {
    let mut post = Post::new("");
    post.start(&["watch"]);
    wait_for("an answer", || post.get("/health/live"));
    let rebound = ask(&post.address, "GET", "/api/status", &["host: evil.example"]).unwrap();
    assert_eq!(rebound.status, 403);
}

#[test]
fn a_token_in_plain_text_or_none_beyond_loopback_is_refused_at_load() {
    let load = |serve: &str| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("quarterdeck.toml");
        fs::write(&path, format!("[project]\nname = 'x'\n[serve]\n{serve}\n[environments.e]\n")).unwrap();
        config::load(&path).map(|project| project.outlets.serve.unwrap()).map_err(|wrong| wrong.render(false))
    };
    assert_eq!(load("").unwrap().listen.to_string(), "127.0.0.1:9464");
    assert!(load("listen = '[::1]:1'").is_ok());
    for address in ["0.0.0.0:9464", "192.0.2.1:9464", "[::]:9464", "[2001:db8::1]:1"] {
        assert!(load(&format!("listen = '{address}'")).unwrap_err().contains("no token"), "{address}");
        assert!(load(&format!("listen = '{address}'\ntoken = \"{{{{ secret('T') }}}}\"")).is_ok(), "{address}");
    }
    assert!(load("token = 'not-a-secret-at-all'").unwrap_err().contains("plain text"));
}

#[test]
fn health_fails_when_nobody_watches_when_the_history_is_gone_and_when_it_takes_nothing() {
    let mut post = Post::new("");
    // In the foreground, so that the server outlives the watcher it keeps. That one can't have the address.
    post.start(&["serve"]);
    post.until("/health", "well, with a watcher of its own", |answer| answer.status == 200);

    // Somebody writes and does not end: the history takes nothing.
    let state = post.state();
    let holder = rusqlite::Connection::open(state.database()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let stuck = post.until("/health", "the history takes nothing", |answer| answer.status == 503);
    assert!(stuck.json()["output"].as_str().unwrap().contains("written nothing"), "{stuck:?}");
    assert_eq!(post.get("/health/live").unwrap().status, 200);
    assert_eq!(post.get("/health/ready").unwrap().status, 200, "it can still be read");
    holder.execute_batch("ROLLBACK").unwrap();
    post.until("/health", "well again", |answer| answer.status == 200);
    drop(holder);

    let away = state.path().join("away.db");
    fs::rename(state.database(), &away).unwrap();
    let gone = post.until("/health", "the history is gone", |answer| answer.status == 503);
    assert_eq!(gone.header("content-type"), Some("application/health+json"));
    assert!(gone.json()["output"].as_str().unwrap().contains("can't be read"), "{gone:?}");
    for (path, status) in [("/health/ready", 503), ("/api/status", 503), ("/alerts", 503), ("/metrics", 200)] {
        let answer = post.until(path, "as the history is gone", |answer| answer.status == status);
        assert!(!answer.body.contains("away") && !answer.body.contains("history.db"), "{answer:?}");
    }
}

#[test]
fn an_address_that_is_taken_is_told_in_the_foreground_and_waited_for_beside_a_watcher() {
    let mut post = Post::new("");
    let holder = TcpListener::bind(&post.address).unwrap();
    let refused = post.command(&["serve"]).stderr(Stdio::piped()).output().unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(4), "{told}");
    assert!(told.contains(&format!("{} is taken", post.address)), "{told}");

    post.start(&["watch"]);
    let state = post.state();
    wait_for("looks, whoever has the address", || {
        let project = config::load(&post.config()).unwrap();
        let reader = Reader::open(&state).ok()?;
        let now = quarterdeck::domain::time::UnixMs::from(chrono::Utc::now());
        reader
            .status("here", &project.environments[0].services, now)
            .ok()?
            .into_iter()
            .find(|one| one.service == "api")?
            .looks
            .pop()
    });
    drop(holder);
    post.until("/health", "served once the address is free", |answer| answer.status == 200);
}

#[test]
fn what_is_slow_too_large_or_too_much_is_cut_and_others_are_answered() {
    let mut post = Post::new("");
    post.start(&["watch"]);
    wait_for("an answer", || post.get("/health/live"));
    let large = format!("x-large: {}", "x".repeat(64 << 10));
    assert!(ask(&post.address, "GET", "/health/live", &[&large]).is_none_or(|answer| answer.status == 431));
    let many: Vec<String> = (0..200).map(|index| format!("x-{index}: 1")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(ask(&post.address, "GET", "/health/live", &many).is_none_or(|answer| answer.status == 431));
    // A body is never waited for.
    let body = ask(&post.address, "GET", "/health/live", &["content-length: 1000000"]).unwrap();
    assert_eq!(body.status, 200);
    // Those who say nothing hold their connections for as long as a header may take, and no longer.
    let silent: Vec<TcpStream> = (0..64).map(|_| TcpStream::connect(&post.address).unwrap()).collect();
    let began = Instant::now();
    assert_eq!(post.get("/health/live").unwrap().status, 200);
    assert!(began.elapsed() < Duration::from_secs(18), "{:?}", began.elapsed());
    drop(silent);
}

#[test]
fn a_changed_address_is_taken_up_without_a_restart() {
    let mut post = Post::new("");
    post.start(&["watch"]);
    wait_for("an answer", || post.get("/health/live"));
    let other = free_address();
    let text = fs::read_to_string(post.config()).unwrap();
    fs::write(post.config(), text.replace(&post.address, &other)).unwrap();
    wait_for("an answer at the new address", || ask(&other, "GET", "/health/live", &[]));
    assert!(post.get("/health/live").is_none(), "the old one is given up");
}
