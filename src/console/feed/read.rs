//! Reading what is on the screen, and nothing else.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    domain::{
        alert::tell::Open,
        environment::{Environment, Project},
        id::RunId,
        observed::off_release,
        run::RunSummary,
        time::UnixMs,
    },
    run::launch::{self, LaunchError},
    store::{Change, Cursor, Reader, StoreError, state_dir::StateDir},
};

use super::{
    super::app::{interest::Interest, log_pane::LogWindow, msg::News},
    alerts, charts, detail, figures, plot, service_log,
};

/// What one reading brings.
type AllNews = Vec<News>;

/// Runs in the list.
const RUNS: usize = 200;
/// Happenings in the pane.
const HAPPENINGS: usize = 200;
/// Between two readings of the charts while nothing arrives.
const CALM: Duration = Duration::from_mins(1);
/// Releases are read with their figures, which takes longer.
const RELEASES: Duration = Duration::from_secs(2);

/// The connection, and what was read with it before, so that only news is told.
pub struct Sources {
    state: StateDir,
    reader: Option<Reader>,
    cursor: Cursor,
    interest: Interest,
    project: Option<Arc<Project>>,
    active: Option<Vec<RunSummary>>,
    runs: Option<Vec<RunSummary>>,
    run: Option<SeenRun>,
    log: Option<SeenLog>,
    charts_at: Option<Instant>,
    charts_every: Duration,
    /// Something changed since the charts were read.
    charts_late: bool,
    releases_at: Option<Instant>,
    service_log: Option<service_log::Seen>,
    alerts: alerts::Seen,
    figures: figures::Seen,
    detail: detail::Seen,
    plot_at: Option<Instant>,
    plot_every: Duration,
    /// A change came too soon after the last reading of the releases.
    releases_late: bool,
}

/// The open run as it was told last.
struct SeenRun {
    id: RunId,
    last_event: u32,
    reports: usize,
}

/// The log window as it was told last.
struct SeenLog {
    run: RunId,
    window: LogWindow,
    total: u64,
}

impl Sources {
    /// On the history in `state`, which `reader` has open.
    pub fn new(state: StateDir, reader: Reader) -> Self {
        Self { reader: Some(reader), ..Self::closed(state) }
    }

    fn closed(state: StateDir) -> Self {
        Self {
            state,
            reader: None,
            cursor: Cursor::default(),
            interest: Interest::default(),
            project: None,
            active: None,
            runs: None,
            run: None,
            log: None,
            charts_at: None,
            charts_every: Duration::ZERO,
            charts_late: false,
            releases_at: None,
            service_log: None,
            alerts: alerts::Seen::default(),
            figures: figures::Seen::default(),
            detail: detail::Seen::default(),
            plot_at: None,
            plot_every: Duration::ZERO,
            releases_late: false,
        }
    }

    /// Opens a connection if there is none.
    pub fn open(&mut self) -> Result<(), LaunchError> {
        if self.reader.is_none() {
            self.reader = Some(Reader::open(&self.state)?);
        }
        Ok(())
    }

    /// Forgets the connection and all that was read with it.
    pub fn close(&mut self) {
        *self = Self::closed(self.state.clone());
    }

    /// Whether it was aimed at something: if not, aiming reads all that is on the screen.
    pub fn has_aim(&self) -> bool {
        self.project.is_some()
    }

    /// What changed since the last time.
    pub fn changes(&mut self) -> Result<Change, LaunchError> {
        let Some(reader) = &self.reader else { return Ok(Change::default()) };
        let mut change = reader.changes(&mut self.cursor)?;
        self.charts_late |= change.watching || change.acting;
        change.acting |= self.releases_late && self.releases_at.is_none_or(|at| at.elapsed() >= RELEASES);
        Ok(change)
    }

    /// Aims at what is on the screen; what came on it is read at once.
    pub fn aim(&mut self, interest: &Interest, project: &Arc<Project>) -> Result<AllNews, LaunchError> {
        let same_project = self.project.as_ref().is_some_and(|before| Arc::ptr_eq(before, project));
        if self.interest == *interest && same_project {
            return Ok(Vec::new());
        }
        let before = std::mem::replace(&mut self.interest, interest.clone());
        self.project = Some(Arc::clone(project));
        let other_env = before.env != interest.env || !same_project;
        let mut news = Vec::new();
        if other_env {
            (self.active, self.runs, self.charts_at, self.releases_at) = (None, None, None, None);
            (self.figures, self.plot_at) = (figures::Seen::default(), None);
            self.detail = detail::Seen::default();
        }
        if interest.runs && (other_env || !before.runs) {
            self.runs = None;
            news.extend(self.read_runs()?);
        }
        if interest.watch && (other_env || !before.watch) {
            news.extend(self.read_status()?);
        }
        if interest.run != before.run {
            news.extend(self.read_run()?);
            news.extend(self.read_log()?);
        }
        if interest.charts.is_some() && (other_env || interest.charts != before.charts) {
            self.charts_at = None;
            news.extend(self.read_charts()?);
        }
        if other_env || interest.service_log != before.service_log {
            self.service_log = None;
            news.extend(self.read_service_log()?);
        }
        if interest.detail.is_some() && (other_env || interest.detail != before.detail) {
            news.extend(self.read_detail()?);
        }
        if interest.plot.is_some() && (other_env || interest.plot != before.plot) {
            self.plot_at = None;
            news.extend(self.read_plot()?);
        }
        if interest.releases.is_some() && (other_env || interest.releases != before.releases) {
            self.releases_at = None;
            news.extend(self.read_releases()?);
        }
        if other_env || interest.alert != before.alert {
            if other_env {
                self.alerts = alerts::Seen::default();
            }
            news.extend(self.read_alerts()?);
        }
        if other_env {
            news.extend(self.read_active()?);
        }
        Ok(news)
    }

