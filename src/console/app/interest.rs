//! What the feed should read: what is on the screen, and nothing else.

use crate::domain::{alert::AlertKey, figure::Figure, id::RunId};

use super::{
    detail::{DetailInterest, Page},
    log_pane::LogWindow,
    model::{Model, Screen},
    plot::PlotInterest,
    service_log::LogInterest,
    watch::ChartWindow,
};

/// Most rows of figures that are read: more than any screen has.
const MOST_FIGURES: usize = 200;
/// Figures are read so many at once.
const AT_ONCE: usize = 8;

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
    /// All that is written down of an alert.
    pub alert: Option<AlertKey>,
    /// Lines of services' logs.
    pub service_log: Option<LogInterest>,
    /// Figures in the list of them.
    pub figures: Option<FigureInterest>,
    /// The plot of a figure.
    pub plot: Option<PlotInterest>,
    /// The detail of a service.
    pub detail: Option<DetailInterest>,
}

/// Figures on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureInterest {
    /// How far back.
    pub window: ChartWindow,
    /// Which.
    pub figures: Vec<Figure>,
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
    let service = model.service().filter(|_| on_watch && !model.is_covered());
    Interest {
        env: model.env.clone(),
        // The Runs screen shows the services in a line.
        watch: on_watch || model.screen == Screen::Runs,
        charts: service.map(|service| ChartInterest {
            service: service.name.clone(),
            window: model.watch.window,
            points: model.panes.chart_columns.saturating_mul(2),
        }),
        // A plot can be compared by runs.
        runs: model.screen == Screen::Runs || model.plot.is_some(),
        run,
        releases: model.releases.target.clone().filter(|_| model.screen == Screen::Releases),
        alert: model
            .alerts
            .current()
            .map(|posted| posted.standing.key.clone())
            .filter(|_| model.screen == Screen::Alerts),
        service_log: model.watch.service_log.as_ref().filter(|_| on_watch).map(|log| log.wanted.clone()),
        figures: figures(model),
        plot: plot(model),
        detail: detail(model),
    }
}

fn detail(model: &Model) -> Option<DetailInterest> {
    let detail = model.detail.as_ref().filter(|_| model.plot.is_none())?;
    let probe = model.detailed()?.probes.get(detail.probe).map(|probe| probe.name.clone());
    Some(DetailInterest {
        service: detail.service.clone(),
        page: detail.page,
        probe: probe.filter(|_| detail.page == Page::Phases),
        unit: detail.unit,
        window: detail.window,
        columns: model.panes.chart_columns,
    })
}

/// Those that the list has room for around the selected one, so that small moves read nothing new.
fn figures(model: &Model) -> Option<FigureInterest> {
    if model.screen != Screen::Kpis || model.plot.is_some() {
        return None;
    }
    let rows = usize::from(model.panes.list_rows).min(MOST_FIGURES);
    let first = model.kpis.selected.saturating_sub(rows) / AT_ONCE * AT_ONCE;
    let figures = model.kpis.list.iter().skip(first).take(2 * rows + AT_ONCE).cloned().collect();
    Some(FigureInterest { window: model.kpis.window, figures })
}

fn plot(model: &Model) -> Option<PlotInterest> {
    let points = model.panes.chart_columns.saturating_mul(2);
    if let Some(open) = &model.plot {
        let (window, against) = (open.window, open.against.clone());
        return Some(PlotInterest { figure: open.figure()?.clone(), window, against, points });
    }
    let figure = model.kpis.list.get(model.kpis.selected).filter(|_| model.screen == Screen::Kpis)?.clone();
    Some(PlotInterest { figure, window: model.kpis.window, against: None, points })
}
