//! The Watch screen's data: services, charts of the selected one, and what happened.

use std::{sync::Arc, time::Duration};

use crate::domain::{
    id::RunId,
    observed::OffRelease,
    series::Point,
    status::{DeployMark, Happening, ServiceNow},
    time::UnixMs,
};

use super::service_log::ServiceLog;

/// The Watch screen.
#[derive(Debug, Clone)]
pub struct Watch {
    /// Services in the configured order; empty until the first news.
    pub services: Arc<Vec<ServiceNow>>,
    /// The selected one: an index into the environment's configured services.
    pub selected: usize,
    /// How far back the charts go.
    pub window: ChartWindow,
    /// Charts of the selected service, or of the one selected before until its own arrive.
    pub charts: Option<Arc<Charts>>,
    /// Services that are not on the released version.
    pub off_release: Arc<Vec<OffRelease>>,
    /// What happened, oldest first.
    pub happenings: Arc<Vec<Happening>>,
    /// Happenings scrolled up from the newest; 0 shows the newest.
    pub scrolled: usize,
    /// Which pane has the keys.
    pub focus: WatchFocus,
    /// The log of the selected service, shown in place of what happened.
    pub service_log: Option<ServiceLog>,
    /// How many times lines had been asked for when it was shown last: see [`LogInterest::turn`](super::service_log::LogInterest::turn).
    pub log_turn: u64,
    /// The run shown below: the live one, and once it is over still that one, until Esc.
    pub followed: Option<RunId>,
}

/// The panes of the Watch screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchFocus {
    /// The list of services.
    Services,
    /// What happened, or the log of the selected service.
    Happenings,
    /// The log of the live run; only while there is one.
    Log,
}

/// How far back charts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartWindow {
    /// 15 minutes.
    Quarter,
    /// 1 hour.
    Hour,
    /// 6 hours.
    SixHours,
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
}

impl ChartWindow {
    /// All, shortest first.
    pub const ALL: [Self; 6] = [Self::Quarter, Self::Hour, Self::SixHours, Self::Day, Self::Week, Self::Month];

    /// Its length.
    pub fn length(self) -> Duration {
        const MINUTE: u64 = 60;
        Duration::from_secs(match self {
            Self::Quarter => 15 * MINUTE,
            Self::Hour => 60 * MINUTE,
            Self::SixHours => 360 * MINUTE,
            Self::Day => 1_440 * MINUTE,
            Self::Week => 10_080 * MINUTE,
            Self::Month => 43_200 * MINUTE,
        })
    }

    /// As shown: `15m`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Quarter => "15m",
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// The next longer one, if any.
    pub fn longer(self) -> Option<Self> {
        Self::ALL.into_iter().find(|other| other.length() > self.length())
    }

    /// The next shorter one, if any.
    pub fn shorter(self) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|other| other.length() < self.length())
    }
}

/// The charts of one service over one window.
#[derive(Debug, Clone, PartialEq)]
pub struct Charts {
    /// The environment.
    pub env: String,
    /// The service.
    pub service: String,
    /// The window asked for.
    pub window: ChartWindow,
    /// Left edge.
    pub from: UnixMs,
    /// Right edge.
    pub to: UnixMs,
    /// Width of a bucket.
    pub step: Duration,
    /// Latency in milliseconds: `p50`, `p95`, `p99` where recorded, else `latency` alone.
    pub latency: Vec<Curve>,
    /// Error rate, 0 to 1; no points if none is recorded.
    pub errors: Curve,
    /// Lines drawn into the latency chart, in milliseconds.
    pub latency_limits: Vec<Limit>,
    /// Lines drawn into the error chart, 0 to 1.
    pub error_limits: Vec<Limit>,
    /// Runs that began in the window.
    pub marks: Vec<DeployMark>,
}

/// One line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// `p50`, `p95`, `p99`, `latency`, `errors`.
    pub name: &'static str,
    /// One for each bucket, ascending; a gap has no value.
    pub points: Vec<Point>,
}

/// A threshold drawn into a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// In the chart's unit.
    pub value: f64,
    /// Where it comes from: the condition as written.
    pub label: String,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            services: Arc::default(),
            selected: 0,
            window: ChartWindow::Quarter,
            charts: None,
            off_release: Arc::default(),
            happenings: Arc::default(),
            scrolled: 0,
            focus: WatchFocus::Services,
            service_log: None,
            log_turn: 0,
            followed: None,
        }
    }
}
