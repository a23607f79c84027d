//! Something to read: diagnostics of a configuration, a long error.

use ratatui::layout::Rect;

use crate::console::app::overlay::Message;

use super::super::{paint::Painter, role::Role, text};

fn part(message: &Message, area: Rect) -> Rect {
    let longest = message.lines.iter().map(|line| text::width(line)).max().unwrap_or(0);
    let width = (longest as u16).saturating_add(4).clamp(40, 110).min(area.width);
    let room = usize::from(width.saturating_sub(4));
    let rows: usize = message.lines.iter().map(|line| text::wrap(line, room).len()).sum();
    super::place(area, width, (rows.min(10_000) as u16).saturating_add(2).max(5))
}

/// Rows it shows at once.
pub fn rows(message: &Message, area: Rect) -> u16 {
    part(message, area).height.saturating_sub(2)
}

/// Draws the message from the scrolled line on.
pub fn paint(painter: &mut Painter<'_>, message: &Message) {
    let part = part(message, painter.bounds());
    let mut inner = super::panel(painter, part, &message.title);
    let room = usize::from(inner.width().saturating_sub(2));
    let height = usize::from(inner.height());
    let rows = message.lines.iter().skip(message.scroll).flat_map(|line| text::wrapped(line, room));
    for (y, row) in rows.take(height).enumerate() {
        inner.text(1, y as u16, row, Role::Text);
    }
}
