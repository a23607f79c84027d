//! A TCP connection, opened and closed.

use crate::domain::{
    probe::{Outcome, Phase, ProbeError},
    template::Rendered,
};

use super::{
    dial::{self, Bounds, Origin},
    error::failed,
    lookup::SecretLookup,
    net::Net,
    target::resolve,
};

/// Connects to `host:port`; the latency is that of the handshake.
pub(super) async fn look(
    net: &Net,
    address: &Rendered,
    bounds: &Bounds<'_>,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let origin = origin(&resolve(address, secrets)?)?;
    let stream = dial::connect(net, &origin, bounds, false, &mut outcome.phases).await?;
    drop(stream);
    outcome.latency_ms = outcome.phases.connect_ms;
    Ok(())
}

/// Who is at `host:port`.
pub(super) fn origin(address: &str) -> Result<Origin, ProbeError> {
    let wrong = || {
        let why = "the address must be host:port, such as db.example:5432 or [::1]:5432";
        failed(Phase::Prepare, "bad_address", why)
    };
    let (host, port) = address.trim().rsplit_once(':').ok_or_else(wrong)?;
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = bracketed.unwrap_or(host);
    let port = port.parse().map_err(|_| wrong())?;
    if host.is_empty() || (bracketed.is_none() && host.contains(':')) || host.contains(char::is_whitespace) {
        return Err(wrong());
    }
    Ok(Origin { tls: false, host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_a_host_and_a_port() {
        assert_eq!(origin("db:5432").unwrap().to_string(), "db:5432");
        assert_eq!(origin("[::1]:5432").unwrap().to_string(), "[::1]:5432");
        for wrong in ["", "db", ":1", "db:", "db:x", "::1:5", "db:70000", "a b:1"] {
            assert_eq!(origin(wrong).unwrap_err().kind, "bad_address", "{wrong}");
        }
    }
}
