//! A WebSocket handshake, and one message.

use std::{error::Error as _, time::Instant};

use futures_util::{SinkExt, StreamExt};
use hyper::{
    Request,
    header::{self, HeaderValue},
};
use tokio::time::timeout_at;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, Message, error::CapacityError, handshake::client::generate_key, protocol::WebSocketConfig},
};

use crate::domain::{
    probe::{Outcome, Phase, Phases, ProbeError, ProbeSpec, WebSocketLook},
    text::clean_line,
};

use super::{
    body::parse_json,
    dial::{self, Bounds, Stream, ms_since},
    error::{failed, timed_out},
    lookup::SecretLookup,
    net::Net,
    target::{self, Target, resolve},
    tls::HTTP_1,
    wants::Wants,
};

/// Frames that are no message (pings) passed over at most.
const MOST: usize = 100;

/// Shakes hands, sends, and waits for an answer if one is wanted.
pub(super) async fn look(
    net: &Net,
    look: &WebSocketLook,
    spec: &ProbeSpec,
    bounds: &Bounds<'_>,
    wants: Wants,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let target = target::prepare(&look.request, &spec.kind, secrets)?;
    let send = look.send.as_ref().map(|text| resolve(text, secrets)).transpose()?;
    let begun = Instant::now();
    let mut socket = open(net, &target, bounds, outcome).await?;
    outcome.latency_ms = Some(ms_since(begun));
    let wanted = send.is_some() || wants.message || wants.json;
    let talk = async {
        if let Some(text) = send {
            socket.send(Message::text(text)).await.map_err(|error| broken(&error))?;
        }
        let first = if wanted { Some(first(&mut socket).await?) } else { None };
        // A close that is not answered is no failure of the look.
        let _ = socket.close(None).await;
        Ok(first)
    };
    let begun = Instant::now();
    let first = timeout_at(bounds.end(), talk).await.map_err(|_| {
        timed_out(Phase::Transfer, "shaken hands, but no message came", bounds.timeout, &outcome.phases)
    })??;
    if let Some(message) = first {
        outcome.phases.transfer_ms = Some(ms_since(begun));
        outcome.latency_ms = outcome.latency_ms.map(|latency| latency + ms_since(begun));
        match parse_json(message.as_bytes()) {
            Ok(json) => outcome.facts.set("json", json),
            Err(why) if wants.json => {
                return Err(failed(Phase::Decode, "bad_json", format!("the message is not JSON: {why}")));
            }
            Err(_) => {}
        }
        outcome.facts.set("message", message);
    }
    Ok(())
}

async fn open(
    net: &Net,
    target: &Target,
    bounds: &Bounds<'_>,
    outcome: &mut Outcome,
) -> Result<WebSocketStream<Box<dyn Stream>>, ProbeError> {
    let (origin, phases) = (&target.origin, &mut outcome.phases);
    let connector = if origin.tls { Some(net.tls.connector(&target.ways, HTTP_1).await?) } else { None };
    let stream = dial::connect(net, origin, bounds, false, phases).await?;
    let stream: Box<dyn Stream> = match connector {
        None => Box::new(stream),
        Some(connector) => Box::new(dial::secure(stream, origin, &origin.host, bounds, &connector, phases).await?),
    };
    let limit = bounds.limits.body_bytes;
    let config = WebSocketConfig::default().max_message_size(Some(limit)).max_frame_size(Some(limit));
    let begun = Instant::now();
    let shaken = timeout_at(bounds.end(), client_async_with_config(request(target)?, stream, Some(config)))
        .await
        .map_err(|_| timed_out(Phase::Processing, &format!("no handshake from {origin}"), bounds.timeout, phases))?;
    let (socket, response) = shaken.map_err(|error| refused(error, phases))?;
    phases.processing_ms = Some(ms_since(begun));
    outcome.facts.set("status", response.status().as_u16());
    if let Some(protocol) = response.headers().get(header::SEC_WEBSOCKET_PROTOCOL) {
        outcome.facts.set("protocol", clean_line(&String::from_utf8_lossy(protocol.as_bytes()), 100));
    }
    Ok(socket)
}

fn request(target: &Target) -> Result<Request<()>, ProbeError> {
    let mut request = Request::new(());
    *request.headers_mut() = target.headers.clone();
    let headers = request.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    let bad = |why: String| failed(Phase::Prepare, "bad_url", format!("nothing was sent: {why}"));
    let key = HeaderValue::from_str(&generate_key()).map_err(|error| bad(error.to_string()))?;
    headers.insert(header::SEC_WEBSOCKET_KEY, key);
    let mut url = target.url.clone();
    // Who we are goes into a header; the address is for the path alone.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let scheme = if target.origin.tls { "wss" } else { "ws" };
    let whole = format!("{scheme}{}", url.as_str().trim_start_matches(url.scheme()));
    *request.uri_mut() = whole.parse().map_err(|_| bad("the URL can't be sent".to_owned()))?;
    Ok(request)
}

/// The first message as text.
async fn first(socket: &mut WebSocketStream<Box<dyn Stream>>) -> Result<String, ProbeError> {
    for _ in 0..MOST {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
            Some(Ok(Message::Binary(bytes))) => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Some(Ok(Message::Close(_))) | None => {
                return Err(failed(Phase::Transfer, "closed", "shaken hands, but it was closed before a message came"));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(broken(&error)),
        }
    }
    Err(failed(Phase::Transfer, "no_message", format!("{MOST} frames came, but no message")))
}

fn refused(error: tungstenite::Error, phases: &Phases) -> ProbeError {
    match error {
        tungstenite::Error::Http(response) => {
            let status = response.status().as_u16();
            failed(Phase::Processing, "bad_status", format!("the handshake was refused with status {status}"))
        }
        tungstenite::Error::Io(error) => {
            let so_far = super::error::so_far(phases);
            failed(Phase::Processing, "closed", format!("the connection broke during the handshake: {error}{so_far}"))
        }
        other => failed(Phase::Processing, "bad_handshake", format!("the handshake failed: {}", innermost(&other))),
    }
}

fn broken(error: &tungstenite::Error) -> ProbeError {
    if let tungstenite::Error::Capacity(CapacityError::MessageTooLong { size, max_size }) = error {
        let why = format!("a message of {size} bytes is larger than {max_size} (limits.body_bytes): it was not read");
        return failed(Phase::Transfer, "body_too_large", why);
    }
    failed(Phase::Transfer, "broken_body", format!("shaken hands, but then it broke: {}", innermost(error)))
}

fn innermost(error: &tungstenite::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}
