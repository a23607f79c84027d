//! The page of metrics as others read it: a parser that is not ours, and a Prometheus that scrapes it.

use std::{
    fs,
    io::Write,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::{
    serve::{Post, free_address},
    support::{http::ask, run::wait_for},
};

/// Prints each family with its type, and as many samples as it has.
const PARSE: &str = "
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    print(family.name, family.type, len(family.samples))
";

fn watched() -> Post {
    let mut post = Post::new("");
    post.start(&["watch"]);
    post.watched();
    post.deploy();
    post.until("/metrics", "runs and durations", |answer| {
        answer.body.contains("quarterdeck_runs{") && answer.body.contains("quarterdeck_look_duration_seconds_count{")
    });
    post
}

#[test]
#[ignore = "needs python3-prometheus-client; .ci/run runs it"]
fn a_strict_parser_reads_every_family() {
    let post = watched();
    let page = post.get("/metrics").unwrap().body;
    let mut parser = Command::new("/usr/bin/python3")
        .args(["-c", PARSE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    parser.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let parsed = parser.wait_with_output().unwrap();
    assert!(parsed.status.success(), "{}\n{page}", String::from_utf8_lossy(&parsed.stderr));
    let families = String::from_utf8(parsed.stdout).unwrap();
    for family in [
        "quarterdeck_service_state stateset 10",
        "quarterdeck_looks counter 2",
        "quarterdeck_series gauge 1",
        "quarterdeck_run_duration_seconds gaugehistogram",
        "quarterdeck_look_duration_seconds histogram",
        "quarterdeck_lateness_seconds histogram",
    ] {
        assert!(families.contains(family), "{family} in:\n{families}");
    }
}

/// Ends when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs prometheus; .ci/run runs it"]
fn a_prometheus_scrapes_it_and_answers_with_what_was_seen() {
    let post = watched();
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("prometheus.yml");
    let text = format!(
        "global: {{ scrape_interval: 1s }}\nscrape_configs:\n- job_name: quarterdeck\n  static_configs:\n  - targets: ['{}']\n",
        post.address
    );
    fs::write(&config, text).unwrap();
    let address = free_address();
    let child = Command::new("prometheus")
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()))
        .arg(format!("--web.listen-address={address}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("prometheus runs");
    let _server = Server(child);
    let query = |query: &str| -> Option<Value> {
        let answer = ask(&address, "GET", &format!("/api/v1/query?query={query}"), &[])?;
        let document: Value = serde_json::from_str(&answer.body).ok()?;
        document["data"]["result"][0]["value"][1].as_str().and_then(|text| text.parse::<f64>().ok()).map(Value::from)
    };
    wait_for("a scrape", || query("up").filter(|up| *up == 1.0));
    wait_for("the series", || query("quarterdeck_series%7Bseries=%22queue%22%7D").filter(|value| *value == 17.0));
    wait_for("the state", || {
        query("quarterdeck_service_state%7Bservice=%22down%22,quarterdeck_service_state=%22down%22%7D")
            .filter(|value| *value == 1.0)
    });
    wait_for("a rate of looks", || {
        query("sum(rate(quarterdeck_look_duration_seconds_count%5B10s%5D))").filter(|rate| rate.as_f64() > Some(1.0))
    });
}
