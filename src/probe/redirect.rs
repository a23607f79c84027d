//! Redirects: followed only as far as the spec says, only to http and https, and without anything of ours to others.

use hyper::{
    HeaderMap, Method, StatusCode,
    body::Bytes,
    header::{self},
};

use crate::domain::probe::{Phase, ProbeError};

use super::{
    error::failed,
    target::{Target, host, split},
    tls::Ways,
};

/// Where the answer sends us; `None` if it does not.
pub(super) fn next(target: &Target, status: StatusCode, headers: &HeaderMap) -> Result<Option<Target>, ProbeError> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let refused = |why: &str| failed(Phase::Processing, "redirect_refused", format!("redirect not followed: {why}"));
    let Some(location) = headers.get(header::LOCATION) else { return Ok(None) };
    let location = location.to_str().map_err(|_| refused("its Location is not text"))?;
    let url = target.url.join(location).map_err(|_| refused("its Location is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused(&format!("{}:// is neither http nor https", url.scheme())));
    }
    let (origin, uri) = split(&url).map_err(|why| refused(&why))?;
    let mut next = Target { url, uri, elsewhere: true, ..target.clone() };
    if status.as_u16() < 307 && next.method != Method::HEAD {
        next.method = Method::GET;
        next.body = Bytes::new();
        next.headers.remove(header::CONTENT_TYPE);
    }
    if origin != target.origin {
        if target.origin.tls && !origin.tls {
            return Err(refused("it leads from https to http"));
        }
        if !next.body.is_empty() {
            return Err(refused("it would send the request's body to another host"));
        }
        // What the configuration put there is for the host it named.
        let ours: Vec<_> =
            next.headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.clone()).collect();
        for name in ours {
            next.headers.remove(name);
        }
        // So are our certificate, and whom we trust there.
        next.ways = Ways::default();
        next.origin = origin;
    }
    next.headers.insert(header::HOST, host(&next.url).map_err(|why| refused(&why))?);
    Ok(Some(next))
}
