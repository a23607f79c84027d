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
    let runs: Vec<_> = active.iter().filter(|run| run.env == env).collect();
    json!({
        "project": project, "environment": env, "at": at, "watch": watcher, "services": services, "runs": runs,
        "off_release": off_release,
    })
}
