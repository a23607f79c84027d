//! A shop in the middle of a bad deploy: models for the tests of `app` and `view` and for benches.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    console::app::{
        key::Size,
        model::{Model, Options, Screen},
        runs::OpenRun,
        watch::{ChartWindow, Charts, Curve, Limit},
    },
    domain::{
        condition::Condition,
        environment::{Confirm, Environment, Project, Retention, Service},
        health::{Debounce, Health},
        id::{LookKey, RunId},
        log::{Colour, LogLine, Span, Stream, Style},
        pipeline::{
            Baseline, Choices, Command, Effect, OnFailure, Param, Pipeline, PipelineKind, SoakSpec, Step, StepKind,
            Trust,
        },
        plan::{Plan, PlannedStep},
        probe::Phases,
        release::{Behaviour, Release, ReleaseRef, ReleaseState, RollbackPoint},
        run::{RunDetail, RunOutcome, RunPhase, RunState, RunSummary, StepEnd, StepState},
        series::Point,
        status::{DeployMark, Happening, LookNow, ServiceNow, Tone},
        suite::{Finding, Report, Suite},
        template::{Piece, Rendered},
        time::UnixMs,
        verdict::Verdict,
    },
};

/// 2026-11-21 14:02:11 UTC.
pub const NOW: UnixMs = UnixMs(1_795_269_731_000);

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn ago(count: u64) -> UnixMs {
    NOW.before(seconds(count))
}

fn condition(source: &str) -> Condition {
    Condition::parse(source).unwrap()
}

/// The project: `production` and `staging`, each with these services.
pub fn project(services: &[&str]) -> Arc<Project> {
    let environment = |name: &str, color: &str, confirm| Environment {
        name: name.into(),
        url: Some(format!("https://{name}.acme.example")),
        color: Some(color.into()),
        confirm,
        vars: serde_json::Map::new(),
        services: services.iter().map(|name| service(name)).collect(),
        suites: BTreeMap::from([("smoke".to_owned(), Suite { name: "smoke".into(), checks: Vec::new() })]),
        pipelines: BTreeMap::from([("deploy".to_owned(), pipeline())]),
        secrets: BTreeMap::new(),
    };
    Arc::new(Project {
        name: "Acme Shop".into(),
        timezone: chrono_tz::Tz::UTC,
        state_dir: None,
        environments: vec![
            environment("production", "red", Confirm::TypeName),
            environment("staging", "yellow", Confirm::Enter),
        ],
        retention: Retention::default(),
        root: PathBuf::from("/srv/shop"),
    })
}

/// The services of the shop.
pub const SERVICES: [&str; 6] = ["api", "gateway", "worker", "web-blue", "web-green", "db"];

fn service(name: &str) -> Service {
    Service { name: name.into(), url: None, depends_on: Vec::new(), probes: Vec::new(), debounce: Debounce::default() }
}

/// The parameter every deploy asks for.
pub fn param() -> Param {
    Param {
        name: "version".into(),
        prompt: "Version".into(),
        default: Some("1.9.2".into()),
        choices: Choices::List(vec!["1.9.2".into(), "1.9.1".into(), "1.9.0".into()]),
        pattern: None,
    }
}

fn pipeline() -> Pipeline {
    Pipeline {
        name: "deploy".into(),
        kind: PipelineKind::Deploy,
        target: "shop".into(),
        description: Some("Roll a version out behind the gateway".into()),
        params: vec![param()],
        on_failure: OnFailure::Rollback,
        timeout: Some(seconds(1800)),
        preflight: Some("preflight".into()),
        steps: Vec::new(),
    }
}

fn words(words: &[&str]) -> Vec<Rendered> {
    words.iter().map(|word| Rendered::text(*word)).collect()
}

fn step(name: &str, kind: StepKind, undo: Option<&[&str]>) -> PlannedStep {
    let changes = matches!(kind, StepKind::Command(_));
    PlannedStep {
        no_way_back: (changes && undo.is_none()).then(|| "no undo is configured".to_owned()),
        step: Step {
            name: name.into(),
            kind,
            effect: Effect::Once,
            retry: None,
            timeout: None,
            undo: undo.map(|argv| Command::Run(words(argv))),
            probe: None,
            required: false,
            env: BTreeMap::new(),
        },
    }
}

