//! Error samples: a look that failed, with what the other side answered, made fit to be kept and shown.
//!
//! What comes in is hostile and may hold secrets. Headers that authenticate somebody lose their values, fields whose names
//! say that they are secret lose theirs, every known secret is masked, everything is sanitised, and everything is bounded.

use std::{borrow::Cow, sync::LazyLock};

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::{
    probe::Phases,
    service_log::fingerprint,
    text::{Masker, clean_line, clean_text},
    time::UnixMs,
};

/// Distinct samples kept of one probe.
pub const MOST_SAMPLES: usize = 10;
/// Characters of a body that are kept.
const BODY: usize = 2_000;
/// Bytes of a body that are looked at: more than those characters take.
const LOOKED_AT: usize = 16 << 10;
/// Headers that are kept, and characters of each.
const HEADERS: usize = 40;
const HEADER: usize = 300;
/// Characters of the sentence.
const SENTENCE: usize = 400;
/// What stands where something was taken out.
pub const REDACTED: &str = "(redacted)";

/// A look that failed, and what was answered. Of one kind of failure the newest is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Service.
    pub service: String,
    /// Probe.
    pub probe: String,
    /// What failures of this kind have in common.
    pub fingerprint: String,
    /// When the first of this kind was seen.
    pub first_at: UnixMs,
    /// When this one was taken.
    pub last_at: UnixMs,
    /// How many of this kind there were.
    pub count: u64,
    /// Why it failed.
    pub sentence: String,
    /// The status of an HTTP answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Its latency.
    pub latency_ms: Option<f64>,
    /// Where its time went.
    pub phases: Phases,
    /// Headers of an HTTP answer, sensitive ones without their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The beginning of its body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// The whole body's length in bytes.
    #[serde(default)]
    pub body_bytes: usize,
}

/// What an HTTP service answered, as it came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body, inflated if it was compressed.
    pub body: Vec<u8>,
    /// The body's length.
    pub body_bytes: usize,
}

impl Evidence {
    /// Bytes of the body that are worth keeping for a sample.
    pub const BODY: usize = LOOKED_AT;
}

/// What is known of a failed look beside its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure<'a> {
    /// Service.
    pub service: &'a str,
    /// Probe.
    pub probe: &'a str,
    /// When.
    pub at: UnixMs,
    /// Why.
    pub sentence: &'a str,
    /// Its latency.
    pub latency_ms: Option<f64>,
    /// Where its time went.
    pub phases: Phases,
}

impl Sample {
    /// A sample of one failure, fit to be kept.
    pub fn new(failure: &Failure<'_>, evidence: Option<&Evidence>, masker: &Masker) -> Self {
        let sentence = clean_line(&masker.mask(failure.sentence), SENTENCE);
        let status = evidence.map(|evidence| evidence.status);
        // Numbers don't count in what failures have in common; the status does, so that it is spelt.
        let spelt: String = status
            .map(|status| status.to_string())
            .iter()
            .flat_map(|text| text.bytes())
            .map(|digit| char::from(digit - b'0' + b'a'))
            .collect();
        let common = format!("{spelt} {}", failure.probe);
        Self {
            service: failure.service.to_owned(),
            probe: failure.probe.to_owned(),
            fingerprint: fingerprint(failure.service, &sentence, Some(&common)),
            first_at: failure.at,
            last_at: failure.at,
            count: 1,
            status,
            latency_ms: failure.latency_ms,
            phases: failure.phases,
            headers: evidence.map(|evidence| headers(evidence, masker)).unwrap_or_default(),
            body: evidence.map(|evidence| body(&evidence.body, masker)).unwrap_or_default(),
            body_bytes: evidence.map_or(0, |evidence| evidence.body_bytes),
            sentence,
        }
    }
}

fn headers(evidence: &Evidence, masker: &Masker) -> Vec<(String, String)> {
    let kept = evidence.headers.iter().take(HEADERS).map(|(name, value)| {
        let value = if is_sensitive(name) {
            REDACTED.to_owned()
        } else {
            clean_line(&without_secrets(&masker.mask(value)), HEADER)
        };
        (clean_line(&masker.mask(name), HEADER / 3), value)
    });
    kept.collect()
}

/// A header that says who somebody is, or lets them in.
fn is_sensitive(name: &str) -> bool {
    const WHOLE: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "set-cookie", "set-cookie2"];
    const PARTS: [&str; 11] = [
        "token",
        "secret",
        "password",
        "passwd",
        "api-key",
        "apikey",
        "session",
        "csrf",
        "xsrf",
        "signature",
        "credential",
    ];
    let name = name.to_ascii_lowercase();
    WHOLE.contains(&name.as_str()) || name.contains("auth-") || PARTS.iter().any(|part| name.contains(part))
}

fn body(bytes: &[u8], masker: &Masker) -> String {
    let bytes = &bytes[..bytes.len().min(LOOKED_AT)];
    let text = String::from_utf8_lossy(bytes);
    let odd = text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER || *c == '\0').count();
    if odd * 10 > text.chars().count() {
        return "(not text)".into();
    }
    clean_text(&without_secrets(&masker.mask(&text)), BODY)
}

/// Fields whose names say so: `"password": "x"`, `token=x`, `api_key: x`.
static FIELDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r"[\w.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|authorization|cookie|session|credential|private[_-]?key)[\w.-]*";
    let value = r#"(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,;&<>}\])"']+)"#;
    Regex::new(&format!(r#"(?i)(["']?\b{name}["']?\s*[:=]\s*)(?:bearer\s+|basic\s+)?{value}"#)).ok()
});
/// What lets somebody in wherever it stands: `Bearer x`, `https://user:x@host`, a signed token.
static ANYWHERE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let all = r"(?i)(\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}|(://[^/\s:@]+:)[^@\s/]+@|\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*";
    Regex::new(all).ok()
});

