//! What is read in certificates, and how it is said that one is not trusted.

use std::time::{SystemTime, UNIX_EPOCH};

use rustls::{
    AlertDescription, CertificateError, PeerIncompatible,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use x509_parser::{extensions::GeneralName, prelude::*};

use crate::domain::{format, text::clean_line};

/// Names of one certificate kept at most.
const MOST_NAMES: usize = 100;
/// Longest name shown, in characters.
const LONGEST: usize = 253;
const DAY: f64 = 86_400.0;

/// The sentence for people of a handshake that failed: why the certificate is not trusted, or what else.
pub(super) fn objection(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(why) => not_trusted(why),
        rustls::Error::NoCertificatesPresented => "the server shows no certificate".to_owned(),
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
        | rustls::Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            "the server knows only versions older than TLS 1.2, which are not spoken any more".to_owned()
        }
        rustls::Error::AlertReceived(alert) => format!("the server ended it with the alert {alert:?}"),
        rustls::Error::InvalidMessage(_) => "the answer is not TLS".to_owned(),
        other => other.to_string(),
    }
}

fn not_trusted(why: &CertificateError) -> String {
    match why {
        CertificateError::ExpiredContext { time, not_after } => {
            format!("the certificate expired {} ago", apart(*not_after, *time))
        }
        CertificateError::Expired => "the certificate has expired".to_owned(),
        CertificateError::NotValidYetContext { time, not_before } => {
            format!(
                "the certificate is not valid for another {} (or the clock here is wrong)",
                apart(*time, *not_before)
            )
        }
        CertificateError::NotValidYet => "the certificate is not valid yet (or the clock here is wrong)".to_owned(),
        CertificateError::UnknownIssuer => "the certificate is signed by an unknown issuer".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<_> = presented.iter().take(5).map(|name| clean_line(bare(name), LONGEST)).collect();
            let more = if presented.len() > names.len() { ", ..." } else { "" };
            let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
            format!("wrong host: the certificate is for {names}{more}, not for {}", expected.to_str())
        }
        CertificateError::NotValidForName => "wrong host: the certificate is for another name".to_owned(),
        CertificateError::Revoked => "the certificate was revoked".to_owned(),
        CertificateError::BadEncoding => "the certificate can't be read".to_owned(),
        CertificateError::BadSignature => "the certificate's signature is wrong".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the certificate is not for servers".to_owned()
        }
        other => format!("the certificate is not trusted: {other}"),
    }
}

/// The name in `DnsName("shop.example")`, which is how the verifier tells it.
fn bare(presented: &str) -> &str {
    presented.split_once('(').map_or(presented, |(_, name)| name.trim_end_matches(')').trim_matches('"'))
}

fn apart(from: UnixTime, to: UnixTime) -> String {
    let seconds = to.as_secs().saturating_sub(from.as_secs());
    match seconds / 86_400 {
        0 => format::duration(std::time::Duration::from_secs(seconds)),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Certificate {
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) serial: String,
    pub(super) names: Vec<String>,
    /// Seconds since 1970.
    pub(super) not_after: i64,
    pub(super) self_signed: bool,
}

impl Certificate {
    /// Reads one; `None` if it can't be read.
    pub(super) fn read(der: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate
            .subject_alternative_name()
            .ok()
            .flatten()
            .map(|extension| extension.value.general_names.iter().filter_map(name).take(MOST_NAMES).collect())
            .unwrap_or_default();
        Some(Self {
            subject: clean_line(&certificate.subject().to_string(), LONGEST),
            issuer: clean_line(&certificate.issuer().to_string(), LONGEST),
            serial: clean_line(&certificate.raw_serial_as_string(), LONGEST),
            names,
            not_after: certificate.validity().not_after.timestamp(),
            self_signed: certificate.subject().as_raw() == certificate.issuer().as_raw(),
        })
    }

    /// Days until it expires, negative afterwards.
    pub(super) fn days_left(&self) -> f64 {
        days_until(self.not_after)
    }
}

/// Days from now until a moment in seconds since 1970, to a hundredth.
pub(super) fn days_until(seconds: i64) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    ((seconds as f64 - now) / DAY * 100.0).round() / 100.0
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(clean_line(name, LONGEST)),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|ip| std::net::Ipv4Addr::from(ip).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|ip| std::net::Ipv6Addr::from(ip).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the certificate is for this name, whatever else is said of it.
pub(super) fn is_for(der: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
    rustls::server::ParsedCertificate::try_from(der)
        .is_ok_and(|parsed| rustls::client::verify_server_name(&parsed, name).is_ok())
}
