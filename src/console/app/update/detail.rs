//! Keys of the detail of a service.

use std::sync::Arc;

use crate::domain::figure::of_service;

use super::{
    super::{
        detail::{Detail, DetailData, Page},
        model::Model,
        plot::OpenPlot,
        watch::ChartWindow,
    },
    kpis,
    tell::{Step, around},
};

/// Opens the detail of the selected service.
pub fn open(model: &mut Model) {
    model.detail = model.service().map(|service| Detail::of(&service.name));
}

/// A detail whose service is gone from the configuration closes.
pub fn settle(model: &mut Model) {
    let Some(detail) = &model.detail else { return };
    let probes = model.environment().and_then(|env| env.service(&detail.service)).map(|service| service.probes.len());
    let rows = rows(detail);
    match (probes, &mut model.detail) {
        (Some(probes), Some(detail)) => {
            detail.probe = detail.probe.min(probes.saturating_sub(1));
            detail.row = detail.row.min(rows.saturating_sub(1));
        }
        _ => model.detail = None,
    }
}

/// Takes in what was read.
pub fn take(model: &mut Model, data: Arc<DetailData>) {
    if let Some(detail) = model.detail.as_mut().filter(|detail| detail.service == data.asked.service) {
        detail.data = Some(data);
    }
}

/// Rows that can be selected on the page.
fn rows(detail: &Detail) -> usize {
    match (detail.page, detail.read()) {
        (Page::History, Some(data)) => data.history.len(),
        (Page::Failures, Some(data)) => data.samples.len(),
        // Not read yet: what was selected stays.
        (_, None) => detail.row + 1,
        _ => 0,
    }
}

/// Tab.
pub fn next_page(model: &mut Model, forward: bool) {
    if let Some(detail) = &mut model.detail {
        detail.page = around(&Page::ALL, detail.page, forward);
        detail.row = 0;
    }
}

/// Moves through probes, periods or samples.
pub fn go(model: &mut Model, step: Step) {
    let page = model.panes.list_rows;
    let probes = model.detailed().map_or(0, |service| service.probes.len());
    let Some(detail) = &mut model.detail else { return };
    match detail.page {
        Page::Now | Page::Phases => detail.probe = step.apply(detail.probe, probes, page),
        Page::History | Page::Failures => detail.row = step.apply(detail.row, rows(detail), page),
    }
}

/// A shorter or a longer window, or period.
pub fn change_window(model: &mut Model, longer: bool) {
    let Some(detail) = &mut model.detail else { return };
    match detail.page {
        Page::History => {
            let unit = if longer { detail.unit.longer() } else { detail.unit.shorter() };
            (detail.unit, detail.row) = (unit.unwrap_or(detail.unit), 0);
        }
        Page::Phases => {
            let window = if longer { detail.window.longer() } else { detail.window.shorter() };
            detail.window = window.unwrap_or(detail.window);
        }
        Page::Now | Page::Failures => {}
    }
}

/// Draws the service's figures over the whole screen.
pub fn open_plot(model: &mut Model) {
    let Some(list) = model.detailed().map(of_service).filter(|list| !list.is_empty()) else { return };
    model.plot = Some(OpenPlot { list: Arc::new(list), at: 0, window: ChartWindow::Day, against: None });
}

/// The same, and asks at once what to compare with.
pub fn compare(model: &mut Model) {
    open_plot(model);
    if model.plot.is_some() {
        kpis::open_compare(model);
    }
}
