//! Keep observing: schedule, look, judge, remember.
//!
//! In: a configuration file, read again whenever it changes. Out: rows in the store: each look, the latest of each probe,
//! and what changed. May import domain, store, probe, secret, config, proc. Never `run`.
//!
//! One thread does it all. It sleeps until the next slot of 100 ms in which something is due ([`grid`]), starts what is due
//! ([`round`]), takes in what is back ([`target`] judges it), and once a second hands a batch to the store's writer
//! ([`ledger`]). Every few seconds rules are judged by what was seen ([`alerts`]). Logs of services are followed by a second thread ([`logs`]). A slow target has at most one look under way and delays nobody else. The watcher is elected by a lock
//! ([`election`]); one that was started because nobody else watched leaves when nobody needs it.

mod alerts;
mod election;
mod failures;
mod grid;
mod lateness;
mod ledger;
mod line;
mod logs;
mod round;
mod target;

use std::{path::PathBuf, time::Duration};

use crate::{
    config::{Diagnostics, Reloader},
    proc::limits,
    store::{Store, StoreError, state_dir::StateDir},
};

pub use alerts::{Episode, judge_now, replay};
pub use election::Stay;

/// How to watch.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// Where the history lives.
    pub state: StateDir,
    /// The configuration file or directory.
    pub config: PathBuf,
    /// Until when.
    pub stay: Stay,
}

/// Why watching ended or never began.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// Somebody else watches.
    #[error("another process watches already ({holder}): nothing to do")]
    Held {
        /// Who, as the lock file says.
        holder: String,
    },
    /// The configuration is wrong from the start.
    #[error(transparent)]
    Config(#[from] Diagnostics),
    /// The history can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The process could not be set up.
    #[error("can't watch: {0}")]
    Setup(#[from] std::io::Error),
}

/// Watches until it is told to stop (SIGTERM, SIGINT), until a daemon asks for its place, or, while needed, until nobody has
/// looked for `linger`. Everything that was seen is stored before it returns.
///
/// `beside` starts what goes on beside the watching in the same process; it is called once this process has the seat, and
/// what it returns is dropped before the seat is given up.
pub fn main<T>(options: &WatchOptions, beside: impl FnOnce(&Store) -> T) -> Result<(), WatchError> {
    let config = Reloader::start(&options.config)?;
    options.state.create()?;
    options.state.keep_ballast();
    let store = Store::open(&options.state)?;
    limits::raise_open_files();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let seat = election::take(&store, options.stay).await?;
        tracing::info!(config = %options.config.display(), "watching");
        let beside = beside(&store);
        let result = round::watch(&store, config, &seat).await;
        drop(beside);
        tracing::info!("watching ended");
        result
    })
}

/// How long a look may be old before it is stale: three times `every`, and at least 10 s.
fn stale_after(every: Duration) -> Duration {
    (every * 3).max(Duration::from_secs(10))
}
