//! TLS as databases have it: encrypted first, checked as far as the URL wants.

use std::{fs, io, sync::Arc};

use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio_rustls::TlsConnector;

use super::endpoint::{Endpoint, Privacy};

/// Bytes of a file of certificates at most.
const MOST_CERTIFICATES: u64 = 1 << 20;

/// A connector that checks what the endpoint wants checked. Reads files.
pub(super) fn connector(endpoint: &Endpoint) -> Result<TlsConnector, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let checks = endpoint.authority.is_some() || matches!(endpoint.privacy, Privacy::Authority | Privacy::Full);
    let chain = if checks { Some(chain(endpoint, &provider)?) } else { None };
    let verifier = Verifier { chain, name: endpoint.privacy == Privacy::Full, provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn chain(endpoint: &Endpoint, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let Some(path) = &endpoint.authority else {
        let platform = rustls_platform_verifier::Verifier::new(Arc::clone(provider));
        return platform
            .map(|verifier| Arc::new(verifier) as _)
            .map_err(|error| format!("this machine's certificates can't be used: {error}; install ca-certificates"));
    };
    let unusable = |why: String| format!("the certificates in {} can't be used: {why}", path.display());
    let found = fs::metadata(path).map_err(|error| unusable(error.to_string()))?;
    // A pipe would be waited for.
    if !found.is_file() {
        return Err(unusable("that is no file".into()));
    }
    if found.len() > MOST_CERTIFICATES {
        return Err(unusable("the file is larger than 1 MiB".into()));
    }
    let bytes = fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map(|verifier| verifier as _)
        .map_err(|error| unusable(error.to_string()))
}

/// Checks the chain if there is one to check, and the name if it matters. Signatures are always checked.
#[derive(Debug)]
struct Verifier {
    chain: Option<Arc<dyn ServerCertVerifier>>,
    name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.name => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The stable word for a handshake that failed, and why in words that help.
pub(super) fn why(error: &Error) -> (&'static str, String) {
    match error {
        Error::PeerIncompatible(_) | Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            ("tls_too_old", format!("the server speaks no TLS from 1.2 on ({error})"))
        }
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => (
            "tls_untrusted",
            "nobody this machine trusts has signed its certificate: name the authority with sslrootcert=/path, or \
             write sslmode=require to encrypt without checking"
                .to_owned(),
        ),
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            ("tls_expired", "its certificate has expired".to_owned())
        }
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => ("tls_name", format!("its certificate is for another name ({error})")),
        _ => ("tls", error.to_string()),
    }
}

/// The same for the error of a stream.
pub(super) fn why_io(error: &io::Error) -> (&'static str, String) {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(inner) => why(inner),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            ("tls", "the server closed the connection within the handshake".to_owned())
        }
        None => ("tls", error.to_string()),
    }
}
