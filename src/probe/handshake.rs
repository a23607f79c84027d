//! A TLS handshake, looked at: the chain as it was sent, and whether it is trusted.
//!
//! The handshake is taken to its end with any certificate, so that there are facts of one that is not trusted; what
//! the real verifier says of it is a fact, too.

use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;

use crate::domain::{
    fact::Facts,
    probe::{Outcome, Phase, ProbeError, TlsLook},
};

use super::{
    certificate::{Certificate, days_until, is_for, objection},
    dial::{self, Bounds},
    error::failed,
    lookup::SecretLookup,
    net::Net,
    starttls,
    target::{resolve, ways},
    tcp::origin,
};

/// Certificates of one chain read at most.
const MOST: usize = 16;

/// Shakes hands; the latency is that of TCP and TLS together.
pub(super) async fn look(
    net: &Net,
    look: &TlsLook,
    bounds: &Bounds<'_>,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let mut origin = origin(&resolve(&look.address, secrets)?)?;
    origin.tls = true;
    let name = look.server_name.as_ref().map(|name| resolve(name, secrets)).transpose()?;
    let name = name.unwrap_or_else(|| origin.host.clone());
    let ways = ways(&look.tls, secrets)?;
    let (connector, witness) = net.tls.witnessing(&ways).await?;
    let mut stream = dial::connect(net, &origin, bounds, false, &mut outcome.phases).await?;
    if let Some(protocol) = look.starttls {
        starttls::ask(&mut stream, protocol, bounds, &outcome.phases).await?;
    }
    let stream = dial::secure(stream, &origin, &name, bounds, &connector, &mut outcome.phases).await?;
    let took = [outcome.phases.connect_ms, outcome.phases.tls_ms];
    outcome.latency_ms = Some(took.into_iter().flatten().sum());

    let (_, session) = stream.get_ref();
    let facts = &mut outcome.facts;
    if let Some(version) = session.protocol_version().and_then(|version| version.as_str()) {
        facts.set("protocol", version.replace("TLSv1_", "TLSv1."));
    }
    if let Some(suite) = session.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()) {
        facts.set("cipher", suite);
    }
    let chain = session.peer_certificates().unwrap_or_default();
    tell(chain, &name, witness.objection().as_ref(), facts)
}

/// Sets the facts of a chain.
fn tell(
    chain: &[CertificateDer<'_>],
    name: &str,
    objected: Option<&rustls::Error>,
    facts: &mut Facts,
) -> Result<(), ProbeError> {
    let read: Vec<_> = chain.iter().take(MOST).map_while(Certificate::read).collect();
    let (Some(leaf), Some(der)) = (read.first(), chain.first()) else {
        return Err(failed(Phase::Decode, "bad_certificate", "the server's certificate can't be read"));
    };
    facts.set("leaf_days_left", leaf.days_left());
    if let Some(least) = read.iter().map(|certificate| certificate.not_after).min() {
        facts.set("days_left", days_until(least));
    }
    facts.set("names", Value::from(leaf.names.clone()));
    facts.set("subject", leaf.subject.as_str());
    facts.set("issuer", leaf.issuer.as_str());
    facts.set("serial", leaf.serial.as_str());
    facts.set("chain", Value::from(read.iter().map(|certificate| certificate.subject.clone()).collect::<Vec<_>>()));
    facts.set("host_matches", ServerName::try_from(name).is_ok_and(|name| is_for(der, &name)));
    facts.set("trusted", objected.is_none());
    if let Some(error) = objected {
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let own = leaf.self_signed && *error == unknown;
        let reason = if own { "the certificate is self-signed".to_owned() } else { objection(error) };
        facts.set("reason", reason);
    }
    Ok(())
}
