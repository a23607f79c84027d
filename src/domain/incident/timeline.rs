//! What happened in an incident, in order: folded from what is written down anyway and from its own entries.

use std::collections::HashSet;

use serde::Serialize;

use super::{Entry, Said};
use crate::domain::{
    alert::{AlertEvent, AlertEventRow, AlertKey, Phase},
    decision::{Decision, DecisionRow},
    run::{RunPhase, RunSummary},
    status::Happening,
    time::UnixMs,
};

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Beat {
    /// When.
    pub at: UnixMs,
    /// What it is of: `alert`, `run`, `decision`, `service`, `note`, `incident`.
    pub of: &'static str,
    /// Who, if a person did it.
    pub who: String,
    /// What.
    pub text: String,
}

/// What a timeline is folded from.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// What was said in it.
    pub entries: Vec<Entry>,
    /// What was noted of alerts in that time.
    pub alerts: Vec<AlertEventRow>,
    /// Runs that were under way in that time.
    pub runs: Vec<RunSummary>,
    /// What people said to them.
    pub decisions: Vec<DecisionRow>,
    /// Changes of services.
    pub happenings: Vec<Happening>,
}

/// The timeline of services that belong together (of all, if none is named), oldest first. `mine`: alerts of the incident,
/// which count whatever they are about.
pub fn timeline(material: &Material, services: &[String], mine: &[AlertKey]) -> Vec<Beat> {
    let named: HashSet<&str> = services.iter().map(String::as_str).collect();
    let about = |service: &str| named.is_empty() || service.is_empty() || named.contains(service);
    let mut beats: Vec<Beat> = Vec::new();
    beats.extend(material.entries.iter().map(entry));
    let alerts = material.alerts.iter().filter(|row| about(&row.key.subject) || mine.contains(&row.key));
    beats.extend(alerts.filter_map(alert));
    for run in &material.runs {
        run_beats(&mut beats, run);
    }
    beats.extend(material.decisions.iter().map(decision));
    // Landmarks of runs are told by the runs; a service is told by its name.
    let changes = material.happenings.iter().filter(|one| !one.subject.contains('#') && about(&one.subject));
    beats.extend(changes.map(|one| Beat {
        at: one.at,
        of: "service",
        who: String::new(),
        text: format!("{} {}", one.subject, one.text),
    }));
    beats.sort_by_key(|beat| beat.at);
    beats
}

fn entry(entry: &Entry) -> Beat {
    let with = |said: &str, note: &str| if note.is_empty() { said.to_owned() } else { format!("{said}: {note}") };
    let (of, text) = match &entry.said {
        Said::Opened { title, severity, .. } => ("incident", format!("opened, {}: {title}", severity.word())),
        Said::Joined { alert } => ("incident", format!("{} of {} belongs to it", alert.rule, alert.subject)),
        Said::Note { text } => ("note", text.clone()),
        Said::Role { role, person } if person.is_empty() => ("incident", format!("nobody is {role} any more")),
        Said::Role { role, person } => ("incident", format!("{person} is {role}")),
        Said::Severity { severity } => ("incident", format!("severity {}", severity.word())),
        Said::Status { status, note } => ("incident", with(status.word(), note)),
        Said::HandedOver { to, next } => ("incident", with(&format!("handed over to {to}"), next)),
        Said::Closed { note } => ("incident", with("closed", note)),
    };
    Beat { at: entry.at, of, who: entry.author.clone(), text }
}

fn alert(row: &AlertEventRow) -> Option<Beat> {
    let AlertKey { rule, subject, .. } = &row.key;
    let name = if subject.is_empty() { rule.clone() } else { format!("{rule} of {subject}") };
    let (who, text) = match &row.event {
        AlertEvent::Moved { now, .. } if matches!(now.phase, Phase::Firing { .. }) => {
            (String::new(), format!("{name} fires: {}", now.explanation))
        }
        AlertEvent::Moved { from: Phase::Firing { .. }, .. } => (String::new(), format!("{name} ended")),
        AlertEvent::Moved { .. } => return None,
        AlertEvent::Told { channel, why, .. } => (String::new(), format!("{name} told to {channel} ({})", why.words())),
        AlertEvent::Held { why } => (String::new(), format!("{name} not told: {why}")),
        AlertEvent::Acknowledged { author, note } => {
            let note = if note.is_empty() { String::new() } else { format!(": {note}") };
            (author.clone(), format!("{name} acknowledged{note}"))
        }
        AlertEvent::Noted { text } => (String::new(), format!("{name}: {text}")),
    };
    Some(Beat { at: row.at, of: "alert", who, text })
}

fn run_beats(beats: &mut Vec<Beat>, run: &RunSummary) {
    let version = run.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    let name = format!("{}{version} {}", run.pipeline, run.id);
    let who = run.by.clone();
    beats.push(Beat { at: run.requested_at, of: "run", who, text: format!("{name} started") });
    if let (RunPhase::Ended { outcome, why }, Some(at)) = (&run.phase, run.ended_at) {
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        beats.push(Beat { at, of: "run", who: String::new(), text: format!("{name} {}{why}", outcome.word()) });
    }
}

fn decision(row: &DecisionRow) -> Beat {
    let text = match &row.decision {
        Decision::Answer { step, yes, .. } => {
            format!("answered {} at step {}", if *yes { "yes" } else { "no" }, step + 1)
        }
        Decision::Tick { step, item, evidence } => {
            let shown = evidence.as_ref().map(|evidence| format!(": {evidence}")).unwrap_or_default();
            format!("item {} of step {} ticked off{shown}", item + 1, step + 1)
        }
        Decision::Retry { step } => format!("retry of step {}", step + 1),
        Decision::RetryEdited { step, .. } => format!("retry of step {} with other words", step + 1),
        Decision::Pause { reason } => format!("pause: {reason}"),
        Decision::Continue { step } => format!("go on with step {}", step + 1),
        Decision::Skip { step, reason } => format!("step {} skipped: {reason}", step + 1),
        Decision::Exclude { step, reason } => format!("step {} goes on without a machine: {reason}", step + 1),
        Decision::RollBack { reason } => format!("roll back: {reason}"),
        Decision::Stop { reason } => format!("stop: {reason}"),
        Decision::Cancel { reason } => format!("cancel: {reason}"),
    };
    Beat { at: row.at, of: "decision", who: row.actor.to_string(), text: format!("run {}: {text}", row.run) }
}
