//! Rollback points: the table of them, and all about one. Used by the Releases screen and the rollback wizard.

use std::time::Duration;

use ratatui::layout::Rect;

use crate::{
    console::app::model::Model,
    domain::release::{ReleaseState, RollbackPoint},
};

use super::{
    format::{self, Clock},
    paint::Painter,
    role::Role,
    state,
    table::{self, Column},
    text,
};

const COLUMNS: [Column; 8] = [
    Column::text("version", 9, 16, 0),
    Column::text("state", 13, 14, 1),
    Column::text("since", 12, 12, 2),
    Column::text("by", 6, 10, 5),
    Column::number("avail", 8, 3),
    Column::number("err", 6, 4),
    Column::number("p95", 6, 6),
    Column::text("", 9, 60, 3),
];

/// Draws the table; the selected row is tinted.
pub fn table(painter: &mut Painter<'_>, model: &Model, points: &[RollbackPoint], selected: usize, focus: bool) {
    let places = table::fit(&COLUMNS, painter.width().saturating_sub(4));
    table::head(painter, 3, 0, &COLUMNS, &places);
    let rows = usize::from(painter.height().saturating_sub(1));
    let first = table::first_row(selected.min(points.len().saturating_sub(1)), points.len(), rows);
    for (y, (index, point)) in points.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = y as u16 + 1;
        row(painter, y, model, point, &places);
        if index == selected {
            let role = if focus { Role::Selected } else { Role::SelectedElsewhere };
            painter.tint(Rect::new(0, y, painter.width(), 1), role);
        }
    }
}

fn row(painter: &mut Painter<'_>, y: u16, model: &Model, point: &RollbackPoint, places: &[table::Place]) {
    let release = &point.release;
    let (glyph, word, role) = state::release(release.state, release.marked_bad.is_some(), painter.glyphs());
    let clock = Clock::new(model.project.as_deref(), model.utc);
    let refused = point.refused.is_some() && release.state != ReleaseState::Live;
    let plain = if refused { Role::Dim } else { Role::Text };
    painter.text(1, y, glyph, role);
    for (column, x, width) in places {
        let behaviour = &release.behaviour;
        let (text, role) = match column {
            0 => (release.version.clone(), if point.preferred { Role::Strong } else { plain }),
            1 => (word.to_owned(), role),
            2 => (clock.day(release.at, model.now), Role::Dim),
            3 => (release.by.clone(), Role::Dim),
            4 => (format::availability(behaviour.availability), plain),
            5 => (format::percent(behaviour.error_rate), plain),
            6 => (format::ms(behaviour.p95_ms), plain),
            _ => match &point.refused {
                Some(why) => (why.clone(), Role::Dim),
                None if point.preferred => ("preferred".to_owned(), Role::Good),
                None => (String::new(), Role::Dim),
            },
        };
        table::cell(painter, 3 + x, y, *width, COLUMNS[*column], &text, role);
    }
}

/// Draws all about one point.
pub fn about(painter: &mut Painter<'_>, model: &Model, point: &RollbackPoint) {
    let release = &point.release;
    let clock = Clock::new(model.project.as_deref(), model.utc);
    let behaviour = &release.behaviour;
    let live = release.replaced_at.unwrap_or(model.now).since(release.at);
    let live = match release.state {
        ReleaseState::Failed => "never: its run failed".to_owned(),
        ReleaseState::Live => format!("since {}, {}", clock.day(release.at, model.now), format::duration(live)),
        _ => format!("from {}, for {}", clock.day(release.at, model.now), format::duration(live)),
    };
    let behaved = format!(
        "{} available, {} errors, p95 {} ms",
        format::availability(behaviour.availability),
        format::percent(behaviour.error_rate),
        format::ms(behaviour.p95_ms)
    );
    let estimate = point.estimate_ms.map_or_else(
        || "not known: nothing was rolled back or deployed often enough".to_owned(),
        |ms| format!("about {}", format::duration(Duration::from_millis(ms))),
    );
    let mut lines: Vec<(&str, String, Role)> = vec![
        ("version", release.version.clone(), Role::Strong),
        ("released", format!("by {} in run {}", release.by, release.run), Role::Text),
        ("live", live, Role::Text),
        ("behaved", behaved, Role::Text),
    ];
    if let Some(soak) = &behaviour.soak {
        lines.push(("soak", soak.clone(), Role::Text));
    }
    if let Some(bad) = &release.marked_bad {
        lines.push(("bad", bad.clone(), Role::Bad));
    }
    match &point.refused {
        Some(why) => lines.push(("refused", why.clone(), Role::Warn)),
        None if point.preferred => lines.push(("choice", "preferred: the newest good one".into(), Role::Good)),
        None => lines.push(("choice", "can be chosen".into(), Role::Text)),
    }
    if point.refused.is_none() {
        lines.push(("takes", estimate, Role::Text));
    }
    for (index, lost) in point.not_restored.iter().enumerate() {
        lines.push((if index == 0 { "stays as it is" } else { "" }, lost.clone(), Role::Warn));
    }
    facts(painter, &lines);
}

/// Names in a column, what they stand for beside them, wrapped. Returns the rows used.
pub fn facts(painter: &mut Painter<'_>, lines: &[(&str, String, Role)]) -> u16 {
    let names = lines.iter().map(|(name, ..)| name.len()).max().unwrap_or(0) as u16;
    let x = 1 + names + 2;
    let room = usize::from(painter.width().saturating_sub(x + 1));
    let mut y = 0;
    for (name, said, role) in lines {
        painter.text(1, y, name, Role::Dim);
        for row in text::wrapped(said, room) {
            painter.text(x, y, row, *role);
            y += 1;
        }
    }
    y
}
