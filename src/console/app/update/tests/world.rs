//! A small world to test in: two environments, a deploy, a task, a suite.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use crate::{
    console::app::{
        effect::{Effect, Ticket},
        key::{Key, Size},
        model::{Model, Options},
        msg::{Answer, Msg, News, Planned, Ready},
        update,
    },
    domain::{
        alert::Rulebook,
        environment::{Confirm, Environment, Outlets, Project, Retention, Service},
        health::Debounce,
        id::RunId,
        log::{LogLine, Stream},
        pipeline::{Choices, OnFailure, Param, Pipeline, PipelineKind},
        plan::Plan,
        probe::{ProbeKind, ProbeSpec},
        release::{Behaviour, Release, ReleaseState, RollbackPoint},
        run::{RunDetail, RunOutcome, RunPhase, RunState, RunSummary, StepEnd, StepState},
        suite::Suite,
        template::Rendered,
        time::UnixMs,
    },
};

/// A model and what it asked for.
pub struct World {
    pub model: Model,
    pub effects: Vec<Effect>,
}

impl World {
    /// A console that is open on staging (which confirms by Enter).
    pub fn open() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let model = Model::new(options, "dark", Size { width: 120, height: 40 }, UnixMs(1_000));
        let mut world = Self { model, effects: Vec::new() };
        let ready =
            Ready { project: Arc::new(project()), env: "staging".into(), theme: None, utc: false, watcher: "daemon" };
        world.send(Msg::Ready(Box::new(ready)));
        world
    }

    pub fn send(&mut self, msg: Msg) {
        self.effects.extend(update(&mut self.model, msg));
    }

    /// Presses keys: printable ones as written, `\n` is Enter, `\u{1b}` is Esc, `\t` is Tab.
    pub fn press(&mut self, keys: &str) {
        for c in keys.chars() {
            self.key(match c {
                '\n' => Key::Enter,
                '\u{1b}' => Key::Esc,
                '\t' => Key::Tab,
                c => Key::Char(c),
            });
        }
    }

    pub fn key(&mut self, key: Key) {
        self.send(Msg::Key(key));
    }

    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Answers the wizard's open question.
    pub fn answer(&mut self, answer: Answer) {
        let ticket = self.model.wizard.as_ref().map_or(Ticket(0), |wizard| wizard.ticket);
        self.send(Msg::Answered(ticket, answer));
    }

    pub fn answer_plan(&mut self, plan: Plan) {
        self.answer(Answer::Planned(Ok(Planned { plan: Arc::new(plan), hash: "hash".into() })));
    }

    pub fn notice(&self) -> &str {
        self.model.notice.as_ref().map_or("", |notice| notice.text.as_str())
    }

    /// A run of staging on the Runs screen, in this phase, with so many log lines.
    pub fn show_run(&mut self, id: i64, phase: RunPhase, lines: u64) {
        let mut detail = detail(id, phase, lines);
        if let RunPhase::Holding { step, why } = &detail.state.phase {
            let ended = StepState::Ended { end: StepEnd::Failed, why: why.clone(), duration_ms: 1 };
            detail.state.steps[usize::from(*step)].state = ended;
        }
        let detail = Arc::new(detail);
        self.send(Msg::News(News::Runs { env: "staging".into(), runs: Arc::new(vec![detail.summary.clone()]) }));
        self.press("2");
        self.send(Msg::News(News::Run { detail, reports: Arc::default() }));
        self.feed_log();
    }

    /// Gives the log pane the lines it wants, as the feed would.
    pub fn feed_log(&mut self) {
        use crate::console::app::log_pane::LogWindow;
        let Some(run) = &self.model.run else { return };
        let (id, total, window) = (run.id, run.log.total, run.log.wanted(self.model.panes.log_rows));
        let (from, limit) = match window {
            LogWindow::Tail { limit } => (total.saturating_sub(limit as u64) + 1, limit as u64),
            LogWindow::From { from, limit } => (from, limit as u64),
        };
        let lines = (from..=total.min(from + limit - 1)).map(line).collect();
        self.send(Msg::News(News::Log { run: id, window, total, lines: Arc::new(lines) }));
    }
}

pub fn line(seq: u64) -> LogLine {
    LogLine {
        seq,
        at: UnixMs(0),
        step: 0,
        undo: false,
        attempt: 1,
        stream: Stream::Out,
        text: format!("line {seq}"),
        spans: Vec::new(),
    }
}

