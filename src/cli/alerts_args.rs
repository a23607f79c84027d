//! The arguments of `alerts`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Which alerts, and what about them.
#[derive(Debug, Args)]
pub struct AlertsArguments {
    /// Every rule of every service, also those that are quiet.
    #[arg(long)]
    pub all: bool,
    /// Exit with 1 if something fires.
    #[arg(long)]
    pub check: bool,
    /// What about them; the list if nothing.
    #[command(subcommand)]
    pub action: Option<AlertsAction>,
}

/// What about alerts.
#[derive(Debug, Subcommand)]
pub enum AlertsAction {
    /// Say why an alert fires or not: its condition with values, its clocks, who was told, and why nobody was.
    Explain {
        /// The rule's name.
        name: String,
        /// The service [default: all it is judged of].
        subject: Option<String>,
        /// Events and deliveries shown at most: the newest.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Show the figures that have thresholds: target, warning, critical, now, and how well they are kept.
    Sla,
    /// Judge the rules over what was recorded: what would have fired, when, and for how long.
    Replay {
        /// Begin: a time ago (7d, 90m), or a moment.
        #[arg(long, default_value = "24h")]
        since: String,
        /// End, likewise [default: now].
        #[arg(long)]
        until: Option<String>,
        /// Only this rule.
        #[arg(long)]
        rule: Option<String>,
    },
    /// Check rules against made-up series: a test file of ours (.toml) or one of Prometheus (.yml).
    Test {
        /// Files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}
