//! The export as others read it: Prometheus itself takes remote write, and OpenTelemetry's own schema reads our OTLP.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
};

use serde_json::Value;

use super::process::{Server, free_port};
use crate::{
    export::{Collector, Post, Says},
    support::{http::ask, run::wait_for},
};

/// What Prometheus answers to a query, as pairs of milliseconds and numbers.
fn points(port: u16, query: &str) -> Option<Vec<(String, f64)>> {
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    let answer = ask(&format!("127.0.0.1:{port}"), "GET", &format!("/api/v1/query?query={query}"), &[])?;
    let json: Value = answer.json();
    let values = json["data"]["result"][0]["values"].as_array()?;
    let point = |pair: &Value| {
        let at = (pair[0].as_f64().unwrap() * 1000.0).round() as i64;
        (format!("{at}000000"), pair[1].as_str().unwrap().parse().unwrap())
    };
    Some(values.iter().map(point).collect())
}

#[test]
#[ignore = "needs Prometheus: run by .ci/run"]
fn prometheus_takes_every_look_by_remote_write_once_and_in_order() {
    let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
    std::fs::write(dir.path().join("prometheus.yml"), "global: {}\n").unwrap();
    let words = [
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        "--web.enable-remote-write-receiver",
        &format!("--web.listen-address=127.0.0.1:{port}"),
    ];
    let _server = Server::start(dir, port, "prometheus", &words);
    wait_for("Prometheus is ready", || {
        ask(&format!("127.0.0.1:{port}"), "GET", "/-/ready", &[]).filter(|answer| answer.status == 200)
    });
    let mut post = Post::to(&format!("remote_write = \"http://127.0.0.1:{port}/api/v1/write\""), 3_000);
    post.watch();
    let series = "quarterdeck_series{project=\"Post\",environment=\"here\",service=\"api\",probe=\"ready\",series=\"number\"}[3h]";
    let arrived = wait_for("every look", || points(port, series).filter(|points| points.len() >= post.expected.len()));
    assert_eq!(arrived, post.expected);
    for (name, value) in [("quarterdeck_look_passed", 1.0), ("quarterdeck_look_latency_ms", 1.5)] {
        let points = points(port, &format!("{name}{{job=\"quarterdeck\"}}[3h]")).unwrap();
        assert_eq!(points.len(), post.expected.len(), "{name}");
        assert!(points.iter().all(|(_, number)| (number - value).abs() < f64::EPSILON), "{name}");
    }
    let state = wait_for("the place is written down", || Some(post.export()).filter(|state| state.waiting == 0));
    assert_eq!((state.points, state.lost, state.trouble), (9_000, 0, None));
}

/// Reads requests, one a line, with the schema that collectors are built from; a field it does not know is an error.
const STRICT: &str = "
import sys
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest as Request
found = {}
for line in sys.stdin:
    for resource in json_format.Parse(line, Request()).resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                found.setdefault(metric.name, []).extend(metric.gauge.data_points)
for name, points in sorted(found.items()):
    print(name, len(points), sum(point.as_double for point in points), points[0].time_unix_nano)
";

#[test]
#[ignore = "needs opentelemetry-proto: run by .ci/run"]
fn opentelemetrys_own_schema_reads_what_is_exported() {
    let collector = Collector::start(&[], Says::Status(200));
    let mut post = Post::to(&format!("otlp = \"http://{}/v1/metrics\"", collector.address), 300);
    post.watch();
    post.all_arrived(&collector);
    let requests: Vec<_> = collector.taken.lock().unwrap().iter().map(Value::to_string).collect();
    let python = std::env::var("QUARTERDECK_TEST_PYTHON").unwrap_or_else(|_| "target/python/bin/python".into());
    let mut child = Command::new(python)
        .args(["-c", STRICT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(requests.join("\n").as_bytes()).unwrap();
    let mut told = String::new();
    child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(child.wait().unwrap().success());
    let first = &post.expected[0].0;
    let sum: f64 = post.expected.iter().map(|(_, number)| number).sum();
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 3, "{told}");
    assert_eq!(lines[0], format!("quarterdeck.look.latency 300 450.0 {first}"));
    assert_eq!(lines[1], format!("quarterdeck.look.passed 300 300.0 {first}"));
    assert_eq!(lines[2], format!("quarterdeck.series 300 {sum:.1} {first}"));
}
