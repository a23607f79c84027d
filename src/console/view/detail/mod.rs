//! All about one service, on four pages.
//!
//! ```text
//! ┌ api ∙ DEGRADED for 2m10s ───────────────── Now  History  Phases  Failures ┐
//! │ ...                                                                       │
//! └───────────────────────────────────────────────────────────────────────────┘
//! ```

mod failures;
mod history;
mod now;
mod phases;

use ratatui::layout::Rect;

use crate::{
    console::app::{
        detail::{Detail, Page},
        model::Model,
    },
    domain::{health::Health, status::ServiceNow},
};

use super::{
    format,
    frame::{self, Edge, Title},
    paint::Painter,
    role::Role,
    state,
};

/// Draws the page that is shown.
pub fn paint(painter: &mut Painter<'_>, model: &Model) {
    let Some(detail) = &model.detail else { return };
    let area = painter.bounds();
    let edge = Edge::of(area);
    let now = now_of(model, detail);
    let (glyph, word, role) = state::health(now.map_or(Health::Unknown, |now| now.health), painter.glyphs());
    let since = now.and_then(|now| now.since).map(|since| format::age(model.now.since(since)));
    let said = since.map_or_else(|| format!("{glyph} {word}"), |since| format!("{glyph} {word} for {since}"));
    let pages = Page::ALL.map(|page| (page.word(), if page == detail.page { Role::TabActive } else { Role::Tab }));
    let title = Title { left: &detail.service, more: &[(&said, role)], right: &pages, focus: true };
    let mut inner = frame::pane(painter, frame::body(area), edge, &title);
    match detail.page {
        Page::Now => now::paint(&mut inner, model, detail, now),
        Page::History => history::paint(&mut inner, model, detail),
        Page::Phases => phases::paint(&mut inner, model, detail),
        Page::Failures => failures::paint(&mut inner, model, detail),
    }
}

/// Rows the page has for what can be selected.
pub fn list_rows(model: &Model, area: Rect) -> u16 {
    let inner = Edge::of(area).inner(frame::body(area)).height;
    match model.detail.as_ref().map(|detail| detail.page) {
        Some(Page::History) => inner.saturating_sub(2),
        Some(Page::Failures) => failures::rows(inner),
        _ => inner,
    }
}

/// The state of the service.
fn now_of<'a>(model: &'a Model, detail: &Detail) -> Option<&'a ServiceNow> {
    model.watch.services.iter().find(|now| now.service == detail.service)
}

/// The letter of each phase, beside `domain::phases::PHASES`: shapes that need no colour.
const LETTERS: [&str; 5] = ["r", "c", "t", "f", "x"];

/// The role of each phase.
const ROLES: [Role; 5] = [Role::CurveLow, Role::Accent, Role::CurveHigh, Role::Curve, Role::Mark];

/// Writes what the letters stand for.
fn legend(painter: &mut Painter<'_>, x: u16, y: u16) -> u16 {
    let names = crate::domain::phases::PHASES;
    let mut x = x;
    for ((letter, role), name) in LETTERS.into_iter().zip(ROLES).zip(names) {
        x = painter.text(x, y, letter, role);
        x = painter.text(x, y, " ", Role::Dim);
        x = painter.text(x, y, name, Role::Dim) + 2;
    }
    x
}
