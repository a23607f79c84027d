//! The model: everything the screen shows, and nothing else. `update` moves it, `view` draws it.

use std::sync::Arc;

use crate::domain::{
    environment::{Environment, Project, Service},
    id::RunId,
    pipeline::{Pipeline, PipelineKind},
    run::RunSummary,
    status::Tone,
    time::UnixMs,
};

use super::{
    alerts::Alerts,
    detail::Detail,
    effect::Ticket,
    key::{Panes, Size},
    kpis::Kpis,
    log_pane::LogPane,
    overlay::Overlay,
    plot::{OpenPlot, PlotData},
    releases::Releases,
    runs::{OpenRun, Runs, RunsFocus},
    watch::{ChartWindow, Watch, WatchFocus},
    wizard::{Stage, Wizard},
};

/// Everything the screen shows.
#[derive(Debug, Clone)]
pub struct Model {
    /// What the command line said.
    pub options: Options,
    /// The terminal.
    pub size: Size,
    /// What the panes have room for.
    pub panes: Panes,
    /// The time of the last message that told it.
    pub now: UnixMs,
    /// Times are shown in UTC, not in the project's zone.
    pub utc: bool,
    /// Name of the theme.
    pub theme: String,
    /// The configuration; `None` until it is open.
    pub project: Option<Arc<Project>>,
    /// Name of the environment on the screen; empty until it is known.
    pub env: String,
    /// Which screen is shown.
    pub screen: Screen,
    /// The Watch screen.
    pub watch: Watch,
    /// The Runs screen.
    pub runs: Runs,
    /// The Releases screen.
    pub releases: Releases,
    /// The Alerts screen; its board is there on every screen.
    pub alerts: Alerts,
    /// The KPIs screen.
    pub kpis: Kpis,
    /// The detail of a service; it takes the place of the Watch screen.
    pub detail: Option<Detail>,
    /// A big plot; it takes the place of the screen.
    pub plot: Option<OpenPlot>,
    /// The plot that was read last, or that of another figure until its own arrives.
    pub plotted: Option<Arc<PlotData>>,
    /// Runs that are not over, of all environments, oldest first.
    pub active: Arc<Vec<RunSummary>>,
    /// The run whose detail and log are on the screen.
    pub run: Option<OpenRun>,
    /// A wizard; it takes the place of the screen.
    pub wizard: Option<Wizard>,
    /// What lies over the screen or the wizard.
    pub overlay: Option<Overlay>,
    /// One line in the footer, until the next key.
    pub notice: Option<Notice>,
    /// A trouble that stays until it is gone: an invalid configuration file, a history that can't be read.
    pub standing: Option<String>,
    /// Who watches: `daemon`, `while needed`, `nobody`; empty until known.
    pub watcher: &'static str,
    /// The last ticket given out.
    pub last_ticket: Ticket,
}

/// What the command line said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Nothing may be started, answered or cancelled.
    pub read_only: bool,
    /// No characters outside ASCII.
    pub ascii: bool,
    /// Names of all themes, in the order `t` takes them; a single one can't be changed.
    pub themes: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        let themes = ["dark", "light", "high-contrast", "16-colour", "mono"];
        Self { read_only: false, ascii: false, themes: themes.map(str::to_owned).into() }
    }
}

/// The screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Is it broken, since when, what changed.
    Watch,
    /// Runs, live and past.
    Runs,
    /// Rollback points.
    Releases,
    /// What is wrong, and who was told.
    Alerts,
    /// Business and service figures.
    Kpis,
}

impl Screen {
    /// All, by number key.
    pub const ALL: [Self; 5] = [Self::Watch, Self::Runs, Self::Releases, Self::Alerts, Self::Kpis];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Watch => "Watch",
            Self::Runs => "Runs",
            Self::Releases => "Releases",
            Self::Alerts => "Alerts",
            Self::Kpis => "KPIs",
        }
    }

    /// The key that shows it.
    pub fn number(self) -> u8 {
        match self {
            Self::Watch => 1,
            Self::Runs => 2,
            Self::Releases => 3,
            Self::Alerts => 4,
            Self::Kpis => 6,
        }
    }
}

/// One line in the footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
}

