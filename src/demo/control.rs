//! What the demo's deploy steps do: talk to the fleet's control interface and print what a real tool would print.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use hyper::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{DemoError, behaviour, http::HttpClient, site::Site};

/// One thing a step can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// Start a version in the idle colour and wait until it is ready.
    Start {
        /// Which.
        version: String,
    },
    /// Send that share of the traffic to the candidate.
    Weight {
        /// 0 to 100.
        percent: u8,
    },
    /// Make the candidate the live one.
    Promote,
    /// Stop the candidate.
    Discard,
    /// Copy the database.
    Backup,
    /// Inject a fault, or `clear` all.
    Fault {
        /// Its name.
        name: String,
    },
    /// Stop the whole fleet.
    Stop,
}

/// Does it, writing progress to `out`.
pub fn run(site: &Site, control: &Control, out: &mut dyn Write) -> Result<(), DemoError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| DemoError::Network { what: "can't start".into(), why: error.to_string() })?;
    runtime.block_on(act(&Remote { base: site.control_url(), client: HttpClient::new()? }, control, out))
}

struct Remote {
    base: String,
    client: HttpClient,
}

impl Remote {
    async fn post(&self, path: &str) -> Result<Value, DemoError> {
        let url = format!("{}/{path}", self.base);
        let answer =
            self.client.send(Method::POST, &url, Duration::from_secs(10)).await.map_err(|why| DemoError::Network {
                what: format!("the fleet's control interface {} does not answer", self.base),
                why: format!("{why}. Is the fleet running? Start it with: quarterdeck demo fleet --dir DIR"),
            })?;
        if !answer.status.is_success() {
            return Err(DemoError::Refused(String::from_utf8_lossy(&answer.body).trim_end().to_owned()));
        }
        serde_json::from_slice(&answer.body).map_err(|error| DemoError::Refused(format!("{url}: {error}")))
    }
}

async fn act(remote: &Remote, control: &Control, out: &mut dyn Write) -> Result<(), DemoError> {
    match control {
        Control::Start { version } => start(remote, version, out).await,
        Control::Weight { percent } => {
            remote.post(&format!("weight/{percent}")).await?;
            say(out, &format!("traffic: {percent} % to the candidate, {} % to the live colour", 100 - percent))
        }
        Control::Promote => {
            let answer = remote.post("promote").await?;
            say(out, &format!("live is now {}; {} stopped", text(&answer, "live"), text(&answer, "stopped")))
        }
        Control::Discard => {
            let answer = remote.post("discard").await?;
            say(out, &format!("candidate {} stopped; live stays {}", text(&answer, "stopped"), text(&answer, "live")))
        }
        Control::Backup => backup(remote, out).await,
        Control::Fault { name } => {
            remote.post(&format!("fault/{name}")).await?;
            say(out, &if name == "clear" { "all faults cleared".into() } else { format!("fault {name} injected") })
        }
        Control::Stop => {
            remote.post("stop").await?;
            say(out, "the fleet is stopping")
        }
    }
}

async fn start(remote: &Remote, version: &str, out: &mut dyn Write) -> Result<(), DemoError> {
    say(out, &format!("pulling harbour-shop:{version}"))?;
    let digest = Sha256::digest(version.as_bytes());
    for (layer, bytes) in digest.chunks(8).take(3).enumerate() {
        let short: String = bytes.iter().take(6).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        say(out, &format!("\u{1b}[2m  layer {} {short}\u{1b}[0m \u{1b}[32mdone\u{1b}[0m", layer + 1))?;
    }
    let answer = remote.post(&format!("start/{version}")).await?;
    let (colour, address) = (text(&answer, "colour"), text(&answer, "address"));
    say(out, &format!("starting {colour} on {address}"))?;
    let began = Instant::now();
    let url = format!("http://{address}/api/health/ready");
    while began.elapsed() < Duration::from_secs(10) {
        let ready = remote.client.send(Method::GET, &url, Duration::from_secs(1)).await;
        if ready.is_ok_and(|answer| answer.status.is_success()) {
            let note = behaviour::RELEASES.iter().find(|(name, ..)| *name == version).map_or("", |(.., note)| note);
            say(out, &format!("\u{1b}[32mready\u{1b}[0m after {:.1} s", began.elapsed().as_secs_f64()))?;
            return say(out, &format!("release notes {version}: {note}"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(DemoError::Refused(format!("{colour} {version} did not become ready within 10 s")))
}

async fn backup(remote: &Remote, out: &mut dyn Write) -> Result<(), DemoError> {
    let answer = remote.post("backup").await?;
    let file = text(&answer, "file");
    let bytes = std::fs::read(&file).map_err(|source| DemoError::File {
        doing: "can't read",
        path: file.clone().into(),
        source,
    })?;
    let sum = Sha256::digest(&bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let rows = answer.get("rows").and_then(Value::as_u64).unwrap_or_default();
    say(out, &format!("{rows} rows, {} bytes -> {file}", bytes.len()))?;
    say(out, &format!("sha256 {sum}"))
}

fn text(answer: &Value, name: &str) -> String {
    answer.get(name).and_then(Value::as_str).unwrap_or("-").to_owned()
}

fn say(out: &mut dyn Write, line: &str) -> Result<(), DemoError> {
    writeln!(out, "{line}").map_err(|source| DemoError::File {
        doing: "can't write to",
        path: "standard output".into(),
        source,
    })
}
