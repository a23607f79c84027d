//! A thousand HTTP looks every 5 s: what one costs beside a bare hyper client that sends the same requests in the same
//! 100 ms slots, in the same run. `cargo bench --bench probe`; `SECONDS` sets the length of each part (default 20),
//! `TARGETS` and `EVERY` (seconds) how many are looked at and how often.
//!
//! Prints, for each part, CPU for each look, resident memory, and lateness; for the whole watcher also the bytes it wrote.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that can't go on should stop, and prints its figures"
)]

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use http_body_util::{BodyExt, Empty};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use quarterdeck::{
    domain::{
        condition::Condition,
        histogram::Histogram,
        judge,
        probe::{HttpRequest, Limits, ProbeKind, ProbeSpec},
        template::Rendered,
    },
    probe::{Memory, Prober},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep_until,
};

static TARGETS: LazyLock<usize> = LazyLock::new(|| number("TARGETS").unwrap_or(1000) as usize);
static EVERY: LazyLock<Duration> = LazyLock::new(|| Duration::from_secs(number("EVERY").unwrap_or(5)));
const SLOT: Duration = Duration::from_millis(100);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 41\r\n\r\n{\"status\":\"pass\",\"releaseId\":\"1.9.2\"}    ";

fn main() {
    if env::args().any(|argument| argument == "--serve") {
        return runtime().block_on(serve());
    }
    let length = Duration::from_secs(number("SECONDS").unwrap_or(20));
    let mut server = Server::start();
    let address = server.address.clone();
    println!("{} HTTP targets every {:?}, {length:?} a part\n", *TARGETS, *EVERY);
    let bare = measure("bare hyper", length, &address, &bare_hyper);
    let looks = measure("looks, judged", length, &address, &prober);
    println!("{:>18}: {:.2} x the bare client", "looks", looks / bare);
    if let Some(watcher) = watcher(length, &address) {
        println!("{:>18}: {:.2} x the bare client", "whole watcher", watcher / bare);
    }
    server.stop();
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

// --- the server, a process of its own, so that its CPU is not counted

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start() -> Self {
        let mut child =
            Command::new(env::current_exe().unwrap()).arg("--serve").stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { child, address: address.trim().to_owned() }
    }

    fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut buffer = [0; 2048];
            while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                if stream.write_all(ANSWER).await.is_err() {
                    break;
                }
            }
        });
    }
}

// --- one part

type Part = dyn Fn(String) -> std::pin::Pin<Box<dyn Future<Output = Lane>>>;
/// Starts the look of one target; it is given back when done.
type Lane = Box<dyn FnMut(usize, &mut JoinSet<()>)>;

/// Runs a part on a fresh runtime; the CPU of one look in milliseconds.
fn measure(name: &str, length: Duration, address: &str, part: &Part) -> f64 {
    runtime().block_on(async {
        let mut start = part(address.to_owned()).await;
        let mut under_way = JoinSet::new();
        // One round to connect everything is not measured.
        let mut lateness = Histogram::default();
        round(&mut *start, &mut under_way, &mut lateness).await;
        let (mut lateness, cpu, begun, mut looks) = (Histogram::default(), cpu_ms("self"), Instant::now(), 0);
        while begun.elapsed() < length {
            round(&mut *start, &mut under_way, &mut lateness).await;
            looks += *TARGETS;
        }
        while under_way.join_next().await.is_some() {}
        let each = (cpu_ms("self") - cpu) / looks as f64;
        let late = lateness.quantile(0.99).unwrap_or_default();
        println!(
            "{name:>18}: {each:.4} ms CPU a look, {:.0} MB resident, lateness p99 {late:.1} ms",
            resident_mb("self")
        );
        each
    })
}

/// All targets once, spread over the slots of one period.
async fn round(start: &mut dyn FnMut(usize, &mut JoinSet<()>), under_way: &mut JoinSet<()>, lateness: &mut Histogram) {
    let begun = tokio::time::Instant::now();
    let slots = (EVERY.as_millis() / SLOT.as_millis()) as usize;
    for slot in 0..slots {
        let due = begun + SLOT * slot as u32;
        sleep_until(due).await;
        while under_way.try_join_next().is_some() {}
        for target in (slot..*TARGETS).step_by(slots) {
            lateness.record(due.elapsed().as_secs_f64() * 1000.0);
            start(target, under_way);
        }
    }
    sleep_until(begun + *EVERY).await;
}

fn bare_hyper(address: String) -> std::pin::Pin<Box<dyn Future<Output = Lane>>> {
    Box::pin(async move {
        let mut senders = Vec::new();
        for _ in 0..*TARGETS {
            let stream = TcpStream::connect(&address).await.unwrap();
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            senders.push(Arc::new(tokio::sync::Mutex::new(sender)));
        }
        let start: Lane = Box::new(move |target, under_way| {
            let (sender, address) = (Arc::clone(&senders[target]), address.clone());
            under_way.spawn(async move {
                let request = Request::get("/").header("host", address).body(Empty::<Bytes>::new()).unwrap();
                let answer = sender.lock().await.send_request(request).await.unwrap();
                assert!(answer.status().is_success());
                answer.into_body().collect().await.unwrap();
            });
        });
        start
    })
}

