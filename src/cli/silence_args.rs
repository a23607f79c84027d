//! The arguments of `silence` and `ack`.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::domain::alert::Severity;

/// What about silences.
#[derive(Debug, Subcommand)]
pub enum SilenceAction {
    /// Tell nobody of some alerts for a while. They go on being judged, and that they ended is told to those who were told.
    Add(SilenceArguments),
    /// List the silences that are open, or with --all those of the last 30 days.
    List {
        /// Also those that are over.
        #[arg(long)]
        all: bool,
    },
    /// End a silence before its time.
    End {
        /// Its number.
        id: i64,
    },
}

/// A silence: what it matches, for how long, and why.
#[derive(Debug, Args)]
pub struct SilenceArguments {
    /// Alerts of this rule.
    #[arg(long, value_name = "NAME")]
    pub rule: Vec<String>,
    /// Alerts about this service.
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,
    /// Alerts of this severity: critical, high, medium, low.
    #[arg(long, value_name = "SEVERITY", value_parser = parse_severity)]
    pub severity: Vec<Severity>,
    /// Alerts whose rule has this label.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_label)]
    pub label: Vec<(String, String)>,
    /// For how long: 30m, 2h.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_lasts)]
    pub lasts: Duration,
    /// Why: kept with it, and told with the alerts it holds.
    #[arg(long)]
    pub reason: String,
    /// Every alert of the environment, if nothing else says which.
    #[arg(long)]
    pub everything: bool,
}

/// Which alert somebody knows about.
#[derive(Debug, Args)]
pub struct AckArguments {
    /// The rule's name.
    pub rule: String,
    /// The service [default: every firing alert of the rule].
    pub service: Option<String>,
    /// What is known: kept with it.
    #[arg(long)]
    pub note: Option<String>,
}

fn parse_severity(word: &str) -> Result<Severity, String> {
    let found = Severity::ALL.into_iter().find(|one| one.word() == word);
    found.ok_or_else(|| format!("{word} is not one of critical, high, medium, low"))
}

fn parse_label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn parse_lasts(text: &str) -> Result<Duration, String> {
    let lasts = humantime::parse_duration(text).map_err(|error| format!("{error}: write 30m or 2h"))?;
    let (least, most) = (Duration::from_mins(1), Duration::from_hours(24 * 31));
    if (least..=most).contains(&lasts) { Ok(lasts) } else { Err("a silence lasts from 1m to 31d".to_owned()) }
}
