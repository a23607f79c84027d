//! Health documents, as the IETF draft writes them: `application/health+json`.

use serde_json::{Map, Value, json};

use crate::domain::{health::Health, status::ServiceNow, time::UnixMs};

use super::vitals::{Check, Verdict, Vitals};

/// The media type of health documents.
pub const MEDIA_TYPE: &str = "application/health+json";

/// The small document: the verdict, and why if it is bad.
pub fn small(works: Result<(), String>) -> Value {
    match works {
        Ok(()) => json!({ "status": Verdict::Pass }),
        Err(output) => json!({ "status": Verdict::Fail, "output": output }),
    }
}

/// Everything Quarterdeck looks at of itself, and the state of each service. A service that is down is no illness of
/// Quarterdeck: it is told, and does not change the verdict.
pub fn detailed(vitals: &Vitals, services: &[(String, Vec<ServiceNow>)]) -> Value {
    let mut checks = Map::new();
    for check in vitals.checks() {
        checks.insert(check.name.to_owned(), json!([document(&check, vitals.at)]));
    }
    let services: Vec<_> =
        services.iter().flat_map(|(env, services)| services.iter().map(|service| state(env, service))).collect();
    json!({
        "status": vitals.verdict(),
        "releaseId": env!("CARGO_PKG_VERSION"),
        "watch": vitals.watcher,
        "checks": checks,
        "services": services,
    })
}

fn document(check: &Check, at: UnixMs) -> Value {
    let mut document = json!({
        "componentType": check.of,
        "status": check.verdict,
        "time": at.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
    });
    if let Some((value, unit)) = check.observed {
        document["observedValue"] = json!(value);
        document["observedUnit"] = json!(unit);
    }
    if !check.output.is_empty() {
        document["output"] = json!(check.output);
    }
    document
}

fn state(env: &str, service: &ServiceNow) -> Value {
    let verdict = match service.health {
        Health::Up => Verdict::Pass,
        Health::Degraded | Health::Unknown | Health::Maintenance => Verdict::Warn,
        Health::Down => Verdict::Fail,
    };
    json!({
        "environment": env,
        "service": service.service,
        "status": verdict,
        "state": service.health,
        "since": service.since.map(|since| since.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::vitals::tests::well;

    #[test]
    fn the_small_document_says_no_more_than_it_must() {
        assert_eq!(small(Ok(())), json!({ "status": "pass" }));
        assert_eq!(small(Err("nobody watches".into())), json!({ "status": "fail", "output": "nobody watches" }));
    }

    #[test]
    fn a_service_that_is_down_is_no_illness_of_ours() {
        let service = ServiceNow {
            service: "api".into(),
            health: Health::Down,
            since: Some(UnixMs(0)),
            p50_ms: None,
            p95_ms: None,
            p99_ms: None,
            ceiling_ms: None,
            error_rate: None,
            rps: None,
            trend: Vec::new(),
            version: None,
            looks: Vec::new(),
        };
        let document = detailed(&well(), &[("production".into(), vec![service])]);
        assert_eq!(document["status"], "pass");
        let told = json!({
            "environment": "production", "service": "api", "status": "fail", "state": "down",
            "since": "1970-01-01T00:00:00.000Z",
        });
        assert_eq!(document["services"][0], told);
        assert_eq!(document["checks"]["history:writable"][0]["observedValue"], 3.0);
    }
}
