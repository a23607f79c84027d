//! A flow: requests one after the other, each judged by itself, with values handed on from answer to request.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::domain::{
    fact::Facts,
    judge::{Seen, judge},
    probe::{FlowLook, FlowStep, Outcome, PageDetails, Phase, Phases, ProbeError, ProbeKind, ProbeSpec, Recording},
    template::{Piece, Rendered},
    verdict::Verdict,
};

use super::{
    answer,
    dial::{Bounds, ms_since},
    error::failed,
    http,
    lookup::SecretLookup,
    masking::Mask,
    memory::Memory,
    net::Net,
    target,
    wants::Wants,
};

/// What is left for cleaning up at least, however long the flow took.
const CLEANING: Duration = Duration::from_secs(5);
/// Characters of a captured value at most.
const LONGEST_CAPTURE: usize = 16 << 10;

/// What earlier answers left for later requests.
#[derive(Default)]
struct Captured {
    values: BTreeMap<String, String>,
    secret: Vec<(String, String)>,
}

/// Goes through the flow, then cleans up.
pub(super) async fn look(
    net: &Net,
    flow: &FlowLook,
    spec: &ProbeSpec,
    bounds: &Bounds<'_>,
    memory: &mut Memory,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let begun = Instant::now();
    let mut captured = Captured::default();
    let id = format!("{:x}{:08x}", outcome.at.0, fastrand::u32(..));
    captured.values.insert("look.id".to_owned(), id);
    let mut step_ms = Vec::new();
    let mut went = Ok(());
    for (number, step) in flow.steps.iter().enumerate() {
        let taken = send(net, step, spec, bounds, memory, secrets, &mut captured).await;
        add(&mut outcome.phases, &taken.phases);
        step_ms.extend(taken.latency_ms.map(Value::from));
        if let Err(error) = taken.went {
            outcome.facts.set("failed_step", step.name.as_str());
            let message = format!("request {} of {}, {}: {}", number + 1, flow.steps.len(), step.name, error.message);
            went = Err(ProbeError { message, ..error });
            outcome.facts.set("steps", number);
            break;
        }
        outcome.facts.set("steps", number + 1);
    }
    outcome.facts.set("step_ms", step_ms);
    outcome.latency_ms = Some(ms_since(begun));
    let deadline = bounds.deadline.max(Instant::now() + CLEANING);
    let cleaning = Bounds { limits: bounds.limits, timeout: CLEANING, deadline };
    let mut cleaned = true;
    for step in &flow.cleanup {
        // It would undo what was never done.
        if captured.fill(step).is_err() {
            continue;
        }
        let taken = send(net, step, spec, &cleaning, memory, secrets, &mut captured).await;
        cleaned &= taken.went.is_ok();
    }
    outcome.facts.set("cleaned", cleaned);
    let mask = Mask::new(captured.secret);
    went.map_err(|error| ProbeError { message: mask.text(&error.message), ..error })
}

/// What came of one request.
struct Taken {
    went: Result<(), ProbeError>,
    latency_ms: Option<f64>,
    phases: Phases,
}

/// Sends one request, judges its answer and captures from it.
async fn send(
    net: &Net,
    step: &FlowStep,
    spec: &ProbeSpec,
    bounds: &Bounds<'_>,
    memory: &mut Memory,
    secrets: SecretLookup<'_>,
    captured: &mut Captured,
) -> Taken {
    let (at, facts) = (crate::domain::time::UnixMs(0), Facts::default());
    let mut outcome = Outcome {
        at,
        latency_ms: None,
        phases: Phases::default(),
        facts,
        values: Vec::new(),
        page: PageDetails::default(),
        error: None,
    };
    let went = async {
        let request = captured.fill(step)?.request;
        let own = own_spec(step, spec, ProbeKind::Http(request));
        memory.wants = Wants::of(&own);
        let ProbeKind::Http(request) = &own.kind else { return Ok(()) };
        let target = Arc::new(target::prepare(request, &own.kind, secrets)?);
        let answer = http::ask(net, target, request.redirects, bounds, memory, &mut outcome).await?;
        if let Some(latency) = outcome.latency_ms {
            outcome.facts.set("latency_ms", latency);
        }
        answer::read(&answer, &own, memory, &mut outcome.facts)?;
        let judged = judge(&own, outcome.clone());
        if judged.says.verdict != Verdict::Pass {
            return Err(failed(Phase::Decode, "unexpected", judged.detail));
        }
        captured.take(step, &own, &outcome)
    };
    let went = Box::pin(went).await;
    Taken { went, latency_ms: outcome.latency_ms, phases: outcome.phases }
}

