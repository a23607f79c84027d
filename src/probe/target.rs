//! From a spec to a request that can be sent: secrets filled in, everything checked before anybody is connected to.

use std::str::FromStr;

use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::Full;
use hyper::{
    Method, Request, Uri,
    body::Bytes,
    header::{self, HeaderMap, HeaderName, HeaderValue},
    http::uri::{Authority, Scheme},
};
use url::Url;

use crate::domain::{
    probe::{Auth, HttpRequest, HttpVersion, Phase, ProbeError, ProbeKind, TlsOptions},
    template::Rendered,
};

use super::{dial::Origin, error::failed, lookup::SecretLookup, tls::Ways};

/// Who we say we are.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("quarterdeck/", env!("CARGO_PKG_VERSION")));
/// What a scrape asks for: the plain text format is the cheaper one to read, and has all we use.
const METRICS: HeaderValue =
    HeaderValue::from_static("text/plain;version=0.0.4;q=1,application/openmetrics-text;version=1.0.0;q=0.8,*/*;q=0.1");

/// A request that can be sent, and sent again.
#[derive(Clone)]
pub(super) struct Target {
    /// To whom.
    pub(super) origin: Origin,
    /// The whole address, for relative redirects. Never shown: it may hold secrets.
    pub(super) url: Url,
    pub(super) method: Method,
    pub(super) uri: Uri,
    /// All headers that are sent.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// A redirect led here.
    pub(super) elsewhere: bool,
    /// Which version of HTTP.
    pub(super) version: HttpVersion,
    /// What TLS is told.
    pub(super) ways: Ways,
}

impl Target {
    /// The request for hyper. HTTP/2 wants the whole address, and no `Host`.
    pub(super) fn request(&self, two: bool) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.headers_mut() = self.headers.clone();
        *request.uri_mut() = self.uri.clone();
        if two && let Some(host) = request.headers_mut().remove(header::HOST) {
            let mut parts = self.uri.clone().into_parts();
            parts.scheme = Some(if self.origin.tls { Scheme::HTTPS } else { Scheme::HTTP });
            parts.authority = Authority::try_from(host.as_bytes()).ok();
            if let Ok(whole) = Uri::from_parts(parts) {
                *request.uri_mut() = whole;
            }
        }
        request
    }
}

/// The final text of a template.
pub(super) fn resolve(template: &Rendered, secrets: SecretLookup<'_>) -> Result<String, ProbeError> {
    template
        .resolve(&|name| secrets(name), &|_| None)
        .map_err(|error| failed(Phase::Prepare, "missing_value", format!("nothing was sent: {error}")))
}

/// Whether the request is the same at every look.
pub(super) fn is_constant(request: &HttpRequest) -> bool {
    request.texts().into_iter().all(|template| template.secrets().is_empty())
}

/// Makes the request of a look.
pub(super) fn prepare(
    request: &HttpRequest,
    kind: &ProbeKind,
    secrets: SecretLookup<'_>,
) -> Result<Target, ProbeError> {
    let bad = |kind: &str, why: String| failed(Phase::Prepare, kind, format!("nothing was sent: {why}"));
    let url = Url::parse(&resolve(&request.url, secrets)?)
        .map_err(|error| bad("bad_url", format!("{} is no URL: {error}", request.url.shown())))?;
    let (origin, uri) = split(&url).map_err(|why| bad("bad_url", why))?;
    let method = Method::from_str(&request.method)
        .map_err(|_| bad("bad_method", format!("{:?} is no HTTP method", request.method)))?;
    let mut headers = HeaderMap::new();
    headers.insert(header::HOST, host(&url).map_err(|why| bad("bad_url", why))?);
    headers.insert(header::USER_AGENT, AGENT);
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    match kind {
        ProbeKind::Prometheus(_) => {
            headers.insert(header::ACCEPT, METRICS);
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        ProbeKind::Json(_) => {
            headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        }
        _ => {}
    }
    if let Some(credentials) = credentials(&url) {
        headers.insert(header::AUTHORIZATION, credentials);
    }
    if let Some(auth) = &request.auth {
        headers.insert(header::AUTHORIZATION, authorization(auth, secrets)?);
    }
    for (name, value) in &request.headers {
        let value = resolve(value, secrets)?;
        let header =
            HeaderName::from_str(name).map_err(|_| bad("bad_header", format!("{name:?} is no header name")))?;
        // The value is not shown: it may be a secret.
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_| bad("bad_header", format!("the value of {name} holds a line break or control character")))?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    let body = request.body.as_ref().map(|body| resolve(body, secrets)).transpose()?.unwrap_or_default();
    let ways = ways(&request.tls, secrets)?;
    Ok(Target {
        origin,
        url,
        method,
        uri,
        headers,
        body: body.into(),
        elsewhere: false,
        version: request.version,
        ways,
    })
}

/// What TLS is told, with its secrets.
pub(super) fn ways(options: &TlsOptions, secrets: SecretLookup<'_>) -> Result<Ways, ProbeError> {
    let text = |text: &Option<Rendered>| text.as_ref().map(|text| resolve(text, secrets)).transpose();
    Ok(Ways {
        ca: text(&options.ca)?,
        client_cert: text(&options.client_cert)?,
        client_key: text(&options.client_key)?,
        insecure: options.insecure,
    })
}

fn authorization(auth: &Auth, secrets: SecretLookup<'_>) -> Result<HeaderValue, ProbeError> {
    let text = match auth {
        Auth::Bearer(token) => format!("Bearer {}", resolve(token, secrets)?.trim()),
        Auth::Basic { user, password } => {
            let (user, password) = (resolve(user, secrets)?, resolve(password, secrets)?);
            if user.contains(':') {
                let why = "nothing was sent: a user of basic authentication can't hold a ':'";
                return Err(failed(Phase::Prepare, "bad_auth", why));
            }
            format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
        }
    };
    // The value is not shown: it is a secret.
    let mut value = HeaderValue::from_str(&text).map_err(|_| {
        failed(
            Phase::Prepare,
            "bad_auth",
            "nothing was sent: the token of auth holds a line break or control character",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The origin and what is asked of it.
pub(super) fn split(url: &Url) -> Result<(Origin, Uri), String> {
    let tls = match url.scheme() {
        "http" | "ws" => false,
        "https" | "wss" => true,
        other => return Err(format!("{other}:// is neither http nor https")),
    };
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("the URL names no host")?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = url.port_or_known_default().ok_or("the URL names no port")?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let uri = Uri::from_str(&format!("{}{query}", url.path())).map_err(|error| error.to_string())?;
    Ok((Origin { tls, host, port }, uri))
}

/// The `Host` header.
pub(super) fn host(url: &Url) -> Result<HeaderValue, String> {
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    HeaderValue::from_str(&host).map_err(|_| "the host name can't be sent".to_owned())
}

/// User and password of a URL, as a header.
fn credentials(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let plain = |text: &str| -> Vec<u8> { percent_decode(text) };
    let pair = [plain(url.username()), b":".to_vec(), plain(url.password().unwrap_or_default())].concat();
    let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// What stands behind `%41` and its like.
pub(super) fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}
