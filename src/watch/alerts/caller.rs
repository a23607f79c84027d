//! Which alerts open incidents: those of configured severities, one incident for services that belong together.

use std::collections::BTreeMap;

use crate::domain::{
    alert::{Phase, Severity, Standing},
    environment::{Environment, Project},
    incident::{Call, group_of},
    time::UnixMs,
};

/// Calls incidents for the alerts of one environment.
pub struct Caller {
    env: String,
    open_on: Vec<Severity>,
    /// The group of each service.
    groups: BTreeMap<String, String>,
}

impl Caller {
    /// Of an environment.
    pub fn new(project: &Project, environment: &Environment) -> Self {
        let services = &environment.services;
        let groups = services.iter().map(|service| (service.name.clone(), group_of(services, &service.name))).collect();
        Self { env: environment.name.clone(), open_on: project.open_on.clone(), groups }
    }

    /// The call for an alert that began to fire, if its severity opens an incident.
    pub fn call(&self, now: &Standing, from: Phase, at: UnixMs) -> Option<Call> {
        let begins = matches!(now.phase, Phase::Firing { .. }) && !matches!(from, Phase::Firing { .. });
        if now.key.env != self.env || !begins || !self.open_on.contains(&now.severity) {
            return None;
        }
        let subject = &now.key.subject;
        Some(Call {
            at,
            env: self.env.clone(),
            group: self.groups.get(subject).unwrap_or(subject).clone(),
            alert: now.key.clone(),
            severity: now.severity,
            explanation: now.explanation.clone(),
        })
    }
}
