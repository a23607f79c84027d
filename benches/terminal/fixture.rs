//! A project of N services whose looks this program writes itself, so that nothing else runs beside what is measured.

use std::{
    cell::Cell,
    fmt::Write,
    fs,
    path::PathBuf,
    process::{Child, Stdio},
};

use pty_process::blocking::Command;
use quarterdeck::{
    config,
    domain::{
        decision::Decision,
        health::Health,
        id::{LookId, LookKey, RunId},
        plan::PlanInput,
        probe::Phases,
        series::LookRow,
        status::LookNow,
        time::UnixMs,
        verdict::Verdict,
    },
    run::launch,
    store::{
        Store,
        lock::{self, HeldLock},
        state_dir::StateDir,
    },
};

const NAMES: [&str; 5] = ["requests", "error_rate", "p50_ms", "p95_ms", "p99_ms"];

/// The project, its open history, and the watcher's lock, held so that no watcher starts.
pub struct Fixture {
    dir: tempfile::TempDir,
    store: Store,
    looks: Vec<(LookKey, LookId)>,
    round: Cell<u64>,
    _watching: Option<HeldLock>,
}

impl Fixture {
    pub fn new(services: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("quarterdeck.toml"), configuration(services)).unwrap();
        let state = StateDir::at(dir.path().join("state"));
        state.create().unwrap();
        let watching = lock::try_lock(&state.watch_lock()).unwrap();
        let store = Store::open(&state).unwrap();
        let looks = (0..services)
            .map(|number| {
                let key = LookKey { env: "bench".into(), service: service(number), probe: "traffic".into() };
                let names = NAMES.map(str::to_owned).to_vec();
                let id = store.register_look(key.clone(), names).wait().unwrap();
                (key, id)
            })
            .collect();
        Self { dir, store, looks, round: Cell::new(0), _watching: watching }
    }

    /// The console on this project.
    pub fn console(&self) -> Command {
        Command::new(binary())
            .arg("--config")
            .arg(self.dir.path().join("quarterdeck.toml"))
            .arg("--state")
            .arg(self.dir.path().join("state"))
    }

    /// One look of every service, with figures that move as live ones do.
    pub fn look_once(&self) {
        self.look_at(UnixMs::from(chrono::Utc::now()));
    }

    /// The same, at another time.
    pub fn look_at(&self, at: UnixMs) {
        let round = self.round.replace(self.round.get() + 1);
        let figures = |number: usize| {
            let wave = ((round + number as u64 * 7) % 23) as f64;
            [300.0 + wave, 0.002 + wave / 10_000.0, 40.0 + wave / 3.0, 110.0 + wave, 250.0 + wave * 2.0]
        };
        let rows = self.looks.iter().enumerate().map(|(number, (_, id))| LookRow {
            look: *id,
            at,
            verdict: Verdict::Pass,
            degraded: false,
            latency_ms: Some(figures(number)[2]),
            values: figures(number).map(Some).to_vec(),
        });
        self.store.append_looks(rows.collect()).wait().unwrap();
        if round == 0 {
            let now = self.looks.iter().enumerate().map(|(number, (key, _))| LookNow {
                key: key.clone(),
                at,
                stale: false,
                health: Health::Up,
                since: at,
                verdict: Verdict::Pass,
                latency_ms: Some(figures(number)[2]),
                detail: String::new(),
                phases: Phases::default(),
                values: NAMES.iter().map(|name| (*name).to_owned()).zip(figures(number).map(Some)).collect(),
                version: None,
                ceilings: Vec::new(),
                facts: Vec::new(),
                notes: Vec::new(),
            });
            self.store.set_current(now.collect()).wait().unwrap();
        }
    }
}

/// A run whose step prints some 50,000 lines a second; dropping it cancels it.
pub struct Flood {
    store: Store,
    run: RunId,
    runner: Child,
}

impl Fixture {
    /// Starts one, with a real runner and a real supervisor.
    pub fn flood(&self) -> Flood {
        let project = config::load(&self.dir.path().join("quarterdeck.toml")).unwrap();
        let (environment, reader) = (&project.environments[0], self.store.reader().unwrap());
        let plan = launch::prepare(&project, environment, "flood", PlanInput::default(), &reader).unwrap();
        let at = UnixMs::from(chrono::Utc::now());
        let run = self.store.create_run(plan, launch::current_actor(), None, at).wait().unwrap();
        let mut runner = std::process::Command::new(binary());
        runner.args(["runner", &run.0.to_string(), "--state"]).arg(self.dir.path().join("state"));
        let runner = runner.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        Flood { store: self.store.clone(), run, runner }
    }
}

impl Flood {
    /// Lines in the history.
    pub fn lines(&self) -> u64 {
        self.store.reader().unwrap().log_len(self.run).unwrap()
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        launch::decide(&self.store, self.run, Decision::Cancel { reason: "measured".into() }).unwrap();
        self.runner.wait().unwrap();
    }
}

fn service(number: usize) -> String {
    format!("service-{number:02}")
}

fn configuration(services: usize) -> String {
    let mut text = "[project]\nname = \"Bench\"\n\n[environments.bench]\n\n[pipelines.flood]\nkind = \"task\"\n\
                    steps = [{ name = \"Flood\", shell = \"while :; do seq -f 'line %.0f of the flood, as long as lines of \
                    logs mostly are' 5000; sleep 0.1; done\" }]\n"
        .to_owned();
    for number in 0..services {
        let name = service(number);
        write!(
            text,
            "\n[services.{name}.probes.traffic]\nprometheus = \"http://127.0.0.1:9/metrics\"\nevery = \"1s\"\n"
        )
        .unwrap();
        for series in NAMES {
            writeln!(text, "record.{series} = \"sum('{series}')\"").unwrap();
        }
    }
    text
}

/// The release binary, built by `cargo bench` beside this program.
fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_quarterdeck"))
}
