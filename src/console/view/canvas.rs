//! A grid of dots, two by four in each cell, each cell with one role: what curves are drawn on.

use super::{paint::Painter, role::Role};

/// Dots of a cell by column and row, as Braille numbers them.
const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
const UPPER: u8 = 0x01 | 0x02 | 0x08 | 0x10;

/// The grid.
pub struct Canvas {
    width: usize,
    height: usize,
    cells: Vec<(u8, Role)>,
}

impl Canvas {
    /// Empty, of so many cells.
    pub fn new(width: u16, height: u16) -> Self {
        let (width, height) = (usize::from(width), usize::from(height));
        Self { width, height, cells: vec![(0, Role::Curve); width * height] }
    }

    /// Columns of dots.
    pub fn dots_wide(&self) -> usize {
        self.width * 2
    }

    /// Rows of dots.
    pub fn dots_high(&self) -> usize {
        self.height * 4
    }

    /// Sets one dot; outside the grid nothing happens.
    pub fn dot(&mut self, x: usize, y: usize, role: Role) {
        if x >= self.dots_wide() || y >= self.dots_high() {
            return;
        }
        let cell = &mut self.cells[y / 4 * self.width + x / 2];
        cell.0 |= BITS[x % 2][y % 4];
        // What is beyond a limit must not be painted over by what is not.
        if cell.1 != Role::CurveOver {
            cell.1 = role;
        }
    }

    /// Whether a run of cells of one row has no dot.
    pub fn is_free(&self, x: u16, y: u16, cells: u16) -> bool {
        let (x, y) = (usize::from(x), usize::from(y));
        y < self.height && (x..x + usize::from(cells)).all(|x| x < self.width && self.cells[y * self.width + x].0 == 0)
    }

    /// Draws the dots; cells without any stay as they are.
    pub fn paint(&self, painter: &mut Painter<'_>) {
        let braille = painter.glyphs().braille;
        let mut bytes = [0; 4];
        for (index, (dots, role)) in self.cells.iter().enumerate().filter(|(_, (dots, _))| *dots != 0) {
            let glyph = if braille {
                char::from_u32(0x2800 + u32::from(*dots)).unwrap_or(' ')
            } else {
                match (dots & UPPER != 0, dots & !UPPER != 0) {
                    (true, true) => ':',
                    (true, false) => '\'',
                    _ => '.',
                }
            };
            let style = painter.skin().style(*role);
            painter.put((index % self.width) as u16, (index / self.width) as u16, glyph.encode_utf8(&mut bytes), style);
        }
    }
}
