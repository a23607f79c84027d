//! The view: a pure function from the model to cells.
//!
//! In: a [`Model`], a [`Skin`], an area. Out: cells in a ratatui buffer, and [`panes`]: how much of its lists the screen
//! has room for, so that paging and reading follow what is drawn. Nothing here reads a clock, a file or a terminal, and
//! the same model gives the same cells.
//!
//! ```text
//!   view ── frame (header, footer, panes) ── screens/ (watch, runs, releases, kpis) ── wizard/ ── overlay/
//!             │                                  │
//!             └ paint (the only hand that writes cells, clipped)
//!               skin (roles -> styles) · theme (TOML) · glyph (shapes)     table · chart · spark · log · steps · points
//! ```
//!
//! Code names roles, never colours; every state has a word and a shape beside its colour ([`state`]). Only what is
//! visible is laid out: a thousand services cost what twenty do. May import `domain` and `console::app`.

mod alert;
mod canvas;
mod chart;
mod command;
mod detail;
mod field;
#[cfg(test)]
mod figure_frames;
mod figure_plot;
mod format;
mod frame;
#[cfg(test)]
mod frames;
mod glyph;
mod log;
mod overlay;
mod paint;
#[cfg(test)]
mod picture;
mod plot;
mod points;
mod role;
mod screens;
mod service_log;
mod skin;
mod spark;
mod state;
mod steps;
mod table;
mod text;
mod theme;
mod wizard;

use ratatui::{buffer::Buffer, layout::Rect};

pub use self::{
    plot::{Plot, plot},
    role::Role,
    skin::{Depth, Skin},
    theme::{EMBEDDED as THEMES, ThemeError},
};

use self::{
    frame::Edge,
    paint::Painter,
    screens::{alerts, kpis, releases, runs, watch},
};
use super::app::{
    alerts::AlertsFocus,
    key::{Panes, Size},
    model::{Model, Screen},
    runs::RunsFocus,
};

/// Draws the model into `area`. Any area will do: one that is too small says what is needed.
pub fn view(model: &Model, skin: &Skin, area: Rect, buffer: &mut Buffer) {
    let mut painter = Painter::new(buffer, area, skin);
    if !(Size { width: painter.width(), height: painter.height() }).is_enough() {
        too_small(&mut painter);
        return;
    }
    frame::header(&mut painter, model);
    match (&model.wizard, model.screen) {
        (Some(wizard), _) => wizard::paint(&mut painter, model, wizard),
        (None, _) if model.plot.is_some() => figure_plot::paint(&mut painter, model),
        (None, _) if model.detail.is_some() => detail::paint(&mut painter, model),
        (None, Screen::Watch) => watch::paint(&mut painter, model),
        (None, Screen::Runs) => runs::paint(&mut painter, model),
        (None, Screen::Releases) => releases::paint(&mut painter, model),
        (None, Screen::Alerts) => alerts::paint(&mut painter, model),
        (None, Screen::Kpis) => kpis::paint(&mut painter, model),
    }
    if let Some(overlay) = &model.overlay {
        overlay::paint(&mut painter, model, overlay);
    }
    frame::footer(&mut painter, model);
}

fn too_small(painter: &mut Painter<'_>) {
    let (width, height) = (painter.width(), painter.height());
    let said = format!("needs at least {}x{}, this is {width}x{height}", Size::LEAST.width, Size::LEAST.height);
    for (y, row) in text::wrapped(&said, usize::from(width)).into_iter().enumerate() {
        painter.text(0, y as u16, row, Role::Text);
    }
}

/// What the panes of the screen have room for, in an area of that size.
pub fn panes(model: &Model, area: Rect) -> Panes {
    let columns = |pane: Rect, edge: Edge| edge.inner(pane).width.max(1);
    let rows = |pane: Rect, edge: Edge| edge.inner(pane).height.max(1);
    let watch_layout = watch::layout(model, area);
    let chart = if model.plot.is_some() {
        figure_plot::layout(model, area).plot
    } else if model.detail.is_some() {
        frame::body(area)
    } else if model.screen == Screen::Kpis {
        kpis::layout(model, area).list
    } else if watch_layout.latency.width > 0 {
        watch_layout.latency
    } else {
        watch_layout.services
    };
    let chart_columns = chart::plot_columns(columns(chart, watch_layout.edge)).max(1);
    let (log, list) = match model.screen {
        _ if model.detail.is_some() => ((Rect::default(), Edge::Rule), detail::list_rows(model, area)),
        Screen::Watch => {
            let list = watch::list_rows(&watch_layout, model);
            ((watch_layout.bottom, watch_layout.edge), list)
        }
        Screen::Runs => {
            let layout = runs::layout(model, area);
            let list = match model.runs.focus {
                RunsFocus::Steps => rows(layout.steps, layout.edge),
                _ => rows(layout.list, layout.edge).saturating_sub(1),
            };
            ((layout.log, layout.edge), list)
        }
        Screen::Kpis => {
            let layout = kpis::layout(model, area);
            ((Rect::default(), layout.edge), rows(layout.list, layout.edge).saturating_sub(1))
        }
        Screen::Alerts => {
            let layout = alerts::layout(model, area);
            let list = match model.alerts.focus {
                AlertsFocus::List => rows(layout.list, layout.edge).saturating_sub(1),
                AlertsFocus::About => rows(layout.about, layout.edge),
            };
            ((Rect::default(), layout.edge), list)
        }
        Screen::Releases => {
            let layout = releases::layout(area);
            ((Rect::default(), layout.edge), rows(layout.list, layout.edge).saturating_sub(1))
        }
    };
    let list = match (&model.overlay, &model.wizard) {
        (Some(overlay), _) => overlay::list_rows(overlay, area),
        (None, Some(wizard)) => wizard::list_rows(wizard, area),
        (None, None) => list,
    };
    Panes { log_rows: rows(log.0, log.1), log_columns: columns(log.0, log.1), list_rows: list.max(1), chart_columns }
}
