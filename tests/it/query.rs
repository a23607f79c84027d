//! `quarterdeck query` as people and scripts use it.

use std::{fs, path::Path, process::Output, time::Duration};

use quarterdeck::{
    domain::{id::LookKey, series::LookRow, time::UnixMs, verdict::Verdict},
    store::{Store, state_dir::StateDir},
};

use crate::support::quarterdeck;

const CONFIG: &str = r#"
[project]
name = "Shop"
[environments.production]
[services.api.probes.ready]
http = "http://127.0.0.1:9/"
[services.api.probes.traffic]
prometheus = "http://127.0.0.1:9/metrics"
record.requests = "rate('http_requests_total')"
record.error_rate = "rate('http_requests_total{status=~\"5..\"}') / requests"
record.p95_ms = "quantile(0.95, 'seconds') * 1000"
record.orders = "sum('orders_total')"
by.requests = ["path"]
degraded = ["p95_ms > 150"]
"#;

/// An hour of looks, every 10 s; the last half hour answers in half the time.
fn world() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("quarterdeck.toml"), CONFIG).unwrap();
    let store = Store::open(&StateDir::at(dir.path().join("state"))).unwrap();
    let names = ["requests", "error_rate", "p95_ms", "orders", "requests{path=\"/a\"}", "requests{path=\"/b\"}"];
    let key = LookKey { env: "production".into(), service: "api".into(), probe: "traffic".into() };
    let look = store.register_look(key, names.map(str::to_owned).into()).wait().unwrap();
    let now = UnixMs(crate::support::run::now().0);
    let rows = (0..360_u32).rev().map(|ago| LookRow {
        look,
        at: now.before(Duration::from_secs(10 * u64::from(ago) + 1)),
        verdict: Verdict::Pass,
        degraded: false,
        latency_ms: Some(5.0),
        values: vec![
            Some(30.0),
            Some(0.01),
            Some(if ago < 180 { 100.0 } else { 200.0 }),
            Some(f64::from(5 * (360 - ago))),
            Some(10.0),
            Some(20.0),
        ],
    });
    store.append_looks(rows.collect()).wait().unwrap();
    dir
}

fn ask(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = quarterdeck();
    command.arg("query").args(arguments).arg("--config").arg(dir.join("quarterdeck.toml"));
    command.arg("--state").arg(dir.join("state")).output().unwrap()
}

fn said(dir: &Path, arguments: &[&str]) -> String {
    let output = ask(dir, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_example_of_the_page_on_metrics_is_answered() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md");
    let page = fs::read_to_string(page).unwrap();
    let examples: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("quarterdeck query ")).collect();
    assert!(examples.len() >= 7);
    let dir = world();
    for example in examples {
        let words: Vec<&str> = example.split_whitespace().collect();
        assert!(!said(dir.path(), &words).is_empty(), "{example}");
    }
}

#[test]
fn json_csv_and_a_plot_tell_the_same_numbers() {
    let dir = world();
    let json = said(dir.path(), &["api.p95_ms", "--since", "50m", "--step", "10m", "--compare", "30m", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let answer = &json["answers"][0];
    assert_eq!((answer["aggregation"].as_str(), answer["from"].as_str()), (Some("max"), Some("minute")));
    assert_eq!(answer["whole"], 200.0);
    assert_eq!(answer["before"]["whole"], 200.0);
    let csv = said(dir.path(), &["api.requests", "--since", "10m", "--by", "path", "--csv"]);
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("time,\"api.requests{path=\"\"/a\"\"}\",\"api.requests{path=\"\"/b\"\"}\""));
    assert!(lines.any(|line| line.ends_with(",10,20")), "{csv}");
    let rate = said(dir.path(), &["api.orders", "--since", "30m", "--agg", "rate", "--csv", "--step", "5m"]);
    assert!(rate.lines().any(|line| line.ends_with(",0.5")), "{rate}");
    let plot = said(dir.path(), &["api.p95_ms", "--since", "1h", "--plot"]);
    assert!(plot.contains("p95_ms > 150") && plot.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c)), "{plot}");
    assert!(said(dir.path(), &["api.p95_ms", "--since", "1h", "--plot", "--ascii"]).is_ascii());
}

#[test]
fn what_can_not_be_answered_ends_with_2_and_says_what_to_do() {
    let dir = world();
    for (arguments, expected) in [
        (&["api.p59_ms"][..], "did you mean api.p95_ms"),
        (&["api.p95_ms", "--agg", "avg"], "can't be averaged"),
        (&["api.p95_ms", "--since", "30d", "--step", "1s"], "--step"),
        (&["api.p95_ms", "--since", "soon"], "7d"),
        (&["api.p95_ms", "--plot", "--json"], "take one of"),
    ] {
        let output = ask(dir.path(), arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(expected), "{arguments:?}: {told}");
    }
}
