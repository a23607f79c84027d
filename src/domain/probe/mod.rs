//! Probes: the one way to look at the world. `probe -> facts -> expectations -> verdict`.

mod composite;
mod database;
mod http;
mod imap;
mod kind;
mod local;
mod mail;
mod net;
mod provoke;
mod webhook;
mod words;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    condition::Condition,
    fact::Facts,
    template::{Context, Rendered, Template, TemplateError},
    time::{UnixMs, human},
};

pub use composite::{BENCH, BenchLook, Capture, FLOW, FlowLook, FlowStep};
pub use database::{MYSQL, POSTGRES, REDIS, SQL, SqlLook, without_password};
pub use http::{Auth, HttpRequest, HttpVersion, TlsOptions};
pub use imap::{IMAP, ImapLook};
pub use kind::{HTTP, JSON, KINDS, PROMETHEUS, ProbeKind, TCP};
pub use local::{COMMAND, CommandLook, DISK, ENV, FILE, FileLook, HOST};
pub use mail::{Letter, MailServer, MailTls, SMTP, SmtpLook};
pub use net::{
    DNS, DnsLook, DnsType, GRPC, GrpcLook, ICMP, PROMQL, PingLook, PromqlLook, StartTls, TLS, TlsLook, WEBSOCKET,
    WebSocketLook,
};
pub use provoke::{Deed, Provoke};
pub use webhook::{Signature, SignatureScheme, WEBHOOK, WebhookLook};
pub use words::KindWords;

/// A look as configured. `T` is [`Template`] until its context is known, then [`Rendered`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeSpec<T = Rendered> {
    /// Its name within the service or suite.
    pub name: String,
    /// What kind of look.
    pub kind: ProbeKind<T>,
    /// How often the watcher takes it.
    #[serde(with = "human")]
    pub every: Duration,
    /// Bound on the whole look.
    #[serde(with = "human")]
    pub timeout: Duration,
    /// Must all hold, else the look fails. Empty: the kind's own (HTTP: `status` 200 to 299; tcp: connected).
    pub expect: Vec<Condition>,
    /// If one holds the service is degraded, not down.
    pub degraded: Vec<Condition>,
    /// Numbers to remember, by name, in order; later ones may use earlier ones.
    pub record: Vec<Recording>,
    /// Names under `record` that are key figures.
    pub kpi: Vec<String>,
    /// Bounds on what the other side may send.
    pub limits: Limits,
}

/// One recorded number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Its series name.
    pub name: String,
    /// How to compute it.
    pub value: Condition,
    /// Labels by whose values it is recorded too, each as a series of its own: `requests{path="/x"}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
}

/// Bounds, all configurable under `limits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bound on name resolution.
    #[serde(with = "human")]
    pub resolve: Duration,
    /// Bound on the TCP handshake.
    #[serde(with = "human")]
    pub connect: Duration,
    /// Bound on the TLS handshake.
    #[serde(with = "human")]
    pub tls: Duration,
    /// Bytes of response headers.
    pub header_bytes: usize,
    /// Bytes of body on the wire.
    pub body_bytes: usize,
    /// Bytes of body after inflating.
    pub inflated_bytes: usize,
    /// Series of one scrape.
    pub series: usize,
    /// Labelled series of one recording.
    #[serde(default = "most_labels")]
    pub labels: usize,
}

/// Labelled series of one recording, unless it is said otherwise.
const fn most_labels() -> usize {
    50
}

impl Limits {
    /// For health bodies: DNS 2 s, connect 3 s, TLS 3 s, headers 64 KiB, body 256 KiB.
    pub fn health() -> Self {
        Self {
            resolve: Duration::from_secs(2),
            connect: Duration::from_secs(3),
            tls: Duration::from_secs(3),
            header_bytes: 64 << 10,
            body_bytes: 256 << 10,
            inflated_bytes: 256 << 10,
            series: 50_000,
            labels: most_labels(),
        }
    }

