//! A small project in a directory of its own, whose runs are executed by real runners and supervisors.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use quarterdeck::{
    config,
    domain::{
        actor::Actor,
        decision::Decision,
        environment::Project,
        id::RunId,
        log::LogLine,
        plan::{Plan, PlanInput},
        run::{EventRow, RunDetail, RunEvent, RunOutcome, RunPhase},
        time::UnixMs,
    },
    proc::identity,
    run::launch,
    store::{Reader, Store, lock, state_dir::StateDir},
};

use super::quarterdeck;

/// How long anything here may take before the test fails.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until `right` gives something.
pub fn wait_for<T>(what: &str, mut right: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = right() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited {:?} for {what}", began.elapsed());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A project with its state directory and history. Removed when dropped.
pub struct Deck {
    dir: tempfile::TempDir,
    pub project: Project,
    pub store: Store,
}

impl Deck {
    /// With these pipelines (and suites, services) in an environment `test`.
    pub fn new(pipelines: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("quarterdeck.toml");
        std::fs::write(&file, format!("[project]\nname = \"test\"\n[environments.test]\n{pipelines}")).unwrap();
        let project = config::load(&file).unwrap_or_else(|error| panic!("{}", error.render(false)));
        let state = StateDir::at(dir.path().join("state"));
        state.create().unwrap();
        let store = Store::open(&state).unwrap();
        Self { dir, project, store }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub fn state(&self) -> &StateDir {
        self.store.state()
    }

    pub fn reader(&self) -> Reader {
        self.store.reader().unwrap()
    }

    pub fn plan(&self, pipeline: &str, params: &[(&str, &str)]) -> Plan {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let input = PlanInput { params, ..PlanInput::default() };
        let environment = &self.project.environments[0];
        launch::prepare(&self.project, environment, pipeline, input, &self.reader()).unwrap()
    }

    /// Creates the run, without a runner.
    pub fn create(&self, pipeline: &str) -> RunId {
        self.create_with(pipeline, &[])
    }

    pub fn create_with(&self, pipeline: &str, params: &[(&str, &str)]) -> RunId {
        self.store.create_run(self.plan(pipeline, params), launch::current_actor(), None, now()).wait().unwrap()
    }

    /// A runner for the run, ready to be spawned.
    pub fn runner(&self, run: RunId) -> Command {
        let mut command = quarterdeck();
        command.args(["runner", &run.0.to_string(), "--state"]).arg(self.state().path());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    pub fn spawn(&self, run: RunId) -> Running {
        Running(self.runner(run).spawn().unwrap())
    }

    /// Creates the run and has it executed to its end.
    pub fn execute(&self, pipeline: &str) -> Ended {
        self.execute_with(pipeline, &[])
    }

    pub fn execute_with(&self, pipeline: &str, params: &[(&str, &str)]) -> Ended {
        let run = self.create_with(pipeline, params);
        let _runner = self.spawn(run);
        self.ended(run)
    }

    /// Waits for the end of the run, whoever runs it.
    pub fn ended(&self, run: RunId) -> Ended {
        let reader = self.reader();
        let detail = wait_for("the end of the run", || {
            let detail = reader.run(run).unwrap();
            detail.state.outcome().is_some().then_some(detail)
        });
        let lines = usize::try_from(detail.log_lines).unwrap();
        Ended { events: reader.events(run, 0).unwrap(), log: reader.log(run, 1, lines).unwrap(), detail }
    }

    /// Waits until the events of the run say so.
    pub fn until(&self, run: RunId, what: &str, mut right: impl FnMut(&[EventRow]) -> bool) -> Vec<EventRow> {
        let reader = self.reader();
        wait_for(what, || Some(reader.events(run, 0).unwrap()).filter(|events| right(events)))
    }

    /// Waits until the run holds, and says why.
    pub fn held(&self, run: RunId) -> String {
        let reader = self.reader();
        wait_for("a hold", || match reader.run(run).unwrap().state.phase {
            RunPhase::Holding { why, .. } => Some(why),
            RunPhase::Ended { outcome, why } => panic!("the run ended {}: {why}", outcome.word()),
            _ => None,
        })
    }

    pub fn decide(&self, run: RunId, who: &str, decision: Decision) {
        let actor = Actor { name: who.into(), uid: 1000, sudo_user: None };
        self.store.decide(run, actor, decision, now()).wait().unwrap();
    }
}

impl Drop for Deck {
    /// Consoles start watchers that would stay for a minute.
    fn drop(&mut self) {
        let lock = self.state().watch_lock();
        if let (Ok(true), Some(holder)) = (lock::is_held(&lock), lock::holder(&lock)) {
            let _ = identity::signal(&holder, rustix::process::Signal::TERM);
        }
    }
}

pub fn now() -> UnixMs {
    UnixMs(i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap())
}

/// A process of ours, killed when dropped.
pub struct Running(pub Child);

impl Running {
    /// As `kill -9`.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A run that is over.
pub struct Ended {
    pub detail: RunDetail,
    pub events: Vec<EventRow>,
    pub log: Vec<LogLine>,
}

impl Ended {
    pub fn outcome(&self) -> RunOutcome {
        self.detail.state.outcome().unwrap()
    }

    /// The sentence it ended with.
    pub fn why(&self) -> String {
        match &self.detail.state.phase {
            RunPhase::Ended { why, .. } => why.clone(),
            other => panic!("{other:?}"),
        }
    }

    pub fn count(&self, is: impl Fn(&RunEvent) -> bool) -> usize {
        self.events.iter().filter(|row| is(&row.event)).count()
    }

    /// The log as text.
    pub fn text(&self) -> String {
        self.log.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect()
    }
}

/// Whether some file exists by now.
pub fn exists(path: &Path) -> Option<()> {
    path.exists().then_some(())
}
