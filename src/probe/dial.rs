//! Opening a connection, phase by phase, each with its own bound.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{sleep, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::domain::probe::{Limits, Phase, Phases, ProbeError};

use super::{
    certificate::objection,
    error::{connecting, failed, so_far, timed_out},
    net::Net,
};

/// The next address is tried when the one before has not answered by then (RFC 8305).
const STAGGER: Duration = Duration::from_millis(250);
/// Addresses of one name tried at most.
const MOST_ADDRESSES: usize = 8;

/// Anything bytes flow through.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Who is at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// Speaks TLS.
    pub(super) tls: bool,
    /// Name or address, without brackets.
    pub(super) host: String,
    /// Its port.
    pub(super) port: u16,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The time allowed for a phase: its own limit, or what is left of the whole look.
pub(super) struct Allowance {
    /// The moment it ends.
    pub(super) until: Instant,
    /// The bound, for messages.
    pub(super) limit: Duration,
}

impl Allowance {
    /// The lesser of `limit` from now and the rest until `deadline`.
    pub(super) fn new(limit: Duration, deadline: Instant) -> Self {
        let now = Instant::now();
        let limit = limit.min(deadline.saturating_duration_since(now));
        Self { until: now + limit, limit }
    }

    /// The moment as the timers want it.
    pub(super) fn at(&self) -> tokio::time::Instant {
        self.until.into()
    }
}

/// Milliseconds since.
pub(super) fn ms_since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

/// How far a look may go.
pub(super) struct Bounds<'a> {
    pub(super) limits: &'a Limits,
    /// Of the whole look.
    pub(super) timeout: Duration,
    /// When it ends.
    pub(super) deadline: Instant,
}

impl Bounds<'_> {
    /// The moment it ends, as the timers want it.
    pub(super) fn end(&self) -> tokio::time::Instant {
        self.deadline.into()
    }
}

/// Resolves and connects; notes how long each took. `elsewhere` is for redirects: then link-local addresses, where
/// clouds keep their credentials, are refused.
pub(super) async fn connect(
    net: &Net,
    origin: &Origin,
    bounds: &Bounds<'_>,
    elsewhere: bool,
    phases: &mut Phases,
) -> Result<TcpStream, ProbeError> {
    let addresses = resolve(net, origin, bounds, phases).await?;
    if elsewhere && let Some(address) = addresses.iter().find(|address| is_link_local(address.ip())) {
        let why = format!("the redirect to {origin} leads to the link-local address {address}: not followed");
        return Err(failed(Phase::Processing, "redirect_refused", why));
    }
    let begun = Instant::now();
    let allowed = Allowance::new(bounds.limits.connect, bounds.deadline);
    let stream = timeout_at(allowed.at(), connect_any(addresses)).await.map_err(|_| {
        let what = format!("connect to {origin} timed out");
        timed_out(Phase::Connect, &what, allowed.limit, phases)
    })?;
    let stream = stream.map_err(|(error, peer)| {
        let (kind, message) = connecting(&error, &peer);
        failed(Phase::Connect, kind, format!("{message}{}", so_far(phases)))
    })?;
    phases.connect_ms = Some(ms_since(begun));
    Ok(stream)
}

/// The TLS handshake with `name`.
pub(super) async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    origin: &Origin,
    name: &str,
    bounds: &Bounds<'_>,
    connector: &TlsConnector,
    phases: &mut Phases,
) -> Result<TlsStream<S>, ProbeError> {
    let server = ServerName::try_from(name.to_owned())
        .map_err(|_| failed(Phase::Prepare, "bad_name", format!("{name} is no name for a certificate")))?;
    let begun = Instant::now();
    let allowed = Allowance::new(bounds.limits.tls, bounds.deadline);
    let stream = timeout_at(allowed.at(), connector.connect(server, stream))
        .await
        .map_err(|_| timed_out(Phase::Tls, "TLS handshake timed out", allowed.limit, phases))?
        .map_err(|error| {
            let why = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            let why = why.map_or_else(|| error.to_string(), objection);
            failed(Phase::Tls, "tls", format!("TLS with {origin} failed: {why}{}", so_far(phases)))
        })?;
    phases.tls_ms = Some(ms_since(begun));
    Ok(stream)
}

