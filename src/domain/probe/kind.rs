//! The kinds of look: the words of each, and the one way through the templates they hold.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use super::{
    composite::{BENCH, BenchLook, FLOW, FlowLook},
    database::{MYSQL, POSTGRES, REDIS, SQL, SqlLook},
    http::HttpRequest,
    imap::{IMAP, ImapLook},
    local::{COMMAND, CommandLook, DISK, ENV, FILE, FileLook, HOST},
    mail::{SMTP, SmtpLook},
    net::{DNS, DnsLook, GRPC, GrpcLook, ICMP, PROMQL, PingLook, PromqlLook, TLS, TlsLook, WEBSOCKET, WebSocketLook},
    provoke::Deed,
    webhook::{WEBHOOK, WebhookLook},
    words::KindWords,
};
use crate::domain::template::{Context, Rendered, Template, TemplateError};

/// Every kind, in the order of the reference.
pub static KINDS: &[&KindWords] = &[
    &HTTP,
    &JSON,
    &PROMETHEUS,
    &TCP,
    &TLS,
    &DNS,
    &ICMP,
    &GRPC,
    &WEBSOCKET,
    &SMTP,
    &IMAP,
    &WEBHOOK,
    &PROMQL,
    &COMMAND,
    &FILE,
    &DISK,
    &HOST,
    &ENV,
    &POSTGRES,
    &MYSQL,
    &REDIS,
    &SQL,
    &FLOW,
    &BENCH,
];

const SUCCESS: &str = "status >= 200 && status < 300";
const STATUS: (&str, &str) = ("status", "the status code");
const HEADERS: (&str, &str) = ("headers", "the answer's headers, by lower-case name");
const VERSION: (&str, &str) = ("http_version", "`1.1` or `2`: how the answer came");
const DAYS_LEFT: (&str, &str) = ("tls_days_left", "https: days until the server's certificate expires");
const BODY_BYTES: (&str, &str) = ("body_bytes", "bytes of the body as sent");

/// `http`
pub const HTTP: KindWords = KindWords {
    word: "http",
    about: "A URL that is asked for.",
    facts: &[
        STATUS,
        HEADERS,
        BODY_BYTES,
        ("body", "the body as text, without its compression"),
        ("json", "the body, if it is JSON"),
        VERSION,
        DAYS_LEFT,
        ("insecure", "true if any certificate is trusted (`insecure`)"),
        ("health", "`pass`, `warn` or `fail`, if the body says it"),
        ("version", "the version the body tells"),
    ],
    passes: "status 200 to 299",
    success: SUCCESS,
};

/// `json`
pub const JSON: KindWords = KindWords { word: "json", about: "A URL that must answer with JSON.", ..HTTP };

/// `prometheus`
pub const PROMETHEUS: KindWords = KindWords {
    word: "prometheus",
    about: "A URL of Prometheus text: `record` may use `rate`, `value`, `sum`, `quantile`.",
    facts: &[STATUS, HEADERS, BODY_BYTES, VERSION, DAYS_LEFT],
    passes: "status 200 to 299",
    success: SUCCESS,
};

/// `tcp`
pub const TCP: KindWords = KindWords {
    word: "tcp",
    about: "`host:port` that must accept a connection.",
    facts: &[],
    passes: "connected",
    success: "",
};

