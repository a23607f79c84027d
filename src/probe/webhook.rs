//! Waiting to be called back: a path of our own is announced, a provider is made to call it, and what it sends is read where the
//! process that serves has left it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::time::sleep;
use url::Url;

use crate::domain::{
    format,
    probe::{Outcome, Phase, ProbeError, ProbeSpec, Provoke, WebhookLook},
    receipt::{Awaited, HookPath, Receipt, Receipts},
    time::UnixMs,
};

use super::{
    dial::{Bounds, ms_since},
    error::failed,
    late,
    lookup::SecretLookup,
    masking::Mask,
    provoke::Attempt,
    signature,
    target::resolve,
};

/// Between two looks whether it came.
const PAUSE: Duration = Duration::from_millis(100);
/// The clocks of who waits and who takes in are one; this is for what is under way.
const SLACK: Duration = Duration::from_secs(5);

/// Announces a path, has the provider provoked, and waits for its call. `id` is the look's.
pub(super) async fn look<'a>(
    receipts: Option<&Arc<dyn Receipts>>,
    look: &WebhookLook,
    id: &str,
    (spec, bounds): (&ProbeSpec, &Bounds<'_>),
    provoke: impl FnOnce(&Provoke) -> Attempt<'a>,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let wrong = |kind: &str, why: &str| failed(Phase::Prepare, kind, format!("nothing was sent: {why}"));
    let Some(receipts) = receipts else {
        let why = "callbacks are read from the history, and this look has none: write it into the configuration and take it as \
                   SERVICE/PROBE";
        return Err(wrong("no_history", why));
    };
    let token = match &look.token {
        Some(token) => resolve(token, secrets)?.trim().to_owned(),
        None => late::unguessable::<32>()?,
    };
    let why = "'token' must have 16 to 128 letters, digits, '-' or '_'";
    let path = HookPath::of(&token).ok_or_else(|| wrong("bad_token", why))?;
    let hook = address(&resolve(&look.base, secrets)?, &token).ok_or_else(|| wrong("bad_url", "webhook is no URL"))?;
    let provoked =
        look.provoke.try_map::<_, ProbeError>(&mut |text| Ok(late::fill_text(text, &[(late::HOOK, &hook)])))?;

    let begun = (Instant::now(), now());
    let end = bounds.deadline.min(begun.0 + look.within);
    let awaited = Awaited {
        path,
        holds: look.token.is_some().then(|| id.to_owned()),
        until: begun.1.after(end.saturating_duration_since(begun.0) + SLACK),
    };
    let waiting = ask(receipts, move |receipts| receipts.open(awaited)).await?;
    let came = async {
        provoke(&provoked).await?;
        wait(receipts, waiting, look, end, secrets, outcome).await
    };
    let came = came.await;
    // What is not taken away now is taken away when it is old.
    let _ = ask(receipts, move |receipts| receipts.close(waiting)).await;
    let facts = &mut outcome.facts;
    let Some(receipt) = came? else {
        outcome.latency_ms = Some(ms_since(begun.0));
        facts.set("received", false);
        return Ok(());
    };
    let delay = (receipt.at.0 - begun.1.0).max(0) as f64;
    outcome.latency_ms = Some(delay);
    facts.set("delay_ms", delay);
    facts.set("received", true);
    tell(&receipt, &Mask::of(spec, secrets), outcome);
    Ok(())
}

/// The address to be called.
fn address(base: &str, token: &str) -> Option<String> {
    let base = Url::parse(base.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some(format!("{}/hooks/{token}", base.as_str().trim_end_matches('/')))
}

/// The first callback that counts, if one comes in time.
async fn wait(
    receipts: &Arc<dyn Receipts>,
    waiting: i64,
    look: &WebhookLook,
    end: Instant,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<Option<Receipt>, ProbeError> {
    let signed = look.signature.as_ref().map(|how| Ok((how.as_ref(), resolve(&how.secret, secrets)?))).transpose()?;
    let holds = look.holds.as_ref().map(|text| resolve(text, secrets)).transpose()?;
    loop {
        let over = Instant::now() >= end;
        let (mut found, mut forged) = (None, 0);
        let came = ask(receipts, move |receipts| receipts.read(waiting)).await?;
        let count = came.len();
        for receipt in came {
            let genuine = signed.as_ref().is_none_or(|(how, secret)| signature::is_right(how, secret.trim(), &receipt));
            forged += usize::from(!genuine);
            if genuine && holds.as_ref().is_none_or(|text| receipt.holds(text)) {
                found.get_or_insert(receipt);
            }
        }
        if found.is_none() && !over {
            sleep(PAUSE).await;
            continue;
        }
        let facts = &mut outcome.facts;
        facts.set("passed_over", if found.is_some() { 0 } else { count });
        if signed.is_some() {
            facts.set("signed", forged < count);
        }
        if found.is_none() {
            let why = match count {
                0 => "no callback came",
                _ if forged == count => "callbacks came, each with a wrong signature,",
                _ => "callbacks came, none with what is waited for,",
            };
            facts.set("reason", format!("{why} within {}", format::duration(look.within)));
        }
        return Ok(found);
    }
}

/// What the callback says. It may echo what the provider was sent, so secrets are masked.
fn tell(receipt: &Receipt, mask: &Mask, outcome: &mut Outcome) {
    let facts = &mut outcome.facts;
    let text = String::from_utf8_lossy(&receipt.body);
    if let Ok(mut json) = super::body::parse_json(&receipt.body) {
        mask.value(&mut json);
        facts.set("json", json);
    }
    facts.set("body", mask.text(&text));
    facts.set("method", receipt.method.as_str());
    facts.set("query", mask.text(&receipt.query));
    let headers = receipt.headers.iter().map(|(name, value)| (name.clone(), Value::from(mask.text(value))));
    facts.set("headers", Value::Object(headers.collect()));
}

/// Asks the history, off this thread.
async fn ask<T: Send + 'static>(
    receipts: &Arc<dyn Receipts>,
    question: impl FnOnce(&dyn Receipts) -> Result<T, String> + Send + 'static,
) -> Result<T, ProbeError> {
    let receipts = Arc::clone(receipts);
    let answer = tokio::task::spawn_blocking(move || question(receipts.as_ref())).await;
    let answer = answer.unwrap_or_else(|_| Err("the reading broke off".to_owned()));
    answer.map_err(|why| failed(Phase::Prepare, "history", format!("callbacks can't be read from the history: {why}")))
}

fn now() -> UnixMs {
    UnixMs(chrono::Utc::now().timestamp_millis())
}
