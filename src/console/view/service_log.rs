//! The log of a service: whose lines, which of them, and the lines in a log pane.

use ratatui::layout::Rect;

use crate::console::app::{model::Model, service_log::ServiceLog};

use super::{
    format::Clock,
    frame::{self, Edge, Title},
    log,
    paint::Painter,
    role::Role,
};

/// Draws it.
pub fn paint(painter: &mut Painter<'_>, model: &Model, shown: &ServiceLog, area: Rect, edge: Edge, focus: bool) {
    let dot = painter.glyphs().dot;
    let left = match &shown.wanted.service {
        Some(service) => format!("Log of {service}"),
        None => "Log of all services".to_owned(),
    };
    let asked = shown.asked().join(", ");
    let more = format!("{dot} {}", log::title(&shown.pane, dot));
    let mut parts = Vec::new();
    let asked = format!("{dot} {asked}");
    if asked.len() > dot.len() + 1 {
        parts.push((asked.as_str(), Role::Accent));
    }
    parts.push((more.as_str(), Role::Dim));
    let search = log::search(&shown.pane);
    let right = search.as_deref().map(|search| [(search, Role::Accent)]);
    let right = right.as_ref().map_or(&[][..], |right| &right[..]);
    let title = Title { left: &left, more: &parts, right, focus };
    let mut inner = frame::pane(painter, area, edge, &title);
    if shown.pane.held.is_empty() {
        let room = inner.width().saturating_sub(2);
        inner.cut(1, 0, room, &nothing(model, shown), Role::Dim);
        return;
    }
    log::paint(&mut inner, &shown.pane, &Clock::new(model.project.as_deref(), model.utc), focus);
}

/// Why there is no line.
fn nothing(model: &Model, shown: &ServiceLog) -> String {
    let followed = match &shown.wanted.service {
        Some(_) => model.service().is_some_and(|service| !service.logs.is_empty()),
        None => model.environment().is_some_and(|env| env.services.iter().any(|service| !service.logs.is_empty())),
    };
    match (shown.loaded, followed) {
        (false, _) => "reading".to_owned(),
        (true, false) => "no log is followed: give the service one under [services.NAME.logs.SOURCE]".to_owned(),
        (true, true) if shown.asked().is_empty() => "no line was kept yet".to_owned(),
        (true, true) => "no such line is kept: Esc shows all".to_owned(),
    }
}
