//! The console for machines: health, metrics and status over HTTP.
//!
//! In: the history, through readers of its own, and the configuration. Out: small JSON documents and a page of OpenMetrics
//! text. It changes nothing: whoever can ask here can start nothing. Callbacks that looks wait for come in here too, and go
//! into the history ([`hooks`]). May import `domain`, `store`, `config`, `term` and of `run` only `run::launch`; secrets come
//! in as a function.
//!
//! It lives on a thread of its own, in the watcher's process or in the foreground (`quarterdeck serve`), and never on the
//! thread that watches. [`listen`] takes connections within limits, [`guard`] lets in who may ask, [`routes`] answers.
//! Answers come from [`books`]: threads that read the history at most once a second, so that a thousand callers cost as much
//! as one, and a history that hangs delays nobody. [`vitals`] is what Quarterdeck says of itself, [`world`] what it knows of
//! the services; [`health`], [`alerts`], [`status`] and [`metrics`] put them into words, and [`public`] leaves out of
//! sentences what is nobody's business.

mod alerts;
mod books;
mod counted;
mod guard;
mod health;
mod hooks;
mod keep;
mod listen;
mod metrics;
mod public;
mod routes;
pub mod status;
mod tls;
mod vitals;
mod world;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use crate::{
    config::Diagnostics,
    domain::{environment::Project, template::Rendered},
    store::{StoreError, state_dir::StateDir},
};

pub use keep::{Beside, foreground};

/// What to serve.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where the history lives.
    pub state: StateDir,
    /// The configuration file or directory; read again whenever it changes.
    pub config: PathBuf,
}

/// Finds the value of a template with secrets; the error is a sentence for the log.
pub type Resolve = Arc<dyn Fn(&Project, &Rendered) -> Result<String, String> + Send + Sync>;

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// There is no `[serve]`.
    #[error("nothing is to be served: write [serve] with listen = \"127.0.0.1:9464\" into {0}")]
    NotConfigured(PathBuf),
    /// Somebody has the address.
    #[error(
        "{address} is taken: another process listens there (a watcher with [serve] does so by itself); end it, or give \
         another address under [serve]"
    )]
    Taken {
        /// The address.
        address: SocketAddr,
    },
    /// The address can't be listened on.
    #[error("can't listen on {address}: {why}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        why: std::io::Error,
    },
    /// The token can't be had.
    #[error("the token under [serve] can't be had: {0}")]
    Token(String),
    /// Certificate or key can't be used.
    #[error("the certificate under [serve] can't be used: {0}")]
    Tls(String),
    /// The configuration is wrong from the start.
    #[error(transparent)]
    Config(#[from] Diagnostics),
    /// The history can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The process could not be set up.
    #[error("can't serve: {0}")]
    Setup(#[from] std::io::Error),
}
