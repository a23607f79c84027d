//! What the feed should read: what is on the screen, and nothing else.

use crate::domain::id::RunId;

use super::{
    log_pane::LogWindow,
    model::{Model, Screen},
    service_log::LogInterest,
    watch::ChartWindow,
};

/// What is on the screen. The loop sends it to the feed whenever it changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interest {
    /// The environment.
    pub env: String,
    /// Services and happenings.
    pub watch: bool,
    /// Charts of a service.
    pub charts: Option<ChartInterest>,
    /// The list of runs.
    pub runs: bool,
    /// A run in full, and lines of its log.
    pub run: Option<(RunId, LogWindow)>,
    /// Rollback points of a target.
    pub releases: Option<String>,
    /// Lines of services' logs.
    pub service_log: Option<LogInterest>,
}

/// Charts on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartInterest {
    /// Whose.
    pub service: String,
    /// How far back.
    pub window: ChartWindow,
    /// Points there is room for.
    pub points: u16,
}

/// What the model shows now.
pub fn interest(model: &Model) -> Interest {
    if model.project.is_none() {
        return Interest::default();
    }
    let on_watch = model.screen == Screen::Watch;
    let run = model.run.as_ref().map(|run| (run.id, run.log.wanted(model.panes.log_rows)));
    let service = model.service().filter(|_| on_watch);
    Interest {
        env: model.env.clone(),
        // The Runs screen shows the services in a line.
        watch: on_watch || model.screen == Screen::Runs,
        charts: service.map(|service| ChartInterest {
            service: service.name.clone(),
            window: model.watch.window,
            points: model.panes.chart_columns.saturating_mul(2),
        }),
        runs: model.screen == Screen::Runs,
        run,
        releases: model.releases.target.clone().filter(|_| model.screen == Screen::Releases),
        service_log: model.watch.service_log.as_ref().filter(|_| on_watch).map(|log| log.wanted.clone()),
    }
}
