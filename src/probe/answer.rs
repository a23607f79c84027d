//! From an answer to facts.

use serde_json::{Map, Value};

use crate::domain::{
    fact::Facts,
    probe::{Phase, ProbeError, ProbeKind, ProbeSpec},
};

use super::{
    body::{Answer, content_type, inflate, parse_json, says_json},
    certificate::days_until,
    dialect::{self, Said},
    error::failed,
    memory::Memory,
    wants::Wants,
};

/// Sets the facts of an answer; an error if the answer is not what the kind of look needs.
pub(super) fn read(
    answer: &Answer,
    spec: &ProbeSpec,
    memory: &mut Memory,
    facts: &mut Facts,
) -> Result<(), ProbeError> {
    facts.set("status", answer.status.as_u16());
    facts.set("body_bytes", answer.body.len());
    facts.set("http_version", if answer.two { "2" } else { "1.1" });
    if let Some(not_after) = answer.not_after {
        facts.set("tls_days_left", days_until(not_after));
    }
    if memory.wants.headers {
        facts.set("headers", headers(answer));
    }
    match &spec.kind {
        ProbeKind::Prometheus(_) => {
            success(answer)?;
            let page = inflate(answer, spec.limits.inflated_bytes)?;
            memory.scrapes.take(&page, content_type(&answer.headers).as_deref(), spec.limits.series)
        }
        ProbeKind::Json(_) => {
            success(answer)?;
            let body = inflate(answer, spec.limits.inflated_bytes)?;
            let json = parse_json(&body).map_err(|why| not_json(answer, &why))?;
            say(dialect::in_json(&json), facts);
            facts.set("json", json);
            if memory.wants.body {
                facts.set("body", String::from_utf8_lossy(&body));
            }
            Ok(())
        }
        _ => plain(answer, spec, memory.wants, facts),
    }
}

/// A plain HTTP look takes any body; one whose conditions read `json` needs JSON.
fn plain(answer: &Answer, spec: &ProbeSpec, wants: Wants, facts: &mut Facts) -> Result<(), ProbeError> {
    let needs_json = wants.json;
    if wants.body && answer.body.is_empty() {
        facts.set("body", "");
    }
    if answer.body.is_empty() && !needs_json {
        return Ok(());
    }
    let body = inflate(answer, spec.limits.inflated_bytes)?;
    if wants.body {
        facts.set("body", String::from_utf8_lossy(&body));
    }
    if needs_json || says_json(&answer.headers) {
        match parse_json(&body) {
            Ok(json) => {
                say(dialect::in_json(&json), facts);
                facts.set("json", json);
            }
            Err(why) if needs_json => return Err(not_json(answer, &why)),
            Err(_) => {}
        }
    } else {
        say(dialect::in_text(&body), facts);
    }
    Ok(())
}

fn say(said: Said, facts: &mut Facts) {
    if let Some(health) = said.health {
        facts.set("health", health);
    }
    if let Some(version) = said.version {
        facts.set("version", version);
    }
}

fn success(answer: &Answer) -> Result<(), ProbeError> {
    if answer.status.is_success() {
        return Ok(());
    }
    let hint = if answer.status.is_redirection() { "; allow redirects, or look at where it leads" } else { "" };
    Err(failed(Phase::Decode, "bad_status", format!("status {}{hint}", answer.status.as_u16())))
}

fn not_json(answer: &Answer, why: &str) -> ProbeError {
    let kind = content_type(&answer.headers).unwrap_or_else(|| "no content type".into());
    let status = answer.status.as_u16();
    failed(Phase::Decode, "bad_json", format!("the body is not JSON (status {status}, {kind}): {why}"))
}

/// Header names in lower case; several of one name joined as RFC 9110 has it.
fn headers(answer: &Answer) -> Value {
    let mut all = Map::new();
    for name in answer.headers.keys() {
        let values: Vec<_> =
            answer.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        all.insert(name.as_str().to_owned(), values.join(", ").into());
    }
    Value::Object(all)
}
