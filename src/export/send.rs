//! One request, and what its answer means.

use std::{collections::BTreeSet, time::Duration};

use reqwest::{
    Client, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use serde_json::Value;

use crate::{
    domain::{environment::Project, outlet::Export},
    secret::Secrets,
};

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
    url: String,
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
        Ok(Self { client, url: export.otlp.clone(), headers: headers(export, project)? })
    }

    /// Sends one request.
    pub async fn send(&self, body: &Value) -> Sent {
        let request = self.client.post(&self.url).headers(self.headers.clone()).body(body.to_string());
        let mut answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::debug!(error = %error.without_url(), "a request of the export broke off");
                return Sent::Later { why: broke_off(&self.url), pause: None };
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
        meaning(status, pause.map(Duration::from_secs), &text)
    }
}

fn headers(export: &Export, project: &Project) -> Result<HeaderMap, String> {
    let names: BTreeSet<&str> = export.headers.iter().flat_map(|(_, value)| value.secrets()).collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let secrets = Secrets::resolve(&names, &project.outlets.secrets, &project.root)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
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

/// As the protocol says: 400 is never tried again, what a person can put right is.
fn meaning(status: StatusCode, pause: Option<Duration>, body: &[u8]) -> Sent {
    match status {
        _ if status.is_success() => Sent::Acknowledged { rejected: rejected(body) },
        StatusCode::PAYLOAD_TOO_LARGE => Sent::TooLarge,
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
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
        let means = |status: u16| meaning(StatusCode::from_u16(status).unwrap(), Some(Duration::from_hours(9)), b"{}");
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
