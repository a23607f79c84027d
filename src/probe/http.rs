//! The looks that speak HTTP: one request, its answer within bounds, its facts.

use std::{sync::Arc, time::Instant};

use hyper::Method;

use crate::domain::probe::{HttpRequest, Outcome, Phase, Phases, ProbeError, ProbeSpec};

use super::{
    answer,
    body::Answer,
    dial::{Bounds, ms_since},
    error::failed,
    lookup::SecretLookup,
    memory::Memory,
    net::Net,
    redirect,
    target::Target,
    wire::Wire,
};

/// Sends the spec's request and turns the answer into facts.
pub(super) async fn look(
    net: &Net,
    request: &HttpRequest,
    spec: &ProbeSpec,
    bounds: &Bounds<'_>,
    memory: &mut Memory,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let target = memory.target(request, spec, secrets)?;
    let answer = ask(net, target, request.redirects, bounds, memory, outcome).await?;
    if request.tls.insecure {
        outcome.facts.set("insecure", true);
    }
    let read = answer::read(&answer, spec, memory, &mut outcome.facts);
    memory.answer = Some(answer);
    read
}

/// Sends a request, over the kept connection if it serves, and notes how long that took.
pub(super) async fn ask(
    net: &Net,
    target: Arc<Target>,
    redirects: u8,
    bounds: &Bounds<'_>,
    memory: &mut Memory,
    outcome: &mut Outcome,
) -> Result<Answer, ProbeError> {
    let begun = Instant::now();
    let answer = follow(net, target, redirects, bounds, &mut memory.wire, &mut outcome.phases).await;
    let sent = |error: &ProbeError| matches!(error.phase, Phase::Processing | Phase::Transfer | Phase::Decode);
    if answer.as_ref().map_or_else(sent, |_| true) {
        outcome.latency_ms = Some(ms_since(begun));
    }
    answer
}

/// Asks, and asks again where redirects lead, as often as allowed. The last answer counts.
async fn follow(
    net: &Net,
    mut target: Arc<Target>,
    redirects: u8,
    bounds: &Bounds<'_>,
    kept: &mut Option<Wire>,
    phases: &mut Phases,
) -> Result<Answer, ProbeError> {
    let mut left = redirects;
    loop {
        let answer = exchange(net, &target, bounds, kept, phases).await?;
        if redirects == 0 {
            return Ok(answer);
        }
        let Some(next) = redirect::next(&target, answer.status, &answer.headers)? else { return Ok(answer) };
        if left == 0 {
            let why = format!("more than {redirects} redirects: a loop, or too few are allowed (redirects)");
            return Err(failed(Phase::Processing, "too_many_redirects", why));
        }
        left -= 1;
        target = Arc::new(next);
    }
}

/// One request and its answer, over the kept connection if it still serves.
pub(super) async fn exchange(
    net: &Net,
    target: &Target,
    bounds: &Bounds<'_>,
    kept: &mut Option<Wire>,
    phases: &mut Phases,
) -> Result<Answer, ProbeError> {
    let pooled = kept.take().and_then(|mut wire| wire.serves(target).then_some(wire));
    if let Some(mut wire) = pooled {
        match wire.ask(target, bounds, phases).await {
            Ok(response) => return finish(wire, response, bounds, kept, phases).await,
            // It died while it was idle: that is no failure of the service. Once more, over a new one.
            Err(broken) if broken.before_answer && (broken.unsent || may_repeat(&target.method)) => {}
            Err(broken) => return Err(broken.error),
        }
    }
    let mut wire = Wire::open(net, target, bounds, phases).await?;
    let response = wire.ask(target, bounds, phases).await.map_err(|broken| broken.error)?;
    finish(wire, response, bounds, kept, phases).await
}

async fn finish(
    mut wire: Wire,
    response: hyper::Response<hyper::body::Incoming>,
    bounds: &Bounds<'_>,
    kept: &mut Option<Wire>,
    phases: &mut Phases,
) -> Result<Answer, ProbeError> {
    let (head, body) = response.into_parts();
    let (body, trailers) = wire.read(body, bounds, phases).await?;
    let (two, not_after) = (wire.is_two(), wire.not_after);
    *kept = Some(wire);
    Ok(Answer { status: head.status, headers: head.headers, body, trailers, two, not_after })
}

/// Sending it twice does no harm (RFC 9110, 9.2.2).
fn may_repeat(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE)
}
