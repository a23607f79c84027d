//! `http` steps: one request, its expectations, and values captured from the answer.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    domain::{
        format,
        id::AttemptKey,
        judge::Seen,
        pipeline::{HttpStep, Step},
        probe::{Limits, ProbeKind, ProbeSpec, Recording},
        run::AttemptEnd,
        verdict::Verdict,
    },
    run::{desk::Desk, error::RunnerError},
};

/// Bound on the request where the step has no timeout of its own.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Sends the request; returns how it ended and how long it took.
pub fn run(
    desk: &mut Desk,
    step: &Step,
    http: &HttpStep,
    weight: Option<u8>,
    key: AttemptKey,
) -> Result<(AttemptEnd, u64), RunnerError> {
    let request = match desk.late.fill_request(&http.request, weight) {
        Ok(request) => request,
        Err(why) => return Ok((AttemptEnd::NotStarted { why: why.to_string() }, 0)),
    };
    desk.note(key, &format!("{} {}", request.method, request.url.shown()))?;
    let spec = ProbeSpec {
        name: step.name.clone(),
        kind: ProbeKind::Http(request),
        every: PATIENCE,
        timeout: step.timeout.unwrap_or(PATIENCE),
        expect: http.expect.clone(),
        degraded: Vec::new(),
        // So that the look makes the facts which the captures read.
        record: http
            .capture
            .iter()
            .map(|(name, value)| Recording { name: format!("captures.{name}"), value: value.clone(), by: Vec::new() })
            .collect(),
        kpi: Vec::new(),
        limits: Limits::health(),
    };
    let judged = desk.look(&spec);
    let took = judged.outcome.latency_ms.map_or_else(String::new, |took| format!("  {}", format::ms(took)));
    let status =
        judged.outcome.facts.get("status").map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"));
    desk.note(key, &format!("{status}{took}"))?;
    for judgement in judged.judgements.iter().filter(|judgement| judgement.verdict != Verdict::Pass) {
        desk.note(key, &format!("{}  {}", judgement.verdict.word(), judgement.explanation))?;
    }
    let duration_ms = judged.outcome.latency_ms.unwrap_or_default() as u64;
    let end = match judged.says.verdict {
        Verdict::Pass => match capture(http, &Seen::new(&spec, &judged.outcome)) {
            Ok(captured) => {
                desk.late.capture(captured)?;
                AttemptEnd::Judged { verdict: Verdict::Pass, why: status }
            }
            Err(why) => AttemptEnd::Judged { verdict: Verdict::Fail, why },
        },
        // Whether the request did something is not known if the answer can't be judged: that is a failure, not a hold.
        Verdict::Fail | Verdict::Unknown => AttemptEnd::Judged { verdict: Verdict::Fail, why: judged.detail },
    };
    Ok((end, duration_ms))
}

/// Takes the captures; the error names the one without a value.
fn capture(http: &HttpStep, seen: &Seen<'_>) -> Result<BTreeMap<String, String>, String> {
    http.capture
        .iter()
        .map(|(name, from)| match from.evaluate(seen) {
            None | Some(Value::Null) => {
                Err(format!("the answer has no value for the capture '{name}' ({})", from.source()))
            }
            Some(Value::String(text)) => Ok((name.clone(), text)),
            Some(Value::Number(number)) => {
                let number = number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15);
                let text = number
                    .map_or_else(|| from.number(seen).unwrap_or_default().to_string(), |whole| format!("{whole:.0}"));
                Ok((name.clone(), text))
            }
            Some(other) => Ok((name.clone(), other.to_string())),
        })
        .collect()
}
