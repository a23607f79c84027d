//! Show: the interactive screen.
//!
//! ```text
//!   store --> feed --------+                                  +--> effects --> run::launch, store
//!   term: input, signals --+--> wake --> run_loop --> update --+--> interest --> feed
//!   keeper, boot ----------+                 |                 +--> view (look) --> term: frame, writer
//! ```
//!
//! `app` holds the model and the pure `update`; `view` draws it, purely; `feed` turns the store into messages; `effects`
//! carries out what `update` asks for; `keeper` keeps watcher and runners alive; `run_loop` ties them together. Threads,
//! no async: the loop sleeps on one bounded channel. May import domain, store, config, term, `run::launch`.

pub mod app;
mod boot;
mod effects;
pub mod error;
mod feed;
#[cfg(test)]
mod fixture;
mod keeper;
mod look;
mod run_loop;
pub mod view;
mod wake;

use std::path::PathBuf;

use crate::term::{capabilities, guard::TerminalError};

pub use error::ConsoleError;

/// How the console is opened.
#[derive(Debug, Clone, Default)]
pub struct ConsoleOptions {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--state`.
    pub state: Option<PathBuf>,
    /// `--env`: the environment to show first.
    pub env: Option<String>,
    /// `--theme`.
    pub theme: Option<String>,
    /// `--ascii`: no characters beyond ASCII.
    pub ascii: bool,
    /// `--read-only`: nothing can be started, answered or cancelled.
    pub read_only: bool,
    /// Called where a test may have this process break: this room knows of no processes itself.
    pub crash_point: Option<fn(&'static str)>,
}

/// Opens the console; returns when the person quits or the line is gone. The terminal is given back before this returns.
///
/// # Errors
/// If there is no usable terminal, or configuration or history can't be opened. To be told on standard error.
pub fn main(options: &ConsoleOptions) -> Result<(), ConsoleError> {
    let terminal = capabilities::detect(|name| std::env::var(name).ok()).map_err(TerminalError::Dumb)?;
    let look = look::Look::new(options, terminal)?;
    run_loop::run(options, terminal, look)
}
