//! Who may ask, for how long, and what every answer carries.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use super::{hooks, routes::problem};

/// An answer takes no longer.
const PATIENCE: Duration = Duration::from_secs(10);

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Lets in who knows the token; without one, who asks this machine by its address.
#[derive(Clone)]
pub struct Guard {
    /// The token's hash: the token itself is not kept.
    token: Option<[u8; 32]>,
}

impl Guard {
    /// With a token, or without.
    pub fn new(token: Option<&str>) -> Self {
        Self { token: token.map(|token| Sha256::digest(token.as_bytes()).into()) }
    }

    fn refuses(&self, request: &Request) -> Option<Response> {
        let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let Some(token) = &self.token else {
            // A page in somebody's browser reaches loopback under a name of its own that resolves to 127.0.0.1.
            let host =
                header(header::HOST).or_else(|| request.uri().authority().map(axum::http::uri::Authority::as_str));
            return match host {
                Some(host) if !is_local(host) => {
                    Some(problem(StatusCode::FORBIDDEN, "ask by address: without a token other names are refused"))
                }
                _ => None,
            };
        };
        let given = header(header::AUTHORIZATION).and_then(|value| value.split_once(' '));
        match given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) {
            Some((_, given)) if is_same(token, &Sha256::digest(given.trim().as_bytes()).into()) => None,
            _ => {
                let mut response = problem(StatusCode::UNAUTHORIZED, "send the token: Authorization: Bearer ...");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                Some(response)
            }
        }
    }
}

/// Compares without telling by its time how much of it is right.
fn is_same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let difference = one.iter().zip(other).fold(0, |difference, (one, other)| difference | (one ^ other));
    std::hint::black_box(difference) == 0
}

/// `localhost`, or an address, with or without a port.
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || bare.parse::<std::net::IpAddr>().is_ok()
}

/// Wraps every request: the guard, the time limit, the headers, the line in our own log.
pub async fn watch_over(
    State((guard, peer)): State<(Guard, SocketAddr)>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    // The path as a caller wrote it may hold anything; the one it stands for does not.
    let path = path.map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    // Who calls back has no token; what opens is the address.
    let refused = if path == hooks::ROUTE { None } else { guard.refuses(&request) };
    let mut response = match refused {
        Some(refused) => refused,
        None => match tokio::time::timeout(PATIENCE, next.run(request)).await {
            Ok(response) => response,
            Err(_) => problem(StatusCode::SERVICE_UNAVAILABLE, "it took too long"),
        },
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = response.headers().get(header::ALLOW).cloned();
        response = problem(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
        response.headers_mut().insert(header::ALLOW, allowed.unwrap_or(HeaderValue::from_static("GET,HEAD")));
    }
    response.headers_mut().extend(HEADERS);
    tracing::info!(
        %peer,
        method = if is_common(&method) { method.as_str() } else { "other" },
        path,
        status = response.status().as_u16(),
        ms = began.elapsed().as_secs_f64() * 1e3,
        "asked"
    );
    response
}

fn is_common(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH]
        .contains(method)
}

impl IntoResponse for super::routes::Problem {
    fn into_response(self) -> Response {
        problem(self.0, &self.1)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn status(guard: &Guard, headers: &[(&str, &str)]) -> Option<u16> {
        let mut request = Request::builder().uri("/health");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        guard.refuses(&request.body(Body::empty()).unwrap()).map(|response| response.status().as_u16())
    }

    #[test]
    fn only_the_whole_token_opens() {
        let guard = Guard::new(Some("0123456789abcdef"));
        assert_eq!(status(&guard, &[("authorization", "Bearer 0123456789abcdef")]), None);
        assert_eq!(status(&guard, &[("authorization", "bearer  0123456789abcdef")]), None);
        for wrong in ["Bearer 0123456789abcde", "Bearer", "Bearer ", "Basic 0123456789abcdef", "0123456789abcdef"] {
            assert_eq!(status(&guard, &[("authorization", wrong)]), Some(401), "{wrong}");
        }
        assert_eq!(status(&guard, &[]), Some(401));
    }

    #[test]
    fn without_a_token_only_addresses_and_localhost_are_answered() {
        let guard = Guard::new(None);
        for host in ["127.0.0.1:9464", "localhost", "LOCALHOST:1", "[::1]:9464", "[::1]"] {
            assert_eq!(status(&guard, &[("host", host)]), None, "{host}");
        }
        for host in ["evil.example", "evil.example:9464", "127.0.0.1.evil.example", "localhost.evil.example:80"] {
            assert_eq!(status(&guard, &[("host", host)]), Some(403), "{host}");
        }
    }
}
