//! Our readers of metrics beside Prometheus itself: the same pages, the same moments, the same numbers.
//!
//! Each sample on the pages carries its moment, so that both read the very same points. Over two points our `rate` is
//! Prometheus's `irate` (increase between the two, a drop being a reset, divided by the time between them); `rate` and
//! `increase` over longer windows extrapolate to the window's edges, which ours does not.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant, SystemTime},
};

use quarterdeck::{
    config,
    domain::probe::{Outcome, ProbeSpec},
    probe::{Memory, Prober},
};
use serde_json::Value;

/// What both look at, and what they are asked: our expression, theirs.
const QUESTIONS: [(&str, &str, &str); 9] = [
    ("requests", "rate('c_total')", "sum(irate(c_total[1m]))"),
    ("errors", "rate('c_total{code=~\"5..\"}')", "sum(irate(c_total{code=~\"5..\"}[1m]))"),
    ("error_rate", "errors / requests", "sum(irate(c_total{code=~\"5..\"}[1m])) / sum(irate(c_total[1m]))"),
    ("level", "value('level')", "level"),
    ("all", "sum('c_total{path!=\"/b\"}')", "sum(c_total{path!=\"/b\"})"),
    (
        "p50_ms",
        "quantile(0.5, 'd_seconds') * 1000",
        "histogram_quantile(0.5, sum by (le) (irate(d_seconds_bucket[1m]))) * 1000",
    ),
    (
        "p95_ms",
        "quantile(0.95, 'd_seconds') * 1000",
        "histogram_quantile(0.95, sum by (le) (irate(d_seconds_bucket[1m]))) * 1000",
    ),
    (
        "p99_ms",
        "quantile(0.99, 'd_seconds{path=\"/a\"}') * 1000",
        "histogram_quantile(0.99, sum by (le) (irate(d_seconds_bucket{path=\"/a\"}[1m]))) * 1000",
    ),
    (
        "one",
        "quantile(1.0, 'd_seconds') * 1000",
        "histogram_quantile(1, sum by (le) (irate(d_seconds_bucket[1m]))) * 1000",
    ),
];

/// The page of a step: counters of which one is reset on the way and one appears late, a level, a histogram.
fn page(step: u64, at: u64) -> String {
    let mut page = String::new();
    let mut sample = |series: &str, value: f64| {
        let _ = writeln!(page, "{series} {value} {at}");
    };
    let reset = |value: u64| if step >= 3 { value % 40 } else { value };
    sample("c_total{path=\"/a\",code=\"200\"}", reset(17 * step + 5) as f64);
    sample("c_total{path=\"/a\",code=\"503\"}", (3 * step) as f64);
    sample("c_total{path=\"/b\",code=\"200\"}", (step * step) as f64);
    if step >= 2 {
        sample("c_total{path=\"/c\",code=\"500\"}", (7 * step) as f64);
    }
    sample("level", step as f64 * 1.5 - 4.0);
    for (path, weight) in [("/a", 1), ("/b", 4)] {
        let mut below = 0;
        for (bound, count) in [("0.005", 2), ("0.05", 9), ("0.25", 5), ("1", 3), ("10", 1), ("+Inf", step % 3)] {
            below += reset(count * weight * step * (step + 1));
            sample(&format!("d_seconds_bucket{{path=\"{path}\",le=\"{bound}\"}}"), below as f64);
        }
    }
    page
}

/// Serves the page that is current, to whoever asks; the level as JSON under `/stats`.
struct Pages {
    address: String,
    now: Arc<Mutex<(String, f64)>>,
}

impl Pages {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let now = Arc::new(Mutex::new((String::new(), 0.0)));
        let shared = Arc::clone(&now);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (page, level) = shared.lock().unwrap().clone();
                answer(stream, &page, level);
            }
        });
        Self { address, now }
    }

    fn turn_to(&self, step: u64, at: u64) {
        *self.now.lock().unwrap() = (page(step, at), step as f64 * 1.5 - 4.0);
    }
}

