//! Threshold lines of charts: taken from the conditions that judge the same figures, so that the line on the screen is the
//! line that fails a soak.

use crate::domain::{
    condition::Condition,
    environment::{Environment, Service},
    pipeline::{SoakSpec, StepKind},
};

use super::watch::Limit;

/// The constants that conditions about this service compare these series with, each once, ascending.
pub fn of(environment: &Environment, service: &Service, series: &[&str]) -> Vec<Limit> {
    let degraded = service.probes.iter().flat_map(|probe| &probe.degraded);
    let soaks =
        environment.pipelines.values().flat_map(|pipeline| &pipeline.steps).filter_map(|step| match &step.kind {
            StepKind::Soak(soak) => Some(soak),
            StepKind::Traffic { soak, .. } => soak.as_ref(),
            _ => None,
        });
    let failing = soaks.filter(|soak: &&SoakSpec| soak.service == service.name).flat_map(|soak| &soak.fail_when);
    let mut limits: Vec<Limit> = Vec::new();
    for condition in degraded.chain(failing) {
        for limit in thresholds(condition, series) {
            if limits.iter().all(|other| other.value.total_cmp(&limit.value).is_ne()) {
                limits.push(limit);
            }
        }
    }
    limits.sort_by(|one, other| one.value.total_cmp(&other.value));
    limits
}

fn thresholds(condition: &Condition, series: &[&str]) -> Vec<Limit> {
    let values = series.iter().filter_map(|name| condition.threshold(name));
    values.map(|value| Limit { value, label: condition.source().to_owned() }).collect()
}
