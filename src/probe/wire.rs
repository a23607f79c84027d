//! One HTTP connection: requests go out, answers come in within bounds, and it is kept for the next look.
//!
//! The connection is driven by the look itself, not by a task of its own: an idle connection costs no wake-up, and
//! nothing can arrive that nobody waits for. HTTP/2 alone needs a task beside it, which ends with the connection.

use std::{
    error::Error,
    task::{Context, Waker},
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::Either};
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Response,
    body::{Body, Bytes, Incoming},
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::time::timeout_at;

use crate::domain::{
    format,
    probe::{HttpVersion, Limits, Phase, Phases, ProbeError},
};

use super::{
    certificate::Certificate,
    dial::{self, Bounds, Origin, Stream, ms_since},
    driver::{Driver, drive},
    error::{failed, so_far, timed_out},
    net::Net,
    target::Target,
    tls::{HTTP_1, HTTP_2, HTTP_ANY, Ways},
};

/// A connection that was idle for longer is not used again: servers and firewalls drop them about then.
const IDLE: Duration = Duration::from_secs(90);
/// The least read buffer hyper works with.
const LEAST_BUFFER: usize = 8192;

/// The way requests go out.
enum Sender {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
}

/// An open connection.
pub(super) struct Wire {
    origin: Origin,
    /// What TLS was told when it was opened.
    ways: Ways,
    send: Sender,
    /// Gone once the connection has ended.
    driver: Option<Driver<()>>,
    used: Instant,
    /// When the other side's certificate expires, in seconds since 1970.
    pub(super) not_after: Option<i64>,
}

/// Why there is no answer: the error, and whether a new connection may be tried.
pub(super) struct Broken {
    pub(super) error: ProbeError,
    /// The connection ended before the answer began.
    pub(super) before_answer: bool,
    /// The request was not sent at all.
    pub(super) unsent: bool,
}

