//! What can happen to the model: keys, time, news from the store, answers to questions.

use std::sync::Arc;

use crate::domain::{
    alert::{Board, Story},
    environment::Project,
    id::RunId,
    log::LogLine,
    observed::OffRelease,
    plan::Plan,
    release::RollbackPoint,
    run::{RunDetail, RunSummary},
    service_log::StoredLine,
    status::{Happening, ServiceNow},
    suite::Report,
    time::UnixMs,
};

use super::{
    detail::DetailData,
    effect::Ticket,
    key::{Key, Panes, Size},
    kpis::Known,
    log_pane::{Hit, LogWindow},
    plot::PlotData,
    service_log::LogInterest,
    watch::Charts,
};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key.
    Key(Key),
    /// Text pasted by the terminal; it goes into text fields and nowhere else.
    Paste(String),
    /// The terminal has another size.
    Resize(Size),
    /// The view laid the panes out anew.
    Laid(Panes),
    /// What time it is.
    Tick(UnixMs),
    /// Configuration and history are open.
    Ready(Box<Ready>),
    /// The configuration was read again and is valid.
    Reloaded(Arc<Project>),
    /// The configuration was read again and is not: the old one stays. Diagnostics as lines.
    ReloadRefused(Vec<String>),
    /// News from the store.
    News(News),
    /// The answer to a question.
    Answered(Ticket, Answer),
    /// Text was copied: "copied 1 line to the clipboard".
    Copied(String),
    /// Something in the background failed: what was tried and why it failed.
    Trouble(String),
    /// The console was continued after a suspend.
    Resumed,
    /// Something to read that was asked for: a runbook.
    Read {
        /// One line.
        title: String,
        /// The rest.
        lines: Vec<String>,
    },
    /// A hint for the footer that nobody asked for.
    Hint(String),
}

/// What is known once everything is open.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The configuration.
    pub project: Arc<Project>,
    /// The environment to show: asked for, else remembered, else the first.
    pub env: String,
    /// The remembered theme, if one was and none was asked for.
    pub theme: Option<String>,
    /// Times are shown in UTC.
    pub utc: bool,
    /// Who watches: `daemon`, `while needed`, `nobody`.
    pub watcher: &'static str,
}

/// News from the store: only of what the model's interest names.
#[derive(Debug, Clone)]
pub enum News {
    /// Services of an environment.
    Status {
        /// Which environment.
        env: String,
        /// In the configured order.
        services: Arc<Vec<ServiceNow>>,
    },
    /// Services of an environment that are not on the released version.
    OffRelease {
        /// Which environment.
        env: String,
        /// In the configured order.
        off: Arc<Vec<OffRelease>>,
    },
    /// Charts of a service.
    Charts(Arc<Charts>),
    /// What happened in an environment, oldest first.
    Happenings {
        /// Which environment.
        env: String,
        /// The newest of them.
        happenings: Arc<Vec<Happening>>,
    },
    /// Runs that are not over, of all environments, oldest first.
    Active(Arc<Vec<RunSummary>>),
    /// Runs of an environment, newest first.
    Runs {
        /// Which environment.
        env: String,
        /// The newest of them.
        runs: Arc<Vec<RunSummary>>,
    },
    /// A run in full.
    Run {
        /// All about it.
        detail: Arc<RunDetail>,
        /// What its suites found.
        reports: Arc<Vec<(u16, Report)>>,
    },
    /// Lines of a run's log.
    Log {
        /// Whose.
        run: RunId,
        /// The window that was asked for.
        window: LogWindow,
        /// Lines stored.
        total: u64,
        /// The lines, ascending.
        lines: Arc<Vec<LogLine>>,
    },
    /// Lines of services' logs.
    ServiceLog {
        /// Which environment.
        env: String,
        /// What was asked for.
        interest: LogInterest,
        /// The number of the first line, counted since it was asked for.
        first: u64,
        /// The newest lines, oldest first.
        lines: Arc<Vec<StoredLine>>,
    },
    /// Figures of the list.
    Figures(Arc<Known>),
    /// The plot of a figure.
    Plot(Arc<PlotData>),
    /// The detail of a service.
    Detail(Arc<DetailData>),
    /// Releases of a target.
    Releases {
        /// Which environment.
        env: String,
        /// Which target.
        target: String,
        /// Newest first.
        points: Arc<Vec<RollbackPoint>>,
    },
    /// Alerts of an environment.
    Alerts {
        /// Which environment.
        env: String,
        /// The board.
        board: Arc<Board>,
    },
    /// All that is written down of an alert.
    AlertStory(Arc<Story>),
    /// Who watches: `daemon`, `while needed`, `nobody`.
    Watcher(&'static str),
}

/// An answer to an effect.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The choices of a parameter.
    Choices {
        /// The parameter's name.
        param: String,
        /// What can be chosen, newest first, or why that is not known.
        choices: Result<Vec<String>, String>,
    },
    /// A plan, or why there is none.
    Planned(Result<Planned, String>),
    /// Rollback points.
    Points(Result<Arc<Vec<RollbackPoint>>, String>),
    /// A run was created and its runner started, or why not.
    Started(Result<RunId, String>),
    /// Where text was found; `None` if nowhere.
    Found(Option<Hit>),
}

/// A plan and its hash.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Its hash.
    pub hash: String,
}
