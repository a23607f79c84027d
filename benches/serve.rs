//! The endpoints while 1,000 targets are watched every 5 s: how long each takes when its answer must be read anew from the
//! history (asked once every 1.2 s), and when many ask at once. `cargo bench --bench serve`; `TARGETS` and `ROUNDS` set how
//! many targets, and how often each endpoint is asked.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that can't go on should stop, and prints its figures"
)]

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const ENDPOINTS: [&str; 6] = ["/health", "/health/ready", "/health/detailed", "/metrics", "/alerts", "/api/status"];

fn main() {
    let (targets, rounds) = (number("TARGETS").unwrap_or(1_000), number("ROUNDS").unwrap_or(20));
    let dir = tempfile::tempdir().unwrap();
    let (target, address) = (answering(), free());
    let mut text = format!("[project]\nname = \"bench\"\n[serve]\nlisten = \"{address}\"\n[environments.e]\n");
    for index in 0..targets {
        let _ = write!(
            text,
            "[services.s{index}.probes.p]\njson = \"http://{target}/\"\nevery = \"5s\"\nrecord.queue = \"json.queue\"\n"
        );
    }
    fs::write(dir.path().join("quarterdeck.toml"), text).unwrap();
    let mut watcher = Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
        .args(["watch", "--config"])
        .arg(dir.path().join("quarterdeck.toml"))
        .arg("--state")
        .arg(dir.path().join("state"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while ask(&address, "/health").is_none_or(|(_, answer)| !answer.starts_with("HTTP/1.1 200")) {
        thread::sleep(Duration::from_millis(100));
    }
    // Percentiles are taken over 5 minutes: the longer it watched, the more there is to read.
    thread::sleep(Duration::from_secs(number("WARM").unwrap_or(60)));
    println!("{targets} targets every 5 s; milliseconds for an answer that is read anew, of {rounds} each");
    println!("{:>18} {:>8} {:>8} {:>8} {:>10}", "", "median", "p95", "largest", "bytes");
    for path in ENDPOINTS {
        let mut took = Vec::new();
        let mut bytes = 0;
        for _ in 0..rounds {
            thread::sleep(Duration::from_millis(1_200));
            let (time, answer) = ask(&address, path).unwrap();
            took.push(time);
            bytes = answer.len();
        }
        tell(path, took, bytes);
    }
    let began = Instant::now();
    let asking: Vec<_> = (0..32)
        .map(|_| {
            let address = address.clone();
            thread::spawn(move || (0..20).map(|_| ask(&address, "/api/status").unwrap().0).collect::<Vec<_>>())
        })
        .collect();
    let took: Vec<_> = asking.into_iter().flat_map(|one| one.join().unwrap()).collect();
    let rate = took.len() as f64 / began.elapsed().as_secs_f64();
    tell("32 ask at once", took, 0);
    println!("{rate:>18.0} answers of /api/status a second");
    watcher.kill().unwrap();
    watcher.wait().unwrap();
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

fn tell(what: &str, mut took: Vec<Duration>, bytes: usize) {
    took.sort();
    let at = |share: f64| took[((took.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1e3;
    println!("{what:>18} {:>8.1} {:>8.1} {:>8.1} {bytes:>10}", at(0.5), at(0.95), at(1.0));
}

fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A server that answers everything alike.
fn answering() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::Builder::new()
                .stack_size(64 << 10)
                .spawn(move || {
                    let mut buffer = [0; 2048];
                    while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"queue\":17}";
                        if stream.write_all(answer).is_err() {
                            return;
                        }
                    }
                })
                .unwrap();
        }
    });
    address
}

fn ask(address: &str, path: &str) -> Option<(Duration, String)> {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some((began.elapsed(), answer))
}
