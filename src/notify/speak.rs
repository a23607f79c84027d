//! The words between a channel and its provider: a parcel becomes a request, an answer becomes what it means.

use std::time::Duration;

use reqwest::{
    Method, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};

use crate::domain::{
    alert::{Notice, Reason},
    channel::Message,
    time::UnixMs,
};

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(20);
/// Bytes of an answer that are read.
const ANSWER: usize = 16 << 10;

/// A notice on its way.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Its number.
    pub id: i64,
    /// What says that it is this one, however often it comes.
    pub dedup: String,
    /// The content.
    pub notice: Notice,
    /// The content in the form of this channel.
    pub message: Message,
    /// The content for those who take it apart themselves.
    pub document: String,
    /// Which recipient, from 0.
    pub recipient: usize,
    /// Now.
    pub now: UnixMs,
}

impl Parcel {
    /// What becomes of the provider's incident of this group.
    pub fn action(&self) -> Action {
        match self.notice.reason {
            Reason::AllResolved => Action::Resolve,
            Reason::Acknowledged { .. } => Action::Acknowledge,
            _ => Action::Open,
        }
    }

    /// The provider's key of this group: the same from the first firing to the resolution, and another for another project.
    pub fn incident(&self, most: usize) -> String {
        use sha2::{Digest, Sha256};
        let key = format!("quarterdeck/{}/{}", self.notice.project, self.notice.group);
        if key.len() <= most && !key.chars().any(char::is_control) {
            return key;
        }
        let digest = Sha256::digest(key.as_bytes());
        format!("quarterdeck/{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }
}

/// What becomes of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is opened, or said to go on.
    Open,
    /// Somebody is at it.
    Acknowledge,
    /// It is over.
    Resolve,
}

/// What became of a message. Nothing in it is sanitised or masked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// Taken by the other side.
    Delivered {
        /// What it said.
        answer: String,
    },
    /// To be tried again.
    Later {
        /// Why.
        why: String,
        /// How long the other side asked to wait.
        pause: Option<Duration>,
    },
    /// The other side does not know us: tried again with secrets that are read anew, and then no more.
    Denied {
        /// Why.
        why: String,
    },
    /// Wrong for good: tried again it would be refused again.
    Refused {
        /// Why.
        why: String,
    },
}

impl Sent {
    /// To be tried again, whenever.
    pub fn later(why: impl Into<String>) -> Self {
        Self::Later { why: why.into(), pause: None }
    }
}

/// A request to a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `POST`.
    pub method: &'static str,
    /// In full; may be a secret.
    pub url: String,
    /// May hold secrets.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: String,
}

impl Request {
    /// A POST of JSON.
    pub fn json(url: impl Into<String>, body: &serde_json::Value) -> Self {
        Self {
            method: "POST",
            url: url.into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.to_string(),
        }
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// What a provider answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The beginning of the body.
    pub body: String,
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Whether the status says that all is well.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What its status means, where the provider has no words of its own; `said` is what it said.
    pub fn meaning(&self, said: &str) -> Sent {
        let said = said.trim();
        let told =
            if said.is_empty() { format!("status {}", self.status) } else { format!("status {}: {said}", self.status) };
        match self.status {
            200..300 => Sent::Delivered { answer: told },
            401 | 403 => Sent::Denied { why: told },
            // A request that came too late, was locked, was early or was one too many may be fine the next time.
            408 | 409 | 423 | 425 | 429 => Sent::Later { why: told, pause: self.retry_after },
            300..500 => Sent::Refused { why: told },
            _ => Sent::Later { why: told, pause: self.retry_after },
        }
    }
}

/// A provider that is spoken to over HTTP.
pub trait Speak: Send + Sync {
    /// What is sent for a parcel.
    fn request(&self, parcel: &Parcel) -> Request;

    /// What the answer means.
    fn meaning(&self, answer: &Answer) -> Sent {
        answer.meaning(&answer.body)
    }

