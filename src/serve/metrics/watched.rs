//! What is watched: services, looks, series.

use crate::{
    domain::{health::Health, status::LookNow, verdict::Verdict},
    serve::{counted::LIMITS, world::World},
};

use super::text::{Label, Page};

const STATES: [(Health, &str); 5] = [
    (Health::Up, "up"),
    (Health::Degraded, "degraded"),
    (Health::Down, "down"),
    (Health::Unknown, "unknown"),
    (Health::Maintenance, "maintenance"),
];

/// The state of each service.
pub fn services(page: &mut Page, world: &World) {
    let name = "quarterdeck_service_state";
    let mut family = page.family(name, "stateset", "", "The state of a service.");
    for (env, services) in &world.services {
        for service in services {
            for (health, state) in STATES {
                let labels = [("environment", env.as_str()), ("service", &service.service), (name, state)];
                family.sample("", &labels, f64::from(u8::from(service.health == health)));
            }
        }
    }
}

/// The latest look of each probe, its recorded numbers, and how long its looks took. What is stale has no value.
pub fn looks(page: &mut Page, world: &World) {
    let fresh = || {
        let services = world.services.iter().flat_map(|(_, services)| services);
        services.flat_map(|service| &service.looks).filter(|look| !look.stale)
    };
    let mut family =
        page.family("quarterdeck_look_passed", "gauge", "", "1 if the latest look passed, 0 if it failed.");
    for look in fresh() {
        match look.verdict {
            Verdict::Pass => family.sample("", &probe(look), 1.0),
            Verdict::Fail => family.sample("", &probe(look), 0.0),
            Verdict::Unknown => {}
        }
    }
    let help = "How long the latest look took.";
    let mut family = page.family("quarterdeck_look_latency_seconds", "gauge", "seconds", help);
    for look in fresh() {
        if let Some(ms) = look.latency_ms {
            family.sample("", &probe(look), ms / 1e3);
        }
    }
    let help = "When the latest look began.";
    let mut family = page.family("quarterdeck_look_timestamp_seconds", "gauge", "seconds", help);
    for look in fresh() {
        family.sample("", &probe(look), look.at.0 as f64 / 1e3);
    }
    let help = "The latest value of a recorded series, in the unit it is recorded in.";
    let mut family = page.family("quarterdeck_series", "gauge", "", help);
    for look in fresh() {
        for (name, value) in &look.values {
            if let Some(value) = value {
                let [env, service, probe] = probe(look);
                family.sample("", &[env, service, probe, ("series", name)], *value);
            }
        }
    }
    let help = "How long looks took that were answered, since this server began to count.";
    let mut family = page.family("quarterdeck_look_duration_seconds", "histogram", "seconds", help);
    for (key, durations) in &world.durations {
        let labels = [("environment", key.env.as_str()), ("service", &key.service), ("probe", &key.probe)];
        let at_most = LIMITS.into_iter().zip(durations.at_most);
        family.distribution(&labels, at_most, ("_count", durations.count), ("_sum", durations.sum));
        family.sample("_created", &labels, world.counted_since.0 as f64 / 1e3);
    }
}

fn probe(look: &LookNow) -> [Label<'_>; 3] {
    [("environment", &look.key.env), ("service", &look.key.service), ("probe", &look.key.probe)]
}
