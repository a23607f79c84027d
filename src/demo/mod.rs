//! The embedded fleet: a small shop of real services on loopback, so that a newcomer can watch, deploy, see it go wrong and
//! roll back without owning anything.
//!
//! ```text
//!   load ──> gateway ──(weight)──┬──> api, web (live colour)
//!              │ /metrics        └──> api, web (candidate colour)
//!              └ control                    └──> database <── worker
//! ```
//!
//! In: a directory. Out: real HTTP (`/health*`, `/metrics`, JSON statistics) on ports written in that directory's ordinary
//! `quarterdeck.toml`, and a control interface that deploy steps and faults go through. Nothing in Quarterdeck knows that
//! it is a demo: the fleet is polled, deployed and judged like any other. May import `domain`, `config`, `proc`, and of the
//! store only its locks and directory layout.

pub mod behaviour;
pub mod control;
mod database;
pub mod fleet;
mod gateway;
mod http;
mod instance;
mod load;
mod metrics;
pub mod site;
mod worker;

/// Why the demo could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file or directory of the demo.
    #[error("{doing} {path}: {source}")]
    File {
        /// "can't write".
        doing: &'static str,
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A port or connection.
    #[error("{what}: {why}")]
    Network {
        /// What was tried, on what.
        what: String,
        /// Why it failed and what to do.
        why: String,
    },
    /// The fleet said no.
    #[error("{0}")]
    Refused(String),
}
