//! Frames: from two buffers to the bytes between them.

use ratatui::{
    backend::{Backend, CrosstermBackend},
    buffer::Buffer,
    layout::Rect,
};

/// Terminals that know synchronised updates (DEC mode 2026) show a frame at once; others ignore this.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
const ERASE: &[u8] = b"\x1b[0m\x1b[2J";

/// A drawn screen.
pub type Picture = Buffer;

/// Where to draw.
pub type Area = Rect;

/// The area of a terminal of this size.
pub fn area(width: u16, height: u16) -> Rect {
    Rect::new(0, 0, width, height)
}

/// A screen with nothing on it.
pub fn blank(area: Area) -> Picture {
    Buffer::empty(area)
}

/// What the terminal shows, and how to change it.
#[derive(Debug)]
pub struct Painter {
    shown: Buffer,
    /// What is on the terminal is not known: erase it first.
    erase: bool,
    /// Sequences that are no picture, to go out with the next frame.
    passing: Vec<u8>,
}

impl Painter {
    /// On a terminal just taken: its screen is empty.
    pub fn new() -> Self {
        Self { shown: Buffer::empty(Rect::ZERO), erase: false, passing: Vec::new() }
    }

    /// The next frame is drawn in full; `erase` if the screen may hold anything.
    pub fn forget(&mut self, erase: bool) {
        self.shown = Buffer::empty(Rect::ZERO);
        self.erase = erase;
    }

    /// Sends a sequence that changes no cell (the clipboard's) with the next frame.
    pub fn pass(&mut self, sequence: Vec<u8>) {
        self.passing.extend(sequence);
    }

    /// The bytes that turn what is shown into `next`; `None` if it is shown already. What comes back must be written.
    pub fn paint(&mut self, next: Buffer) -> Option<Vec<u8>> {
        if self.shown.area != next.area {
            self.erase |= self.shown.area != Rect::ZERO;
            self.shown = Buffer::empty(next.area);
        }
        let changed = self.shown.diff(&next);
        if changed.is_empty() && !self.erase && self.passing.is_empty() {
            self.shown = next;
            return None;
        }
        let mut bytes = Vec::with_capacity(64 + changed.len() * 4);
        bytes.append(&mut self.passing);
        bytes.extend_from_slice(BEGIN);
        if std::mem::take(&mut self.erase) {
            bytes.extend_from_slice(ERASE);
        }
        // Writing to a Vec can't fail.
        let _ = CrosstermBackend::new(&mut bytes).draw(changed.into_iter());
        bytes.extend_from_slice(END);
        self.shown = next;
        Some(bytes)
    }
}

impl Default for Painter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(lines: &[&str]) -> Buffer {
        Buffer::with_lines(lines.iter().copied())
    }

    fn shown(bytes: &[&[u8]], (width, height): (u16, u16)) -> Vec<String> {
        let mut screen = vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0);
        for bytes in bytes {
            screen.process(bytes);
        }
        screen.screen().rows(0, width).map(|row| row.trim_end().to_owned()).collect()
    }

    #[test]
    fn nothing_is_written_when_nothing_changed() {
        let mut painter = Painter::new();
        assert!(painter.paint(buffer(&["api up  ", "web DOWN"])).is_some());
        assert_eq!(painter.paint(buffer(&["api up  ", "web DOWN"])), None);
    }

    #[test]
    fn only_what_changed_is_written() {
        let mut painter = Painter::new();
        let first = painter.paint(buffer(&["api up  ", "web DOWN"])).unwrap();
        let second = painter.paint(buffer(&["api up  ", "web up  "])).unwrap();
        assert!(!String::from_utf8_lossy(&second).contains("api"));
        assert_eq!(shown(&[&first, &second], (8, 2)), ["api up", "web up"]);
    }

    #[test]
    fn another_size_erases_what_was_there() {
        let mut painter = Painter::new();
        let first = painter.paint(buffer(&["12345678"])).unwrap();
        let second = painter.paint(buffer(&["ab", "  "])).unwrap();
        assert_eq!(shown(&[&first, &second], (8, 2)), ["ab", ""]);
    }

    #[test]
    fn a_screen_of_no_size_is_no_trouble() {
        assert_eq!(Painter::new().paint(Buffer::empty(Rect::ZERO)), None);
    }

    #[test]
    fn a_frame_asks_the_terminal_nothing() {
        let bytes = Painter::new().paint(buffer(&["api up", "web up"])).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("[6n") && !text.contains("[c") && !text.contains("[?u"), "{text:?}");
    }
}
