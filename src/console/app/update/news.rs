//! News from the store, each into its place; news of what is no longer on the screen is dropped.

use super::{
    super::{
        model::{Model, Screen},
        msg::News,
        runs::OpenRun,
    },
    detail, kpis, service_log, start,
};

/// Takes news in.
pub fn take(model: &mut Model, news: News) {
    match news {
        News::Status { env, services } if env == model.env => model.watch.services = services,
        News::OffRelease { env, off } if env == model.env => model.watch.off_release = off,
        News::Charts(charts) if charts.env == model.env => model.watch.charts = Some(charts),
        News::Happenings { env, happenings } if env == model.env => model.watch.happenings = happenings,
        News::Active(active) => model.active = active,
        News::Runs { env, runs } if env == model.env => {
            model.runs.list = runs;
            model.runs.loaded = true;
        }
        News::Run { detail, reports } => {
            if let Some(run) = open(model, detail.summary.id) {
                let first = run.detail.is_none();
                run.log.total = run.log.total.max(detail.log_lines);
                if let (true, Some(current)) = (first, detail.state.current) {
                    run.step = current.into();
                }
                run.detail = Some(detail);
                run.reports = reports;
            }
            start::watch_preflight(model);
        }
        News::Log { run, window, total, lines } => {
            let rows = model.panes.log_rows;
            if let Some(open) = open(model, run) {
                open.log.total = open.log.total.max(total);
                if open.log.wanted(rows) == window {
                    open.log.take(total, lines);
                }
            }
        }
        News::ServiceLog { env, interest, first, lines } if env == model.env => {
            if let Some(log) = model.watch.service_log.as_mut().filter(|log| log.wanted == interest) {
                log.take(first, lines);
            }
        }
        News::Figures(known) if known.env == model.env => model.kpis.known = known,
        News::Detail(data) if data.env == model.env => detail::take(model, data),
        News::Plot(plot) if plot.env == model.env => model.plotted = Some(plot),
        News::Releases { env, target, points }
            if env == model.env && model.releases.target.as_deref() == Some(target.as_str()) =>
        {
            model.releases.points = Some(points);
        }
        News::Alerts { env, board } if env == model.env => {
            model.alerts.board = board;
            model.alerts.loaded = true;
        }
        News::AlertStory(story) if story.key.env == model.env => model.alerts.story = Some(story),
        News::Watcher(who) => model.watcher = who,
        News::Status { .. }
        | News::OffRelease { .. }
        | News::Charts(_)
        | News::Happenings { .. }
        | News::Runs { .. }
        | News::ServiceLog { .. }
        | News::Figures(_)
        | News::Plot(_)
        | News::Detail(_)
        | News::Releases { .. }
        | News::Alerts { .. }
        | News::AlertStory(_) => {}
    }
}

fn open(model: &mut Model, run: crate::domain::id::RunId) -> Option<&mut OpenRun> {
    model.run.as_mut().filter(|open| open.id == run)
}

/// After every message: what follows from the rest of the model is put right.
pub fn settle(model: &mut Model) {
    let live = model.live_run().map(|run| run.id);
    if live.is_some() && model.screen == Screen::Watch {
        model.watch.followed = live;
    }
    let wanted = model.wanted_run();
    if model.run.as_ref().map(|run| run.id) != wanted {
        let before = model.run.take();
        model.run = wanted.map(|id| {
            let mut run = OpenRun::new(id);
            // How a person likes logs shown stays from run to run.
            if let Some(before) = before {
                run.log.wrap = before.log.wrap;
                run.log.timestamps = before.log.timestamps;
            }
            run
        });
    }
    if model.screen == Screen::Watch && model.run.is_none() && model.watch.focus == super::super::watch::WatchFocus::Log
    {
        model.watch.focus = super::super::watch::WatchFocus::Services;
    }
    let services = model.environment().map_or(0, |environment| environment.services.len());
    model.watch.selected = model.watch.selected.min(services.saturating_sub(1));
    service_log::settle(model);
    detail::settle(model);
    kpis::settle(model);
    if model.releases.target.is_none() {
        let deploy = model.pipelines(crate::domain::pipeline::PipelineKind::Deploy).next();
        model.releases.target = deploy.map(|pipeline| pipeline.target.clone());
    }
    let points = model.releases.points.as_ref().map_or(0, |points| points.len());
    model.releases.selected = model.releases.selected.min(points.saturating_sub(1));
}
