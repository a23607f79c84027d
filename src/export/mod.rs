//! Series for those who keep a central store: every look goes out as OTLP/HTTP JSON or as Prometheus's remote write, from the
//! history.
//!
//! In: looks, in the order in which they began, wherever they lie in the history. Out: requests to a collector, and how far it
//! has acknowledged them. May import `domain`, `store`, `config` and `secret`.
//!
//! It runs in the watcher's process on a thread of its own ([`Exporter`]), and never holds it up. The place of the last look
//! that was acknowledged is written to disk before the next request: after a crash or an outage it goes on from there, nothing
//! is left out that the history still keeps, and nothing acknowledged is sent again. One request is under way at a time, so
//! that what arrives is in order. [`round`] decides what is next, [`otlp`] and [`remote_write`] write it down, [`send`] sends it.

mod otlp;
mod remote_write;
mod round;
mod send;

use std::{path::PathBuf, thread};

use tokio::{runtime::Builder, sync::oneshot};

use crate::store::Store;

/// An export beside a watcher; ends when dropped. A request under way is given up: it counts as not acknowledged.
pub struct Exporter {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Exporter {
    /// Starts to export as soon as `[export]` is configured. Only who has the watcher's seat may do so: one at a time moves
    /// the place.
    pub fn start(store: Store, config: PathBuf) -> Option<Self> {
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("export".into()).spawn(move || {
            let runtime = match Builder::new_current_thread().enable_all().max_blocking_threads(2).build() {
                Ok(runtime) => runtime,
                Err(error) => return tracing::error!(%error, "nothing is exported"),
            };
            runtime.block_on(async {
                tokio::select! {
                    () = round::export(&store, &config) => {}
                    _ = stopped => {}
                }
            });
            // A reading that hangs is left behind.
            runtime.shutdown_background();
        });
        match thread {
            Ok(thread) => Some(Self { stop: Some(stop), thread: Some(thread) }),
            Err(error) => {
                tracing::error!(%error, "nothing is exported: no thread could be started");
                None
            }
        }
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}