    /// How many are sent to one after the other.
    fn recipients(&self) -> usize {
        1
    }
}

/// Sends requests.
#[derive(Debug, Clone)]
pub struct Client(reqwest::Client);

impl Client {
    /// A client without redirects, with limits on everything.
    pub fn new() -> Result<Self, String> {
        // Fails only if somebody installed a provider already: then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .redirect(Policy::none())
            .user_agent(concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(|error| format!("no HTTP client could be made: {error}"))
    }

    /// Sends one; what can't be a request is refused before anything is connected to.
    pub async fn send(&self, request: &Request) -> Result<Answer, Sent> {
        let refused = |why: &str| Sent::Refused { why: why.to_owned() };
        let url = url::Url::parse(&request.url).map_err(|_| refused("its address is no URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("its address begins with neither https: nor http:"));
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let headers = headers(&request.headers).map_err(|why| Sent::Refused { why })?;
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| refused("its method is none"))?;
        let sending = self.0.request(method, url).headers(headers).body(request.body.clone());
        let mut answer = sending.send().await.map_err(|error| Sent::later(broke_off(&host, &error)))?;
        let status = answer.status();
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| pause(value.to_str().ok()?));
        let mut body = Vec::new();
        while let Ok(Some(part)) = answer.chunk().await {
            body.extend_from_slice(&part[..part.len().min(ANSWER - body.len())]);
            if body.len() >= ANSWER {
                break;
            }
        }
        let body =
            if status == StatusCode::NO_CONTENT { String::new() } else { String::from_utf8_lossy(&body).into_owned() };
        Ok(Answer { status: status.as_u16(), retry_after, body })
    }
}

fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let wrong = || format!("header {name} can't be sent: its name or value holds what no header may");
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}

/// Seconds, or a moment.
fn pause(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    (until.to_utc() - chrono::Utc::now()).to_std().ok()
}

/// Why there was no answer. The host is named and nothing else of the address, which may be a secret.
fn broke_off(host: &str, error: &reqwest::Error) -> String {
    let what = match error {
        _ if error.is_timeout() => "did not answer in time",
        _ if error.is_connect() => "can't be reached",
        _ => "broke off",
    };
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    // The outermost error alone holds the address.
    if deepest.is::<reqwest::Error>() { format!("{host} {what}") } else { format!("{host} {what}: {deepest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whether_to_try_again() {
        let means = |status| Answer { status, ..Answer::default() }.meaning("x");
        assert!([200, 201, 202, 204].iter().all(|status| matches!(means(*status), Sent::Delivered { .. })));
        assert!([401, 403].iter().all(|status| matches!(means(*status), Sent::Denied { .. })));
        assert!([301, 400, 404, 410, 422].iter().all(|status| matches!(means(*status), Sent::Refused { .. })));
        assert!([408, 429, 500, 502, 503].iter().all(|status| matches!(means(*status), Sent::Later { .. })));
    }

    #[test]
    fn a_pause_is_seconds_or_a_moment() {
        assert_eq!(pause(" 30 "), Some(Duration::from_secs(30)));
        assert_eq!(pause("0.25"), Some(Duration::from_millis(250)));
        let soon = (chrono::Utc::now() + chrono::TimeDelta::seconds(90)).to_rfc2822();
        assert!(pause(&soon).is_some_and(|pause| (60..=90).contains(&pause.as_secs())), "{soon}");
        assert_eq!((pause("-3"), pause("soon")), (None, None));
    }

    #[tokio::test]
    async fn f66_a_line_end_in_a_header_and_an_address_that_is_none_are_refused_before_connecting() {
        let client = Client::new().unwrap();
        for request in [
            Request::json("https://127.0.0.1:1/", &serde_json::json!({})).with("x-a", "b\r\nx-evil: 1"),
            Request::json("file:///etc/passwd", &serde_json::json!({})),
            Request::json("hooks.example.com/x", &serde_json::json!({})),
        ] {
            assert!(matches!(client.send(&request).await, Err(Sent::Refused { .. })), "{}", request.url);
        }
    }

    #[tokio::test]
    async fn f62_an_address_that_is_a_secret_is_not_in_what_is_said() {
        let request = Request::json("http://127.0.0.1:1/services/T000/B000/geheimnis", &serde_json::json!({}));
        let Err(Sent::Later { why, .. }) = Client::new().unwrap().send(&request).await else { panic!("it went out") };
        assert!(!why.contains("geheimnis") && !why.contains("services") && why.contains("127.0.0.1"), "{why}");
    }
}
