//! Threshold lines of charts: taken from the conditions that judge the same figures, so that the line on the screen is the
//! line that fails a soak.

use crate::domain::{
    condition::Condition,
    environment::{Environment, Service},
    pipeline::{Pipeline, SoakSpec, StepKind},
};

use super::watch::Limit;

/// The constants that conditions about this service compare these series with, each once, ascending.
pub fn of(environment: &Environment, service: &Service, series: &[&str]) -> Vec<Limit> {
    let kinds = || environment.pipelines.values().flat_map(Pipeline::each_step).map(|step| &step.kind);
    let soaks = kinds().filter_map(|kind| if let StepKind::Soak(soak) = kind { Some(soak) } else { None });
    let stages =
        kinds().filter_map(|kind| if let StepKind::Traffic { soak, .. } = kind { soak.as_ref() } else { None });
    let of_service = |soak: &&SoakSpec| soak.service == service.name;
    let mut failing: Vec<&Condition> = soaks.filter(of_service).flat_map(|soak| &soak.fail_when).collect();
    if failing.is_empty() {
        // The coarse limits between two stages of traffic matter only where no soak judges after them.
        failing.extend(stages.filter(of_service).flat_map(|soak| &soak.fail_when));
    }
    let degraded = service.probes.iter().flat_map(|probe| &probe.degraded);
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
