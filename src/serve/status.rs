//! The status document: the same for `quarterdeck status --json` and for `/api/status`.

use serde_json::{Value, json};

use crate::domain::{observed::OffRelease, run::RunSummary, status::ServiceNow, time::UnixMs};

/// An environment now.
pub fn document(
    project: &str,
    env: &str,
    at: UnixMs,
    watcher: &str,
    services: &[ServiceNow],
    off_release: &[OffRelease],
    active: &[RunSummary],
) -> Value {
    // Facts of looks are for those who may open the history.
    let mut services = services.to_vec();
    services.iter_mut().flat_map(|service| &mut service.looks).for_each(|look| look.facts.clear());
    let runs: Vec<_> = active.iter().filter(|run| run.env == env).collect();
    json!({
        "project": project, "environment": env, "at": at, "watch": watcher, "services": services, "runs": runs,
        "off_release": off_release,
    })
}