fn soak() -> SoakSpec {
    SoakSpec {
        service: "api".into(),
        duration: seconds(600),
        every: seconds(30),
        fail_when: vec![condition("error_rate > 0.05"), condition("p95_ms > 400")],
        fail_after: 3,
        min_requests: 30,
        baseline: Baseline::BeforeRun,
        trust: Trust::Act,
    }
}

/// The plan of the deploy.
pub fn plan() -> Arc<Plan> {
    let run = |argv: &[&str]| StepKind::Command(Command::Run(words(argv)));
    let mut token = words(&["/opt/shop/migrate", "--to", "head", "--token"]);
    token.push(Rendered(vec![Piece::Secret("DB_TOKEN".into())]));
    Arc::new(Plan {
        project: "Acme Shop".into(),
        root: PathBuf::from("/srv/shop"),
        env: "production".into(),
        target: "shop".into(),
        pipeline: "deploy".into(),
        kind: PipelineKind::Deploy,
        params: BTreeMap::from([("version".to_owned(), "1.9.2".to_owned())]),
        version: Some("1.9.2".into()),
        previous: Some(ReleaseRef { run: RunId(411), version: "1.9.1".into() }),
        point: None,
        on_failure: OnFailure::Rollback,
        timeout: Some(seconds(1800)),
        preflight: Some("preflight".into()),
        confirm: Confirm::TypeName,
        steps: vec![
            step("Pre-deployment checks", StepKind::Verify { suite: "preflight".into() }, None),
            step("Back up database", run(&["pg_dump", "-Fc", "-f", "/backup/shop.dump", "shop"]), None),
            step("Migrate", StepKind::Command(Command::Run(token)), Some(&["/opt/shop/migrate", "--to", "41"])),
            step(
                "Deploy web",
                run(&["/opt/shop/deploy", "web-green", "1.9.2"]),
                Some(&["/opt/shop/deploy", "web-green", "1.9.1"]),
            ),
            step(
                "Shift traffic",
                run(&["/opt/shop/weight", "web-green", "100"]),
                Some(&["/opt/shop/weight", "web-blue", "100"]),
            ),
            step("Soak", StepKind::Soak(soak()), None),
            step("Smoke test", StepKind::Verify { suite: "smoke".into() }, None),
            step("Sign-off", StepKind::Ask { question: Rendered::text("Has QA signed off 1.9.2?") }, None),
        ],
        suites: BTreeMap::new(),
        services: BTreeMap::from([("api".to_owned(), Vec::new())]),
        secrets: BTreeMap::new(),
    })
}

/// A run in a list.
pub fn summary(id: i64, pipeline: &str, version: &str, by: &str, started: u64, phase: RunPhase) -> RunSummary {
    let over = matches!(phase, RunPhase::Ended { .. });
    RunSummary {
        id: RunId(id),
        env: "production".into(),
        target: "shop".into(),
        pipeline: pipeline.into(),
        kind: if pipeline == "smoke" { PipelineKind::Verify } else { PipelineKind::Deploy },
        version: (!version.is_empty()).then(|| version.to_owned()),
        previous: (!version.is_empty()).then(|| "1.9.1".to_owned()),
        by: by.into(),
        requested_at: ago(started),
        ended_at: over.then(|| ago(started - 260)),
        phase,
        step_count: 8,
        current: Some((5, "Soak".into())),
    }
}

/// The runs of the shop, newest first.
pub fn runs() -> Vec<RunSummary> {
    let ended = |outcome, why: &str| RunPhase::Ended { outcome, why: why.into() };
    vec![
        summary(418, "deploy", "1.9.2", "bob", 288, RunPhase::Running),
        summary(417, "smoke", "", "quarterdeck", 4_000, ended(RunOutcome::Succeeded, "12 of 12 checks passed")),
        summary(
            416,
            "deploy",
            "1.9.2-rc1",
            "alice",
            90_000,
            ended(RunOutcome::RolledBack, "p95 was 4 times the baseline"),
        ),
        summary(415, "deploy", "1.9.1", "bob", 180_000, ended(RunOutcome::Succeeded, "all steps done")),
        summary(414, "deploy", "1.9.0", "alice", 500_000, ended(RunOutcome::Failed, "step 3 Migrate exited with 2")),
        summary(413, "reindex", "", "bob", 600_000, ended(RunOutcome::Cancelled, "by bob: wrong shard")),
    ]
}