/// The kinds of look. `T` is [`Template`] until its context is known, then [`Rendered`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind<T = Rendered> {
    /// An HTTP request; the answer's status, headers and body are facts.
    Http(HttpRequest<T>),
    /// An HTTP request whose answer must be a JSON document.
    Json(HttpRequest<T>),
    /// A scrape of a Prometheus text page.
    Prometheus(HttpRequest<T>),
    /// A TCP connection, opened and closed.
    Tcp {
        /// `host:port`.
        address: T,
    },
    /// A program's exit code and output.
    Command(CommandLook<T>),
    /// A file's presence, age, content.
    File(FileLook<T>),
    /// The room on a file system.
    Disk(FileLook<T>),
    /// Memory, processors and load of this machine.
    Host,
    /// A variable or secret that must be set.
    Env {
        /// Its name.
        name: String,
    },
    /// A TLS handshake, and the certificates it brings.
    Tls(TlsLook<T>),
    /// A DNS question.
    Dns(DnsLook<T>),
    /// ICMP echo.
    Icmp(PingLook<T>),
    /// The health check of gRPC.
    Grpc(GrpcLook<T>),
    /// A WebSocket handshake, and a message.
    WebSocket(WebSocketLook<T>),
    /// A mail server, up to the point where a mail could be sent, or beyond it.
    Smtp(SmtpLook<T>),
    /// A mailbox, and the mail that must arrive in it.
    Imap(ImapLook<T>),
    /// A callback that must come.
    Webhook(WebhookLook<T>),
    /// An instant query of a server that speaks PromQL.
    Promql(PromqlLook<T>),
    /// A login at PostgreSQL.
    Postgres {
        /// Where, as whom.
        url: T,
    },
    /// A login at MySQL or MariaDB.
    Mysql {
        /// Where, as whom.
        url: T,
    },
    /// PING and INFO of Redis.
    Redis {
        /// Where, as whom.
        url: T,
    },
    /// What a query comes to.
    Sql(SqlLook<T>),
    /// Several requests, one after the other.
    Flow(FlowLook<T>),
    /// One request, many times at once.
    Bench(BenchLook<T>),
}

