//! Text fields, and the rows of lists that are chosen from.

use ratatui::layout::Rect;
use tui_input::Input;

use super::{paint::Painter, role::Role, text};

/// Draws a text field with its cursor. Text longer than the field shows the part around the cursor.
pub fn input(painter: &mut Painter<'_>, x: u16, y: u16, width: u16, input: &Input) {
    let width = width.min(painter.width().saturating_sub(x));
    if width == 0 {
        return;
    }
    let cursor = input.visual_cursor();
    let start = input.visual_scroll(usize::from(width.saturating_sub(1)));
    let (skipped, overhang) = text::skip(input.value(), start);
    let role = Role::Input;
    painter.line(x, y, width, " ", role);
    let mut part = painter.sub(Rect { x, y, width, height: 1 });
    part.text(overhang as u16, 0, &input.value()[skipped..], role);
    let at = cursor.saturating_sub(start).min(usize::from(width) - 1) as u16;
    part.tint(Rect::new(at, 0, 1, 1), Role::Cursor);
}

/// The pointer before a selected row.
pub fn pointer(painter: &mut Painter<'_>, y: u16, selected: bool) {
    if selected {
        let glyph = painter.glyphs().pointer;
        painter.text(1, y, glyph, Role::Accent);
    }
}

/// Tints a selected row; after its text was written.
pub fn tint(painter: &mut Painter<'_>, y: u16, selected: bool) {
    if selected {
        painter.tint(Rect::new(0, y, painter.width(), 1), Role::Selected);
    }
}