/// The live run: soaking, in the phase given.
pub fn detail(phase: RunPhase) -> RunDetail {
    let plan = plan();
    let mut state = RunState::new(plan.steps.len());
    state.phase = phase.clone();
    state.current = Some(5);
    state.started_at = Some(ago(288));
    for (index, took) in [12_400, 41_000, 3_200, 22_000, 1_200].into_iter().enumerate() {
        state.steps[index].attempts = if index == 3 { 2 } else { 1 };
        state.steps[index].started_at = Some(ago(280 - 40 * index as u64));
        state.steps[index].state =
            StepState::Ended { end: StepEnd::Succeeded, why: "exited with 0".into(), duration_ms: took };
    }
    state.steps[5].state = StepState::Running;
    state.steps[5].attempts = 1;
    state.steps[5].started_at = Some(ago(192));
    let summary = summary(418, "deploy", "1.9.2", "bob", 288, phase);
    let usual_ms = [11_000, 38_000, 3_000, 20_000, 1_000, 600_000, 9_000].map(Some).into_iter().chain([None]).collect();
    RunDetail { summary, plan, state, usual_ms, log_lines: 64 }
}

/// The live run being undone after a failed soak.
pub fn rolling_back() -> RunDetail {
    let why = "error_rate 0.081 > 0.05, 3 times in a row".to_owned();
    let mut detail = detail(RunPhase::RollingBack { why: why.clone() });
    detail.state.steps[5].state = StepState::Ended { end: StepEnd::Failed, why, duration_ms: 192_000 };
    detail.state.steps[4].undo =
        StepState::Ended { end: StepEnd::Succeeded, why: "exited with 0".into(), duration_ms: 900 };
    detail.state.steps[3].undo = StepState::Running;
    detail.state.steps[3].undo_attempts = 1;
    detail
}

/// Log lines of the live run, `count` of them ending at number `last`.
pub fn log(last: u64, count: u64) -> Arc<Vec<LogLine>> {
    let line = |seq: u64| {
        let (stream, text, colour) = match seq % 7 {
            0 => (Stream::Deck, format!("sample {}/20  error_rate 0.008 <= 0.05 pass", seq % 20 + 1), None),
            1 => (Stream::Deck, "p95_ms 180 > 1.5 x 110 FAIL 1/3".to_owned(), Some((17, 4, 1))),
            2 => (Stream::Out, format!("web-green-{} ready in 1.{} s", seq % 4 + 1, seq % 10), Some((0, 11, 6))),
            3 => (Stream::Out, "GET /health/ready 200 OK".to_owned(), Some((18, 6, 2))),
            4 => (Stream::Err, "warning: connection pool at 90 %, waited 240 ms for a connection; raise max_connections or lower the number of workers".to_owned(), None),
            5 => (Stream::Out, "using token \u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022} from DB_TOKEN".to_owned(), None),
            _ => (Stream::Out, format!("batch {seq}: 500 rows copied"), None),
        };
        let spans = colour.map(|(start, len, index)| {
            let style = Style { fg: Some(Colour::Indexed(index)), bold: index == 1, ..Style::default() };
            vec![Span { start, len, style }]
        });
        LogLine {
            seq,
            at: ago((last - seq) * 2),
            step: 5,
            undo: false,
            attempt: 1,
            stream,
            text,
            spans: spans.unwrap_or_default(),
        }
    };
    Arc::new((last + 1 - count.min(last)..=last).map(line).collect())
}