    /// Runs, logs and releases.
    pub fn read_acting(&mut self) -> Result<AllNews, LaunchError> {
        let mut news = self.read_active()?;
        news.extend(self.read_run()?);
        news.extend(self.read_log()?);
        news.extend(self.read_runs()?);
        news.extend(self.read_releases()?);
        Ok(news)
    }

    /// Services, happenings and charts.
    pub fn read_watching(&mut self) -> Result<AllNews, LaunchError> {
        let mut news = self.read_status()?;
        news.extend(self.read_charts()?);
        news.extend(self.read_plot()?);
        news.extend(self.read_detail()?);
        Ok(news)
    }

    /// Alerts: the header shows them on every screen.
    pub fn read_alerts(&mut self) -> Result<AllNews, LaunchError> {
        let Some(project) = self.project.clone() else { return Ok(Vec::new()) };
        let (Some(reader), Some(environment)) = (&self.reader, project.environment(&self.interest.env)) else {
            return Ok(Vec::new());
        };
        Ok(alerts::read(reader, environment, self.interest.alert.as_ref(), &mut self.alerts, now())?)
    }

    /// Figures of the list: a few at once, those that were read longest ago first.
    pub fn read_figures(&mut self) -> Result<AllNews, LaunchError> {
        let (Some(reader), Some(project)) = (&self.reader, &self.project) else { return Ok(Vec::new()) };
        let environment = project.environment(&self.interest.env);
        let (Some(environment), Some(wanted)) = (environment, &self.interest.figures) else { return Ok(Vec::new()) };
        let news = self.figures.read(reader, environment, wanted, now())?;
        Ok(news.into_iter().collect())
    }

    /// Whether figures on the screen were not read yet.
    pub fn has_more(&self) -> bool {
        self.interest.figures.is_some() && self.figures.has_more()
    }

    /// Lines of services' logs: all that were asked for at first, then what is new.
    pub fn read_service_log(&mut self) -> Result<AllNews, LaunchError> {
        let (Some(reader), Some(wanted)) = (&self.reader, &self.interest.service_log) else { return Ok(Vec::new()) };
        let news = service_log::read(reader, &self.interest.env, wanted, &mut self.service_log)?;
        Ok(news.into_iter().collect())
    }

    fn read_active(&mut self) -> Result<AllNews, LaunchError> {
        let Some(reader) = &self.reader else { return Ok(Vec::new()) };
        let active = reader.active_runs()?;
        if self.active.as_ref() == Some(&active) {
            return Ok(Vec::new());
        }
        self.active = Some(active.clone());
        Ok(vec![News::Active(Arc::new(active))])
    }

    fn read_runs(&mut self) -> Result<AllNews, LaunchError> {
        let Some(reader) = self.reader.as_ref().filter(|_| self.interest.runs) else { return Ok(Vec::new()) };
        let runs = reader.runs(Some(&self.interest.env), RUNS)?;
        if self.runs.as_ref() == Some(&runs) {
            return Ok(Vec::new());
        }
        self.runs = Some(runs.clone());
        Ok(vec![News::Runs { env: self.interest.env.clone(), runs: Arc::new(runs) }])
    }