    /// For metrics bodies: 16 MiB on the wire, 32 MiB inflated, 50,000 series.
    pub fn metrics() -> Self {
        Self { body_bytes: 16 << 20, inflated_bytes: 32 << 20, ..Self::health() }
    }
}

/// Where the time of a look went; absent if not reached or not needed (a pooled connection resolves nothing).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Phases {
    /// Name resolution.
    pub resolve_ms: Option<f64>,
    /// TCP handshake.
    pub connect_ms: Option<f64>,
    /// TLS handshake.
    pub tls_ms: Option<f64>,
    /// Request sent to first byte of the answer.
    pub processing_ms: Option<f64>,
    /// First to last byte.
    pub transfer_ms: Option<f64>,
}

/// The phase in which a look failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Building the request: a secret missing, a bad URL.
    Prepare,
    /// Name resolution.
    Resolve,
    /// TCP handshake.
    Connect,
    /// TLS handshake.
    Tls,
    /// Waiting for the first byte.
    Processing,
    /// Reading the body.
    Transfer,
    /// Understanding the body.
    Decode,
}

/// Why a look brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ProbeError {
    /// Where it stopped.
    pub phase: Phase,
    /// A short stable word: `timeout`, `connect_refused`, `dns`, `tls`, `body_too_large`, `bad_json`, ...
    pub kind: String,
    /// For people: "TLS handshake timed out after 3 s (tcp ok, 12 ms)". Already sanitised.
    pub message: String,
}

/// What one look came to, before judging.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// When the look began.
    pub at: UnixMs,
    /// Duration of the look without time spent queued, in milliseconds; `None` if nothing was sent.
    pub latency_ms: Option<f64>,
    /// Where the time went.
    pub phases: Phases,
    /// What it brought.
    pub facts: Facts,
    /// Recorded numbers in the order of `record`; `None` is a gap (one point has no rate, 0/0 has no ratio).
    pub values: Vec<Option<f64>>,
    /// What a page of metrics says beyond the recorded numbers.
    pub page: PageDetails,
    /// Why it failed, if it did.
    pub error: Option<ProbeError>,
}

/// What a page of metrics says beyond the recorded numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageDetails {
    /// Recorded numbers by label: the series' name with its labels, and the number.
    pub labelled: Vec<(String, Option<f64>)>,
    /// Recordings whose labels have more values than are kept.
    pub dropped: Vec<Dropped>,
    /// Recorded percentiles, with the highest value each can tell: the last finite bound of its histogram.
    pub ceilings: Vec<(String, f64)>,
}

/// Label values that are only in the total, because there are too many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The recording.
    pub name: String,
    /// How many are kept.
    pub kept: usize,
    /// How many are not.
    pub dropped: usize,
    /// One that is not: `{path="/x"}`.
    pub such_as: String,
}

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, kept, dropped, such_as } = self;
        let all = kept + dropped;
        write!(
            f,
            "{name} has {all} label values, {dropped} more than are kept (limits.labels = {kept}), such as {such_as}: "
        )?;
        f.write_str("they are in the total only")
    }
}

impl<T> ProbeSpec<T> {
    /// A look of that kind with nothing else said: 10 s at most, and what the kind takes for success.
    pub fn plain(name: impl Into<String>, kind: ProbeKind<T>) -> Self {
        Self {
            name: name.into(),
            kind,
            every: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
            expect: Vec::new(),
            degraded: Vec::new(),
            record: Vec::new(),
            kpi: Vec::new(),
            limits: Limits::health(),
        }
    }
}

impl ProbeSpec<Template> {
    /// Fills in the templates.
    pub fn render(&self, context: &Context) -> Result<ProbeSpec<Rendered>, TemplateError> {
        Ok(ProbeSpec {
            name: self.name.clone(),
            kind: self.kind.render(context)?,
            every: self.every,
            timeout: self.timeout,
            expect: self.expect.clone(),
            degraded: self.degraded.clone(),
            record: self.record.clone(),
            kpi: self.kpi.clone(),
            limits: self.limits.clone(),
        })
    }
}
