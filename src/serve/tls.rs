//! The certificate, read from its files.

use std::{fs, os::unix::fs::MetadataExt, path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio_rustls::TlsAcceptor;

use crate::domain::outlet::TlsFiles;

use super::ServeError;

/// Largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// What takes TLS connections. The key must be nobody else's to read.
pub fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ServeError> {
    let refused = |path: &Path, why: &dyn std::fmt::Display| ServeError::Tls(format!("{}: {why}", path.display()));
    for path in [&files.cert, &files.key] {
        let seen = fs::metadata(path).map_err(|error| refused(path, &error))?;
        if !seen.is_file() || seen.len() > LARGEST {
            return Err(refused(path, &"it is no file of a certificate's size"));
        }
        if path == &files.key && seen.mode() & 0o007 != 0 {
            return Err(refused(path, &format!("anybody may read it; run: chmod 640 {}", path.display())));
        }
    }
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&files.cert).and_then(Iterator::collect);
    let chain = chain.map_err(|error| refused(&files.cert, &error))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| refused(&files.key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    provider.key_provider.load_private_key(key.clone_key()).map_err(|error| refused(&files.key, &error))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| refused(&files.cert, &format!("with {}: {error}", files.key.display())))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Changes whenever the files do, so that a renewed certificate is taken up.
pub fn stamp(files: Option<&TlsFiles>) -> Vec<(i64, i64, u64)> {
    let files = files.into_iter().flat_map(|files| [&files.cert, &files.key]);
    files.filter_map(|path| fs::metadata(path).ok()).map(|seen| (seen.mtime(), seen.mtime_nsec(), seen.ino())).collect()
}
