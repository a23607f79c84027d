//! `status`: every service of an environment, and the runs under way.

use super::{
    args::Global,
    deck::Deck,
    exit, format,
    output::{Mode, Outcome, Output},
};
use crate::{
    domain::{
        alert::tell::Open,
        health::Health,
        observed::{off_release, standing},
        run::RunSummary,
        status::ServiceNow,
        time::UnixMs,
    },
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
    let mut services = reader.status(&environment.name, &environment.services, now)?;
    Open::at(&deck.project.telling.windows, now).mark(&environment.name, &mut services);
    let active: Vec<_> = reader.active_runs()?.into_iter().filter(|run| run.env == environment.name).collect();
    let watcher = launch::watcher(&deck.state);
    let off = off_release(&services, &reader.versions(&environment.name)?);
    // A run that holds the target is on its way.
    let still: Vec<_> = off.iter().filter(|one| !active.iter().any(|run| run.target == one.target)).cloned().collect();

    if output.mode == Mode::Json {
        let (project, env) = (&deck.project.name, &environment.name);
        output.json(&serve::status::document(project, env, now, watcher, &services, &off, &active))?;
    } else {
        output.line(format_args!("{}  {}  watch: {watcher}", deck.project.name, environment.name))?;
        output.line("")?;
        let headings =
            ["service", "state", "since", "p50 ms", "p95 ms", "p99 ms", "errors", "req/s", "version", "detail"];
        let rows: Vec<_> = services.iter().map(|service| row(service, now)).collect();
        output.table(&headings, &rows)?;
        if let Some(standing) = standing(&environment.name, &still) {
            output.line(standing)?;
        }
        for one in &off {
            output.line(format_args!("{}: {one}", one.service))?;
        }
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
        percentile(service.p50_ms, service),
        percentile(service.p95_ms, service),
        percentile(service.p99_ms, service),
        format::percent(service.error_rate),
        format::figure(service.rps, ""),
        service.version.clone().unwrap_or_default(),
        detail.map_or_else(|| noted(service), |look| format!("{}: {}", look.key.probe, look.detail)),
    ]
}

/// A percentile, or the bound below it where the histogram says no more.
fn percentile(value: Option<f64>, service: &ServiceNow) -> String {
    match service.ceiling_ms.filter(|ceiling| value.is_some_and(|value| value >= *ceiling)) {
        Some(ceiling) => format!("> {ceiling:.0}"),
        None => format::figure(value, ""),
    }
}

/// What is not as it was asked for, though all is well.
fn noted(service: &ServiceNow) -> String {
    let note = service.looks.iter().find_map(|look| Some((look, look.notes.first()?)));
    note.map_or_else(String::new, |(look, note)| format!("{}: {note}", look.key.probe))
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