/// The look that one request would be by itself. What it captures counts as read.
fn own_spec(step: &FlowStep, spec: &ProbeSpec, kind: ProbeKind) -> ProbeSpec {
    let record = |capture: &crate::domain::probe::Capture| Recording {
        name: capture.name.clone(),
        value: capture.value.clone(),
        by: Vec::new(),
    };
    ProbeSpec {
        name: step.name.clone(),
        kind,
        expect: step.expect.clone(),
        degraded: Vec::new(),
        record: step.capture.iter().map(record).collect(),
        kpi: Vec::new(),
        ..spec.clone()
    }
}

fn add(sum: &mut Phases, one: &Phases) {
    let plus = |sum: &mut Option<f64>, one: Option<f64>| {
        if let Some(one) = one {
            *sum = Some(sum.unwrap_or(0.0) + one);
        }
    };
    plus(&mut sum.resolve_ms, one.resolve_ms);
    plus(&mut sum.connect_ms, one.connect_ms);
    plus(&mut sum.tls_ms, one.tls_ms);
    plus(&mut sum.processing_ms, one.processing_ms);
    plus(&mut sum.transfer_ms, one.transfer_ms);
}

impl Captured {
    /// The step with every captured value in its place.
    fn fill(&self, step: &FlowStep) -> Result<FlowStep, ProbeError> {
        let is_json = |(name, value): &(String, Rendered)| {
            name.eq_ignore_ascii_case("content-type") && value.shown().contains("json")
        };
        let mut request = step.request.try_map(&mut |text| self.fill_text(text, false))?;
        if step.request.headers.iter().any(is_json) {
            request.body = step.request.body.as_ref().map(|body| self.fill_text(body, true)).transpose()?;
        }
        Ok(FlowStep { request, ..step.clone() })
    }

    fn fill_text(&self, text: &Rendered, in_json: bool) -> Result<Rendered, ProbeError> {
        text.0.iter().map(|piece| self.fill_piece(piece, in_json)).collect::<Result<_, _>>().map(Rendered)
    }

    fn fill_piece(&self, piece: &Piece, in_json: bool) -> Result<Piece, ProbeError> {
        Ok(match piece {
            Piece::Late(name) => {
                let value = self.values.get(name).ok_or_else(|| {
                    let why = format!("it needs '{name}', which no request before it has captured");
                    failed(Phase::Prepare, "missing_value", why)
                })?;
                Piece::Text(if in_json { escaped(value) } else { value.clone() })
            }
            Piece::Quoted(inner) => {
                Piece::Quoted(inner.iter().map(|piece| self.fill_piece(piece, in_json)).collect::<Result<_, _>>()?)
            }
            other => other.clone(),
        })
    }

    /// Takes what the step captures. A value that is not there fails the step.
    fn take(&mut self, step: &FlowStep, own: &ProbeSpec, outcome: &Outcome) -> Result<(), ProbeError> {
        let seen = Seen::new(own, outcome);
        for capture in &step.capture {
            let missing = |why: &str| {
                let why = format!("'{}' could not be captured: {} {why}", capture.name, capture.value.source());
                failed(Phase::Decode, "not_captured", why)
            };
            let value = match capture.value.evaluate(&seen) {
                Some(Value::String(text)) => text,
                Some(Value::Null) | None => return Err(missing("is not in the answer")),
                Some(Value::Array(_) | Value::Object(_)) => return Err(missing("is no single value")),
                Some(Value::Number(number)) => number.as_f64().map_or_else(|| number.to_string(), whole),
                Some(other) => other.to_string(),
            };
            if value.len() > LONGEST_CAPTURE {
                return Err(missing("is longer than 16 KiB"));
            }
            if capture.secret {
                self.secret.push((capture.name.clone(), value.clone()));
            }
            self.values.insert(capture.name.clone(), value);
        }
        Ok(())
    }
}

/// A number as people write it: conditions know doubles only.
fn whole(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 9e15 { format!("{number:.0}") } else { number.to_string() }
}

/// As the inside of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
