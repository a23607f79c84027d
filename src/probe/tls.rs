//! The TLS side: one client configuration for all looks, made when the first one needs it.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt;
use tokio_rustls::TlsConnector;

/// The configuration, or why there is none.
#[derive(Default)]
pub(super) struct Tls {
    config: OnceLock<Result<Arc<ClientConfig>, String>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// A connector that trusts what the platform trusts. The certificates are read at the first call only: whoever
    /// looks at plain HTTP does not pay for them.
    pub(super) fn connector(&self) -> Result<TlsConnector, String> {
        self.config.get_or_init(configure).clone().map(TlsConnector::from)
    }
}

fn configure() -> Result<Arc<ClientConfig>, String> {
    // Fails only if somebody installed a provider already: then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = ClientConfig::with_platform_verifier().map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
