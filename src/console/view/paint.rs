//! The only hand that writes cells: everything is clipped to its area, so that no size can make it panic.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{glyph::Glyphs, role::Role, skin::Skin, text::cut};

/// A part of the screen to draw on. Coordinates are relative to its upper left corner.
pub struct Painter<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    skin: &'a Skin,
}

impl<'a> Painter<'a> {
    /// Draws on `area`, as far as the buffer has it.
    pub fn new(buffer: &'a mut Buffer, area: Rect, skin: &'a Skin) -> Self {
        let area = area.intersection(buffer.area);
        Self { buffer, area, skin }
    }

    /// Columns.
    pub fn width(&self) -> u16 {
        self.area.width
    }

    /// Rows.
    pub fn height(&self) -> u16 {
        self.area.height
    }

    /// The whole of it, in its own coordinates.
    pub fn bounds(&self) -> Rect {
        Rect::new(0, 0, self.area.width, self.area.height)
    }

    /// How roles look.
    pub fn skin(&self) -> &'a Skin {
        self.skin
    }

    /// The characters that are not text.
    pub fn glyphs(&self) -> &'a Glyphs {
        self.skin.glyphs()
    }

    /// A part of this part.
    pub fn sub(&mut self, part: Rect) -> Painter<'_> {
        let moved = Rect {
            x: self.area.x.saturating_add(part.x),
            y: self.area.y.saturating_add(part.y),
            width: part.width,
            height: part.height,
        };
        let area = moved.intersection(self.area);
        Painter { buffer: &mut *self.buffer, area, skin: self.skin }
    }

    /// Makes it empty, with the terminal's own background.
    pub fn clear(&mut self) {
        for y in 0..self.area.height {
            for x in 0..self.area.width {
                if let Some(cell) = self.buffer.cell_mut((self.area.x + x, self.area.y + y)) {
                    cell.reset();
                }
            }
        }
    }

    /// Writes text; returns the column after it. What does not fit is left out.
    pub fn text(&mut self, x: u16, y: u16, text: &str, role: Role) -> u16 {
        self.styled(x, y, text, self.skin.style(role))
    }

    /// Writes text in a style of its own; returns the column after it.
    pub fn styled(&mut self, x: u16, y: u16, text: &str, style: Style) -> u16 {
        if y >= self.area.height || x >= self.area.width {
            return x;
        }
        let row = self.area.y + y;
        let end = self.area.x + self.area.width;
        let mut column = self.area.x + x;
        self.heal_left(column, row);
        if text.is_ascii() {
            for byte in text.bytes().filter(|byte| (0x20..0x7f).contains(byte)) {
                if column >= end {
                    break;
                }
                if let Some(cell) = self.buffer.cell_mut((column, row)) {
                    cell.reset();
                    cell.set_char(char::from(byte)).set_style(style);
                }
                column += 1;
            }
            return column - self.area.x;
        }
        for grapheme in text.graphemes(true) {
            let plain;
            let symbol = if grapheme.contains('\u{fe0f}') {
                plain = grapheme.replace('\u{fe0f}', "");
                plain.as_str()
            } else {
                grapheme
            };
            let width = symbol.width() as u16;
            if width == 0 || symbol.chars().any(char::is_control) {
                continue;
            }
            if column.saturating_add(width) > end {
                break;
            }
            for offset in 0..width {
                if let Some(cell) = self.buffer.cell_mut((column + offset, row)) {
                    cell.reset();
                    if offset == 0 {
                        cell.set_symbol(symbol);
                    }
                    cell.set_style(style);
                }
            }
            column += width;
        }
        column - self.area.x
    }

    /// A wide character whose second half is about to be overwritten becomes a space.
    fn heal_left(&mut self, column: u16, row: u16) {
        let Some(left) = column.checked_sub(1) else { return };
        if let Some(cell) = self.buffer.cell_mut((left, row))
            && !cell.symbol().is_ascii()
            && cell.symbol().width() > 1
        {
            cell.set_symbol(" ");
        }
    }

    /// Writes text into `width` columns; text that is too long ends in the cut mark. Returns the column after the text.
    pub fn cut(&mut self, x: u16, y: u16, width: u16, text: &str, role: Role) -> u16 {
        let width = width.min(self.area.width.saturating_sub(x));
        let shown = cut(text, usize::from(width), self.glyphs().cut);
        self.text(x, y, &shown, role)
    }

    /// Writes text so that it ends before column `end`; returns the column where it begins.
    pub fn right(&mut self, end: u16, y: u16, text: &str, role: Role) -> u16 {
        let x = end.saturating_sub(text.width() as u16);
        self.text(x, y, text, role);
        x
    }

    /// Writes text in the middle of a row.
    pub fn centre(&mut self, y: u16, text: &str, role: Role) {
        let width = self.width();
        let shown = cut(text, usize::from(width), self.glyphs().cut);
        let x = width.saturating_sub(shown.width() as u16) / 2;
        self.text(x, y, &shown, role);
    }

    /// Writes pieces one after the other within `width` columns; returns the column after them.
    pub fn pieces(&mut self, x: u16, y: u16, width: u16, pieces: &[(&str, Role)]) -> u16 {
        let end = x.saturating_add(width).min(self.area.width);
        let mut column = x;
        for (text, role) in pieces {
            if column >= end {
                break;
            }
            column = self.cut(column, y, end - column, text, *role);
        }
        column
    }

    /// Repeats one character over a row.
    pub fn line(&mut self, x: u16, y: u16, width: u16, glyph: &str, role: Role) {
        let style = self.skin.style(role);
        for column in x..x.saturating_add(width).min(self.area.width) {
            self.put(column, y, glyph, style);
        }
    }

    /// Writes one character of width 1.
    pub fn put(&mut self, x: u16, y: u16, glyph: &str, style: Style) {
        if x >= self.area.width || y >= self.area.height {
            return;
        }
        if let Some(cell) = self.buffer.cell_mut((self.area.x + x, self.area.y + y)) {
            cell.reset();
            cell.set_symbol(glyph).set_style(style);
        }
    }

    /// Adds a role's style to what is there: for selected rows.
    pub fn tint(&mut self, part: Rect, role: Role) {
        let style = self.skin.style(role);
        let part = self.sub(part).area;
        self.buffer.set_style(part, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_outside_the_area_changes_nothing() {
        let skin = Skin::plain(false);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 2));
        let before = buffer.clone();
        let mut painter = Painter::new(&mut buffer, Rect::new(0, 0, 4, 2), &skin);
        painter.text(4, 0, "x", Role::Text);
        painter.text(0, 2, "x", Role::Text);
        painter.sub(Rect::new(9, 9, 9, 9)).text(0, 0, "x", Role::Text);
        assert_eq!(buffer, before);
    }

    #[test]
    fn a_wide_character_that_does_not_fit_is_left_out_and_never_torn() {
        let skin = Skin::plain(false);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        let mut painter = Painter::new(&mut buffer, Rect::new(0, 0, 3, 1), &skin);
        painter.text(0, 0, "日本", Role::Text);
        assert_eq!(buffer[(0, 0)].symbol(), "日");
        assert_eq!(buffer[(2, 0)].symbol(), " ");
        let mut painter = Painter::new(&mut buffer, Rect::new(0, 0, 3, 1), &skin);
        painter.text(1, 0, "a", Role::Text);
        assert_eq!(buffer[(0, 0)].symbol(), " ", "half of a wide character must not stay");
    }

    #[test]
    fn variation_selectors_and_controls_never_reach_a_cell() {
        let skin = Skin::plain(false);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        Painter::new(&mut buffer, Rect::new(0, 0, 8, 1), &skin).text(
            0,
            0,
            "a\u{2714}\u{fe0f}\u{1b}\u{200b}b",
            Role::Text,
        );
        let row: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(!row.contains(['\u{fe0f}', '\u{1b}', '\u{200b}']), "{row:?}");
        assert!(row.contains('b'));
    }
}
