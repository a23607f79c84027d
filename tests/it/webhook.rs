//! Callbacks end to end: the built binary watches and serves, a provider is made to call it, and the look tells what came.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};

use quarterdeck::{
    domain::{status::ServiceNow, verdict::Verdict},
    store::{Reader, state_dir::StateDir},
};
use serde_json::{Value, json};

use crate::{
    serve::free_address,
    support::{
        http::ask,
        quarterdeck,
        run::{now, wait_for},
    },
};

/// What a request brought.
struct Asked {
    line: String,
    body: Value,
}

fn asked(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).ok()?;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if let Some(("content-length", value)) = header.trim().to_ascii_lowercase().split_once(": ") {
            length = value.parse().unwrap();
        }
        if header.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { line, body: serde_json::from_slice(&body).unwrap_or_default() })
}

/// POSTs to an address; the status.
fn post(url: &str, headers: &str, body: &str) -> u16 {
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let Ok(mut stream) = TcpStream::connect(address) else { return 0 };
    let length = body.len();
    let text = format!(
        "POST /{path} HTTP/1.1\r\nhost: somewhere.example\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// A provider that takes messages and reports their delivery.
fn provider(hooks: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let hooks = hooks.clone();
            thread::spawn(move || {
                let Some(Asked { line, body }) = asked(&stream) else { return };
                let status = if line.contains("/refuses") { "402 Payment Required" } else { "202 Accepted" };
                let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                drop(stream);
                let (hook, id) =
                    (body["callback"].as_str().unwrap_or_default(), body["id"].as_str().unwrap_or_default());
                if line.contains("/message") {
                    assert_eq!(post(hook, "", r#"{"event":"queued"}"#), 204);
                    // It echoes the secret it was sent.
                    let report = json!({ "event": "delivered", "id": id, "key": "hunter2-hunter2" }).to_string();
                    assert_eq!(post(hook, "authorization: Basic abc\r\nx-of: us\r\n", &report), 204);
                } else if line.contains("/events") {
                    // An address of its settings: others' events come there as well.
                    let fixed = format!("{hooks}/hooks/fixed-token-of-the-provider");
                    assert_eq!(post(&fixed, "", r#"{"event":"delivered","id":"somebody else's"}"#), 204);
                    assert_eq!(post(&fixed, "", &json!({ "event": "delivered", "id": id }).to_string()), 204);
                } else if line.contains("/forged") {
                    assert_eq!(post(hook, "x-signature: sha256=00ff\r\n", "{}"), 204);
                }
            });
        }
    });
    address
}

struct Post {
    dir: tempfile::TempDir,
    address: String,
    children: Vec<Child>,
}

impl Post {
    fn new() -> Self {
        let (dir, address) = (tempfile::tempdir().unwrap(), free_address());
        let provider = provider(format!("http://{address}"));
        let request = |path: &str| {
            format!(
                "provoke = {{ http = \"http://{provider}/{path}\", method = \"POST\", body = {{ callback = \"{{{{ look.hook }}}}\", \
                 id = \"{{{{ look.id }}}}\", key = \"{{{{ secret('KEY') }}}}\" }} }}"
            )
        };
        let probe = |name: &str, rest: &str, provoke: &str| {
            format!(
                "[services.sms.probes.{name}]\nwebhook = \"http://{address}\"\nevery = \"3s\"\nwithin = \"20s\"\n{rest}\n{provoke}\n"
            )
        };
        let text = [
            format!(
                "[project]\nname = \"Post\"\n[serve]\nlisten = \"{address}\"\ntoken = \"{{{{ secret('TOKEN') }}}}\"\n\
                 [environments.here]\n"
            ),
            probe(
                "delivered",
                "holds = 'delivered'\nexpect = [\"json.event == 'delivered'\"]\nrecord.delay = \"delay_ms\"",
                &request("message"),
            ),
            probe("events", "token = \"{{ secret('FIXED') }}\"\nrecord.events = \"delay_ms\"", &request("events")),
            probe("lost", "", &request("lost")).replace("20s", "1s"),
            probe("refused", "", &request("refuses")),
            probe(
                "forged",
                "signature = { header = \"X-Signature\", secret = \"{{ secret('KEY') }}\" }",
                &request("forged"),
            )
            .replace("20s", "2s"),
        ];
        fs::write(dir.path().join("quarterdeck.toml"), text.join("\n")).unwrap();
        Self { dir, address, children: Vec::new() }
    }

    fn state(&self) -> StateDir {
        StateDir::at(self.dir.path().join("state"))
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("quarterdeck.toml")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = quarterdeck();
        command.args(arguments).arg("--config").arg(self.config()).arg("--state").arg(self.state().path());
        command.env("KEY", "hunter2-hunter2").env("TOKEN", "a-token-for-those-who-ask");
        command.env("FIXED", "fixed-token-of-the-provider");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Starts to watch and to serve.
    fn watch(&mut self) {
        self.children.push(self.command(&["watch"]).spawn().unwrap());
        wait_for("somebody serves", || ask(&self.address, "GET", "/health", &[]).filter(|answer| answer.status == 401));
    }

    fn service(&self) -> Option<ServiceNow> {
        let project = quarterdeck::config::load(&self.config()).unwrap();
        let services = &project.environments[0].services;
        Reader::open(&self.state()).ok()?.status("here", services, now()).ok()?.into_iter().next()
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn what_a_look_provokes_comes_back_or_is_missed() {
    let mut post = Post::new();
    post.watch();
    let looks = wait_for("every look", || {
        let looks = post.service()?.looks;
        (looks.len() == 5).then_some(looks)
    });
    let verdict = |name: &str| {
        let look = looks.iter().find(|look| look.key.probe == name).unwrap();
        (look.verdict, look.detail.clone())
    };
    assert_eq!(verdict("delivered").0, Verdict::Pass, "{looks:?}");
    assert_eq!(verdict("events").0, Verdict::Pass, "{looks:?}");
    for (name, words) in [
        ("lost", "no callback came within 1s"),
        ("refused", "what should provoke it failed: status 402"),
        ("forged", "callbacks came, each with a wrong signature, within 2s"),
    ] {
        let (told, detail) = verdict(name);
        assert!(told == Verdict::Fail && detail.contains(words), "{name}: {detail}");
    }
    // What is over left nothing behind, and nobody is told which addresses there are.
    for path in ["/hooks/0123456789abcdef0123", "/hooks/short"] {
        assert_eq!(ask(&post.address, "POST", path, &["content-length: 0"]).unwrap().status, 404, "{path}");
    }
    let fixed = format!("http://{}/hooks/fixed-token-of-the-provider", post.address);
    assert_eq!(self::post(&fixed, "", "{}"), 204, "the provider does not give up on it");
    assert_eq!(self::post(&fixed, "", &"x".repeat(100_000)), 413);
}

#[test]
fn one_look_from_the_command_line_tells_what_came_without_secrets() {
    let mut post = Post::new();
    post.watch();
    let mut command = post.command(&["probe", "sms/delivered", "--json"]);
    let output = command.stdout(Stdio::piped()).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((told["verdict"].as_str(), output.status.code()), (Some("pass"), Some(0)), "{told}");
    let facts = &told["facts"];
    assert_eq!((&facts["received"], &facts["json"]["event"]), (&json!(true), &json!("delivered")), "{told}");
    assert_eq!((&facts["json"]["id"], &facts["headers"]["x-of"]), (&facts["look_id"], &json!("us")), "{told}");
    assert_eq!(facts["headers"]["authorization"], "⟨hidden⟩");
    assert!(facts["delay_ms"].as_f64().unwrap() < 20_000.0 && told["latency_ms"] == facts["delay_ms"], "{told}");
    assert!(!told.to_string().contains("hunter2"), "{told}");
}
