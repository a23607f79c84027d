//! One HTTP/1.1 connection: requests go out, answers come in within bounds, and it is kept for the next look.
//!
//! The connection is driven by the look itself, not by a task of its own: an idle connection costs no wake-up, and
//! nothing can arrive that nobody waits for.

use std::{
    error::Error,
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Response,
    body::{Body, Bytes, Incoming},
    client::conn::http1::{Builder, Connection, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::time::timeout_at;

use crate::domain::{
    format,
    probe::{Limits, Phase, Phases, ProbeError},
};

use super::{
    dial::{self, Origin, Stream, ms_since},
    error::{failed, so_far, timed_out},
    target::Target,
    tls::Tls,
};

/// A connection that was idle for longer is not used again: servers and firewalls drop them about then.
const IDLE: Duration = Duration::from_secs(90);
/// The least read buffer hyper works with.
const LEAST_BUFFER: usize = 8192;

type Driver = Pin<Box<Connection<TokioIo<Box<dyn Stream>>, Full<Bytes>>>>;

/// How far a look may go.
pub(super) struct Bounds<'a> {
    pub(super) limits: &'a Limits,
    /// Of the whole look.
    pub(super) timeout: Duration,
    /// When it ends.
    pub(super) deadline: Instant,
}

/// An open connection.
pub(super) struct Wire {
    origin: Origin,
    send: SendRequest<Full<Bytes>>,
    /// Gone once the connection has ended.
    driver: Option<Driver>,
    used: Instant,
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
        target: &Target,
        bounds: &Bounds<'_>,
        tls: &Tls,
        phases: &mut Phases,
    ) -> Result<Self, ProbeError> {
        let Bounds { limits, deadline, .. } = *bounds;
        let stream = dial::connect(&target.origin, limits, deadline, target.elsewhere, phases).await?;
        let stream = dial::secure(stream, &target.origin, limits, deadline, tls, phases).await?;
        let mut builder = Builder::new();
        builder.max_buf_size(limits.header_bytes.max(LEAST_BUFFER)).max_header_size(limits.header_bytes);
        let (send, connection) = builder
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failed(Phase::Processing, "http", format!("HTTP can't begin: {error}")))?;
        Ok(Self { origin: target.origin.clone(), send, driver: Some(Box::pin(connection)), used: Instant::now() })
    }

    /// Whether it leads to that origin and can carry another request.
    pub(super) fn serves(&mut self, origin: &Origin) -> bool {
        if self.origin != *origin || self.used.elapsed() > IDLE {
            return false;
        }
        // Notices what happened while nobody drove it: an end by the other side above all.
        if let Some(driver) = &mut self.driver
            && driver.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
        {
            self.driver = None;
        }
        self.driver.is_some() && self.send.is_ready()
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
        let answer = self.send.send_request(target.request());
        let answer = timeout_at(bounds.deadline.into(), drive(&mut self.driver, answer)).await;
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

    /// Reads the body to its end.
    pub(super) async fn read(
        &mut self,
        mut body: Incoming,
        bounds: &Bounds<'_>,
        phases: &mut Phases,
    ) -> Result<Bytes, ProbeError> {
        let begun = Instant::now();
        let limit = bounds.limits.body_bytes;
        let mut read = Read { first: Bytes::new(), rest: Vec::new() };
        if body.size_hint().lower() > limit as u64 {
            return Err(too_large(limit));
        }
        loop {
            if body.is_end_stream() {
                break;
            }
            let frame =
                timeout_at(bounds.deadline.into(), drive(&mut self.driver, body.frame())).await.map_err(|_| {
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
            if let Ok(data) = frame.into_data() {
                if read.len() + data.len() > limit {
                    return Err(too_large(limit));
                }
                read.push(data);
            }
        }
        phases.transfer_ms = Some(ms_since(begun));
        self.used = Instant::now();
        Ok(read.finish())
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

/// Waits for a future while the connection moves.
async fn drive<F: Future>(driver: &mut Option<Driver>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(output);
        }
        if let Some(moving) = driver
            && moving.as_mut().poll(context).is_ready()
        {
            *driver = None;
        }
        future.as_mut().poll(context)
    })
    .await
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
        ("bad_http", format!("the answer of {origin} is not HTTP/1.1: {}", source(error)))
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
