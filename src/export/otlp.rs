//! Looks as an OTLP request for metrics, in JSON.

use serde_json::{Value, json};

use crate::domain::{id::LookKey, outlet::NamedLook, verdict::Verdict};

/// Points of a look at most: its latency, whether it passed, and its recorded numbers.
pub fn points(look: &NamedLook) -> usize {
    usize::from(look.row.latency_ms.is_some())
        + usize::from(look.row.verdict != Verdict::Unknown)
        + look.row.values.iter().flatten().count()
}

/// The request. Names and units as in `docs/serve.md`.
pub fn request(project: &str, looks: &[NamedLook]) -> Value {
    let (mut latency, mut passed, mut series) = (Vec::new(), Vec::new(), Vec::new());
    for look in looks {
        let point = |value: f64, name: Option<&str>| {
            json!({
                "attributes": attributes(&look.key, name),
                "timeUnixNano": (i128::from(look.row.at.0) * 1_000_000).max(0).to_string(),
                "asDouble": value,
            })
        };
        latency.extend(look.row.latency_ms.map(|ms| point(ms, None)));
        match look.row.verdict {
            Verdict::Pass => passed.push(point(1.0, None)),
            Verdict::Fail => passed.push(point(0.0, None)),
            Verdict::Unknown => {}
        }
        let values = look.names.iter().zip(&look.row.values);
        series.extend(values.filter_map(|(name, value)| Some(point((*value)?, Some(name)))));
    }
    let metrics = [
        metric("quarterdeck.look.latency", "ms", "How long a look took.", &latency),
        metric("quarterdeck.look.passed", "1", "1 if a look passed, 0 if it failed.", &passed),
        metric("quarterdeck.series", "", "A recorded number, in the unit it is recorded in.", &series),
    ];
    json!({ "resourceMetrics": [{
        "resource": { "attributes": [text("service.name", "quarterdeck"), text("quarterdeck.project", project)] },
        "scopeMetrics": [{
            "scope": { "name": "quarterdeck", "version": env!("CARGO_PKG_VERSION") },
            "metrics": metrics.into_iter().flatten().collect::<Vec<_>>(),
        }],
    }] })
}

fn metric(name: &str, unit: &str, description: &str, points: &[Value]) -> Option<Value> {
    (!points.is_empty())
        .then(|| json!({ "name": name, "unit": unit, "description": description, "gauge": { "dataPoints": points } }))
}

fn attributes(key: &LookKey, series: Option<&str>) -> Vec<Value> {
    let mut attributes = vec![text("environment", &key.env), text("service", &key.service), text("probe", &key.probe)];
    attributes.extend(series.map(|name| text("series", name)));
    attributes
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{id::LookId, series::LookRow, time::UnixMs};

    #[test]
    fn a_look_becomes_its_latency_its_verdict_and_its_numbers_and_gaps_become_nothing() {
        let look = NamedLook {
            key: Arc::new(LookKey { env: "e".into(), service: "s".into(), probe: "p".into() }),
            names: vec!["a".to_owned(), "gap".to_owned()].into(),
            row: LookRow {
                look: LookId(1),
                at: UnixMs(1_700_000_000_123),
                verdict: Verdict::Fail,
                degraded: false,
                latency_ms: Some(12.5),
                values: vec![Some(3.0), None],
            },
        };
        assert_eq!(points(&look), 3);
        let request = request("Shop", &[look]);
        let metrics = request["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap();
        let told: Vec<_> = metrics
            .iter()
            .map(|metric| {
                let points = metric["gauge"]["dataPoints"].as_array().unwrap();
                assert_eq!((points.len(), &points[0]["timeUnixNano"]), (1, &json!("1700000000123000000")));
                (metric["name"].as_str().unwrap(), points[0]["asDouble"].as_f64().unwrap())
            })
            .collect();
        let expected =
            [("quarterdeck.look.latency", 12.5), ("quarterdeck.look.passed", 0.0), ("quarterdeck.series", 3.0)];
        assert_eq!(told, expected);
        let attribute = &metrics[2]["gauge"]["dataPoints"][0]["attributes"][3];
        assert_eq!(*attribute, json!({ "key": "series", "value": { "stringValue": "a" } }));
    }
}