impl Model {
    /// Before anything is known but the terminal.
    pub fn new(options: Options, theme: &str, size: Size, now: UnixMs) -> Self {
        Self {
            options,
            size,
            panes: Panes::guess(size),
            now,
            utc: false,
            theme: theme.to_owned(),
            project: None,
            env: String::new(),
            screen: Screen::Watch,
            watch: Watch::default(),
            runs: Runs::default(),
            releases: Releases::default(),
            alerts: Alerts::default(),
            kpis: Kpis::default(),
            detail: None,
            plot: None,
            plotted: None,
            active: Arc::default(),
            run: None,
            wizard: None,
            overlay: None,
            notice: None,
            standing: None,
            watcher: "",
            last_ticket: Ticket::default(),
        }
    }

    /// The environment on the screen, once the configuration is open.
    pub fn environment(&self) -> Option<&Environment> {
        self.project.as_ref()?.environment(&self.env)
    }

    /// The service selected on Watch.
    pub fn service(&self) -> Option<&Service> {
        self.environment()?.services.get(self.watch.selected)
    }

    /// The pipelines of the environment of one kind, by name.
    pub fn pipelines(&self, kind: PipelineKind) -> impl Iterator<Item = &Pipeline> {
        self.environment()
            .into_iter()
            .flat_map(|environment| environment.pipelines.values())
            .filter(move |pipeline| pipeline.kind == kind)
    }

    /// The service whose detail is open.
    pub fn detailed(&self) -> Option<&Service> {
        self.environment()?.service(&self.detail.as_ref()?.service)
    }

    /// Whether a plot or a detail is in the screen's place.
    pub fn is_covered(&self) -> bool {
        self.plot.is_some() || self.detail.is_some()
    }

    /// The window of the charts that are on the screen.
    pub fn window(&self) -> ChartWindow {
        match (&self.plot, self.screen) {
            (Some(plot), _) => plot.window,
            (None, Screen::Kpis) => self.kpis.window,
            (None, _) => self.watch.window,
        }
    }

    /// Changes it.
    pub fn set_window(&mut self, window: ChartWindow) {
        match (&mut self.plot, self.screen) {
            (Some(plot), _) => plot.window = window,
            (None, Screen::Kpis) => self.kpis.window = window,
            (None, _) => self.watch.window = window,
        }
    }

    /// The newest run of this environment that is not over.
    pub fn live_run(&self) -> Option<&RunSummary> {
        self.active.iter().rev().find(|run| run.env == self.env)
    }

    /// The run that holds a target of this environment, if one does.
    pub fn holder(&self, target: &str) -> Option<&RunSummary> {
        self.active.iter().find(|run| run.env == self.env && run.target == target && run.kind != PipelineKind::Verify)
    }

    /// Whether the keys of the log pane are in force.
    pub fn log_has_focus(&self) -> bool {
        if self.wizard.is_some() || self.is_covered() {
            return false;
        }
        match self.screen {
            Screen::Watch => {
                (self.watch.focus == WatchFocus::Log && self.run.is_some()) || self.service_log_has_focus()
            }
            Screen::Runs => self.runs.focus == RunsFocus::Log,
            Screen::Releases | Screen::Alerts | Screen::Kpis => false,
        }
    }

    /// Whether those keys act on the log of a service.
    pub fn service_log_has_focus(&self) -> bool {
        let bottom = self.screen == Screen::Watch && self.watch.focus == WatchFocus::Happenings;
        self.wizard.is_none() && !self.is_covered() && bottom && self.watch.service_log.is_some()
    }

    /// The log pane that has the keys, or would have them.
    pub fn log(&self) -> Option<&LogPane> {
        if self.service_log_has_focus() {
            return self.watch.service_log.as_ref().map(|log| &log.pane);
        }
        self.run.as_ref().map(|run| &run.log)
    }

    /// The same, to be moved.
    pub fn log_mut(&mut self) -> Option<&mut LogPane> {
        if self.service_log_has_focus() {
            return self.watch.service_log.as_mut().map(|log| &mut log.pane);
        }
        self.run.as_mut().map(|run| &mut run.log)
    }

    /// The run whose detail should be open: the preflight in a wizard, the live one on Watch, the selected one on Runs.
    pub fn wanted_run(&self) -> Option<RunId> {
        if let Some(Wizard { stage: Stage::Preflight(preflight), .. }) = &self.wizard {
            return preflight.run;
        }
        match self.screen {
            Screen::Watch => self.live_run().map(|run| run.id).or(self.watch.followed),
            Screen::Runs => self.runs.selected.or_else(|| self.runs.list.first().map(|run| run.id)),
            Screen::Releases | Screen::Alerts | Screen::Kpis => None,
        }
    }
}
