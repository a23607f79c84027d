//! The fleet's own HTTP client: pooled, bounded, loopback only.

use std::time::Duration;

use hyper::{Method, StatusCode};

use super::DemoError;

const LARGEST_BODY: usize = 1 << 20;

/// A client to share within one process.
#[derive(Debug, Clone)]
pub struct HttpClient(reqwest::Client);

/// An answer: status, content type, body.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

impl HttpClient {
    pub fn new() -> Result<Self, DemoError> {
        // Only the first call installs it; nothing here speaks TLS, but the client asks for it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(Duration::from_secs(1))
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(64)
            .build();
        client
            .map(Self)
            .map_err(|error| DemoError::Network { what: "can't make an HTTP client".into(), why: innermost(&error) })
    }

    /// One request, within `limit`; the error is a sentence.
    pub async fn send(&self, method: Method, url: &str, limit: Duration) -> Result<Answer, String> {
        let whole = async {
            let mut response = self.0.request(method, url).send().await.map_err(|error| innermost(&error))?;
            let kind = response.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| innermost(&error))? {
                if body.len() + chunk.len() > LARGEST_BODY {
                    return Err(format!("more than {LARGEST_BODY} bytes"));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Answer { status: response.status(), content_type: kind, body })
        };
        tokio::time::timeout(limit, whole).await.unwrap_or_else(|_| Err(format!("no answer within {limit:?}")))
    }
}

/// The innermost cause says what happened; the outer sentences only say that something did.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
