//! History: figures by hour, day or week, the newest first.

use ratatui::layout::Rect;

use crate::console::app::{
    detail::{Detail, Period, Unit},
    model::Model,
};

use super::super::{
    format::{self, Clock},
    paint::Painter,
    role::Role,
    table::{self, Column},
};

const COLUMNS: [Column; 8] = [
    Column::text("", 12, 16, 0),
    Column::number("p50 ms", 8, 5),
    Column::number("p95 ms", 8, 0),
    Column::number("p99 ms", 8, 4),
    Column::number("errors", 8, 1),
    Column::number("req/s", 8, 3),
    Column::number("avail", 8, 0),
    Column::text("p95", 10, 60, 2),
];

/// Draws the page.
pub fn paint(painter: &mut Painter<'_>, model: &Model, detail: &Detail) {
    let Some(data) = detail.read() else {
        painter.text(1, 0, "reading", Role::Dim);
        return;
    };
    let which = if data.worst { "percentiles: the worst of each" } else { "percentiles: of all looks of each" };
    let unit = detail.unit.word();
    let said = format!("by the {unit}: - and + change that; {which} {unit}");
    painter.cut(1, 0, painter.width().saturating_sub(2), &said, Role::Dim);
    let places = table::fit(&COLUMNS, painter.width().saturating_sub(4));
    table::head(painter, 3, 1, &COLUMNS, &places);
    let longest = data.history.iter().filter_map(|period| period.p95_ms).fold(0.0, f64::max);
    let rows = usize::from(painter.height().saturating_sub(2));
    let first = table::first_row(detail.row, data.history.len(), rows);
    let ceiling = model.watch.services.iter().find(|now| now.service == detail.service).and_then(|now| now.ceiling_ms);
    for (y, (index, period)) in data.history.iter().rev().enumerate().skip(first).take(rows).enumerate() {
        let y = y as u16 + 2;
        for (column, x, width) in &places {
            if *column == 7 {
                let share = period.p95_ms.filter(|_| longest > 0.0).map_or(0.0, |p95| p95 / longest);
                let cells = (share * f64::from(*width)).round() as u16;
                painter.line(3 + x, y, cells, painter.glyphs().full, Role::Curve);
                continue;
            }
            let (text, role) = cell(*column, period, model, detail.unit, ceiling);
            table::cell(painter, 3 + x, y, *width, COLUMNS[*column], &text, role);
        }
        if index == detail.row {
            painter.tint(Rect::new(0, y, painter.width(), 1), Role::Selected);
        }
    }
}

fn cell(column: usize, period: &Period, model: &Model, unit: Unit, ceiling: Option<f64>) -> (String, Role) {
    let clock = Clock::new(model.project.as_deref(), model.utc);
    let quiet = |text: String| {
        let role = if matches!(text.as_str(), "-" | "0.0 %") { Role::Dim } else { Role::Text };
        (text, role)
    };
    match column {
        0 => (clock.period(period.at, unit == Unit::Hour), Role::LogTime),
        1 => quiet(format::percentile(period.p50_ms, ceiling)),
        2 => quiet(format::percentile(period.p95_ms, ceiling)),
        3 => quiet(format::percentile(period.p99_ms, ceiling)),
        4 => quiet(format::percent(period.error_rate)),
        5 => quiet(format::rate(period.requests)),
        _ => {
            let role = match period.availability {
                None => Role::Dim,
                Some(share) if share >= 1.0 => Role::Good,
                Some(share) if share >= 0.99 => Role::Warn,
                Some(_) => Role::Bad,
            };
            (format::availability(period.availability), role)
        }
    }
}
