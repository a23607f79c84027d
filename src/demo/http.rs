//! The fleet's own HTTP client: pooled, bounded, loopback only.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, StatusCode, Uri, body::Bytes};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

const LARGEST_BODY: usize = 1 << 20;

/// A client to share within one process.
#[derive(Debug, Clone)]
pub struct HttpClient(Client<HttpConnector, Full<Bytes>>);

/// An answer: status, content type, body.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub content_type: Option<String>,
    pub body: Bytes,
}

impl HttpClient {
    pub fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(Duration::from_secs(1)));
        connector.set_nodelay(true);
        Self(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(64).build(connector))
    }

    /// One request, within `limit`; the error is a sentence.
    pub async fn send(&self, method: Method, url: &str, body: Vec<u8>, limit: Duration) -> Result<Answer, String> {
        let uri: Uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header("content-type", "application/json")
            .body(Full::from(body))
            .map_err(|error| format!("{url}: {error}"))?;
        let whole = async {
            let response = self.0.request(request).await.map_err(|error| describe(&error))?;
            let status = response.status();
            let content_type =
                response.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
            let body =
                Limited::new(response.into_body(), LARGEST_BODY).collect().await.map_err(|error| error.to_string())?;
            Ok(Answer { status, content_type, body: body.to_bytes() })
        };
        tokio::time::timeout(limit, whole).await.unwrap_or_else(|_| Err(format!("no answer within {limit:?}")))
    }
}

/// The innermost cause says what happened; hyper's own sentence only says that something did.
fn describe(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
