//! Looking at the world: one file for each kind of look.
//!
//! In: a rendered [`ProbeSpec`], secrets. Out: an [`Outcome`] (facts, phases, recorded numbers, or an error that names the
//! phase). Nothing here judges. May import `domain` only (secrets come in as a function).
//!
//! The way of an HTTP look: [`target`] makes the request out of the spec, [`dial`] opens a connection phase by phase,
//! [`wire`] sends the request over it and reads the answer within bounds, [`redirect`] says whether to go on elsewhere,
//! and [`answer`] turns the answer into facts ([`dialect`] knows the dialects of health). A [`Memory`] keeps the
//! connection and the last scrape for the next look. What comes from outside is hostile: everything that is read has a
//! bound, and every word of it in an error is cleaned and masked.

mod answer;
mod bench;
mod blocking;
mod body;
mod certificate;
mod command;
mod database;
mod dial;
mod dialect;
mod disk;
mod dns;
mod driver;
mod env;
mod error;
mod file;
mod flow;
mod grpc;
mod handshake;
mod host;
mod http;
mod icmp;
mod imap;
mod late;
mod letter;
mod lines;
pub mod login;
mod lookup;
mod mail;
mod masking;
mod memory;
mod names;
mod net;
mod pem;
mod prometheus;
mod promql;
mod provoke;
mod redirect;
mod scope;
mod signature;
mod smtp;
mod starttls;
mod target;
mod tcp;
mod tls;
mod wants;
mod webhook;
mod websocket;
mod wire;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use crate::domain::{
    fact::Facts,
    format,
    probe::{Outcome, PageDetails, Phase, Phases, ProbeError, ProbeKind, ProbeSpec, Provoke, SmtpLook},
    receipt::Receipts,
    time::UnixMs,
};

pub use lookup::SecretLookup;
pub use memory::{LastAnswer, Memory};

use dial::Bounds;

/// How long after its timeout a look is given up that does not end by itself; longer than a flow may clean up.
const OVERDUE: Duration = Duration::from_secs(6);

/// Takes looks over pooled connections. Cheap to clone; one for each process.
#[derive(Clone, Debug)]
pub struct Prober {
    net: Arc<net::Net>,
    receipts: Option<Arc<dyn Receipts>>,
}

impl Default for Prober {
    fn default() -> Self {
        Self::new()
    }
}

impl Prober {
    /// With the platform's certificates and DNS servers; both are read when a look needs them first.
    pub fn new() -> Self {
        Self { net: Arc::default(), receipts: None }
    }

    /// With the place where callbacks are found; without it, looks that wait for one are unknown.
    #[must_use]
    pub fn with_receipts(self, receipts: Arc<dyn Receipts>) -> Self {
        Self { receipts: Some(receipts), ..self }
    }

    /// Takes one look, bounded by the spec's timeout and limits. Never panics whatever the other side sends.
    pub async fn look(&self, spec: &ProbeSpec, memory: &mut Memory, secrets: SecretLookup<'_>) -> Outcome {
        let mut outcome = Outcome {
            at: UnixMs(chrono::Utc::now().timestamp_millis()),
            latency_ms: None,
            phases: Phases::default(),
            facts: Facts::default(),
            values: vec![None; spec.record.len()],
            page: PageDetails::default(),
            error: None,
        };
        let taken = Box::pin(self.take(spec, memory, secrets, &mut outcome));
        let looked = timeout(spec.timeout + OVERDUE, taken).await.unwrap_or_else(|_| {
            let bound = format::duration(spec.timeout);
            let why =
                format!("the look hung: it was given up {} after its timeout of {bound}", format::duration(OVERDUE));
            Err(error::failed(Phase::Processing, "timeout", why))
        });
        if let Some(latency) = outcome.latency_ms {
            outcome.facts.set("latency_ms", latency);
        }
        match looked {
            Ok(()) => {
                outcome.values = scope::record(spec, &outcome.facts, &memory.scrapes);
                if matches!(spec.kind, ProbeKind::Prometheus(_)) {
                    let split = spec.record.iter().any(|record| !record.by.is_empty());
                    let mask = split.then(|| masking::Mask::of(spec, secrets));
                    let (scrapes, kept) = (&memory.scrapes, &mut memory.labels);
                    outcome.page = scope::details(spec, &outcome.facts, scrapes, &outcome.values, kept, mask.as_ref());
                }
            }
            Err(error) => {
                let error = error::presentable(error, &masking::Mask::of(spec, secrets));
                outcome.facts.set("error", error.kind.as_str());
                outcome.error = Some(error);
            }
        }
        outcome
    }

