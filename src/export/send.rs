//! One request, and what its answer means.

use std::{collections::BTreeSet, io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};
use reqwest::{
    Client, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use serde_json::Value;

use crate::{
    domain::{
        environment::Project,
        outlet::{Export, ExportTo, NamedLook},
    },
    secret::Secrets,
};

use super::{otlp, remote_write};

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(20);
/// Bytes of an answer that are read.
const ANSWER: usize = 64 << 10;
/// The other side may ask for a pause of at most this.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// What became of a request. Sentences are our own: nothing from outside is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// Acknowledged; so many points of it were dropped by the other side.
    Acknowledged {
        /// How many it says it dropped.
        rejected: u64,
    },
    /// To be tried again.
    Later {
        /// Why.
        why: String,
        /// How long the other side asked to wait.
        pause: Option<Duration>,
    },
    /// Too large for the other side.
    TooLarge,
    /// Wrong for good: to try it again would be refused again.
    Refused {
        /// Why.
        why: String,
    },
}

/// Sends to one endpoint with its headers.
pub struct Sender {
    client: Client,
    to: ExportTo,
    project: String,
    headers: HeaderMap,
}

impl Sender {
    /// Resolves the headers' secrets; may take as long as a secret's command does. The error is a sentence for the log.
    pub fn new(export: &Export, project: &Project) -> Result<Self, String> {
        // Fails only if somebody installed a provider already: then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .redirect(Policy::none())
            .user_agent(concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("no HTTP client could be made: {error}"))?;
        Ok(Self { client, to: export.to.clone(), project: project.name.clone(), headers: headers(export, project)? })
    }

    /// Sends one request with these looks.
    pub async fn send(&self, looks: &[NamedLook]) -> Sent {
        let body = match self.to {
            ExportTo::Otlp(_) => zipped(&otlp::request(&self.project, looks)),
            ExportTo::RemoteWrite(_) => remote_write::request(&self.project, looks),
        };
        let body = match body {
            Ok(body) => body,
            Err(why) => return Sent::Refused { why },
        };
        let request = self.client.post(self.to.url()).headers(self.headers.clone()).body(body);
        let mut answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::debug!(error = %error.without_url(), "a request of the export broke off");
                return Sent::Later { why: broke_off(self.to.url()), pause: None };
            }
        };
        let status = answer.status();
        let pause = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let mut text = Vec::new();
        // What the answer says beyond its status is a courtesy.
        while let Ok(Some(part)) = answer.chunk().await {
            text.extend_from_slice(&part[..part.len().min(ANSWER - text.len())]);
            if text.len() >= ANSWER {
                break;
            }
        }
        meaning(&self.to, status, pause.map(Duration::from_secs), &text)
    }
}

fn zipped(request: &Value) -> Result<Vec<u8>, String> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
    let zipped = zip.write_all(request.to_string().as_bytes()).and_then(|()| zip.finish());
    zipped.map_err(|error| format!("a request can't be compressed: {error}"))
}

fn headers(export: &Export, project: &Project) -> Result<HeaderMap, String> {
    let names: BTreeSet<&str> = export.headers.iter().flat_map(|(_, value)| value.secrets()).collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let secrets = Secrets::resolve(&names, &project.outlets.secrets, &project.root)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    let mut headers = HeaderMap::new();
    let (kind, encoding) = match export.to {
        ExportTo::Otlp(_) => ("application/json", "gzip"),
        ExportTo::RemoteWrite(_) => ("application/x-protobuf", "snappy"),
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    if matches!(export.to, ExportTo::RemoteWrite(_)) {
        headers.insert("x-prometheus-remote-write-version", HeaderValue::from_static("0.1.0"));
    }
    for (name, value) in &export.headers {
        let value = value
            .resolve(&|name| secrets.get(name).map(str::to_owned), &|_| None)
            .map_err(|error| format!("header {name}: {error}"))?;
        let wrong = || format!("header {name} can't be sent: its name or value holds what no header may");
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(&value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}

fn broke_off(url: &str) -> String {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    format!("{host} can't be reached, or did not answer in time")
}

/// As the protocols say. OTLP: 400 is never tried again, what a person can put right is. Remote write: only 429 and what is
/// beyond 499 may be tried again.
fn meaning(to: &ExportTo, status: StatusCode, pause: Option<Duration>, body: &[u8]) -> Sent {
    let refused = match to {
        ExportTo::Otlp(_) => matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY),
        ExportTo::RemoteWrite(_) => status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS,
    };
    match status {
        _ if status.is_success() => Sent::Acknowledged { rejected: rejected(body) },
        StatusCode::PAYLOAD_TOO_LARGE => Sent::TooLarge,
        _ if refused => {
            Sent::Refused { why: format!("the collector refused a request with status {}", status.as_u16()) }
        }
        _ => Sent::Later {
            why: format!("the collector answered with status {}", status.as_u16()),
            pause: pause.map(|pause| pause.min(LONGEST_PAUSE)),
        },
    }
}

/// What the other side took the request with, but dropped.
fn rejected(body: &[u8]) -> u64 {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let count = &answer["partialSuccess"]["rejectedDataPoints"];
    count.as_u64().or_else(|| count.as_str()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whether_to_try_again() {
        let of = |to: ExportTo| {
            move |status: u16| meaning(&to, StatusCode::from_u16(status).unwrap(), Some(Duration::from_hours(9)), b"{}")
        };
        let means = of(ExportTo::RemoteWrite(String::new()));
        assert_eq!((means(204), means(413)), (Sent::Acknowledged { rejected: 0 }, Sent::TooLarge));
        for status in [400, 401, 404, 409] {
            assert!(matches!(means(status), Sent::Refused { .. }), "{status}");
        }
        for status in [429, 500, 503] {
            assert!(matches!(means(status), Sent::Later { pause: Some(LONGEST_PAUSE), .. }), "{status}");
        }
        let means = of(ExportTo::Otlp(String::new()));
        assert_eq!(means(200), Sent::Acknowledged { rejected: 0 });
        assert_eq!(means(413), Sent::TooLarge);
        assert!(matches!(means(400), Sent::Refused { .. }));
        for status in [301, 401, 404, 429, 500, 503] {
            let Sent::Later { why, pause } = means(status) else { panic!("{status}") };
            assert!(why.contains(&status.to_string()), "{why}");
            assert_eq!(pause, Some(LONGEST_PAUSE));
        }
    }

    #[test]
    fn what_the_other_side_dropped_is_counted_and_nonsense_is_none() {
        assert_eq!(rejected(br#"{"partialSuccess":{"rejectedDataPoints":"7"}}"#), 7);
        assert_eq!(rejected(br#"{"partialSuccess":{"rejectedDataPoints":7}}"#), 7);
        assert_eq!(rejected(b"<html>"), 0);
    }
}
