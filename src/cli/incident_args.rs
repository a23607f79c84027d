//! The arguments of `incident` and `playbook`.

use std::path::PathBuf;

use clap::{Subcommand as ClapSubcommand, ValueEnum};

/// What about incidents.
#[derive(Debug, ClapSubcommand)]
pub enum IncidentAction {
    /// Open one by hand. Alerts of the severities under `[incidents]` open one by themselves.
    Open {
        /// What it is about.
        title: String,
        /// The service it is about: it and all that depend on each other are one incident.
        #[arg(long)]
        service: Option<String>,
        /// How much it matters.
        #[arg(long, value_enum, default_value = "high")]
        severity: SeverityWord,
    },
    /// List them, those that are open first.
    List {
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Show one with its timeline.
    Show {
        /// Its number [default: the one that is open].
        id: Option<u64>,
    },
    /// Write something down in it.
    Note {
        /// What.
        text: String,
        /// Its number [default: the one that is open].
        #[arg(long)]
        id: Option<u64>,
    },
    /// Say who has which part: commander, communications, scribe, or any other.
    Role {
        /// The part.
        role: String,
        /// Who; nobody any more, if left out.
        person: Option<String>,
        /// Its number [default: the one that is open].
        #[arg(long)]
        id: Option<u64>,
    },
    /// Say how much it matters.
    Severity {
        /// From now on.
        #[arg(value_enum)]
        severity: SeverityWord,
        /// Its number [default: the one that is open].
        #[arg(long)]
        id: Option<u64>,
    },
    /// Say how far it is.
    Status {
        /// From now on.
        #[arg(value_enum)]
        status: IncidentStatus,
        /// What was seen.
        #[arg(long)]
        note: Option<String>,
        /// Its number [default: the one that is open].
        #[arg(long)]
        id: Option<u64>,
    },
    /// Close it: the next alert opens a new one.
    Close {
        /// What it was.
        #[arg(long)]
        note: Option<String>,
        /// Its number [default: the one that is open].
        #[arg(long)]
        id: Option<u64>,
    },
    /// Print a text to paste: what is so, what was done, who has it, what next.
    Handover {
        /// Who has it from now on: kept with it.
        #[arg(long)]
        to: Option<String>,
        /// What comes next: kept with it.
        #[arg(long, requires = "to")]
        next: Option<String>,
        /// Its number [default: the one that is open].
        #[arg(long)]
        id: Option<u64>,
    },
    /// Write the post-mortem as Markdown, with charts as text, and as SVG files beside it.
    Export {
        /// Its number [default: the one that is open].
        id: Option<u64>,
        /// Write files into this directory instead of printing.
        #[arg(long)]
        dir: Option<PathBuf>,
    },
}

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SeverityWord {
    /// Wake somebody.
    Critical,
    /// Soon.
    High,
    /// In working hours.
    Medium,
    /// In the daily summary.
    Low,
}

/// How far an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum IncidentStatus {
    /// It goes on.
    Open,
    /// It hurts nobody any more.
    Mitigated,
    /// What caused it is gone.
    Resolved,
}
