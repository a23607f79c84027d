//! All about one service: how it is, how it was, where its time goes, what failed.

use std::{sync::Arc, time::Duration};

use crate::domain::{phases::PhaseSums, sample::Sample, status::Happening, time::UnixMs};

use super::watch::ChartWindow;

/// The detail of a service; it takes the place of the Watch screen.
#[derive(Debug, Clone)]
pub struct Detail {
    /// Which service.
    pub service: String,
    /// Which page.
    pub page: Page,
    /// The selected probe: an index into those configured.
    pub probe: usize,
    /// The selected row of History or Failures.
    pub row: usize,
    /// What a row of History stands for.
    pub unit: Unit,
    /// How far back Phases goes.
    pub window: ChartWindow,
    /// What was read last, perhaps of another page.
    pub data: Option<Arc<DetailData>>,
}

impl Detail {
    /// On the first page, before anything is read.
    pub fn of(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            page: Page::Now,
            probe: 0,
            row: 0,
            unit: Unit::Hour,
            window: ChartWindow::Hour,
            data: None,
        }
    }

    /// What was read of the page that is shown.
    pub fn read(&self) -> Option<&DetailData> {
        let data = self.data.as_deref().filter(|data| data.asked.page == self.page)?;
        let unit = self.page != Page::History || data.asked.unit == self.unit;
        let window = self.page != Page::Phases || data.asked.window == self.window;
        (unit && window).then_some(data)
    }
}

/// The pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// How it is, and was in the last months.
    Now,
    /// Figures by hour, day or week.
    History,
    /// Where the time of looks goes.
    Phases,
    /// Looks that failed.
    Failures,
}

impl Page {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Now, Self::History, Self::Phases, Self::Failures];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Now => "Now",
            Self::History => "History",
            Self::Phases => "Phases",
            Self::Failures => "Failures",
        }
    }
}

/// What a row of the history stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// An hour, of the last two days.
    Hour,
    /// A day, of the last month.
    Day,
    /// A week, of the last half year.
    Week,
}

impl Unit {
    /// `hour`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    /// How long it is, and how many are shown.
    pub fn length(self) -> (Duration, u32) {
        match self {
            Self::Hour => (Duration::from_hours(1), 48),
            Self::Day => (Duration::from_hours(24), 31),
            Self::Week => (Duration::from_hours(24 * 7), 26),
        }
    }

    /// The next longer one, if any.
    pub fn longer(self) -> Option<Self> {
        match self {
            Self::Hour => Some(Self::Day),
            Self::Day => Some(Self::Week),
            Self::Week => None,
        }
    }

    /// The next shorter one, if any.
    pub fn shorter(self) -> Option<Self> {
        match self {
            Self::Hour => None,
            Self::Day => Some(Self::Hour),
            Self::Week => Some(Self::Day),
        }
    }
}

/// What a page needs to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetailInterest {
    /// Which service.
    pub service: String,
    /// Which page.
    pub page: Page,
    /// The probe whose phases are shown.
    pub probe: Option<String>,
    /// What a row of History stands for.
    pub unit: Unit,
    /// How far back Phases goes.
    pub window: ChartWindow,
    /// Columns there is room for.
    pub columns: u16,
}

/// A page as it was read; what belongs to other pages is empty.
#[derive(Debug, Clone, PartialEq)]
pub struct DetailData {
    /// The environment.
    pub env: String,
    /// What was asked for.
    pub asked: DetailInterest,
    /// Availability by day, 0 to 1, oldest first; `None` where there was no look.
    pub days: Vec<(UnixMs, Option<f64>)>,
    /// What happened to it, oldest first.
    pub happenings: Vec<Happening>,
    /// Figures by period, oldest first.
    pub history: Vec<Period>,
    /// The percentiles of the history are the worst there were, as those recorded can't be averaged.
    pub worst: bool,
    /// Left edge of the phases, and width of a step.
    pub phases_from: UnixMs,
    /// Width of a step of the phases.
    pub phases_step: Duration,
    /// Phases step by step, oldest first.
    pub phases: Vec<PhaseSums>,
    /// Looks that failed, newest first.
    pub samples: Vec<Sample>,
}

/// Figures of a service over an hour, a day or a week. What is not known is absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Period {
    /// Its begin.
    pub at: UnixMs,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// Share of errors.
    pub error_rate: Option<f64>,
    /// Requests a second.
    pub requests: Option<f64>,
    /// Share of looks that passed.
    pub availability: Option<f64>,
}
