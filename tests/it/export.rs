//! The export against a collector that fails, hangs and comes back: every look arrives once, and in order.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use quarterdeck::{
    domain::{
        id::LookKey,
        outlet::{ExportState, Exported},
        series::LookRow,
        time::UnixMs,
        verdict::Verdict,
    },
    store::{Store, state_dir::StateDir},
};
use serde_json::Value;

use crate::support::{
    quarterdeck,
    run::{now, wait_for},
};

/// What a collector says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    Status(u16),
    /// Nothing, ever.
    Nothing,
}

/// A collector that says what it is told to, and keeps what it acknowledged.
pub struct Collector {
    pub address: String,
    script: Arc<Mutex<(Vec<Says>, Says)>>,
    /// What it acknowledged.
    pub taken: Arc<Mutex<Vec<Value>>>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    /// Says these one after the other, and then the last one for ever.
    pub fn start(first: &[Says], then: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut script = first.to_vec();
        script.reverse();
        let collector = Self {
            address,
            script: Arc::new(Mutex::new((script, then))),
            taken: Arc::default(),
            heads: Arc::default(),
        };
        let (script, taken, heads) =
            (Arc::clone(&collector.script), Arc::clone(&collector.taken), Arc::clone(&collector.heads));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, taken, heads) = (Arc::clone(&script), Arc::clone(&taken), Arc::clone(&heads));
                thread::spawn(move || while converse(&stream, &script, &taken, &heads).is_some() {});
            }
        });
        collector
    }

    /// From now on, whatever was to come.
    fn say(&self, says: Says) {
        *self.script.lock().unwrap() = (Vec::new(), says);
    }

    fn requests(&self) -> usize {
        self.heads.lock().unwrap().len()
    }

    /// The points that were acknowledged, by metric, in the order in which they came.
    fn points(&self) -> BTreeMap<String, Vec<(String, f64)>> {
        let mut points: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for request in self.taken.lock().unwrap().iter() {
            for metric in request["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap() {
                let name = metric["name"].as_str().unwrap().to_owned();
                for point in metric["gauge"]["dataPoints"].as_array().unwrap() {
                    let at = point["timeUnixNano"].as_str().unwrap().to_owned();
                    points.entry(name.clone()).or_default().push((at, point["asDouble"].as_f64().unwrap()));
                }
            }
        }
        points
    }
}

