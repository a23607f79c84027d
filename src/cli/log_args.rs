//! The arguments of `logs` and `errors`.

use std::time::Duration;

use clap::{Args, Subcommand as ClapSubcommand, ValueEnum};

use crate::domain::service_log::{ErrorState, Level};

/// Which lines of services' logs.
#[derive(Debug, Args)]
pub struct LogsArguments {
    /// The service [default: all].
    pub service: Option<String>,
    /// Go on as lines come, until Ctrl-C.
    #[arg(long, short)]
    pub follow: bool,
    /// Only lines at least so bad: trace, debug, info, warn, error, fatal.
    #[arg(long, value_name = "LEVEL", value_parser = parse_level)]
    pub level: Option<Level>,
    /// Only lines of this request, across services.
    #[arg(long, value_name = "ID")]
    pub request: Option<String>,
    /// Only lines of this user.
    #[arg(long, value_name = "ID")]
    pub user: Option<String>,
    /// Only lines with this text in message or context (any case, unless it has upper case).
    #[arg(long, value_name = "TEXT")]
    pub grep: Option<String>,
    /// Only lines not older than this: 15m, 2h.
    #[arg(long, value_name = "AGE", value_parser = super::logs::parse_since)]
    pub since: Option<Duration>,
    /// How many at most: the newest.
    #[arg(long, value_name = "LINES", default_value_t = 1000)]
    pub tail: usize,
}

/// Which errors, and what about them.
#[derive(Debug, Args)]
pub struct ErrorsArguments {
    /// Only those of this service.
    #[arg(long, global = true, value_name = "NAME")]
    pub service: Option<String>,
    /// Only those that stand so.
    #[arg(long, value_enum)]
    pub status: Option<StateWord>,
    /// How many at most: those seen last.
    #[arg(long, default_value_t = 50)]
    pub limit: usize,
    /// What about one of them; the list if nothing.
    #[command(subcommand)]
    pub action: Option<ErrorsAction>,
}

/// What about an error.
#[derive(Debug, ClapSubcommand)]
pub enum ErrorsAction {
    /// Show one in full, with the last line that said it.
    Show {
        /// Its fingerprint, or how it begins.
        fingerprint: String,
    },
    /// Say that somebody knows about it.
    Triage {
        /// Its fingerprint, or how it begins.
        fingerprint: String,
        /// What is known: kept with it.
        #[arg(long)]
        note: Option<String>,
    },
    /// Say that it is gone: if it comes again, it is regressed.
    Resolve {
        /// Its fingerprint, or how it begins.
        fingerprint: String,
        /// What was done: kept with it.
        #[arg(long)]
        note: Option<String>,
    },
}

/// Where an error stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StateWord {
    /// Nobody has looked at it.
    New,
    /// Somebody knows about it.
    Triaged,
    /// It should not come again.
    Resolved,
    /// It came again after it was resolved.
    Regressed,
}

impl From<StateWord> for ErrorState {
    fn from(word: StateWord) -> Self {
        match word {
            StateWord::New => Self::New,
            StateWord::Triaged => Self::Triaged,
            StateWord::Resolved => Self::Resolved,
            StateWord::Regressed => Self::Regressed,
        }
    }
}

/// `warn`, and what else levels are called.
fn parse_level(word: &str) -> Result<Level, String> {
    Level::of_word(word).ok_or_else(|| format!("{word} is not one of trace, debug, info, warn, error, fatal"))
}
