//! A variable or secret that must be set. Its value is never looked at, but for whether there is one.

use std::time::Instant;

use crate::domain::probe::Outcome;

use super::{dial::ms_since, lookup::SecretLookup};

/// Looks the name up in the environment of this process, then among the secrets.
pub(super) fn look(name: &str, secrets: SecretLookup<'_>, outcome: &mut Outcome) {
    let begun = Instant::now();
    let variable = std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let set = variable || secrets(name).is_some_and(|value| !value.trim().is_empty());
    outcome.facts.set("set", set);
    outcome.latency_ms = Some(ms_since(begun));
}
