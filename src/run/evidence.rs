//! What is saved before a rollback changes the scene: last log lines, figures, reports.

use serde_json::{Value, json};

use super::{
    desk::{Desk, now},
    error::RunnerError,
};
use crate::domain::run::RunEvent;

/// Lines of log saved.
const LINES: u64 = 200;
/// The window of figures saved.
const WINDOW: std::time::Duration = std::time::Duration::from_mins(5);

/// Saves the evidence, once for each run.
pub fn save(desk: &mut Desk) -> Result<(), RunnerError> {
    if desk.events.iter().any(|row| matches!(row.event, RunEvent::Evidence { .. })) {
        return Ok(());
    }
    let body = gather(desk)?;
    desk.record(RunEvent::Evidence { body })
}

fn gather(desk: &Desk) -> Result<Value, RunnerError> {
    let stored = desk.reader.log_len(desk.run)?;
    let from = stored.saturating_sub(LINES).saturating_add(1);
    let lines = desk.reader.log(desk.run, from, LINES as usize)?;
    let at = now();
    let figures: serde_json::Map<String, Value> = desk
        .plan
        .services
        .keys()
        .map(|service| {
            let env = desk.plan.env.as_str();
            // Figures that can't be read are no reason not to roll back.
            let now = desk.reader.figures(env, service, at, WINDOW).unwrap_or_default();
            let means = desk.reader.mean_figures(env, service, at.before(WINDOW), at).unwrap_or_default();
            (service.clone(), json!({ "now": now, "mean_of_5_minutes": means }))
        })
        .collect();
    let lines: Vec<_> = lines.into_iter().map(|line| line.text).collect();
    let reports = desk.reader.reports(desk.run)?;
    Ok(json!({ "log_from": from, "log": lines, "figures": figures, "reports": reports }))
}
