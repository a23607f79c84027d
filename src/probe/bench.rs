//! A bench: one request, many times at once, and what its answers' latencies come to.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Instant,
};

use futures_util::{StreamExt, stream::FuturesUnordered};

use crate::domain::{
    format,
    histogram::Histogram,
    probe::{BenchLook, Outcome, Phase, Phases, ProbeError, ProbeKind},
};

use super::{
    dial::{Bounds, ms_since},
    error::failed,
    http,
    lookup::SecretLookup,
    net::Net,
    target::{self, Target},
};

/// What one connection has seen.
#[derive(Default)]
struct Tally {
    latencies: Histogram,
    slowest: f64,
    errors: u32,
    made: u32,
    first_error: Option<String>,
}

/// Makes the requests, and tells what they came to.
pub(super) async fn look(
    net: &Net,
    bench: &BenchLook,
    bounds: &Bounds<'_>,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let kind = ProbeKind::Http(bench.request.clone());
    let target = target::prepare(&bench.request, &kind, secrets)?;
    let begun = Instant::now();
    let end = bench.duration.map_or(bounds.deadline, |duration| bounds.deadline.min(begun + duration));
    let next = AtomicU32::new(0);
    let mut workers: FuturesUnordered<_> =
        (0..bench.concurrency.min(bench.requests)).map(|_| work(net, bench, &target, bounds, end, &next)).collect();
    let mut all = Tally::default();
    while let Some(tally) = workers.next().await {
        all.merge(tally);
    }
    let took = begun.elapsed().as_secs_f64();
    let facts = &mut outcome.facts;
    facts.set("requests", all.made);
    facts.set("errors", all.errors);
    if all.made > 0 {
        facts.set("error_rate", f64::from(all.errors) / f64::from(all.made));
        facts.set("rps", f64::from(all.made) / took.max(1e-6));
    }
    for (name, share) in [("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)] {
        if let Some(latency) = all.latencies.quantile(share) {
            facts.set(name, latency.min(all.slowest));
        }
    }
    if all.latencies.count() > 0 {
        facts.set("max_ms", all.slowest);
    }
    outcome.latency_ms = all.latencies.quantile(0.5).map(|median| median.min(all.slowest));
    let first = all.first_error.unwrap_or_default();
    if !first.is_empty() {
        facts.set("first_error", first.as_str());
    }
    if bench.duration.is_none() && all.made < bench.requests {
        let colon = if first.is_empty() { "" } else { "; first error: " };
        let why = format!(
            "only {} of {} requests were made within {} (timeout){colon}{first}",
            all.made,
            bench.requests,
            format::duration(bounds.timeout)
        );
        return Err(failed(Phase::Processing, "timeout", why));
    }
    Ok(())
}

/// Asks over one connection until there are no requests left, or no time.
async fn work(
    net: &Net,
    bench: &BenchLook,
    target: &Target,
    bounds: &Bounds<'_>,
    end: Instant,
    next: &AtomicU32,
) -> Tally {
    let mut tally = Tally::default();
    let mut wire = None;
    while Instant::now() < end && next.fetch_add(1, Ordering::Relaxed) < bench.requests {
        let mut phases = Phases::default();
        let begun = Instant::now();
        let answer = Box::pin(http::exchange(net, target, bounds, &mut wire, &mut phases)).await;
        let latency = ms_since(begun);
        tally.made += 1;
        match answer {
            Ok(answer) if answer.status.as_u16() < 400 => {
                tally.latencies.record(latency);
                tally.slowest = tally.slowest.max(latency);
            }
            Ok(answer) => tally.fail(format!("status {}", answer.status.as_u16())),
            Err(error) => tally.fail(error.message),
        }
    }
    tally
}

impl Tally {
    fn fail(&mut self, why: String) {
        self.errors += 1;
        self.first_error.get_or_insert(why);
    }

    fn merge(&mut self, other: Self) {
        self.latencies.merge(&other.latencies);
        self.slowest = self.slowest.max(other.slowest);
        self.errors += other.errors;
        self.made += other.made;
        self.first_error = self.first_error.take().or(other.first_error);
    }
}