/// A text in which no field that is called a secret shows its value.
fn without_secrets(text: &str) -> Cow<'_, str> {
    let (Some(fields), Some(anywhere)) = (FIELDS.as_ref(), ANYWHERE.as_ref()) else {
        // Rather nothing than everything.
        return Cow::Borrowed(REDACTED);
    };
    let fielded = fields.replace_all(text, format!("${{1}}{REDACTED}"));
    let all = anywhere.replace_all(&fielded, |found: &regex::Captures<'_>| {
        let before = found.get(1).or_else(|| found.get(2)).map_or("", |before| before.as_str());
        let after = if found.get(2).is_some() { "@" } else { "" };
        format!("{before}{REDACTED}{after}")
    });
    Cow::Owned(all.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(headers: &[(&str, &str)], body: &str) -> Sample {
        let masker = Masker::new([("KEY", "correct-horse-battery")]).unwrap();
        let failure = Failure {
            service: "api",
            probe: "ready",
            at: UnixMs(7),
            sentence: "status 503, not 200",
            latency_ms: Some(1.0),
            phases: Phases::default(),
        };
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let evidence = Evidence { status: 503, headers, body: body.into(), body_bytes: body.len() };
        Sample::new(&failure, Some(&evidence), &masker)
    }

    #[test]
    fn headers_that_let_somebody_in_are_named_and_their_values_are_gone() {
        let names = [
            "authorization",
            "Cookie",
            "set-cookie",
            "x-api-key",
            "x-auth-user",
            "x-csrf-token",
            "x-session-id",
            "x-amz-signature",
        ];
        let all: Vec<_> = names.iter().map(|name| (*name, "s3cr3t")).chain([("server", "nginx")]).collect();
        let kept = sample(&all, "").headers;
        assert!(kept[..names.len()].iter().all(|(_, value)| value == REDACTED), "{kept:?}");
        assert_eq!(kept.last(), Some(&("server".to_owned(), "nginx".to_owned())));
    }

    #[test]
    fn a_secret_that_is_echoed_is_masked_wherever_it_stands() {
        let kept = sample(&[("x-echo", "a correct-horse-battery b")], "error: correct-horse-battery is wrong");
        let all = format!("{kept:?}");
        assert!(!all.contains("correct-horse-battery"), "{all}");
        assert!(kept.body.starts_with("error: ") && kept.body.ends_with(" is wrong"));
    }

    #[test]
    fn fields_that_are_called_secrets_lose_their_values_and_others_keep_theirs() {
        let body = r#"{"user":"bob","password":"pa\"ss,word","api_key" : "k1","nested":{"access_token":"t.t"},"code":503}
            db_password=hunter2&x=1 Authorization: Bearer abcdefghijk https://u:pw123@host/ eyJhbGciOiJI.eyJzdWIiOiIx.c2ln"#;
        let kept = sample(&[], body).body;
        for gone in ["ss,word", "k1", "t.t", "hunter2", "abcdefghijk", "pw123", "eyJ"] {
            assert!(!kept.contains(gone), "{gone} in {kept}");
        }
        for stays in ["\"user\":\"bob\"", "\"code\":503", "x=1", "@host"] {
            assert!(kept.contains(stays), "{stays} not in {kept}");
        }
    }

    #[test]
    fn failures_of_one_kind_share_a_fingerprint_and_others_do_not() {
        let of = |sentence: &str, status: u16| {
            let failure = Failure { sentence, ..failure() };
            let evidence = Evidence { status, ..Evidence::default() };
            Sample::new(&failure, Some(&evidence), &Masker::default()).fingerprint
        };
        assert_eq!(of("no answer after 2001 ms", 503), of("no answer after 1999 ms", 503));
        assert_ne!(of("no answer after 2001 ms", 503), of("no answer after 2001 ms", 502));
        assert_ne!(of("connect refused", 503), of("no answer", 503));
    }

    fn failure() -> Failure<'static> {
        let (service, probe, sentence) = ("api", "ready", "");
        Failure { service, probe, at: UnixMs(7), sentence, latency_ms: None, phases: Phases::default() }
    }

    #[test]
    fn what_is_no_text_is_not_kept() {
        let evidence = Evidence { body: vec![0xff; 500], body_bytes: 500, ..Evidence::default() };
        let kept = Sample::new(&failure(), Some(&evidence), &Masker::default());
        assert_eq!((kept.body.as_str(), kept.body_bytes), ("(not text)", 500));
    }

    proptest! {
        #[test]
        fn whatever_is_answered_a_sample_is_small_and_safe_to_print(
            body in prop::collection::vec(any::<u8>(), 0..20_000),
            headers in prop::collection::vec((".{0,400}", ".{0,2000}"), 0..60),
        ) {
            let evidence = Evidence { status: 500, headers, body_bytes: body.len(), body };
            let kept = Sample::new(&failure(), Some(&evidence), &Masker::default());
            prop_assert!(kept.body.chars().count() <= BODY && kept.headers.len() <= HEADERS);
            prop_assert!(kept.headers.iter().all(|(name, value)| name.chars().count() <= HEADER && value.chars().count() <= HEADER));
            prop_assert!(!kept.body.chars().any(|c| c.is_control() && c != '\n'));
            prop_assert!(kept.headers.iter().all(|(_, value)| !value.chars().any(char::is_control)));
        }
    }
}