/// A service now; every seventh is degraded, every eleventh down.
pub fn now(index: usize, name: &str) -> ServiceNow {
    let health = match index {
        0 => Health::Degraded,
        _ if index % 11 == 10 => Health::Down,
        _ if index % 7 == 6 => Health::Unknown,
        _ => Health::Up,
    };
    let base = 4.0 + (index * 37 % 90) as f64;
    let bad = index == 0;
    let p95 = if bad { 1_820.0 } else { base * 2.0 };
    let trend = (0..16).map(|at| Some(if bad && at > 9 { base * f64::from(at) } else { base + f64::from(at % 3) }));
    let detail = match health {
        Health::Degraded => "p95_ms 1820 > 400",
        Health::Down => "connect refused: 10.0.3.7:8080 (resolved in 2 ms)",
        _ => "",
    };
    ServiceNow {
        service: name.into(),
        health,
        since: Some(ago(if bad { 130 } else { 7_200 + index as u64 * 600 })),
        p50_ms: Some(if bad { 310.0 } else { base }),
        p95_ms: Some(p95),
        p99_ms: Some(p95 * 1.4),
        error_rate: Some(if bad { 0.034 } else { 0.0 }),
        rps: (index != 5).then_some(312.0 / (index + 1) as f64),
        trend: trend.collect(),
        version: Some(if bad { "1.9.2" } else { "1.9.1" }.into()),
        looks: vec![LookNow {
            key: LookKey { env: "production".into(), service: name.into(), probe: "traffic".into() },
            at: ago(3),
            stale: false,
            health,
            since: ago(130),
            verdict: if health == Health::Down { Verdict::Fail } else { Verdict::Pass },
            latency_ms: Some(base),
            detail: detail.into(),
            phases: Phases::default(),
            values: Vec::new(),
            version: None,
        }],
    }
}

/// Charts of `api` over 15 minutes: calm, then a bad deploy with a gap before it.
pub fn charts() -> Charts {
    const BUCKETS: i64 = 90;
    let from = ago(900);
    let wave = |at: i64| (f64::from(i32::try_from(at * 37 % 17).unwrap()) - 8.0) / 8.0;
    let curve = |name: &'static str, calm: f64, bad: f64| Curve {
        name,
        points: (0..BUCKETS)
            .map(|at| {
                let grown = ((at - 62).max(0) as f64 / 20.0).min(1.0);
                let value = calm + calm * 0.15 * wave(at) + (bad - calm) * grown;
                let known = !(30..34).contains(&at);
                let spike = if at == 20 { 2.5 } else { 1.0 };
                Point {
                    at: from.after(seconds(10 * at as u64)),
                    value: known.then_some(value.max(0.0)),
                    max: known.then_some(value.max(0.0) * spike),
                }
            })
            .collect(),
    };
    Charts {
        env: "production".into(),
        service: "api".into(),
        window: ChartWindow::Quarter,
        from,
        to: NOW,
        step: seconds(10),
        latency: vec![curve("p50", 42.0, 110.0), curve("p95", 110.0, 620.0), curve("p99", 160.0, 760.0)],
        errors: curve("errors", 0.004, 0.034),
        latency_limits: vec![Limit { value: 400.0, label: "p95_ms > 400".into() }],
        error_limits: vec![Limit { value: 0.05, label: "error_rate > 0.05".into() }],
        marks: vec![DeployMark { at: ago(288), label: "deploy 1.9.2".into() }],
    }
}

/// What happened, oldest first.
pub fn happenings() -> Vec<Happening> {
    let row = |at: u64, subject: &str, text: &str, tone| Happening {
        at: ago(at),
        env: "production".into(),
        subject: subject.into(),
        text: text.into(),
        tone,
    };
    vec![
        row(90_000, "deploy #416", "1.9.2-rc1 rolled back: p95 was 4 times the baseline", Tone::Bad),
        row(4_000, "smoke #417", "started by quarterdeck", Tone::Plain),
        row(3_900, "smoke #417", "succeeded: 12 of 12 checks passed", Tone::Good),
        row(2_000, "worker", "up -> DEGRADED: queue_depth 1,204 > 1,000", Tone::Warn),
        row(1_800, "worker", "DEGRADED -> up", Tone::Good),
        row(288, "deploy #418", "1.9.2 started by bob", Tone::Plain),
        row(130, "api", "up -> DEGRADED: p95_ms 1820 > 400", Tone::Warn),
    ]
}