impl Wire {
    /// Connects; notes how long each phase took.
    pub(super) async fn open(
        net: &Net,
        target: &Target,
        bounds: &Bounds<'_>,
        phases: &mut Phases,
    ) -> Result<Self, ProbeError> {
        let (origin, limits) = (&target.origin, bounds.limits);
        let alpn = match target.version {
            HttpVersion::One => HTTP_1,
            HttpVersion::Two => HTTP_2,
            HttpVersion::Auto => HTTP_ANY,
        };
        let connector = if origin.tls { Some(net.tls.connector(&target.ways, alpn).await?) } else { None };
        let stream = dial::connect(net, origin, bounds, target.elsewhere, phases).await?;
        let mut two = target.version == HttpVersion::Two;
        let mut not_after = None;
        let stream: Box<dyn Stream> = match connector {
            None => Box::new(stream),
            Some(connector) => {
                let stream = dial::secure(stream, origin, &origin.host, bounds, &connector, phases).await?;
                let (_, session) = stream.get_ref();
                let agreed = session.alpn_protocol() == Some(b"h2");
                if two && !agreed {
                    let why = format!("{origin} does not speak HTTP/2 (version): TLS did not agree on it");
                    return Err(failed(Phase::Tls, "http_version", why));
                }
                two = agreed;
                let leaf = session.peer_certificates().and_then(<[_]>::first);
                not_after = leaf.and_then(Certificate::read).map(|certificate| certificate.not_after);
                Box::new(stream)
            }
        };
        let cannot = |error| failed(Phase::Processing, "http", format!("HTTP can't begin: {error}"));
        let io = TokioIo::new(stream);
        let (send, driver): (Sender, Driver<()>) = if two {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder.max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX));
            let (send, connection) = builder.handshake(io).await.map_err(cannot)?;
            (Sender::Two(send), Box::pin(connection.map(drop)))
        } else {
            let mut builder = http1::Builder::new();
            builder.max_buf_size(limits.header_bytes.max(LEAST_BUFFER)).max_header_size(limits.header_bytes);
            let (send, connection) = builder.handshake(io).await.map_err(cannot)?;
            (Sender::One(send), Box::pin(connection.map(drop)))
        };
        let (origin, ways) = (origin.clone(), target.ways.clone());
        Ok(Self { origin, ways, send, driver: Some(driver), used: Instant::now(), not_after })
    }

    /// Whether HTTP/2 is spoken.
    pub(super) fn is_two(&self) -> bool {
        matches!(self.send, Sender::Two(_))
    }

    /// Whether it leads to that target and can carry another request.
    pub(super) fn serves(&mut self, target: &Target) -> bool {
        if self.origin != target.origin || self.ways != target.ways || self.used.elapsed() > IDLE {
            return false;
        }
        // Notices what happened while nobody drove it: an end by the other side above all.
        if let Some(driver) = &mut self.driver
            && driver.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
        {
            self.driver = None;
        }
        let ready = match &self.send {
            Sender::One(send) => send.is_ready(),
            Sender::Two(send) => send.is_ready(),
        };
        self.driver.is_some() && ready
    }

    /// Sends the request and waits for the head of the answer.
    pub(super) async fn ask(
        &mut self,
        target: &Target,
        bounds: &Bounds<'_>,
        phases: &mut Phases,
    ) -> Result<Response<Incoming>, Broken> {
        let begun = Instant::now();
        self.used = begun;
        let answer = match &mut self.send {
            Sender::One(send) => Either::Left(send.send_request(target.request(false))),
            Sender::Two(send) => Either::Right(send.send_request(target.request(true))),
        };
        let answer = timeout_at(bounds.end(), drive(&mut self.driver, answer)).await;
        let lasting = |error| Broken { error, before_answer: false, unsent: false };
        match answer {
            Err(_) => {
                let what = format!("no answer from {}", target.origin);
                Err(lasting(timed_out(Phase::Processing, &what, bounds.timeout, phases)))
            }
            Ok(Err(error)) => {
                let ended = error.is_canceled() || error.is_closed() || error.is_incomplete_message() || is_io(&error);
                let unsent = error.is_canceled();
                Err(Broken { error: no_head(&error, target, bounds.limits, phases), before_answer: ended, unsent })
            }
            Ok(Ok(response)) => {
                phases.processing_ms = Some(ms_since(begun));
                Ok(response)
            }
        }
    }

    /// Reads the body to its end, and what comes after it.
    pub(super) async fn read(
        &mut self,
        mut body: Incoming,
        bounds: &Bounds<'_>,
        phases: &mut Phases,
    ) -> Result<(Bytes, HeaderMap), ProbeError> {
        let begun = Instant::now();
        let limit = bounds.limits.body_bytes;
        let mut trailers = HeaderMap::new();
        let mut read = Read { first: Bytes::new(), rest: Vec::new() };
        if body.size_hint().lower() > limit as u64 {
            return Err(too_large(limit));
        }
        loop {
            if body.is_end_stream() {
                break;
            }
            let frame = timeout_at(bounds.end(), drive(&mut self.driver, body.frame())).await.map_err(|_| {
                let received = format!("the answer did not end ({} bytes came)", read.len());
                timed_out(Phase::Transfer, &received, bounds.timeout, phases)
            })?;
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|error| {
                let why = source(&error);
                failed(
                    Phase::Transfer,
                    "broken_body",
                    format!("the answer broke off after {} bytes: {why}", read.len()),
                )
            })?;
            match frame.into_data() {
                Ok(data) if read.len() + data.len() > limit => return Err(too_large(limit)),
                Ok(data) => read.push(data),
                Err(frame) => trailers = frame.into_trailers().unwrap_or_default(),
            }
        }
        phases.transfer_ms = Some(ms_since(begun));
        self.used = Instant::now();
        Ok((read.finish(), trailers))
    }
}

/// Most bodies come in one piece, which needs no copy.
struct Read {
    first: Bytes,
    rest: Vec<u8>,
}

impl Read {
    fn len(&self) -> usize {
        if self.rest.is_empty() { self.first.len() } else { self.rest.len() }
    }

    fn push(&mut self, data: Bytes) {
        if self.len() == 0 {
            self.first = data;
        } else {
            if self.rest.is_empty() {
                self.rest.extend_from_slice(&self.first);
            }
            self.rest.extend_from_slice(&data);
        }
    }

    fn finish(self) -> Bytes {
        if self.rest.is_empty() { self.first } else { self.rest.into() }
    }
}

fn too_large(limit: usize) -> ProbeError {
    let why = format!("the body is larger than {limit} bytes (limits.body_bytes): the rest was not read");
    failed(Phase::Transfer, "body_too_large", why)
}

fn is_io(error: &hyper::Error) -> bool {
    error.source().is_some_and(<dyn Error>::is::<std::io::Error>)
}

fn no_head(error: &hyper::Error, target: &Target, limits: &Limits, phases: &Phases) -> ProbeError {
    let origin = &target.origin;
    let (kind, message) = if error.is_parse_too_large() {
        let limit = format::number(limits.header_bytes as f64);
        ("headers_too_large", format!("the headers of {origin} are more than 100, or larger than {limit} bytes"))
    } else if error.is_parse() {
        ("bad_http", format!("the answer of {origin} is not HTTP: {}", source(error)))
    } else if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        ("closed", format!("{origin} closed the connection before it answered{}", so_far(phases)))
    } else {
        ("connection_lost", format!("the connection to {origin} broke before an answer: {}", source(error)))
    };
    failed(Phase::Processing, kind, message)
}

/// The innermost reason.
fn source(error: &hyper::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}
