//! The health check of gRPC (`grpc.health.v1.Health/Check`): one HTTP/2 request, a dozen bytes of protobuf.

use std::sync::Arc;

use hyper::{
    HeaderMap, Method, Uri,
    header::{self, HeaderName, HeaderValue},
};

use crate::domain::{
    probe::{GrpcLook, HttpVersion, Outcome, Phase, ProbeError, ProbeSpec},
    text::clean_line,
};

use super::{
    body::Answer,
    certificate::days_until,
    dial::Bounds,
    error::failed,
    http,
    lookup::SecretLookup,
    memory::Memory,
    net::Net,
    target::{self, resolve},
};

const METHOD: &str = "/grpc.health.v1.Health/Check";

/// Asks, and tells what the service says of itself.
pub(super) async fn look(
    net: &Net,
    look: &GrpcLook,
    spec: &ProbeSpec,
    bounds: &Bounds<'_>,
    memory: &mut Memory,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let service = look.service.as_ref().map(|service| resolve(service, secrets)).transpose()?.unwrap_or_default();
    let mut target = target::prepare(&look.request, &spec.kind, secrets)?;
    target.method = Method::POST;
    target.version = HttpVersion::Two;
    target.uri = Uri::from_static(METHOD);
    target.body = request(&service).into();
    target.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    target.headers.insert(header::TE, HeaderValue::from_static("trailers"));
    target.headers.insert(HeaderName::from_static("grpc-timeout"), grpc_timeout(bounds));
    let answer = http::ask(net, Arc::new(target), 0, bounds, memory, outcome).await?;
    tell(&answer, &service, outcome)
}

fn tell(answer: &Answer, service: &str, outcome: &mut Outcome) -> Result<(), ProbeError> {
    let facts = &mut outcome.facts;
    if let Some(not_after) = answer.not_after {
        facts.set("tls_days_left", days_until(not_after));
    }
    // An answer without a message has its status in the headers.
    let text = |headers: &HeaderMap, name: &str| {
        headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let trailer = |name| text(&answer.trailers, name).or_else(|| text(&answer.headers, name));
    let Some(status) = trailer("grpc-status").and_then(|status| status.parse::<u32>().ok()) else {
        let status = answer.status.as_u16();
        return Err(failed(
            Phase::Decode,
            "bad_grpc",
            format!("the answer is not gRPC (status {status}, no grpc-status)"),
        ));
    };
    let message = clean_line(&percent_decoded(&trailer("grpc-message").unwrap_or_default()), 400);
    let asked = if service.is_empty() { "the server".to_owned() } else { clean_line(service, 200) };
    let serving = match status {
        0 => serving(&answer.body)?,
        5 => "SERVICE_UNKNOWN",
        _ => "UNKNOWN",
    };
    let said = if message.is_empty() { String::new() } else { format!(": {message}") };
    let reason = match (status, serving) {
        (0, "SERVING") => None,
        (0, word) => Some(format!("{asked} is {word}")),
        (5, _) => Some(format!("{asked} is not known to the health service{said}")),
        (12, _) => Some("the server has no health service (grpc status 12: unimplemented)".to_owned()),
        (other, _) => Some(format!("grpc status {other}{said}")),
    };
    facts.set("grpc_status", status);
    facts.set("message", message);
    facts.set("serving", serving);
    if let Some(reason) = reason {
        facts.set("reason", reason);
    }
    Ok(())
}

fn grpc_timeout(bounds: &Bounds<'_>) -> HeaderValue {
    let left = bounds.deadline.saturating_duration_since(std::time::Instant::now());
    // Eight digits at most.
    HeaderValue::from_str(&format!("{}m", left.as_millis().clamp(1, 99_999_999)))
        .unwrap_or(HeaderValue::from_static("10S"))
}

/// `message HealthCheckRequest { string service = 1; }`, framed.
fn request(service: &str) -> Vec<u8> {
    let mut message = Vec::new();
    if !service.is_empty() {
        message.push(0x0a);
        let mut length = service.len();
        while length >= 0x80 {
            message.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        message.push(length as u8);
        message.extend_from_slice(service.as_bytes());
    }
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[0][..], &length, &message].concat()
}

/// The word of `message HealthCheckResponse { ServingStatus status = 1; }`, framed. Unknown fields are passed over.
fn serving(body: &[u8]) -> Result<&'static str, ProbeError> {
    let bad = |why: &str| failed(Phase::Decode, "bad_grpc", format!("the health answer can't be read: {why}"));
    let [compressed, a, b, c, d, message @ ..] = body else { return Err(bad("it is too short")) };
    if *compressed != 0 {
        return Err(bad("it is compressed, which was not asked for"));
    }
    let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
    let mut rest = message.get(..length).ok_or_else(|| bad("it breaks off"))?;
    let mut status = 0;
    while !rest.is_empty() {
        let key = varint(&mut rest).ok_or_else(|| bad("a field breaks off"))?;
        match key & 7 {
            0 => {
                let value = varint(&mut rest).ok_or_else(|| bad("a number breaks off"))?;
                if key >> 3 == 1 {
                    status = value;
                }
            }
            wire @ (1 | 2 | 5) => {
                let length = match wire {
                    1 => 8,
                    5 => 4,
                    _ => varint(&mut rest).and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX),
                };
                rest = rest.get(length..).ok_or_else(|| bad("a field breaks off"))?;
            }
            _ => return Err(bad("it is no protobuf")),
        }
    }
    Ok(match status {
        1 => "SERVING",
        2 => "NOT_SERVING",
        3 => "SERVICE_UNKNOWN",
        _ => "UNKNOWN",
    })
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn percent_decoded(text: &str) -> String {
    String::from_utf8_lossy(&target::percent_decode(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_framed_protobuf() {
        assert_eq!(request(""), [0, 0, 0, 0, 0]);
        assert_eq!(request("ab"), [0, 0, 0, 0, 4, 0x0a, 2, b'a', b'b']);
        let long = request(&"x".repeat(300));
        assert_eq!(long[..8], [0, 0, 0, 1, 47, 0x0a, 0xac, 0x02]);
    }

    #[test]
    fn answers_are_read_with_or_without_fields_of_later_versions() {
        assert_eq!(serving(&[0, 0, 0, 0, 2, 8, 1]).unwrap(), "SERVING");
        assert_eq!(serving(&[0, 0, 0, 0, 2, 8, 2]).unwrap(), "NOT_SERVING");
        assert_eq!(serving(&[0, 0, 0, 0, 0]).unwrap(), "UNKNOWN", "the default is not sent");
        assert_eq!(serving(&[0, 0, 0, 0, 6, 0x12, 2, 9, 9, 8, 1]).unwrap(), "SERVING");
        for bad in [&[][..], &[0, 0, 0, 0, 2, 8], &[1, 0, 0, 0, 0], &[0, 0, 0, 0, 1, 8], &[0, 0, 0, 0, 2, 0x12, 9]] {
            assert!(serving(bad).is_err(), "{bad:?}");
        }
    }
}
