//! Failures: looks that failed, a few kinds of each probe, and what was answered.

use ratatui::layout::Rect;

use crate::{
    console::app::{detail::Detail, model::Model},
    domain::{format as figures, phases::PHASES, sample::Sample},
};

use super::super::{
    format::{self, Clock},
    paint::Painter,
    role::Role,
    table, text,
};

/// Rows of the list where the page has so many.
pub fn rows(height: u16) -> u16 {
    (height / 3).clamp(1, 12)
}

/// Draws the page.
pub fn paint(painter: &mut Painter<'_>, model: &Model, detail: &Detail) {
    let Some(data) = detail.read() else {
        painter.text(1, 0, "reading", Role::Dim);
        return;
    };
    if data.samples.is_empty() {
        let none = "no look failed since samples are kept";
        painter.cut(1, 0, painter.width().saturating_sub(2), none, Role::Dim);
        return;
    }
    let clock = Clock::new(model.project.as_deref(), model.utc);
    let rows = usize::from(rows(painter.height())).min(data.samples.len());
    let first = table::first_row(detail.row, data.samples.len(), rows);
    let wide = data.samples.iter().map(|sample| text::width(&sample.probe)).max().unwrap_or(0).min(16) as u16;
    for (y, (index, sample)) in data.samples.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = y as u16;
        let at = clock.day(sample.last_at, model.now);
        let x = painter.text(1, y, &at, Role::LogTime).max(13) + 1;
        painter.cut(x, y, wide, &sample.probe, Role::Text);
        let mut x = x + wide + 2;
        if sample.count > 1 {
            x = painter.text(x, y, &format!("{} times", format::grouped(sample.count)), Role::Dim) + 2;
        }
        painter.cut(x, y, painter.width().saturating_sub(x + 1), &sample.sentence, Role::Bad);
        if index == detail.row {
            painter.tint(Rect::new(0, y, painter.width(), 1), Role::Selected);
        }
    }
    if let Some(sample) = data.samples.get(detail.row) {
        let y = rows as u16 + 1;
        let rest = Rect { y, height: painter.height().saturating_sub(y), ..painter.bounds() };
        about(&mut painter.sub(rest), &clock, sample);
    }
}

fn about(painter: &mut Painter<'_>, clock: &Clock<'_>, sample: &Sample) {
    let room = usize::from(painter.width().saturating_sub(2));
    let mut lines: Vec<(String, Role)> = Vec::new();
    for row in text::wrapped(&sample.sentence, room) {
        lines.push((row.to_owned(), Role::Strong));
    }
    let status = sample.status.map_or_else(String::new, |status| format!("status {status}  "));
    let took = PHASES.iter().zip(sample.phases.in_order());
    let took: Vec<_> = took.filter_map(|(phase, ms)| Some(format!("{phase} {}", figures::ms(ms?)))).collect();
    lines.push((format!("{status}{}", took.join(", ")), Role::Text));
    if sample.count > 1 {
        let (first, last) = (clock.second(sample.first_at), clock.second(sample.last_at));
        lines.push((format!("{} such looks from {first} to {last}", format::grouped(sample.count)), Role::Dim));
    }
    lines.extend(sample.headers.iter().map(|(name, value)| (format!("{name}: {value}"), Role::Dim)));
    if sample.body_bytes > 0 {
        lines.push((format!("body, {} bytes:", format::grouped(sample.body_bytes as u64)), Role::Dim));
    }
    for line in sample.body.lines() {
        lines.extend(text::wrapped(line, room).into_iter().map(|row| (row.to_owned(), Role::Text)));
    }
    let height = usize::from(painter.height());
    let cut = lines.len() > height;
    for (y, (line, role)) in lines.iter().take(height.saturating_sub(usize::from(cut))).enumerate() {
        painter.cut(1, y as u16, painter.width().saturating_sub(2), line, *role);
    }
    if cut && height > 0 {
        let more = format!("{} more lines: quarterdeck samples {}", lines.len() + 1 - height, sample.service);
        painter.cut(1, height as u16 - 1, painter.width().saturating_sub(2), &more, Role::Accent);
    }
}
