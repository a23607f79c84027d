//! A private connection to a host, phase by phase.

use std::time::Instant;

use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, task::spawn_blocking, time::timeout_at};
use tokio_rustls::TlsConnector;

use crate::domain::probe::{Phase, Phases, ProbeError};

use super::{endpoint::Endpoint, trust};
use crate::probe::{
    dial::{Allowance, Bounds, Stream, ms_since},
    error::{failed, so_far, timed_out},
};

/// The TLS handshake, checked as the endpoint wants.
pub(super) async fn encrypt(
    stream: TcpStream,
    endpoint: &Endpoint,
    bounds: &Bounds<'_>,
    phases: &mut Phases,
) -> Result<Box<dyn Stream>, ProbeError> {
    let origin = &endpoint.origin;
    let name = ServerName::try_from(origin.host.clone())
        .map_err(|_| failed(Phase::Prepare, "bad_url", format!("{} is no name for a certificate", origin.host)))?;
    let allowed = Allowance::new(bounds.limits.tls, bounds.deadline);
    let connector = connector(endpoint, &allowed, phases).await?;
    let begun = Instant::now();
    let stream = timeout_at(allowed.at(), connector.connect(name, stream))
        .await
        .map_err(|_| timed_out(Phase::Tls, "TLS handshake timed out", allowed.limit, phases))?
        .map_err(|error| {
            let (kind, why) = trust::why_io(&error);
            failed(Phase::Tls, kind, format!("TLS with {origin} failed: {why}{}", so_far(phases)))
        })?;
    phases.tls_ms = Some(ms_since(begun));
    Ok(Box::new(stream))
}

/// Reading certificates may hang (a dead network file system): not on a thread that serves other looks.
async fn connector(endpoint: &Endpoint, allowed: &Allowance, phases: &Phases) -> Result<TlsConnector, ProbeError> {
    let wanted = endpoint.clone();
    let made = spawn_blocking(move || trust::connector(&wanted));
    let made = timeout_at(allowed.at(), made)
        .await
        .map_err(|_| timed_out(Phase::Tls, "certificates could not be read", allowed.limit, phases))?;
    made.unwrap_or_else(|error| Err(error.to_string())).map_err(|why| failed(Phase::Tls, "tls", why))
}