fn answer(mut stream: TcpStream, page: &str, level: f64) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let first = lines.next().and_then(Result::ok).unwrap_or_default();
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let (kind, body) = if first.contains("/stats") {
        ("application/json", format!("{{\"level\": {level}}}"))
    } else {
        ("text/plain; version=0.0.4", page.to_owned())
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // Whoever went away needs no answer.
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

/// A real Prometheus, killed when dropped.
struct Prometheus {
    child: Child,
    address: String,
    _dir: tempfile::TempDir,
}

impl Prometheus {
    fn start(target: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let config = format!(
            "global:\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\nscrape_configs:\n- job_name: page\n  static_configs:\n  - targets: ['{target}']\n"
        );
        fs::write(dir.path().join("prometheus.yml"), config).unwrap();
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", dir.path().join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()));
        command.arg(format!("--web.listen-address={address}")).stdout(Stdio::null()).stderr(Stdio::null());
        Self { child: command.spawn().expect("prometheus is installed"), address, _dir: dir }
    }

    /// The result of an instant query: each series' labels and value; nothing while it does not answer.
    fn ask(&self, query: &str, at: Option<u64>) -> Vec<(Value, f64)> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("query", query);
        if let Some(at) = at {
            form.append_pair("time", &format!("{}.{:03}", at / 1_000, at % 1_000));
        }
        let Ok(mut stream) = TcpStream::connect(&self.address) else { return Vec::new() };
        let request = format!("GET /api/v1/query?{} HTTP/1.0\r\nhost: {}\r\n\r\n", form.finish(), self.address);
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let Ok(json) = serde_json::from_str::<Value>(body) else { return Vec::new() };
        let result = json["data"]["result"].as_array().cloned().unwrap_or_default();
        let value = |one: &Value| one["value"][1].as_str().and_then(|value| value.parse().ok());
        result.iter().filter_map(|one| Some((one["metric"].clone(), value(one)?))).collect()
    }

    fn one(&self, query: &str, at: u64) -> Option<f64> {
        match self.ask(query, Some(at))[..] {
            [(_, value)] if value.is_finite() => Some(value),
            _ => None,
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn specs(address: &str) -> (ProbeSpec, ProbeSpec) {
    let dir = tempfile::tempdir().unwrap();
    let mut text = format!(
        "[project]\nname = \"Page\"\n[environments.here]\n[services.page.probes.stats]\njson = \"http://{address}/stats\"\n\
         record.told = \"json.level\"\n[services.page.probes.page]\nprometheus = \"http://{address}/metrics\"\n\
         by.requests = [\"path\"]\n"
    );
    for (name, ours, _) in QUESTIONS {
        let _ = writeln!(text, "record.{name} = '''{ours}'''");
    }
    let path = dir.path().join("quarterdeck.toml");
    fs::write(&path, text).unwrap();
    let project = config::load(&path).unwrap_or_else(|error| panic!("{error}"));
    let mut probes = project.environments[0].services[0].probes.clone().into_iter();
    (probes.next().unwrap(), probes.next().unwrap())
}

fn assert_near(what: &str, ours: Option<f64>, theirs: Option<f64>) {
    let near = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= theirs.abs() * 1e-9 + 1e-9,
        (ours, theirs) => ours.is_none() && theirs.is_none(),
    };
    assert!(near, "{what}: ours is {ours:?}, Prometheus says {theirs:?}");
}

fn compare(step: u64, at: u64, outcome: &Outcome, prometheus: &Prometheus) -> usize {
    let mut known = 0;
    for ((name, _, theirs), ours) in QUESTIONS.iter().zip(&outcome.values) {
        let theirs = prometheus.one(theirs, at);
        known += usize::from(theirs.is_some());
        assert_near(&format!("step {step}: {name}"), *ours, theirs);
    }
    for (metric, theirs) in prometheus.ask("sum by (path) (irate(c_total[1m]))", Some(at)) {
        let series = format!("requests{{path={}}}", metric["path"]);
        let ours = outcome.page.labelled.iter().find(|(name, _)| *name == series).and_then(|(_, value)| *value);
        assert_near(&format!("step {step}: {series}"), ours, Some(theirs));
        known += 1;
    }
    known
}

#[test]
#[ignore = "needs Prometheus: run by .ci/run"]
fn rates_ratios_and_percentiles_are_what_prometheus_says_of_the_same_scrapes() {
    let pages = Pages::start();
    let prometheus = Prometheus::start(&pages.address);
    let (stats, spec) = specs(&pages.address);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let prober = Prober::new();
    let (mut memory, mut memory_of_stats) = (Memory::default(), Memory::default());
    let mut known = 0;
    for step in 0..8 {
        let at = u64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
        pages.turn_to(step, at);
        let began = Instant::now();
        let level = step as f64 * 1.5 - 4.0;
        while !prometheus.ask("level", None).iter().any(|(_, value)| (value - level).abs() < 1e-9) {
            assert!(began.elapsed() < Duration::from_secs(30), "Prometheus does not take step {step} in");
            thread::sleep(Duration::from_millis(50));
        }
        let outcome = runtime.block_on(prober.look(&spec, &mut memory, &|_| None));
        assert_eq!(outcome.error, None);
        known += compare(step, at, &outcome, &prometheus);
        let told = runtime.block_on(prober.look(&stats, &mut memory_of_stats, &|_| None));
        assert_near("JSON beside metrics", told.values[0], prometheus.one("level", at));
    }
    assert!(known > 60, "too little was compared: {known}");
}