fn spec(address: &str) -> ProbeSpec {
    let condition = |source| Condition::parse(source).unwrap();
    ProbeSpec {
        name: "ready".into(),
        kind: ProbeKind::Http(HttpRequest::get(Rendered::text(format!("http://{address}/")))),
        every: *EVERY,
        timeout: Duration::from_secs(2),
        expect: vec![condition("status == 200"), condition("json.status == 'pass'")],
        degraded: vec![condition("latency_ms > 500")],
        record: Vec::new(),
        kpi: Vec::new(),
        limits: Limits::health(),
    }
}

fn prober(address: String) -> std::pin::Pin<Box<dyn Future<Output = Lane>>> {
    Box::pin(async move {
        let (prober, spec) = (Prober::new(), Arc::new(spec(&address)));
        let memories: Vec<_> = (0..*TARGETS).map(|_| Arc::new(tokio::sync::Mutex::new(Memory::default()))).collect();
        let start: Lane = Box::new(move |target, under_way| {
            let (prober, spec, memory) = (prober.clone(), Arc::clone(&spec), Arc::clone(&memories[target]));
            under_way.spawn(async move {
                let outcome = prober.look(&spec, &mut *memory.lock().await, &|_| None).await;
                assert_eq!(outcome.error, None);
                std::hint::black_box(judge::says(&spec, &outcome));
            });
        });
        start
    })
}

// --- the whole watcher, as a process

fn watcher(length: Duration, address: &str) -> Option<f64> {
    let dir = tempfile::tempdir().unwrap();
    let (config, state) = (dir.path().join("quarterdeck.toml"), dir.path().join("state"));
    let mut text = String::from("[project]\nname = \"bench\"\n[environments.bench]\n");
    for target in 0..*TARGETS {
        let _ = write!(
            text,
            "[services.s{target}.probes.ready]\nhttp = \"http://{address}/\"\nevery = \"{}s\"\ntimeout = \"2s\"\nexpect = [\"status == 200\", \"json.status == 'pass'\"]\ndegraded = [\"latency_ms > 500\"]\n",
            EVERY.as_secs()
        );
    }
    fs::write(&config, text).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
        .args(["watch", "--config"])
        .arg(&config)
        .arg("--state")
        .arg(&state)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    // Two rounds to start, connect and store the first state of everything.
    std::thread::sleep(*EVERY * 2);
    if let Ok(Some(status)) = child.try_wait() {
        println!("{:>18}: did not run ({status})", "whole watcher");
        return None;
    }
    let (cpu, wrote, begun) = (cpu_ms(&pid), written(&pid), Instant::now());
    std::thread::sleep(length);
    let looks = begun.elapsed().as_secs_f64() / EVERY.as_secs_f64() * *TARGETS as f64;
    let each = (cpu_ms(&pid) - cpu) / looks;
    let bytes = (written(&pid) - wrote) as f64 / looks;
    println!(
        "{:>18}: {each:.4} ms CPU a look, {:.0} MB resident, {bytes:.0} bytes written a look",
        "whole watcher",
        resident_mb(&pid)
    );
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    child.wait().unwrap();
    println!("{:>18}: {}", "lateness", lateness(&state.join("log")).unwrap_or_else(|| "not in the log".into()));
    println!("{:>18}: {}", "stored", stored(&state));
    Some(each)
}

/// What the watcher's own log says of lateness, the start of a thousand connections included.
fn lateness(log: &Path) -> Option<String> {
    let files = fs::read_dir(log).ok()?.flatten();
    let lines: Vec<String> = files
        .filter_map(|file| fs::read_to_string(file.path()).ok())
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let line = lines.iter().rev().find(|line| line.contains("lateness_p99_ms"))?;
    let json: serde_json::Value = serde_json::from_str(line).ok()?;
    let of = |name: &str| json["context"].get(name).cloned().unwrap_or_default();
    Some(format!("p50 {} ms, p99 {} ms of {} looks", of("lateness_p50_ms"), of("lateness_p99_ms"), of("looks")))
}

/// How many looks of a few targets are in the history.
fn stored(state: &Path) -> String {
    use quarterdeck::{
        domain::{
            id::{LookKey, SeriesKey},
            time::UnixMs,
        },
        store::{Reader, state_dir::StateDir},
    };
    let reader = Reader::open(&StateDir::at(state)).unwrap();
    let now = UnixMs::from(chrono::Utc::now());
    let points: usize = (0..*TARGETS)
        .step_by(100)
        .map(|target| {
            let look = LookKey { env: "bench".into(), service: format!("s{target}"), probe: "ready".into() };
            let key = SeriesKey { look, name: "latency_ms".into() };
            let points = reader.series(&key, now.before(Duration::from_mins(10)), now, Duration::from_secs(1)).unwrap();
            points.iter().filter(|point| point.value.is_some()).count()
        })
        .sum();
    format!("{points} looks of {} targets", *TARGETS / 100)
}

// --- what the kernel counts

/// CPU of a process in milliseconds, over all its threads.
fn cpu_ms(pid: &str) -> f64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let nanos = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    nanos.sum::<f64>() / 1e6
}

fn field(path: &str, name: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn resident_mb(pid: &str) -> f64 {
    field(&format!("/proc/{pid}/status"), "VmRSS:") as f64 / 1024.0
}

fn written(pid: &str) -> u64 {
    field(&format!("/proc/{pid}/io"), "write_bytes:")
}
