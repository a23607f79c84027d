//! An instant query of anything that speaks Prometheus's API.

use std::{str::FromStr, sync::Arc};

use hyper::{
    Method, Uri,
    header::{self, HeaderValue},
};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::domain::{
    probe::{Outcome, Phase, ProbeError, ProbeSpec, PromqlLook},
    text::clean_line,
};

use super::{
    body::{inflate, parse_json},
    dial::Bounds,
    error::failed,
    http,
    lookup::SecretLookup,
    memory::Memory,
    net::Net,
    target::{self, resolve},
};

/// Series told at most.
const MOST: usize = 1000;

/// Asks the query, as of now by the server's clock.
pub(super) async fn look(
    net: &Net,
    look: &PromqlLook,
    spec: &ProbeSpec,
    bounds: &Bounds<'_>,
    memory: &mut Memory,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let query = resolve(&look.query, secrets)?;
    let mut target = target::prepare(&look.request, &spec.kind, secrets)?;
    let path = format!("{}/api/v1/query", target.url.path().trim_end_matches('/'));
    let parameters = target.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    target.uri = Uri::from_str(&format!("{path}{parameters}"))
        .map_err(|error| failed(Phase::Prepare, "bad_url", format!("nothing was sent: {error}")))?;
    // In the body, so that its length is nobody's concern.
    target.method = Method::POST;
    target.body = form_urlencoded::Serializer::new(String::new()).append_pair("query", &query).finish().into();
    target.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    target.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    target.headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    let answer = http::ask(net, Arc::new(target), 0, bounds, memory, outcome).await?;
    let status = answer.status.as_u16();
    outcome.facts.set("status", status);
    let body = inflate(&answer, spec.limits.inflated_bytes)?;
    let json = parse_json(&body).map_err(|why| {
        failed(Phase::Decode, "bad_json", format!("the answer is not that of Prometheus (status {status}): {why}"))
    })?;
    tell(&json, status, outcome)
}

fn tell(answer: &Value, status: u16, outcome: &mut Outcome) -> Result<(), ProbeError> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("status") != "success" {
        let why = if text("error").is_empty() { format!("status {status}") } else { clean_line(text("error"), 300) };
        return Err(failed(Phase::Decode, "query_failed", format!("the query failed: {why}")));
    }
    let data = &answer["data"];
    let result = &data["result"];
    let kind = data["resultType"].as_str().unwrap_or_default();
    let (values, count) = match (kind, result.as_array()) {
        ("scalar" | "string", Some(pair)) => (vec![json!({ "labels": {}, "value": number(pair.get(1)) })], 1),
        ("vector", Some(series)) => {
            let told = series.iter().take(MOST).map(|series| {
                let value = series["value"].as_array().and_then(|pair| number(pair.get(1)));
                json!({ "labels": series["metric"], "value": value })
            });
            (told.collect(), series.len())
        }
        ("matrix", _) => {
            let why = "the query answers with a range of points: take one, such as last_over_time(...)";
            return Err(failed(Phase::Decode, "bad_query", why));
        }
        _ => return Err(failed(Phase::Decode, "bad_json", "the answer is not that of Prometheus: it has no result")),
    };
    let facts = &mut outcome.facts;
    facts.set("count", count);
    // What is infinite or not a number is no value: a gap, never a zero.
    if let Some(value) = values.first().map(|first| &first["value"]).filter(|value| value.is_number()) {
        facts.set("value", value.clone());
    }
    facts.set("values", values);
    if let Some(warnings) = answer.get("warnings").and_then(Value::as_array) {
        let warnings = warnings.iter().take(20).filter_map(Value::as_str).map(|text| clean_line(text, 300));
        facts.set("warnings", warnings.collect::<Vec<_>>());
    }
    Ok(())
}

fn number(value: Option<&Value>) -> Option<f64> {
    value?.as_str()?.parse().ok().filter(|number: &f64| number.is_finite())
}