    async fn take(
        &self,
        spec: &ProbeSpec,
        memory: &mut Memory,
        secrets: SecretLookup<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), ProbeError> {
        memory.turn_to(spec)?;
        memory.answer = None;
        let net = &self.net;
        let bounds = &Bounds { limits: &spec.limits, timeout: spec.timeout, deadline: Instant::now() + spec.timeout };
        let (id, filled);
        let kind = if makes_happen(&spec.kind) {
            id = late::unguessable::<16>()?;
            outcome.facts.set("look_id", id.as_str());
            filled = late::fill(&spec.kind, &[(late::ID, &id)]);
            &filled
        } else {
            id = String::new();
            &spec.kind
        };
        let provoke = |provoke: &Provoke| self.provoke(provoke::own_spec(provoke, spec, bounds), secrets);
        match kind {
            ProbeKind::Tcp { address } => tcp::look(net, address, bounds, secrets, outcome).await,
            ProbeKind::Http(request) | ProbeKind::Json(request) | ProbeKind::Prometheus(request) => {
                http::look(net, request, spec, bounds, memory, secrets, outcome).await
            }
            ProbeKind::Command(look) => {
                Box::pin(command::look(look, spec, bounds.deadline, memory.wants, secrets, outcome)).await
            }
            ProbeKind::File(look) => {
                let memory = (&mut memory.hanging, memory.wants);
                Box::pin(file::look(look, spec, bounds.deadline, memory, secrets, outcome)).await
            }
            ProbeKind::Disk(look) => {
                Box::pin(disk::look(look, spec, bounds.deadline, &mut memory.hanging, secrets, outcome)).await
            }
            ProbeKind::Postgres { url } => {
                database::postgres(url, spec, (net, bounds), &mut memory.sessions.postgres, secrets, outcome).await
            }
            ProbeKind::Mysql { url } => {
                database::mysql(url, spec, (net, bounds), &mut memory.sessions.mysql, secrets, outcome).await
            }
            ProbeKind::Redis { url } => {
                database::redis(url, spec, (net, bounds), &mut memory.sessions.redis, secrets, outcome).await
            }
            ProbeKind::Sql(look) => {
                let memory = (&mut memory.sessions, &mut memory.hanging);
                database::sql(look, spec, (net, bounds), memory, secrets, outcome).await
            }
            ProbeKind::Flow(flow) => Box::pin(flow::look(net, flow, spec, bounds, memory, secrets, outcome)).await,
            ProbeKind::Bench(bench) => Box::pin(bench::look(net, bench, bounds, secrets, outcome)).await,
            ProbeKind::Host => host::look(&mut memory.work, outcome),
            ProbeKind::Env { name } => {
                env::look(name, secrets, outcome);
                Ok(())
            }
            ProbeKind::Tls(look) => Box::pin(handshake::look(net, look, bounds, secrets, outcome)).await,
            ProbeKind::Dns(look) => Box::pin(dns::look(look, bounds, secrets, outcome)).await,
            ProbeKind::Icmp(look) => Box::pin(icmp::look(net, look, bounds, secrets, outcome)).await,
            ProbeKind::Grpc(look) => Box::pin(grpc::look(net, look, spec, bounds, memory, secrets, outcome)).await,
            ProbeKind::WebSocket(look) => {
                Box::pin(websocket::look(net, look, spec, bounds, memory.wants, secrets, outcome)).await
            }
            ProbeKind::Smtp(look) => Box::pin(smtp::look(net, look, &id, bounds, secrets, outcome)).await,
            ProbeKind::Imap(look) => Box::pin(imap::look(net, look, bounds, provoke, secrets, outcome)).await,
            ProbeKind::Webhook(look) => {
                let (receipts, about) = (self.receipts.as_ref(), (spec, bounds));
                Box::pin(webhook::look(receipts, look, &id, about, provoke, secrets, outcome)).await
            }
            ProbeKind::Promql(look) => Box::pin(promql::look(net, look, spec, bounds, memory, secrets, outcome)).await,
        }
    }

    /// Takes the look that a deed is, with a memory of its own.
    fn provoke<'a>(&'a self, own: ProbeSpec, secrets: SecretLookup<'a>) -> provoke::Attempt<'a> {
        Box::pin(async move {
            let outcome = self.look(&own, &mut Memory::default(), secrets).await;
            provoke::went(&own, outcome)
        })
    }
}

/// Whether something comes of the look that must be told from what other looks cause.
fn makes_happen(kind: &ProbeKind) -> bool {
    match kind {
        ProbeKind::Smtp(SmtpLook { send, .. }) => send.is_some(),
        ProbeKind::Imap(look) => look.provoke.is_some(),
        ProbeKind::Webhook(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
