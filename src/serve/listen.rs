//! Taking connections: so many at once, so long each, so much of a header, and no more.

use std::{io::ErrorKind, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, middleware};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{
    ServeError,
    guard::{Guard, watch_over},
};

/// Connections at once; those beyond wait to be taken.
const MOST: usize = 64;
/// For the handshake, and for each request's header.
const HEADER: Duration = Duration::from_secs(10);
/// Bytes of a request's header, in all.
const HEADER_BYTES: usize = 16 << 10;
const HEADERS: usize = 64;
/// After this a connection is asked to end after its answer, and some time later it is cut.
const AGE: Duration = Duration::from_mins(5);
const GRACE: Duration = Duration::from_secs(15);
/// After a connection could not be taken (no descriptor left): a moment, so as not to spin.
const PAUSE: Duration = Duration::from_millis(100);

/// An address that is held.
pub struct Bound {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    guard: Guard,
}

impl Bound {
    /// Takes the address.
    pub async fn open(address: SocketAddr, tls: Option<TlsAcceptor>, guard: Guard) -> Result<Self, ServeError> {
        let listener = TcpListener::bind(address).await.map_err(|why| match why.kind() {
            ErrorKind::AddrInUse => ServeError::Taken { address },
            _ => ServeError::Listen { address, why },
        })?;
        Ok(Self { listener, tls, guard })
    }

    /// Takes connections until the future is dropped; then those that are open end with it.
    pub async fn serve(&self, router: &Router) {
        let places = Arc::new(Semaphore::new(MOST));
        let mut connections = JoinSet::new();
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            while connections.try_join_next().is_some() {}
            let (stream, peer) = match self.listener.accept().await {
                Ok(taken) => taken,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let guarded = (self.guard.clone(), peer);
            let router = router.clone().layer(middleware::from_fn_with_state(guarded, watch_over));
            let tls = self.tls.clone();
            connections.spawn(async move {
                let _place = place;
                match tls {
                    None => converse(stream, router).await,
                    Some(tls) => match timeout(HEADER, tls.accept(stream)).await {
                        Ok(Ok(stream)) => converse(stream, router).await,
                        Ok(Err(error)) => tracing::info!(%peer, %error, "no TLS came about"),
                        Err(_) => tracing::info!(%peer, "the TLS handshake took too long"),
                    },
                }
            });
        }
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_headers(HEADERS)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    // How a caller ends its connection is its own affair.
    if timeout(AGE, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        let _ = timeout(GRACE, connection).await;
    }
}
