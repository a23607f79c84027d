//! After a success: looked at once more from outside, whatever the tools' exit codes said.
//!
//! What the run itself read (in its soaks, waits and suites) must be well: it was so a moment ago. Every other service is
//! looked at and named if it is not, but it may have been down before the run began: it does not fail it.

use std::{collections::BTreeSet, thread, time::Duration};

use super::{desk::Desk, error::RunnerError, step::look_at_service};
use crate::domain::{
    health::Health, pipeline::StepKind, plan::Plan, probe::ProbeSpec, run::RunEvent, suite::CheckKind, verdict::Verdict,
};

/// A service may need a moment: it is looked at this often before it counts as not well.
const LOOKS: u32 = 3;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(1_500);
/// Names of other services in the sentence, at most.
const OTHERS: usize = 5;

/// The services the steps of a plan read.
pub fn read_by(plan: &Plan) -> BTreeSet<&str> {
    let steps = plan.steps.iter().filter_map(|planned| match &planned.step.kind {
        StepKind::Soak(soak) | StepKind::Traffic { soak: Some(soak), .. } => Some(soak.service.as_str()),
        StepKind::Wait(wait) => wait.service.as_deref(),
        _ => None,
    });
    let checks = plan.suites.values().flat_map(|suite| &suite.checks).filter_map(|check| match &check.kind {
        CheckKind::Service(service) => Some(service.as_str()),
        _ => None,
    });
    steps.chain(checks).filter(|service| plan.services.contains_key(*service)).collect()
}

/// Looks, and records what was seen. Unknown if the run read no service.
pub fn check(desk: &mut Desk) -> Result<(Verdict, String), RunnerError> {
    let plan = desk.plan.clone();
    let read = read_by(&plan);
    let mut verdict = if read.is_empty() { Verdict::Unknown } else { Verdict::Pass };
    let mut seen = Vec::new();
    for service in &read {
        let (one, sentence) = settle(desk, service, &plan.services[*service])?;
        verdict = verdict.and(one);
        seen.push(sentence);
    }
    let others = plan.services.iter().filter(|(service, _)| !read.contains(service.as_str()));
    let mut unwell: Vec<_> = others
        .filter_map(|(service, probes)| {
            let (one, health, detail) = look_at_service(desk, probes);
            (one == Verdict::Fail).then(|| sentence(service, health, &detail))
        })
        .collect();
    let more = unwell.len().saturating_sub(OTHERS);
    unwell.truncate(OTHERS);
    if !unwell.is_empty() {
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        seen.push(format!("not read by this run: {}{more}", unwell.join(", ")));
    }
    if seen.is_empty() {
        seen.push("the run read no service".to_owned());
    }
    let why = desk.say(&seen.join(", "));
    desk.record(RunEvent::OutsideCheck { verdict, why: why.clone() })?;
    Ok((verdict, why))
}

/// Looks until it is well, or often enough.
fn settle(desk: &mut Desk, service: &str, probes: &[ProbeSpec]) -> Result<(Verdict, String), RunnerError> {
    let mut looked = look_at_service(desk, probes);
    for _ in 1..LOOKS {
        if looked.0 == Verdict::Pass {
            break;
        }
        thread::sleep(PAUSE);
        desk.hear()?;
        looked = look_at_service(desk, probes);
    }
    let (verdict, health, detail) = looked;
    Ok((verdict, sentence(service, health, &detail)))
}

fn sentence(service: &str, health: Health, detail: &str) -> String {
    let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
    format!("{service} {}{detail}", health.word())
}
