//! Looks at the network and at what speaks over it: their words, their facts, and what each is told.

use serde::{Deserialize, Serialize};

use super::{
    http::{HttpRequest, TlsOptions},
    words::KindWords,
};
use crate::domain::template::Rendered;

/// `tls`
pub const TLS: KindWords = KindWords {
    word: "tls",
    about: "`host:port` whose certificate is looked at.",
    facts: &[
        ("trusted", "whether the chain is trusted for this name, now"),
        ("reason", "why it is not trusted"),
        ("host_matches", "whether the certificate is for this name"),
        ("days_left", "days until the first certificate of the chain expires; negative afterwards"),
        ("leaf_days_left", "the same of the server's own certificate"),
        ("names", "the names the certificate is for, as a list"),
        ("subject", "whom it is for"),
        ("issuer", "who signed it"),
        ("serial", "its serial number, in hexadecimal"),
        ("chain", "the subjects of all certificates as they were sent, as a list"),
        ("protocol", "`TLSv1.3` or `TLSv1.2`"),
        ("cipher", "the cipher suite"),
    ],
    passes: "trusted: not expired, for this name, from an authority this machine trusts",
    success: "trusted",
};

/// `dns`
pub const DNS: KindWords = KindWords {
    word: "dns",
    about: "A name that must resolve.",
    facts: &[
        ("answers", "what was found, as a list of texts"),
        ("count", "how many answers of the type there are"),
        ("rcode", "`NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`, ..."),
        ("ttl_s", "the least lifetime of the answers, in seconds"),
        ("authoritative", "whether the server answers for the zone itself"),
        ("resolver", "who answered"),
        ("reason", "why there is no answer"),
    ],
    passes: "`NOERROR` and at least one answer",
    success: "rcode == 'NOERROR' && count > 0",
};

/// `icmp`
pub const ICMP: KindWords = KindWords {
    word: "icmp",
    about: "A host that must answer pings.",
    facts: &[
        ("sent", "packets sent"),
        ("received", "packets answered"),
        ("loss", "share of packets without an answer, 0 to 1"),
        ("min_ms", "shortest round trip"),
        ("avg_ms", "mean round trip"),
        ("max_ms", "longest round trip"),
    ],
    passes: "at least one packet answered",
    success: "received > 0",
};

/// `grpc`
pub const GRPC: KindWords = KindWords {
    word: "grpc",
    about: "A URL whose gRPC health service (`grpc.health.v1`) is asked.",
    facts: &[
        ("serving", "`SERVING`, `NOT_SERVING`, `SERVICE_UNKNOWN` or `UNKNOWN`"),
        ("grpc_status", "the status code of the call: 0 is fine, 5 not found, 12 no health service, 14 unavailable"),
        ("message", "the message of the call"),
        ("tls_days_left", "https: days until the server's certificate expires"),
        ("reason", "why it is not serving"),
    ],
    passes: "`SERVING`",
    success: "serving == 'SERVING'",
};

/// `websocket`
pub const WEBSOCKET: KindWords = KindWords {
    word: "websocket",
    about: "A ws:// or wss:// URL that must shake hands.",
    facts: &[
        ("status", "the status code of the handshake: 101"),
        ("protocol", "the subprotocol chosen"),
        ("message", "with `send`, or if a condition reads it: the first message, as text"),
        ("json", "that message, if it is JSON"),
    ],
    passes: "shaken hands; with `send`, a message came back",
    success: "",
};

/// `promql`
pub const PROMQL: KindWords = KindWords {
    word: "promql",
    about: "The URL of a server that speaks PromQL (Prometheus, Thanos, Mimir, VictoriaMetrics), asked for `query` now.",
    facts: &[
        ("value", "the value of the first series; absent if there is none or it is not a number"),
        ("count", "series in the answer"),
        ("values", "a list of `{ labels, value }`, at most 1,000"),
        ("warnings", "warnings of the server, as a list"),
        ("status", "the status code"),
    ],
    passes: "the query was answered",
    success: "",
};

/// A TLS handshake.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TlsLook<T = Rendered> {
    /// `host:port`.
    pub address: T,
    /// The name asked for and checked, where it is not the host.
    pub server_name: Option<T>,
    /// A plain protocol that must be asked for TLS first.
    pub starttls: Option<StartTls>,
    /// What TLS is told.
    pub tls: TlsOptions<T>,
}

