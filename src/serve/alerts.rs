//! What stands: alerts of rules, services that are not up, runs that wait for a person, and what Quarterdeck has to say of
//! itself.

use serde_json::{Value, json};

use crate::domain::{
    alert::Standing,
    health::Health,
    run::{RunPhase, RunSummary},
    status::ServiceNow,
};

use super::{
    vitals::{Check, Verdict, Vitals},
    world::World,
};

/// The document.
pub fn document(world: &World, vitals: &Vitals) -> Value {
    let mut alerts: Vec<Value> = vitals.checks().iter().filter_map(own).collect();
    for (env, services) in &world.services {
        alerts.extend(services.iter().filter_map(|service| of_service(env, service)));
    }
    alerts.extend(world.standings.iter().filter_map(of_rule));
    alerts.extend(world.active.iter().filter_map(of_run));
    let rules: usize = world.project.environments.iter().map(|one| one.rulebook.rules.len()).sum();
    let note = if rules == 0 {
        "no rules are configured: these are the conditions that stand by themselves"
    } else {
        "alerts of rules, and the conditions that stand by themselves"
    };
    json!({
        "at": world.at,
        "rules": rules,
        "note": note,
        "alerts": alerts,
    })
}

fn own(check: &Check) -> Option<Value> {
    let severity = match check.verdict {
        Verdict::Pass => return None,
        Verdict::Warn => "warning",
        Verdict::Fail => "critical",
    };
    Some(json!({
        "name": "quarterdeck", "severity": severity, "subject": check.name, "since": null, "summary": check.output,
    }))
}

fn of_rule(standing: &Standing) -> Option<Value> {
    let since = standing.phase.since()?;
    Some(json!({
        "name": standing.key.rule, "severity": standing.severity, "state": standing.phase.word(),
        "environment": standing.key.env, "subject": standing.key.subject, "since": since,
        "summary": standing.explanation,
    }))
}

fn of_service(env: &str, service: &ServiceNow) -> Option<Value> {
    let (name, severity) = match service.health {
        Health::Up | Health::Maintenance => return None,
        Health::Down => ("service_down", "critical"),
        Health::Degraded => ("service_degraded", "warning"),
        Health::Unknown => ("service_unknown", "warning"),
    };
    let detail = service.looks.iter().find(|look| look.health == service.health && !look.detail.is_empty());
    let summary = detail.map_or_else(
        || format!("{} is {}", service.service, service.health.word()),
        |look| format!("{} is {}: {}: {}", service.service, service.health.word(), look.key.probe, look.detail),
    );
    Some(json!({
        "name": name, "severity": severity, "environment": env, "subject": service.service, "since": service.since,
        "summary": summary,
    }))
}

fn of_run(run: &RunSummary) -> Option<Value> {
    let why = match &run.phase {
        RunPhase::Holding { why, .. } => why,
        RunPhase::Asking { question, .. } => question,
        _ => return None,
    };
    Some(json!({
        "name": "run_waits", "severity": "warning", "environment": run.env, "subject": run.target,
        "since": run.requested_at, "summary": format!("{} {} waits for a person: {why}", run.pipeline, run.id),
    }))
}