fn converse(
    mut stream: &TcpStream,
    script: &Mutex<(Vec<Says>, Says)>,
    taken: &Mutex<Vec<Value>>,
    heads: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length, mut zipped) = (String::new(), 0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(("content-length", value)) = line.trim().to_ascii_lowercase().split_once(": ") {
            length = value.parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        zipped |= line.to_ascii_lowercase().starts_with("content-encoding: gzip");
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    heads.lock().unwrap().push(head);
    let says = {
        let mut script = script.lock().unwrap();
        let then = script.1;
        script.0.pop().unwrap_or(then)
    };
    match says {
        Says::Nothing => loop {
            thread::park();
        },
        Says::Status(status) => {
            if status == 200 {
                assert!(zipped, "{body:?}");
                let request = serde_json::from_reader(flate2::read::GzDecoder::new(&*body)).unwrap();
                taken.lock().unwrap().push(request);
            }
            let answer =
                format!("HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}");
            stream.write_all(answer.as_bytes()).ok()
        }
    }
}

/// A history with looks of the last minutes that are not exported yet, and a watcher that exports them.
pub struct Post {
    dir: tempfile::TempDir,
    /// Time in nanoseconds, and the recorded number.
    pub expected: Vec<(String, f64)>,
    watcher: Option<Child>,
}

impl Post {
    fn new(collector: &Collector, looks: i64) -> Self {
        Self::to(&format!("otlp = \"http://{}/v1/metrics\"", collector.address), looks)
    }

    /// With this endpoint.
    pub fn to(endpoint: &str, looks: i64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let text = format!(
            "[project]\nname = \"Post\"\n[environments.here]\n[export]\n{endpoint}\n\
             headers.X-Key = \"{{{{ secret('EXPORT_TEST_KEY') }}}}\"\n"
        );
        fs::write(dir.path().join("quarterdeck.toml"), text).unwrap();
        let state = StateDir::at(dir.path().join("state"));
        let store = Store::open(&state).unwrap();
        let key = LookKey { env: "here".into(), service: "api".into(), probe: "ready".into() };
        let look = store.register_look(key, vec!["number".into()]).wait().unwrap();
        // Looks of the two hours before, as the watcher of then stored them.
        let first = now().before(Duration::from_hours(2));
        let step = 7_000_000 / looks;
        let rows: Vec<_> = (0..looks)
            .map(|index| LookRow {
                look,
                at: UnixMs(first.0 + index * step),
                verdict: Verdict::Pass,
                degraded: false,
                latency_ms: Some(1.5),
                values: vec![Some(index as f64)],
            })
            .collect();
        let expected =
            rows.iter().map(|row| ((i128::from(row.at.0) * 1_000_000).to_string(), row.values[0].unwrap())).collect();
        for batch in rows.chunks(100) {
            store.append_looks(batch.to_vec()).wait().unwrap();
        }
        let upto = Exported { at: UnixMs(first.0 - 1), look: 0 };
        store.set_export_state(ExportState { upto, ..ExportState::default() }).wait().unwrap();
        Self { dir, expected, watcher: None }
    }

    fn state(&self) -> StateDir {
        StateDir::at(self.dir.path().join("state"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = quarterdeck();
        command.args(arguments).arg("--config").arg(self.dir.path().join("quarterdeck.toml"));
        command.arg("--state").arg(self.state().path()).env("EXPORT_TEST_KEY", "the-key-of-the-collector");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Starts a watcher, which exports.
    pub fn watch(&mut self) {
        self.watcher = Some(self.command(&["watch"]).spawn().unwrap());
    }

    fn kill(&mut self) {
        let mut watcher = self.watcher.take().unwrap();
        watcher.kill().unwrap();
        watcher.wait().unwrap();
    }

    /// How the export stands.
    pub fn export(&self) -> ExportState {
        let store = quarterdeck::store::Reader::open(&self.state()).unwrap();
        store.export_state().unwrap().unwrap()
    }

    /// Waits for every look, and compares.
    pub fn all_arrived(&self, collector: &Collector) {
        wait_for("every look", || {
            let points = collector.points();
            (points.get("quarterdeck.series")?.len() >= self.expected.len()).then_some(())
        });
        let points = collector.points();
        assert_eq!(points["quarterdeck.series"], self.expected, "each once and in order");
        assert_eq!(points["quarterdeck.look.passed"].len(), self.expected.len());
        assert_eq!(points["quarterdeck.look.latency"].len(), self.expected.len());
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        if let Some(watcher) = &mut self.watcher {
            let _ = watcher.kill();
            let _ = watcher.wait();
        }
    }
}

#[test]
fn a_collector_that_fails_at_first_gets_every_look_once_and_in_order() {
    let collector = Collector::start(&[Says::Status(500), Says::Status(503)], Says::Status(200));
    let mut post = Post::new(&collector, 3_000);
    post.watch();
    post.all_arrived(&collector);
    let state = wait_for("the place is written down", || Some(post.export()).filter(|state| state.waiting == 0));
    assert_eq!((state.points, state.lost, state.trouble), (9_000, 0, None));
    assert!(state.failures >= 2, "{}", state.failures);
    let heads = collector.heads.lock().unwrap();
    assert!(heads.iter().all(|head| head.contains("the-key-of-the-collector")), "{heads:?}");
    assert!(heads[0].starts_with("POST /v1/metrics ") && heads[0].contains("application/json"), "{heads:?}");
}

#[test]
fn after_a_crash_it_goes_on_behind_what_was_acknowledged_even_if_looks_were_compacted_meanwhile() {
    let collector = Collector::start(&[Says::Status(200), Says::Status(200)], Says::Nothing);
    let mut post = Post::new(&collector, 3_000);
    post.watch();
    wait_for("a third request that is not answered", || (collector.requests() >= 3).then_some(()));
    wait_for("the second is written down", || (post.export().batches >= 2).then_some(()));
    post.kill();
    collector.say(Says::Status(200));
    let store = Store::open(&post.state()).unwrap();
    let retention = quarterdeck::domain::environment::Retention::default();
    store.maintain(retention, now()).wait().unwrap();
    drop(store);
    post.watch();
    post.all_arrived(&collector);
}

#[test]
fn what_a_collector_refuses_for_good_is_left_out_counted_and_told() {
    let collector = Collector::start(&[Says::Status(400)], Says::Status(200));
    let mut post = Post::new(&collector, 3_000);
    post.watch();
    let state = wait_for("the rest", || Some(post.export()).filter(|state| state.lost > 0 && state.waiting == 0));
    let arrived = wait_for("all but the first request", || {
        let points = collector.points().remove("quarterdeck.series")?;
        (points.len() as u64 + state.lost >= 3_000).then_some(points)
    });
    let left_out = usize::try_from(state.lost).unwrap();
    assert_eq!(arrived, post.expected[left_out..], "the rest once and in order");
}
