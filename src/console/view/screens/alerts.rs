//! Alerts: what fires, what is held or silenced and why, what is pending, what ended lately; and the selected one explained.

use ratatui::layout::Rect;

use crate::{
    console::app::{alerts::AlertsFocus, model::Model},
    domain::alert::{Posted, State},
};

use super::super::{
    alert,
    format::{self, Clock},
    frame::{self, Edge, Title},
    paint::Painter,
    role::Role,
    state,
    table::{self, Column},
};

/// Where everything is.
pub struct Layout {
    /// How panes are set apart.
    pub edge: Edge,
    /// The board.
    pub list: Rect,
    /// The selected alert, explained; empty where there is no room.
    pub about: Rect,
}

/// Lays the screen out.
pub fn layout(model: &Model, area: Rect) -> Layout {
    let edge = Edge::of(area);
    let body = frame::body(area);
    if body.height < 14 {
        // One pane at a time.
        let none = Rect { height: 0, ..body };
        let (list, about) = if model.alerts.focus == AlertsFocus::List { (body, none) } else { (none, body) };
        return Layout { edge, list, about };
    }
    let wanted = (model.alerts.board.alerts.len() as u16).max(3).saturating_add(edge.rows() + 1);
    let list = wanted.min(body.height / 2);
    let about = Rect { y: body.y + list, height: body.height - list, ..body };
    Layout { edge, list: Rect { height: list, ..body }, about }
}

/// Draws the screen.
pub fn paint(painter: &mut Painter<'_>, model: &Model) {
    let layout = layout(model, painter.bounds());
    if layout.list.height > 0 {
        list(painter, model, &layout);
    }
    if layout.about.height > 0 {
        let focus = model.alerts.focus == AlertsFocus::About;
        let title = Title { left: "Explained", focus, ..Title::default() };
        let mut inner = frame::pane(painter, layout.about, layout.edge, &title);
        if let Some(posted) = model.alerts.current() {
            alert::about(&mut inner, model, posted);
        }
    }
}

const COLUMNS: [Column; 8] = [
    Column::text("severity", 10, 10, 0),
    Column::text("alert", 16, 30, 0),
    Column::text("of", 6, 14, 1),
    Column::text("state", 10, 11, 0),
    Column::number("since", 5, 2),
    Column::text("what is so", 14, 46, 3),
    Column::text("after", 10, 26, 4),
    Column::text("at it", 5, 12, 5),
];

fn list(painter: &mut Painter<'_>, model: &Model, layout: &Layout) {
    let focus = model.alerts.focus == AlertsFocus::List;
    let board = &model.alerts.board;
    let count = format::grouped(board.alerts.iter().filter(|posted| posted.fires()).count() as u64);
    let waiting = match board.waiting {
        0 => None,
        1 => Some("1 message waits".to_owned()),
        many => Some(format!("{many} messages wait")),
    };
    let right: Vec<_> = waiting.iter().map(|text| (text.as_str(), Role::Warn)).collect();
    let more = [(count.as_str(), Role::Dim), ("firing", Role::Dim)];
    let title = Title { left: "Alerts", more: &more, right: &right, focus };
    let mut inner = frame::pane(painter, layout.list, layout.edge, &title);
    if board.alerts.is_empty() {
        let room = inner.width().saturating_sub(2);
        let said = match (model.alerts.loaded, model.environment().is_some_and(|one| one.rulebook.rules.is_empty())) {
            (false, _) => "reading",
            (true, true) => "no alert rule is configured here: see docs/alerts.md",
            (true, false) => "nothing fires, and nothing did in the last 24 hours",
        };
        inner.cut(1, 0, room, said, Role::Dim);
        return;
    }
    let places = table::fit(&COLUMNS, inner.width().saturating_sub(4));
    table::head(&mut inner, 3, 0, &COLUMNS, &places);
    let rows = usize::from(inner.height().saturating_sub(1));
    let selected = model.alerts.position();
    let first = table::first_row(selected, board.alerts.len(), rows);
    for (y, (index, posted)) in board.alerts.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = y as u16 + 1;
        row(&mut inner, y, model, posted, &places);
        if index == selected {
            let role = if focus { Role::Selected } else { Role::SelectedElsewhere };
            inner.tint(Rect::new(0, y, inner.width(), 1), role);
            let (glyph, style) = (inner.glyphs().pointer, inner.skin().style(Role::Accent));
            inner.put(1, y, glyph, style);
            inner.tint(Rect::new(1, y, 1, 1), role);
        }
    }
}

fn row(painter: &mut Painter<'_>, y: u16, model: &Model, posted: &Posted, places: &[table::Place]) {
    let standing = &posted.standing;
    let clock = Clock::new(model.project.as_deref(), model.utc);
    let over = matches!(posted.state, State::Resolved { .. });
    let (mark, severity, severity_role) = state::severity(standing.severity, painter.glyphs());
    let (glyph, word, state_role) = state::alert(&posted.state, painter.glyphs());
    let plain = if over { Role::Dim } else { Role::Text };
    for (column, x, width) in places {
        let (text, role) = match column {
            0 => (format!("{mark} {severity}"), if over { Role::Dim } else { severity_role }),
            1 => (standing.key.rule.clone(), if over { Role::Dim } else { Role::Strong }),
            2 => (standing.key.subject.clone(), plain),
            3 => (format!("{glyph} {word}"), state_role),
            4 => (format::age_in_minutes(model.now.since(posted.since())), Role::Dim),
            5 => match &posted.state {
                State::Held { why } => (why.to_string(), Role::Warn),
                State::Silenced { author, reason, until, .. } => {
                    (format!("by {author} until {}: {reason}", clock.day(*until, model.now)), Role::Dim)
                }
                State::Resolved { at } => (format!("ended {}", clock.day(*at, model.now)), Role::Dim),
                State::Firing | State::Pending => (alert::what_is_so(posted), plain),
            },
            6 => match &posted.deploy {
                Some(deploy) => (
                    format!("{} {}", format::age_in_minutes(posted.since().since(deploy.at)), deploy.label),
                    Role::Warn,
                ),
                None => (String::new(), Role::Dim),
            },
            _ => (posted.acknowledged.as_ref().map(|one| one.author.clone()).unwrap_or_default(), Role::Good),
        };
        table::cell(painter, 3 + x, y, *width, COLUMNS[*column], &text, role);
    }
}