impl<T> ProbeKind<T> {
    /// Its row of [`KINDS`].
    pub fn words(&self) -> &'static KindWords {
        match self {
            Self::Http(_) => &HTTP,
            Self::Json(_) => &JSON,
            Self::Prometheus(_) => &PROMETHEUS,
            Self::Tcp { .. } => &TCP,
            Self::Command(_) => &COMMAND,
            Self::File(_) => &FILE,
            Self::Disk(_) => &DISK,
            Self::Host => &HOST,
            Self::Env { .. } => &ENV,
            Self::Tls(_) => &TLS,
            Self::Dns(_) => &DNS,
            Self::Icmp(_) => &ICMP,
            Self::Grpc(_) => &GRPC,
            Self::WebSocket(_) => &WEBSOCKET,
            Self::Smtp(_) => &SMTP,
            Self::Imap(_) => &IMAP,
            Self::Webhook(_) => &WEBHOOK,
            Self::Promql(_) => &PROMQL,
            Self::Postgres { .. } => &POSTGRES,
            Self::Mysql { .. } => &MYSQL,
            Self::Redis { .. } => &REDIS,
            Self::Sql(_) => &SQL,
            Self::Flow(_) => &FLOW,
            Self::Bench(_) => &BENCH,
        }
    }

    /// The key that names the kind in the configuration.
    pub fn word(&self) -> &'static str {
        self.words().word
    }

    /// What is looked at: the value of the key that names the kind.
    pub fn target(&self) -> Option<&T> {
        match self {
            Self::Http(request) | Self::Json(request) | Self::Prometheus(request) => Some(&request.url),
            Self::Tcp { address } | Self::Tls(TlsLook { address, .. }) => Some(address),
            Self::Dns(look) => Some(&look.name),
            Self::Icmp(look) => Some(&look.host),
            Self::Grpc(look) => Some(&look.request.url),
            Self::WebSocket(look) => Some(&look.request.url),
            Self::Smtp(SmtpLook { server, .. }) | Self::Imap(ImapLook { server, .. }) => Some(&server.address),
            Self::Webhook(look) => Some(&look.base),
            Self::Promql(look) => Some(&look.request.url),
            Self::Command(look) => look.words.first(),
            Self::File(look) | Self::Disk(look) => Some(&look.path),
            Self::Postgres { url } | Self::Mysql { url } | Self::Redis { url } => Some(url),
            Self::Sql(look) => Some(&look.sql),
            Self::Flow(look) => look.steps.first().map(|step| &step.request.url),
            Self::Bench(look) => Some(&look.request.url),
            Self::Host | Self::Env { .. } => None,
        }
    }

    /// The same look with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<ProbeKind<U>, E> {
        Ok(match self {
            Self::Http(request) => ProbeKind::Http(request.try_map(fill)?),
            Self::Json(request) => ProbeKind::Json(request.try_map(fill)?),
            Self::Prometheus(request) => ProbeKind::Prometheus(request.try_map(fill)?),
            Self::Tcp { address } => ProbeKind::Tcp { address: fill(address)? },
            Self::Command(look) => ProbeKind::Command(look.try_map(fill)?),
            Self::File(look) => ProbeKind::File(look.try_map(fill)?),
            Self::Disk(look) => ProbeKind::Disk(look.try_map(fill)?),
            Self::Host => ProbeKind::Host,
            Self::Env { name } => ProbeKind::Env { name: name.clone() },
            Self::Tls(look) => ProbeKind::Tls(look.try_map(fill)?),
            Self::Dns(look) => ProbeKind::Dns(look.try_map(fill)?),
            Self::Icmp(look) => ProbeKind::Icmp(look.try_map(fill)?),
            Self::Grpc(look) => ProbeKind::Grpc(look.try_map(fill)?),
            Self::WebSocket(look) => ProbeKind::WebSocket(look.try_map(fill)?),
            Self::Smtp(look) => ProbeKind::Smtp(look.try_map(fill)?),
            Self::Imap(look) => ProbeKind::Imap(look.try_map(fill)?),
            Self::Webhook(look) => ProbeKind::Webhook(look.try_map(fill)?),
            Self::Promql(look) => ProbeKind::Promql(look.try_map(fill)?),
            Self::Postgres { url } => ProbeKind::Postgres { url: fill(url)? },
            Self::Mysql { url } => ProbeKind::Mysql { url: fill(url)? },
            Self::Redis { url } => ProbeKind::Redis { url: fill(url)? },
            Self::Sql(look) => ProbeKind::Sql(look.try_map(fill)?),
            Self::Flow(look) => ProbeKind::Flow(look.try_map(fill)?),
            Self::Bench(look) => ProbeKind::Bench(look.try_map(fill)?),
        })
    }

    /// The names that its templates may use beyond others, because each look has values of its own for them.
    pub fn late_names(&self) -> Vec<&str> {
        match self {
            Self::Flow(flow) => flow.late_names(),
            Self::Smtp(SmtpLook { send: Some(_), .. }) => vec!["look.id"],
            Self::Imap(ImapLook { provoke: Some(provoke), .. }) => {
                ["look.id"].into_iter().chain(provoke.late_names()).collect()
            }
            Self::Webhook(look) => ["look.id", "look.hook"].into_iter().chain(look.provoke.late_names()).collect(),
            _ => Vec::new(),
        }
    }

    /// Every text of the look.
    pub fn texts(&self) -> Vec<&T> {
        let mut found = Vec::new();
        let Ok(_) = self.try_map::<(), Infallible>(&mut |text| {
            found.push(text);
            Ok(())
        });
        found
    }
}

impl ProbeKind {
    /// The names of all secrets of the look, in order.
    pub fn secret_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.texts().into_iter().flat_map(Rendered::secrets).map(str::to_owned).collect();
        if let Self::Env { name } = self {
            names.push(name.clone());
        }
        names.sort();
        names.dedup();
        names
    }
}

impl From<Deed> for ProbeKind {
    fn from(deed: Deed) -> Self {
        match deed {
            Deed::Http(request) => Self::Http(request),
            Deed::Smtp(look) => Self::Smtp(look),
            Deed::Flow(look) => Self::Flow(look),
            Deed::Command(look) => Self::Command(look),
        }
    }
}

impl ProbeKind<Template> {
    /// Fills in the templates.
    pub fn render(&self, context: &Context) -> Result<ProbeKind<Rendered>, TemplateError> {
        let late = self.late_names();
        if late.is_empty() {
            return self.try_map(&mut |template| template.render(context));
        }
        let context = late.into_iter().fold(context.clone(), Context::with_late);
        self.try_map(&mut |template| template.render(&context))
    }
}
