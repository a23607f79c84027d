//! The top level.

use std::{path::Path, time::Duration};

use chrono_tz::Tz;

use super::{environment, known, outlet, playbook, telling, zone::zone};
use crate::{
    config::{
        names::check_name,
        options::{ENVIRONMENT, PROJECT, RETENTION, ROOT},
        reader::Reader,
        source::Place,
        tree::Table,
        view::View,
    },
    domain::{
        environment::{Environment, Project, Retention},
        probe::ProbeKind,
        suite::CheckKind,
    },
};

const DAY: Duration = Duration::from_hours(24);

/// Reads everything. `root` is where relative paths start. What comes back counts only if nothing was noted.
pub fn project<'a>(reader: &'a Reader<'a>, table: &'a Table, root: &Path) -> Project {
    let view = View::new(reader, &ROOT, table, Place { file: 0, start: 0, end: 0 });
    let (name, timezone) = naming(&view);
    let retention = view.section("retention", &RETENTION).map_or_else(Retention::default, |view| retention(&view));
    let state_dir = view.text("state_dir").map(|text| root.join(text.value));
    let environments = view.named("environments", &ENVIRONMENT);
    if environments.is_empty() {
        view.missing("environments", "at least one: [environments.production] with url = \"https://...\" below");
    }
    for (name, _) in &environments {
        check_name(reader, "an environment", *name);
    }
    let environments = environment::all(&view, &name, &environments, root);
    let outlets = outlet::outlets(&view, root);
    let open_on = playbook::open_on(&view);
    if outlets.serve.is_none() && !view.has("serve") && environments.iter().any(awaits_callbacks) {
        let help = "write [serve] with listen = \"127.0.0.1:9464\": callbacks are taken in there".to_owned();
        reader.problem(view.place_of("serve"), "a webhook look waits for callbacks, and nothing is served", help);
    }
    let channels: Vec<&str> = outlets.channels.iter().map(|channel| channel.name.as_str()).collect();
    let known = known::Known { environments: &environments, channels: &channels, zone: timezone };
    let telling = telling::policy(&view, &known);
    view.finish("the top level");
    Project { name, timezone, state_dir, environments, retention, outlets, telling, root: root.to_owned(), open_on }
}

/// Whether a look of it waits to be called back.
fn awaits_callbacks(environment: &Environment) -> bool {
    let probes = environment.services.iter().flat_map(|service| &service.probes).map(|probe| &probe.kind);
    let checks = environment.suites.values().flat_map(|suite| &suite.checks);
    probes.into_iter().any(|kind| matches!(kind, ProbeKind::Webhook(_)))
        || checks.into_iter().any(|check| match &check.kind {
            CheckKind::Probe(probe) => matches!(probe.kind, ProbeKind::Webhook(_)),
            _ => false,
        })
}

fn naming(view: &View<'_>) -> (String, Tz) {
    let Some(project) = view.section("project", &PROJECT) else {
        if !view.has("project") {
            view.missing("project", "[project] with name = \"...\" below, at the top of the file");
        }
        return (String::new(), Tz::UTC);
    };
    let name = project.text("name");
    if !project.has("name") {
        project.missing("name", "name = \"My project\"");
    }
    let timezone = zone(&project);
    project.finish("project");
    (name.map(|text| text.value.to_owned()).unwrap_or_default(), timezone.unwrap_or(Tz::UTC))
}

fn retention(view: &View<'_>) -> Retention {
    let default = Retention::default();
    let retention = Retention {
        raw: view.duration("raw", Duration::from_hours(1)).unwrap_or(default.raw),
        minutes: view.duration("minutes", Duration::from_hours(1)).unwrap_or(default.minutes),
        hours: view.duration("hours", DAY).unwrap_or(default.hours),
        runs: view.duration("runs", DAY).unwrap_or(default.runs),
        logs: view.duration("logs", Duration::from_mins(10)).unwrap_or(default.logs),
        logs_mb: view.integer("logs_mb").and_then(|number| u32::try_from(number).ok()).unwrap_or(default.logs_mb),
        errors: view.duration("errors", DAY).unwrap_or(default.errors),
    };
    view.finish("retention");
    retention
}