pub fn project() -> Project {
    Project {
        name: "Acme Shop".into(),
        timezone: chrono_tz::Tz::UTC,
        state_dir: None,
        environments: vec![environment("staging", Confirm::Enter), environment("production", Confirm::TypeName)],
        retention: Retention::default(),
        outlets: Outlets::default(),
        telling: crate::domain::alert::tell::Policy::default(),
        open_on: Vec::new(),
        root: PathBuf::from("/"),
    }
}

fn environment(name: &str, confirm: Confirm) -> Environment {
    let mut deploy = pipeline("deploy", PipelineKind::Deploy);
    deploy.params = vec![Param {
        name: "version".into(),
        prompt: "Version".into(),
        default: None,
        choices: Choices::Command(vec!["git".into(), "tag".into()]),
        pattern: None,
    }];
    let mut fault = pipeline("fault-slow", PipelineKind::Task);
    fault.description = Some("inject fault: slow api".into());
    Environment {
        name: name.into(),
        url: None,
        color: None,
        confirm,
        vars: serde_json::Map::default(),
        services: ["api", "db", "web"].map(service).into(),
        suites: [("smoke".to_owned(), Suite { name: "smoke".into(), checks: Vec::new() })].into(),
        databases: BTreeMap::new(),
        pipelines: [("deploy".to_owned(), deploy), ("fault-slow".to_owned(), fault)].into(),
        playbooks: BTreeMap::new(),
        secrets: BTreeMap::new(),
        rulebook: Rulebook::default(),
    }
}

fn service(name: &str) -> Service {
    Service {
        name: name.into(),
        url: None,
        depends_on: Vec::new(),
        probes: vec![ProbeSpec::plain("port", ProbeKind::Tcp { address: Rendered::text("127.0.0.1:9") })],
        debounce: Debounce::default(),
        logs: Vec::new(),
    }
}

fn pipeline(name: &str, kind: PipelineKind) -> Pipeline {
    Pipeline {
        name: name.into(),
        kind,
        target: "shop".into(),
        touches: Vec::new(),
        description: None,
        params: Vec::new(),
        on_failure: OnFailure::Rollback,
        timeout: None,
        preflight: None,
        steps: Vec::new(),
    }
}

pub fn plan(kind: PipelineKind, confirm: Confirm) -> Plan {
    Plan {
        project: "Acme Shop".into(),
        root: PathBuf::from("/"),
        env: "staging".into(),
        target: "shop".into(),
        touches: Vec::new(),
        pipeline: kind.word().into(),
        kind,
        params: BTreeMap::new(),
        version: Some("1.9.2".into()),
        previous: None,
        point: None,
        on_failure: OnFailure::Rollback,
        timeout: None,
        preflight: None,
        confirm,
        steps: Vec::new(),
        suites: BTreeMap::new(),
        services: BTreeMap::new(),
        databases: BTreeMap::new(),
        migrations: BTreeMap::new(),
        secrets: BTreeMap::new(),
    }
}

pub fn summary(id: i64, phase: RunPhase) -> RunSummary {
    RunSummary {
        id: RunId(id),
        env: "staging".into(),
        target: "shop".into(),
        pipeline: "deploy".into(),
        kind: PipelineKind::Deploy,
        version: Some("1.9.2".into()),
        previous: None,
        by: "bob".into(),
        requested_at: UnixMs(0),
        ended_at: None,
        phase,
        step_count: 1,
        current: None,
    }
}

pub fn detail(id: i64, phase: RunPhase, lines: u64) -> RunDetail {
    let mut state = RunState::new(1);
    state.phase = phase.clone();
    RunDetail {
        summary: summary(id, phase),
        plan: Arc::new(plan(PipelineKind::Deploy, Confirm::Enter)),
        state,
        usual_ms: Vec::new(),
        log_lines: lines,
    }
}

pub fn ended(outcome: RunOutcome) -> RunPhase {
    RunPhase::Ended { outcome, why: String::new() }
}

pub fn points() -> Arc<Vec<RollbackPoint>> {
    let point = |run: i64, version: &str, refused: Option<&str>, preferred: bool| RollbackPoint {
        release: Release {
            run: RunId(run),
            env: "staging".into(),
            target: "shop".into(),
            version: version.into(),
            at: UnixMs(0),
            replaced_at: None,
            by: "bob".into(),
            state: ReleaseState::Replaced,
            plan_hash: String::new(),
            marked_bad: None,
            behaviour: Behaviour::default(),
            databases: BTreeMap::new(),
        },
        refused: refused.map(str::to_owned),
        preferred,
        not_restored: Vec::new(),
        estimate_ms: None,
        databases: BTreeMap::new(),
    };
    Arc::new(vec![
        point(3, "1.9.2", Some("live now"), false),
        point(2, "1.9.1", None, true),
        point(1, "1.9.0", None, false),
    ])
}