    /// The open run, if it has new events, reports or (for its length) log lines.
    fn read_run(&mut self) -> Result<AllNews, LaunchError> {
        let (Some(reader), Some((id, _))) = (&self.reader, self.interest.run) else { return Ok(Vec::new()) };
        let seen = self.run.take().filter(|seen| seen.id == id);
        let after = seen.as_ref().map_or(0, |seen| seen.last_event);
        let last_event = reader.events(id, after)?.last().map_or(after, |row| row.seq);
        let reports = reader.reports(id)?;
        if let Some(seen) = seen.filter(|seen| seen.last_event == last_event && seen.reports == reports.len()) {
            self.run = Some(seen);
            return Ok(Vec::new());
        }
        let detail = match reader.run(id) {
            Ok(detail) => Arc::new(detail),
            // Pruned while it was selected: the list will say so.
            Err(StoreError::Missing { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        self.run = Some(SeenRun { id, last_event, reports: reports.len() });
        Ok(vec![News::Run { detail, reports: Arc::new(reports) }])
    }

    /// The lines in the log window: only if others are wanted, or new ones belong into it.
    fn read_log(&mut self) -> Result<AllNews, LaunchError> {
        let (Some(reader), Some((run, window))) = (&self.reader, self.interest.run) else { return Ok(Vec::new()) };
        let seen = self.log.take().filter(|seen| seen.run == run && seen.window == window);
        let total = reader.log_len(run)?;
        if let Some(seen) = seen.filter(|seen| seen.total == total) {
            self.log = Some(seen);
            return Ok(Vec::new());
        }
        let (from, limit) = match window {
            LogWindow::Tail { limit } => (total.saturating_sub(limit as u64) + 1, limit),
            LogWindow::From { from, limit } => (from, limit),
        };
        let lines = reader.log(run, from, limit)?;
        self.log = Some(SeenLog { run, window, total });
        Ok(vec![News::Log { run, window, total, lines: Arc::new(lines) }])
    }

    fn read_status(&mut self) -> Result<AllNews, LaunchError> {
        let (Some(reader), Some(environment)) = (&self.reader, self.environment()) else { return Ok(Vec::new()) };
        if !self.interest.watch {
            return Ok(Vec::new());
        }
        let env = environment.name.clone();
        let mut services = reader.status(&env, &environment.services, now())?;
        if let Some(project) = &self.project {
            Open::at(&project.telling.windows, now()).mark(&env, &mut services);
        }
        let services = Arc::new(services);
        let happenings = Arc::new(reader.happenings(&env, HAPPENINGS)?);
        let off = Arc::new(off_release(&services, &reader.versions(&env)?));
        Ok(vec![
            News::OffRelease { env: env.clone(), off },
            News::Status { env: env.clone(), services },
            News::Happenings { env, happenings },
        ])
    }

    /// Charts move by a bucket at a time: reading them more often shows nothing new. While nothing arrives they move once a
    /// minute, so that a console on a history at rest writes next to nothing.
    fn read_charts(&mut self) -> Result<AllNews, LaunchError> {
        let every = if self.charts_late { self.charts_every } else { CALM.max(self.charts_every) };
        let recent = self.charts_at.is_some_and(|at| at.elapsed() < every);
        let (Some(reader), Some(environment), Some(wanted)) = (&self.reader, self.environment(), &self.interest.charts)
        else {
            return Ok(Vec::new());
        };
        if recent {
            return Ok(Vec::new());
        }
        let Some(charts) = charts::read(reader, environment, wanted, now())? else { return Ok(Vec::new()) };
        self.charts_every = charts.step / 2;
        self.charts_late = false;
        self.charts_at = Some(Instant::now());
        Ok(vec![News::Charts(Arc::new(charts))])
    }

    /// A page of the detail of a service.
    fn read_detail(&mut self) -> Result<AllNews, LaunchError> {
        let (Some(reader), Some(project)) = (&self.reader, &self.project) else { return Ok(Vec::new()) };
        let Some(wanted) = &self.interest.detail else { return Ok(Vec::new()) };
        let Some(environment) = project.environment(&self.interest.env) else { return Ok(Vec::new()) };
        let news = self.detail.read(reader, environment, project.timezone, wanted, now())?;
        Ok(news.into_iter().collect())
    }

    /// A plot moves by a step at a time, as charts do.
    fn read_plot(&mut self) -> Result<AllNews, LaunchError> {
        let recent = self.plot_at.is_some_and(|at| at.elapsed() < self.plot_every);
        let (Some(reader), Some(environment), Some(wanted)) = (&self.reader, self.environment(), &self.interest.plot)
        else {
            return Ok(Vec::new());
        };
        if recent {
            return Ok(Vec::new());
        }
        let plot = plot::read(reader, environment, wanted, now())?;
        self.plot_every = (plot.step / 2).clamp(Duration::from_secs(1), CALM);
        self.plot_at = Some(Instant::now());
        Ok(vec![News::Plot(Arc::new(plot))])
    }

    fn read_releases(&mut self) -> Result<AllNews, LaunchError> {
        let (Some(reader), Some(target)) = (&self.reader, &self.interest.releases) else { return Ok(Vec::new()) };
        self.releases_late = self.releases_at.is_some_and(|at| at.elapsed() < RELEASES);
        if self.releases_late {
            return Ok(Vec::new());
        }
        self.releases_at = Some(Instant::now());
        let ways = self.environment().map(|environment| launch::ways(environment, target)).unwrap_or_default();
        let points = launch::rollback_points_by(reader, &self.interest.env, target, &ways)?;
        let (env, target) = (self.interest.env.clone(), target.clone());
        Ok(vec![News::Releases { env, target, points: Arc::new(points) }])
    }

    fn environment(&self) -> Option<&Environment> {
        self.project.as_ref()?.environment(&self.interest.env)
    }
}

fn now() -> UnixMs {
    chrono::Utc::now().into()
}
