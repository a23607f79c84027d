//! How long a configuration takes to load: the first load of a process, which a person waits for, and later ones, with 20
//! services and with 300; and the example, which has one of everything. `cargo bench --bench config`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "criterion's macros; a bench that can't go on should stop"
)]

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use criterion::{Criterion, criterion_group};
use quarterdeck::config;

/// Set for a process that loads once, says how many microseconds it took, and ends.
const ONCE: &str = "QUARTERDECK_BENCH_LOAD";
const STARTS: usize = 25;

fn main() {
    if let Some(path) = std::env::var_os(ONCE) {
        let began = Instant::now();
        config::load(Path::new(&path)).unwrap();
        println!("{}", began.elapsed().as_micros());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, path) in files(dir.path()) {
        let mut times: Vec<u64> = (0..STARTS).map(|_| load_once(&path)).collect();
        times.sort_unstable();
        println!("first load of a process, {name}: {:.2} ms", times[STARTS / 2] as f64 / 1e3);
    }
    benches();
}

/// The first load of a process of its own, in microseconds.
fn load_once(path: &Path) -> u64 {
    let output = Command::new(std::env::current_exe().unwrap()).env(ONCE, path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

fn files(dir: &Path) -> Vec<(String, PathBuf)> {
    let mut files = vec![("the example".to_owned(), Path::new(env!("CARGO_MANIFEST_DIR")).join("config/example.toml"))];
    for services in [20, 300] {
        let path = dir.join(format!("{services}.toml"));
        fs::write(&path, configuration(services)).unwrap();
        files.push((format!("{services} services"), path));
    }
    files
}

/// Two environments, and services with two probes, five recorded numbers, and conditions and templates that differ.
fn configuration(services: usize) -> String {
    let mut text = "[project]\nname = \"Bench\"\n\n[environments.staging]\nurl = \"https://staging.example.com\"\n\n\
                    [environments.production]\nurl = \"https://example.com\"\n"
        .to_owned();
    for number in 0..services {
        let limit = 200 + number;
        write!(
            text,
            r#"
[services.service-{number:03}]
url = "{{{{ env.url }}}}/service-{number:03}"

[services.service-{number:03}.probes.ready]
http = "{{{{ service.url }}}}/ready"
every = "5s"
expect = ["status == 200 && json.status in ['ok', 'up']", "latency_ms < {limit}"]
degraded = ["latency_ms > {limit} / 2"]

[services.service-{number:03}.probes.traffic]
prometheus = "{{{{ service.url }}}}/metrics"
record.requests = "rate('http_requests_total{{service=\"{number}\"}}')"
record.errors = "rate('http_requests_total{{service=\"{number}\", status=~\"5..\"}}')"
record.error_rate = "errors / requests"
record.p50_ms = "quantile(0.5, 'http_request_duration_seconds') * 1000"
record.p95_ms = "quantile(0.95, 'http_request_duration_seconds') * 1000"
"#
        )
        .unwrap();
    }
    text
}

fn loads(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let mut group = criterion.benchmark_group("config, loaded again");
    for (name, path) in files(dir.path()) {
        group.bench_function(name, |bencher| bencher.iter(|| config::load(&path).unwrap()));
    }
    group.finish();
}

criterion_group!(benches, loads);
