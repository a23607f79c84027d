//! Why an alert that fires is not told.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{alert::rule::AlertKey, id::RunId, time::UnixMs};

/// Why an alert that fires is not told now. What holds it is looked at again with each tick, so nothing is dropped: what still
/// fires when the reason is gone is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "held", rename_all = "snake_case")]
pub enum Held {
    /// No route takes it.
    NoRoute,
    /// It waits for others of its group, or for the group's interval.
    Grouped {
        /// Until when at most.
        until: UnixMs,
    },
    /// A person silenced it.
    Silenced {
        /// The silence's number.
        id: i64,
        /// Who.
        author: String,
        /// Why.
        reason: String,
        /// Until when.
        until: UnixMs,
    },
    /// A maintenance window is open.
    Maintenance {
        /// Its name.
        window: String,
        /// Until when.
        until: UnixMs,
    },
    /// A heavier alert says it already.
    Inhibited {
        /// Which.
        by: AlertKey,
    },
    /// A service that this one needs is down, and an alert stands for that.
    ParentDown {
        /// Which service.
        service: String,
    },
    /// Nothing can be reached from here, so nothing is known.
    LostConnectivity,
    /// A run works on the service just now.
    Expected {
        /// Which.
        run: RunId,
        /// Its pipeline.
        pipeline: String,
    },
    /// It was told a short while ago.
    CoolDown {
        /// Until when.
        until: UnixMs,
    },
    /// The channel had as many messages as it may have.
    RateLimited {
        /// Which channel.
        channel: String,
        /// Until when.
        until: UnixMs,
    },
}

impl fmt::Display for Held {
    /// As people read it in `alerts explain`: `silenced by bob until 12:30 UTC (upgrade)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |at: &UnixMs| at.to_utc().format("%Y-%m-%d %H:%M:%S UTC").to_string();
        match self {
            Self::NoRoute => f.write_str("no route takes it"),
            Self::Grouped { until } => write!(f, "waits for others of its group until {}", clock(until)),
            Self::Silenced { id, author, reason, until } => {
                write!(f, "silence {id} by {author} until {} ({reason})", clock(until))
            }
            Self::Maintenance { window, until } => write!(f, "maintenance '{window}' until {}", clock(until)),
            Self::Inhibited { by } => write!(f, "inhibited by {by}"),
            Self::ParentDown { service } => write!(f, "{service}, which it depends on, is down"),
            Self::LostConnectivity => f.write_str("the console lost connectivity"),
            Self::Expected { run, pipeline } => write!(f, "expected ({pipeline} {run})"),
            Self::CoolDown { until } => write!(f, "cools down until {}", clock(until)),
            Self::RateLimited { channel, until } => {
                write!(f, "{channel} had all the messages it may have until {}", clock(until))
            }
        }
    }
}
