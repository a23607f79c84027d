//! Why the console could not open, or had to end.

use crate::{config::Diagnostics, store::StoreError, term::guard::TerminalError};

/// Why the console could not open, or had to end. The terminal was given back before anyone sees this.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// There is no usable terminal.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// No configuration was found; every place that was looked at is named.
    #[error("{0}")]
    NoConfig(String),
    /// The configuration is wrong: render the diagnostics.
    #[error(transparent)]
    Config(#[from] Diagnostics),
    /// The project has no such environment.
    #[error("there is no environment '{name}'; there is: {known}")]
    NoEnvironment {
        /// What was asked for.
        name: String,
        /// What exists.
        known: String,
    },
    /// There is no such theme.
    #[error("{0}")]
    NoTheme(String),
    /// The history can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A thread or a watch could not be set up.
    #[error("the console can't {doing}: {source}")]
    Io {
        /// "start its feed".
        doing: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A bug in a background thread; its report is above this line. Runs go on.
    #[error(
        "the console hit a bug in its thread '{0}' and ended; runs go on, and a new console shows them. Please report the lines above"
    )]
    Crashed(String),
}
