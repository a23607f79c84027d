//! The TLS side: whom we trust, who we are, and what is said of a certificate that is not trusted.
//!
//! The platform's authorities are read once for all looks, when the first one needs them. What a look is told beyond
//! that (its own authorities, a certificate of ours) is read when its connection is opened, so that a renewed file
//! counts from the next connection on.

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use tokio_rustls::TlsConnector;

use crate::domain::probe::{Phase, ProbeError};

use super::{error::failed, pem};

/// What the other side may speak inside TLS.
pub(super) type Alpn = &'static [&'static [u8]];

/// HTTP/1.1 and nothing else.
pub(super) const HTTP_1: Alpn = &[b"http/1.1"];
/// HTTP/2 and nothing else.
pub(super) const HTTP_2: Alpn = &[b"h2"];
/// HTTP/2 rather than HTTP/1.1.
pub(super) const HTTP_ANY: Alpn = &[b"h2", b"http/1.1"];
/// Nothing is agreed on.
pub(super) const NO_ALPN: Alpn = &[];

/// What TLS is told beyond the platform's ways: paths of PEM files, or PEM itself, secrets filled in.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Ways {
    pub(super) ca: Option<String>,
    pub(super) client_cert: Option<String>,
    pub(super) client_key: Option<String>,
    pub(super) insecure: bool,
}

/// The certificate verifier of this platform, made when the first look needs it.
#[derive(Default)]
pub(super) struct Tls {
    platform: OnceLock<Result<Arc<dyn ServerCertVerifier>, String>>,
    /// Of the looks that say nothing about TLS, by what is spoken inside.
    plain: Mutex<Vec<(Alpn, Arc<ClientConfig>)>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// A connector that goes these ways. Errors are of phase `prepare`, for nothing was sent.
    pub(super) async fn connector(&self, ways: &Ways, alpn: Alpn) -> Result<TlsConnector, ProbeError> {
        if *ways == Ways::default() {
            return self.plain(alpn).map(TlsConnector::from);
        }
        let verifier: Arc<dyn ServerCertVerifier> =
            if ways.insecure { Arc::new(Witness::of_nothing()) } else { self.verifier(ways).await? };
        Ok(TlsConnector::from(Arc::new(configure(verifier, ways, alpn).await?)))
    }

    /// A connector that lets any certificate pass, and the witness that knows what would have been said of it.
    pub(super) async fn witnessing(&self, ways: &Ways) -> Result<(TlsConnector, Arc<Witness>), ProbeError> {
        let inner = self.verifier(ways).await?;
        let witness = Arc::new(Witness { inner: Some(inner), said: Mutex::default() });
        let verifier: Arc<dyn ServerCertVerifier> = Arc::<Witness>::clone(&witness);
        let config = configure(verifier, ways, NO_ALPN).await?;
        Ok((TlsConnector::from(Arc::new(config)), witness))
    }

    fn plain(&self, alpn: Alpn) -> Result<Arc<ClientConfig>, ProbeError> {
        let mut known = self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, config)) = known.iter().find(|(spoken, _)| *spoken == alpn) {
            return Ok(Arc::clone(config));
        }
        let mut config =
            builder()?.dangerous().with_custom_certificate_verifier(self.platform()?).with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        let config = Arc::new(config);
        known.push((alpn, Arc::clone(&config)));
        Ok(config)
    }

    fn platform(&self) -> Result<Arc<dyn ServerCertVerifier>, ProbeError> {
        let verifier = self.platform.get_or_init(|| match rustls_platform_verifier::Verifier::new(provider()) {
            Ok(verifier) => Ok(Arc::new(verifier)),
            Err(error) => Err(error.to_string()),
        });
        verifier.clone().map_err(|why| {
            failed(
                Phase::Prepare,
                "tls",
                format!("this machine's certificates can't be used: {why}; install ca-certificates"),
            )
        })
    }

    /// By the look's own authorities, or the platform's.
    async fn verifier(&self, ways: &Ways) -> Result<Arc<dyn ServerCertVerifier>, ProbeError> {
        let Some(ca) = &ways.ca else { return self.platform() };
        let wrong =
            |why: String| failed(Phase::Prepare, "ca", format!("nothing was sent: {} {why}", pem::shown("ca", ca)));
        let text = pem::read("ca", ca).await?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|error| wrong(format!("is not PEM: {error}")))?;
            roots.add(certificate).map_err(|error| wrong(format!("holds no certificate that can be used: {error}")))?;
        }
        if roots.is_empty() {
            return Err(wrong("holds no certificate".to_owned()));
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
        Ok(verifier.map_err(|error| wrong(format!("can't be used: {error}")))?)
    }
}

/// Installs nothing: the provider is named wherever one is needed.
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())))
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, ProbeError> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(Phase::Prepare, "tls", format!("TLS can't be used: {error}")))
}

async fn configure(verifier: Arc<dyn ServerCertVerifier>, ways: &Ways, alpn: Alpn) -> Result<ClientConfig, ProbeError> {
    let builder = builder()?.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = match (&ways.client_cert, &ways.client_key) {
        (Some(cert), Some(key)) => {
            let wrong = |what: &str, of: &str, why: String| {
                failed(Phase::Prepare, what, format!("nothing was sent: {} {why}", pem::shown(what, of)))
            };
            let text = pem::read("client_cert", cert).await?;
            let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
                .collect::<Result<_, _>>()
                .map_err(|error| wrong("client_cert", cert, format!("is not PEM: {error}")))?;
            let text = pem::read("client_key", key).await?;
            // The error of a key is not shown in full: nothing of the key may be in it.
            let key_der = PrivateKeyDer::from_pem_slice(&text)
                .map_err(|_| wrong("client_key", key, "holds no private key in PEM".to_owned()))?;
            builder
                .with_client_auth_cert(chain, key_der)
                .map_err(|error| wrong("client_cert", cert, format!("can't be used with its key: {error}")))?
        }
        _ => builder.with_no_client_auth(),
    };
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

/// Lets every certificate pass and remembers what the real verifier said. Signatures are checked all the same: whoever
/// is at the other end holds the key of the certificate it shows.
#[derive(Debug)]
pub(super) struct Witness {
    inner: Option<Arc<dyn ServerCertVerifier>>,
    said: Mutex<Option<rustls::Error>>,
}

impl Witness {
    fn of_nothing() -> Self {
        Self { inner: None, said: Mutex::default() }
    }

    /// Why the certificate is not trusted, if it is not.
    pub(super) fn objection(&self) -> Option<rustls::Error> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(inner) = &self.inner {
            let said = inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
            *self.said.lock().unwrap_or_else(PoisonError::into_inner) = said.err();
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