/// Protocols that begin in plain and then change to TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartTls {
    /// RFC 3207.
    Smtp,
    /// RFC 9051.
    Imap,
    /// PostgreSQL's `SSLRequest`.
    Postgres,
}

impl StartTls {
    /// Each with its word.
    pub const ALL: [(&'static str, Self); 3] =
        [("smtp", Self::Smtp), ("imap", Self::Imap), ("postgres", Self::Postgres)];
}

/// A DNS question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DnsLook<T = Rendered> {
    /// Asked about.
    pub name: T,
    /// Of what type.
    pub record_type: DnsType,
    /// Who is asked, `ip` or `ip:port`; the system's servers if absent.
    pub resolver: Option<T>,
}

/// Types of DNS records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "their names are all there is to say")]
pub enum DnsType {
    #[default]
    A,
    Aaaa,
    Cname,
    Mx,
    Txt,
    Ns,
    Soa,
    Srv,
    Caa,
    Ptr,
}

impl DnsType {
    /// Their words, in the order of the reference.
    pub const WORDS: &'static [&'static str] = &["A", "AAAA", "CNAME", "MX", "TXT", "NS", "SOA", "SRV", "CAA", "PTR"];

    const ALL: [Self; 10] =
        [Self::A, Self::Aaaa, Self::Cname, Self::Mx, Self::Txt, Self::Ns, Self::Soa, Self::Srv, Self::Caa, Self::Ptr];

    /// By its word.
    pub fn from_word(word: &str) -> Option<Self> {
        let at = Self::WORDS.iter().position(|known| *known == word)?;
        Self::ALL.get(at).copied()
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().position(|known| *known == self).and_then(|at| Self::WORDS.get(at)).copied().unwrap_or("A")
    }
}

/// ICMP echo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PingLook<T = Rendered> {
    /// Name or address.
    pub host: T,
    /// How many, 1 to 20.
    pub packets: u8,
}

/// The health check of gRPC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrpcLook<T = Rendered> {
    /// Where, and with which metadata.
    pub request: HttpRequest<T>,
    /// The service asked about; the whole server if absent.
    pub service: Option<T>,
}

/// A WebSocket handshake, and a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebSocketLook<T = Rendered> {
    /// Where, and with which headers.
    pub request: HttpRequest<T>,
    /// Sent after the handshake; then an answer must come.
    pub send: Option<T>,
}

/// An instant query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromqlLook<T = Rendered> {
    /// The server's address, below which `/api/v1/query` is.
    pub request: HttpRequest<T>,
    /// The query.
    pub query: T,
}

impl<T> TlsLook<T> {
    /// The same look with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<TlsLook<U>, E> {
        Ok(TlsLook {
            address: fill(&self.address)?,
            server_name: self.server_name.as_ref().map(&mut *fill).transpose()?,
            starttls: self.starttls,
            tls: self.tls.try_map(fill)?,
        })
    }
}

impl<T> DnsLook<T> {
    /// The same look with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<DnsLook<U>, E> {
        let name = fill(&self.name)?;
        let resolver = self.resolver.as_ref().map(&mut *fill).transpose()?;
        Ok(DnsLook { name, record_type: self.record_type, resolver })
    }
}

impl<T> PingLook<T> {
    /// The same look with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<PingLook<U>, E> {
        Ok(PingLook { host: fill(&self.host)?, packets: self.packets })
    }
}

impl<T> GrpcLook<T> {
    /// The same look with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<GrpcLook<U>, E> {
        let request = self.request.try_map(fill)?;
        Ok(GrpcLook { request, service: self.service.as_ref().map(&mut *fill).transpose()? })
    }
}

impl<T> WebSocketLook<T> {
    /// The same look with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<WebSocketLook<U>, E> {
        let request = self.request.try_map(fill)?;
        Ok(WebSocketLook { request, send: self.send.as_ref().map(&mut *fill).transpose()? })
    }
}

impl<T> PromqlLook<T> {
    /// The same look with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<PromqlLook<U>, E> {
        Ok(PromqlLook { request: self.request.try_map(fill)?, query: fill(&self.query)? })
    }
}