/// Rollback points of the shop, newest first.
pub fn points() -> Vec<RollbackPoint> {
    let point = |run: i64, version: &str, at: u64, state, refused: Option<&str>, preferred| RollbackPoint {
        release: Release {
            run: RunId(run),
            env: "production".into(),
            target: "shop".into(),
            version: version.into(),
            at: ago(at),
            replaced_at: (state != ReleaseState::Live).then(|| ago(at / 2)),
            by: if run % 2 == 0 { "alice" } else { "bob" }.into(),
            state,
            plan_hash: "5d1c".into(),
            marked_bad: refused.filter(|why| why.starts_with("marked bad")).map(|_| "checkout was empty".to_owned()),
            behaviour: Behaviour {
                availability: Some(if refused.is_some() { 0.9712 } else { 0.9998 }),
                error_rate: Some(if refused.is_some() { 0.034 } else { 0.001 }),
                p95_ms: Some(if refused.is_some() { 620.0 } else { 112.0 }),
                soak: Some("passed: error_rate 0.001 <= 0.05, p95_ms 112 <= 400 over 20 samples".into()),
            },
        },
        refused: refused.map(str::to_owned),
        preferred,
        not_restored: vec![
            "data written since 1.9.1 went live stays in its new form".into(),
            "step 2 Back up database has no undo".into(),
        ],
        estimate_ms: Some(95_000),
    };
    vec![
        point(418, "1.9.2", 200, ReleaseState::Live, Some("live now"), false),
        point(416, "1.9.2-rc1", 90_000, ReleaseState::RolledBack, Some("it was rolled back"), false),
        point(415, "1.9.1", 180_000, ReleaseState::Replaced, None, true),
        point(412, "1.9.0", 700_000, ReleaseState::Replaced, Some("marked bad: checkout was empty"), false),
        point(409, "1.8.7", 1_400_000, ReleaseState::Replaced, None, false),
        point(401, "1.8.6", 2_400_000, ReleaseState::Failed, Some("its deploy failed"), false),
    ]
}

/// What a preflight found.
pub fn report(failing: bool) -> Report {
    let finding = |check: &str, verdict, detail: &str, fix: Option<&str>| Finding {
        check: check.into(),
        verdict,
        optional: false,
        detail: detail.into(),
        fix: fix.map(str::to_owned),
        judgements: Vec::new(),
        duration_ms: 12.0,
        phases: None,
    };
    let (verdict, detail) =
        if failing { (Verdict::Fail, "401: the key was revoked") } else { (Verdict::Pass, "200 in 84 ms") };
    Report {
        suite: "preflight".into(),
        at: ago(4),
        verdict,
        findings: vec![
            finding("DATABASE_URL is set", Verdict::Pass, "it is", None),
            finding(
                "payment provider",
                verdict,
                detail,
                Some("rotate the key in the dashboard, then update the vault"),
            ),
            finding("disk on web-green", Verdict::Pass, "61 % used", None),
        ],
    }
}

/// A model of that size with `count` services and no run.
pub fn many(size: Size, count: usize) -> Model {
    let names: Vec<String> = (0..count)
        .map(|index| SERVICES.get(index).map_or_else(|| format!("service-{index:04}"), |name| (*name).to_owned()))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut model = Model::new(Options::default(), "dark", size, NOW);
    model.project = Some(project(&names));
    model.env = "production".into();
    model.watcher = "daemon";
    model.watch.services = Arc::new(names.iter().enumerate().map(|(index, name)| now(index, name)).collect());
    model.watch.charts = Some(Arc::new(charts()));
    model.watch.happenings = Arc::new(happenings());
    model.releases.target = Some("shop".into());
    model.releases.points = Some(Arc::new(points()));
    model.releases.selected = 2;
    model.runs.loaded = true;
    model.runs.list = Arc::new(runs().split_off(1));
    model
}

/// The shop without a run.
pub fn calm(size: Size) -> Model {
    many(size, SERVICES.len())
}

/// The shop in the middle of the deploy, on a screen.
pub fn live(size: Size, screen: Screen) -> Model {
    with_run(calm(size), screen, detail(RunPhase::Running))
}

/// A model with that run live and open.
pub fn with_run(mut model: Model, screen: Screen, detail: RunDetail) -> Model {
    model.screen = screen;
    let mut run = OpenRun::new(detail.summary.id);
    run.log.take(64, log(64, 64));
    run.step = 5;
    let mut list = runs();
    list[0] = detail.summary.clone();
    if detail.state.outcome().is_none() {
        model.active = Arc::new(vec![detail.summary.clone()]);
    }
    model.runs.list = Arc::new(list);
    run.detail = Some(Arc::new(detail));
    model.run = Some(run);
    model
}
