//! A judge that knows what the watcher knows, built from the history: for those who ask why.

use crate::{
    domain::{
        alert::{Judge, Outline, Seen},
        environment::{Environment, Service},
        time::UnixMs,
    },
    store::{Reader, StoreError},
    watch::stale_after,
};

use super::recall;

/// The judge of an environment, before the first look.
pub fn empty(environment: &Environment) -> Judge {
    let outline = |service: &Service| Outline {
        service: service.name.clone(),
        probes: service.probes.iter().map(|probe| (probe.name.clone(), stale_after(probe.every))).collect(),
    };
    let outlines: Vec<Outline> = environment.services.iter().map(outline).collect();
    Judge::new(&environment.name, &environment.rulebook, &outlines)
}

/// A judge as the one of the watcher is now: with the latest of each look, samples and events. Its alerts have not moved:
/// where they stand is in the history.
pub fn judge_now(reader: &Reader, environment: &Environment, now: UnixMs) -> Result<Judge, StoreError> {
    let mut judge = empty(environment);
    recall::fill(reader, &mut judge, environment, now)?;
    for service in reader.status(&environment.name, &environment.services, now)? {
        for look in service.looks {
            let Some(place) = judge.place(&service.service, &look.key.probe) else { continue };
            let seen = Seen { at: look.at, verdict: look.verdict, health: look.health, latency_ms: look.latency_ms };
            let values = look.values.iter().map(|(name, value)| (name.as_str(), *value));
            judge.book_mut().note(place, seen, values);
        }
    }
    judge.publish(now);
    Ok(judge)
}
