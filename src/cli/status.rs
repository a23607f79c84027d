//! `status`: every service of an environment, and the runs under way.

use super::{
    args::Global,
    deck::Deck,
    exit, format,
    output::{Mode, Outcome, Output},
};
use crate::{
    domain::{health::Health, run::RunSummary, status::ServiceNow, time::UnixMs},
    run::launch,
    serve,
};

pub fn run(global: &Global, check: bool) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.environment()?;
    let output = Output::new(global);
    // Reading is all it takes: it works where nothing may be written.
    let reader = deck.reader()?;
    let now = UnixMs::from(chrono::Utc::now());
    let services = reader.status(&environment.name, &environment.services, now)?;
    let active: Vec<_> = reader.active_runs()?.into_iter().filter(|run| run.env == environment.name).collect();
    let watcher = launch::watcher(&deck.state);

    if output.mode == Mode::Json {
        let (project, env) = (&deck.project.name, &environment.name);
        output.json(&serve::status::document(project, env, now, watcher, &services, &active))?;
    } else {
        output.line(format_args!("{}  {}  watch: {watcher}", deck.project.name, environment.name))?;
        output.line("")?;
        let headings =
            ["service", "state", "since", "p50 ms", "p95 ms", "p99 ms", "errors", "req/s", "version", "detail"];
        let rows: Vec<_> = services.iter().map(|service| row(service, now)).collect();
        output.table(&headings, &rows)?;
        for run in &active {
            output.line(describe(run))?;
        }
    }
    let down = services.iter().any(|service| service.health == Health::Down);
    Ok(if check && down { exit::FAILED } else { exit::OK })
}

fn row(service: &ServiceNow, now: UnixMs) -> Vec<String> {
    let detail = service.looks.iter().find(|look| !look.detail.is_empty());
    vec![
        service.service.clone(),
        service.health.word().into(),
        service.since.map_or_else(|| "-".into(), |since| format::duration(now.since(since))),
        format::figure(service.p50_ms, ""),
        format::figure(service.p95_ms, ""),
        format::figure(service.p99_ms, ""),
        format::percent(service.error_rate),
        format::figure(service.rps, ""),
        service.version.clone().unwrap_or_default(),
        detail.map_or_else(String::new, |look| format!("{}: {}", look.key.probe, look.detail)),
    ]
}

fn describe(run: &RunSummary) -> String {
    let step = run
        .current
        .as_ref()
        .map_or_else(String::new, |(index, name)| format!("  step {}/{} {name}", index + 1, run.step_count));
    let change = format::change(run);
    let space = if change.is_empty() { "" } else { " " };
    format!("{} run {} {change}{space}by {}{step}  {}", run.pipeline, run.id, run.by, format::phase(&run.phase))
}