/// The addresses of the origin, in the order they are tried; notes how long it took.
pub(super) async fn resolve(
    net: &Net,
    origin: &Origin,
    bounds: &Bounds<'_>,
    phases: &mut Phases,
) -> Result<Vec<SocketAddr>, ProbeError> {
    if let Ok(ip) = origin.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, origin.port)]);
    }
    let begun = Instant::now();
    let allowed = Allowance::new(bounds.limits.resolve, bounds.deadline);
    let dns = |why: String| failed(Phase::Resolve, "dns", format!("can't resolve {}: {why}", origin.host));
    let found = timeout_at(allowed.at(), net.names.addresses(&origin.host, origin.port))
        .await
        .map_err(|_| {
            let what = format!("resolving {} timed out", origin.host);
            timed_out(Phase::Resolve, &what, allowed.limit, phases)
        })?
        .map_err(dns)?;
    let addresses = interleave(found);
    phases.resolve_ms = Some(ms_since(begun));
    if addresses.is_empty() { Err(dns("the name has no address".into())) } else { Ok(addresses) }
}

/// IPv6 and IPv4 in turn, beginning with what the resolver preferred: a dead family costs one stagger, not a timeout.
fn interleave(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let preferred = found.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|address| address.is_ipv6() == preferred);
    let mut addresses = Vec::new();
    first.reverse();
    second.reverse();
    while addresses.len() < MOST_ADDRESSES && !(first.is_empty() && second.is_empty()) {
        addresses.extend(first.pop());
        addresses.extend(second.pop());
    }
    addresses
}

/// The first connection that succeeds; if none does, the first error with the address it came from.
async fn connect_any(addresses: Vec<SocketAddr>) -> Result<TcpStream, (io::Error, String)> {
    if let [address] = addresses[..] {
        return TcpStream::connect(address).await.map_err(|error| (error, address.to_string()));
    }
    let attempt = |address: SocketAddr| async move {
        TcpStream::connect(address).await.map_err(|error| (error, address.to_string()))
    };
    let mut waiting = addresses.into_iter();
    let mut attempts: FuturesUnordered<_> = waiting.next().map(attempt).into_iter().collect();
    let mut first_error = None;
    loop {
        tokio::select! {
            Some(result) = attempts.next() => match result {
                Ok(stream) => return Ok(stream),
                Err(error) => {
                    first_error.get_or_insert(error);
                    attempts.extend(waiting.next().map(attempt));
                }
            },
            () = sleep(STAGGER), if waiting.len() > 0 => attempts.extend(waiting.next().map(attempt)),
            else => {
                let none = || (io::Error::other("there is no address"), String::from("nobody"));
                return Err(first_error.unwrap_or_else(none));
            }
        }
    }
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_unspecified(),
        // fd00:ec2::254 is where one cloud keeps its credentials on IPv6.
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.is_unspecified() || ip.segments()[..2] == [0xfd00, 0x0ec2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns() {
        let found = addresses(&["[::1]:1", "[::2]:1", "1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1"]);
        let expected = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "3.3.3.3:1"]);
        assert_eq!(interleave(found), expected);
    }

    #[test]
    fn f77_credentials_of_clouds_are_link_local() {
        for bad in ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254", "0.0.0.0"] {
            assert!(is_link_local(bad.parse().unwrap()), "{bad}");
        }
        for good in ["127.0.0.1", "10.0.0.1", "::1", "2001:db8::1"] {
            assert!(!is_link_local(good.parse().unwrap()), "{good}");
        }
    }

    #[tokio::test]
    async fn f79_a_dead_address_falls_back_to_the_next() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let alive = listener.local_addr().unwrap();
        // 192.0.2.0/24 is for documentation: nobody answers, at best somebody says so.
        let stream = connect_any(vec!["192.0.2.1:9".parse().unwrap(), alive]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), alive);
    }
}
