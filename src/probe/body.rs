//! What a body may be: plain or compressed once, and JSON within bounds.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use flate2::read::MultiGzDecoder;
use hyper::{HeaderMap, StatusCode, body::Bytes, header};
use serde_json::Value;

use crate::domain::probe::{Phase, ProbeError};

use super::error::failed;

/// An answer in full.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// What came after the body.
    pub(super) trailers: HeaderMap,
    /// Over HTTP/2.
    pub(super) two: bool,
    /// When the other side's certificate expires, in seconds since 1970.
    pub(super) not_after: Option<i64>,
}

/// Commas in a JSON document at most: each may become a value of some 32 bytes.
const MOST_ITEMS: usize = 1_000_000;

/// The body without its compression, of which there may be one layer.
pub(super) fn inflate(answer: &Answer, limit: usize) -> Result<Cow<'_, [u8]>, ProbeError> {
    let encodings: Vec<String> = answer
        .headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .flat_map(|value| {
            String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase().split(',').map(trimmed).collect::<Vec<_>>()
        })
        .filter(|encoding| !encoding.is_empty() && encoding != "identity")
        .collect();
    match &encodings[..] {
        [] if answer.body.len() > limit => Err(too_large(limit)),
        [] => Ok(Cow::Borrowed(&answer.body)),
        [one] if one == "gzip" || one == "x-gzip" => gunzip(&answer.body, limit).map(Cow::Owned),
        [one] => Err(failed(
            Phase::Decode,
            "encoding",
            format!("the body is compressed with '{one}', which was not asked for"),
        )),
        _ => Err(failed(Phase::Decode, "encoding", "the body is compressed more than once")),
    }
}

/// The first bytes of the body, inflated if it can be; whatever it is.
pub(super) fn beginning(answer: &Answer, most: usize) -> Vec<u8> {
    let zipped = answer
        .headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|value| matches!(value.as_bytes().to_ascii_lowercase().as_slice(), b"gzip" | b"x-gzip"));
    let mut out = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    if zipped && MultiGzDecoder::new(&*answer.body).take(limit).read_to_end(&mut out).is_ok() {
        return out;
    }
    answer.body[..answer.body.len().min(most)].to_vec()
}

fn trimmed(text: &str) -> String {
    text.trim().to_owned()
}

fn gunzip(body: &[u8], limit: usize) -> Result<Vec<u8>, ProbeError> {
    let mut out = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(body).take(most).read_to_end(&mut out).map_err(|error: io::Error| {
        failed(Phase::Decode, "bad_gzip", format!("the body says it is gzip but can't be inflated: {error}"))
    })?;
    if out.len() > limit { Err(too_large(limit)) } else { Ok(out) }
}

fn too_large(limit: usize) -> ProbeError {
    let why = format!("the body inflates to more than {limit} bytes (limits.inflated_bytes): the rest was not read");
    failed(Phase::Decode, "body_too_large", why)
}

/// Whether the headers promise JSON: `application/json`, `application/health+json`, ...
pub(super) fn says_json(headers: &HeaderMap) -> bool {
    content_type(headers).is_some_and(|kind| kind == "application/json" || kind.ends_with("+json"))
}

/// The media type without its parameters, in lower case.
pub(super) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Parses JSON; depth is bounded by the parser, the number of items here.
pub(super) fn parse_json(body: &[u8]) -> Result<Value, String> {
    if memchr::memchr_iter(b',', body).take(MOST_ITEMS + 1).count() > MOST_ITEMS {
        return Err(format!("it has more than {MOST_ITEMS} items"));
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use hyper::{StatusCode, body::Bytes};

    use super::*;

    fn answer(encoding: Option<&str>, body: impl Into<Bytes>) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, encoding.parse().unwrap());
        }
        Answer {
            status: StatusCode::OK,
            headers,
            body: body.into(),
            trailers: HeaderMap::new(),
            two: false,
            not_after: None,
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn one_layer_is_inflated() {
        assert_eq!(&*inflate(&answer(Some("GZIP"), gzip(b"hello")), 10).unwrap(), b"hello");
        assert_eq!(&*inflate(&answer(None, "hello"), 10).unwrap(), b"hello");
    }

    #[test]
    fn f74_a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 50 << 20]);
        assert!(bomb.len() < 100_000);
        assert_eq!(inflate(&answer(Some("gzip"), bomb), 1 << 20).unwrap_err().kind, "body_too_large");
    }

    #[test]
    fn other_and_double_compression_is_refused() {
        assert_eq!(inflate(&answer(Some("br"), "x"), 10).unwrap_err().kind, "encoding");
        assert_eq!(inflate(&answer(Some("gzip, gzip"), gzip(&gzip(b"x"))), 10).unwrap_err().kind, "encoding");
        assert_eq!(inflate(&answer(Some("gzip"), "not gzip"), 10).unwrap_err().kind, "bad_gzip");
    }

    #[test]
    fn f80_deep_and_wide_json_is_refused() {
        assert!(parse_json("[".repeat(100_000).as_bytes()).is_err());
        assert!(parse_json(format!("[0{}]", ",0".repeat(MOST_ITEMS + 1)).as_bytes()).unwrap_err().contains("items"));
        assert!(parse_json(b"{\"a\":\"\xff\"}").is_err());
    }
}
