//! The arguments of `notify`.

use std::time::Duration;

use clap::Subcommand;

/// What about telling people.
#[derive(Debug, Subcommand)]
pub enum NotifyAction {
    /// Send a test message the way every message goes, and wait for what becomes of it.
    ///
    /// Ends with 0 if the other side took it, 1 if it refused, 8 if that is not known in time: the message is tried again
    /// all the same. Where a message opens an incident, a second one resolves it.
    Test {
        /// The channel's name.
        channel: String,
        /// How long to wait.
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "60s")]
        wait: Duration,
    },
    /// Show what waits for each channel, and what became of the latest messages.
    Outbox {
        /// Only of this channel.
        #[arg(long, value_name = "NAME")]
        channel: Option<String>,
        /// How many messages.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
}
