//! One line being written: characters, a cursor, and what was there before it was overwritten.

use unicode_width::UnicodeWidthChar;

use super::marks::{self, Treatment};
use crate::domain::log::{Span, Style};

/// Longest line in bytes of text; what is longer goes on in the next one.
pub const LINE_LIMIT: usize = 64 * 1024;
/// Most combining characters on top of one another.
const COMBINING_LIMIT: usize = 4;
/// Overwritten versions that are kept, and the most characters of each.
const VERSIONS_KEPT: usize = 3;
const VERSION_LIMIT: usize = 160;
/// Characters by which versions are compared: a line may be overwritten as often as it has bytes, and is not read in full
/// each time.
const COMPARED: usize = 256;
/// How far a cursor may be sent to the right.
const COLUMN_LIMIT: usize = 1024;

/// Text and styles of a finished line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Finished {
    /// Safe to print.
    pub text: String,
    /// As in [`LogLine`](crate::domain::log::LogLine).
    pub spans: Vec<Span>,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    c: char,
    style: Style,
}

/// The line the cursor is in.
#[derive(Debug, Default)]
pub struct Line {
    cells: Vec<Cell>,
    /// Bytes of text in `cells`, not counting what was overwritten down.
    bytes: usize,
    /// Index of the cell written next; may lie beyond the last one.
    cursor: usize,
    /// Its column on a screen, for tabs.
    column: usize,
    /// The cursor went back; what it overwrites next was an earlier version.
    went_back: bool,
    /// It went back by a backspace just now: overstriking.
    backspaced: bool,
    overwritten: u32,
    /// Earlier versions that read differently: their letters, and themselves.
    versions: Vec<(String, String)>,
    last_mark: Option<Mark>,
    /// The style for what is written next.
    pub style: Style,
    /// Lines that are complete.
    pub finished: Vec<Finished>,
}

/// The mark written last, so that a flood of the same becomes one with a count.
#[derive(Debug)]
struct Mark {
    name: String,
    count: u32,
    start: usize,
    end: usize,
}

impl Line {
    /// Writes printable ASCII.
    pub fn write_ascii(&mut self, text: &[u8]) {
        if self.cursor == self.cells.len() && self.bytes + text.len() <= LINE_LIMIT {
            let style = self.style;
            self.cells.extend(text.iter().map(|byte| Cell { c: char::from(*byte), style }));
            self.bytes += text.len();
            self.cursor = self.cells.len();
            self.column += text.len();
            (self.went_back, self.backspaced) = (false, false);
        } else {
            for byte in text {
                self.put(char::from(*byte), self.style);
            }
        }
    }

    /// Writes any character, or a mark for it.
    pub fn write(&mut self, c: char) {
        match c {
            ' '..='~' => self.put(c, self.style),
            '\0'..='\x1f' | '\x7f' => self.mark(marks::control_name(c as u8)),
            _ => match marks::treat(c) {
                Treatment::Shown(_) | Treatment::Combining => self.put(c, self.style),
                Treatment::Dropped => {}
                Treatment::Marked => self.mark(&format!("U+{:04X}", u32::from(c))),
            },
        }
    }

    /// Writes `⟨name⟩`; the same once more becomes `⟨name ×2⟩`.
    pub fn mark(&mut self, name: &str) {
        let style = Style { mark: true, ..Style::default() };
        let end = self.cells.len();
        let again = self.last_mark.take_if(|last| last.name == name && last.end == end && self.cursor == end);
        let (text, start, count) = if let Some(last) = again {
            self.bytes -= self.cells.drain(last.start..).map(|cell| cell.c.len_utf8()).sum::<usize>();
            self.cursor = last.start;
            (format!("⟨{name} ×{}⟩", last.count + 1), last.start, last.count + 1)
        } else {
            (format!("⟨{name}⟩"), self.cursor, 1)
        };
        let lines = self.finished.len();
        text.chars().for_each(|c| self.put(c, style));
        self.last_mark = (self.finished.len() == lines && self.cursor == self.cells.len()).then(|| Mark {
            name: name.to_owned(),
            count,
            start,
            end: self.cells.len(),
        });
    }

    fn put(&mut self, c: char, style: Style) {
        if self.bytes + c.len_utf8() > LINE_LIMIT {
            self.break_off();
        }
        while self.cells.len() < self.cursor {
            self.cells.push(Cell { c: ' ', style: Style::default() });
            self.bytes += 1;
        }
        let mut cell = Cell { c, style };
        if let Some(old) = self.cells.get(self.cursor).copied() {
            if self.backspaced && (old.c == c || old.c == '_') {
                // As man pages do: a letter struck twice is bold, over an underscore it is underlined.
                cell.style.bold |= old.c == c;
                cell.style.underline |= old.c == '_' && c != '_';
            } else if self.went_back && old.c != c {
                self.keep_version();
            }
            self.bytes = self.bytes + c.len_utf8() - old.c.len_utf8();
            self.cells[self.cursor] = cell;
        } else {
            self.bytes += c.len_utf8();
            self.cells.push(cell);
            self.went_back = false;
        }
        self.backspaced = false;
        self.cursor += 1;
        self.column += if c.is_ascii() { 1 } else { c.width().unwrap_or(0) };
    }

    /// Carriage return.
    pub fn move_to_start(&mut self) {
        self.went_back |= self.cursor > 0;
        self.backspaced = false;
        (self.cursor, self.column) = (0, 0);
    }

    /// Backspace.
    pub fn back(&mut self) {
        if self.cursor > 0 {
            self.cursor -= 1;
            self.column = self.column.saturating_sub(1);
            self.went_back = true;
            self.backspaced = true;
        }
    }

    /// To the next multiple of eight columns.
    pub fn tab(&mut self) {
        for _ in 0..8 - self.column % 8 {
            if self.cursor < self.cells.len() {
                self.cursor += 1;
                self.column += 1;
            } else {
                self.put(' ', self.style);
            }
        }
    }

    /// Moves the cursor to a column, counted from 0.
    pub fn move_to_column(&mut self, column: usize) {
        let column = column.min(COLUMN_LIMIT.max(self.cells.len()));
        self.went_back |= column < self.cursor;
        self.backspaced = false;
        (self.cursor, self.column) = (column, column);
    }

    /// Moves the cursor by so many columns.
    pub fn move_by(&mut self, columns: isize) {
        self.move_to_column(self.cursor.saturating_add_signed(columns));
    }

    /// `CSI K`: 0 to the end, 1 to the start, 2 all of it.
    pub fn erase(&mut self, mode: u16) {
        let range = match mode {
            0 => self.cursor.min(self.cells.len())..self.cells.len(),
            1 => 0..(self.cursor + 1).min(self.cells.len()),
            _ => 0..self.cells.len(),
        };
        if self.cells[range.clone()].iter().any(|cell| cell.c != ' ') {
            self.keep_version();
        }
        if range.end == self.cells.len() {
            self.bytes -= self.cells.drain(range).map(|cell| cell.c.len_utf8()).sum::<usize>();
        } else {
            for cell in &mut self.cells[range] {
                self.bytes = self.bytes + 1 - cell.c.len_utf8();
                *cell = Cell { c: ' ', style: Style::default() };
            }
        }
    }

    /// The line is about to change: what it says now is kept if it reads differently.
    fn keep_version(&mut self) {
        self.went_back = false;
        if self.cells.len() <= COMPARED && self.cells.iter().all(|cell| cell.c == ' ') {
            return;
        }
        self.overwritten = self.overwritten.saturating_add(1);
        if self.versions.len() == VERSIONS_KEPT {
            return;
        }
        let letters = letters(&self.cells);
        if letters.is_empty() || self.versions.iter().any(|(known, _)| *known == letters) {
            return;
        }
        let text: String = self.cells.iter().map(|cell| cell.c).take(VERSION_LIMIT).collect();
        self.versions.push((letters, text.trim().to_owned()));
    }

    /// Ends the line because it is too long.
    pub fn break_off(&mut self) {
        let goes_on = "⟨goes on⟩";
        let style = Style { mark: true, ..Style::default() };
        self.cells.extend(goes_on.chars().map(|c| Cell { c, style }));
        self.end();
    }

    /// Ends the line.
    pub fn end(&mut self) {
        let mut out = Writer::default();
        for cell in &self.cells {
            out.push(cell.c, cell.style);
        }
        out.flush_combining();
        if self.overwritten > 0 {
            let style = Style { mark: true, ..Style::default() };
            let now = letters(&self.cells);
            let badge = badge(self.overwritten, self.versions.iter().filter(|version| version.0 != now));
            badge.chars().for_each(|c| out.push(c, style));
            out.flush_combining();
        }
        self.finished.push(out.finished);
        self.cells.clear();
        (self.bytes, self.cursor, self.column, self.overwritten) = (0, 0, 0, 0);
        (self.went_back, self.backspaced) = (false, false);
        self.versions.clear();
        self.last_mark = None;
    }
}

/// ` ⟨overwritten 3 times; before: FAILED⟩`.
fn badge<'a>(times: u32, versions: impl Iterator<Item = &'a (String, String)>) -> String {
    let count = if times == 1 { "once".to_owned() } else { format!("{times} times") };
    let before: Vec<&str> = versions.map(|(_, text)| text.as_str()).collect();
    let before = if before.is_empty() { String::new() } else { format!("; before: {}", before.join(" | ")) };
    format!(" ⟨overwritten {count}{before}⟩")
}

/// What makes a text read differently: not its numbers, bars and spaces.
fn letters(cells: &[Cell]) -> String {
    cells.iter().take(COMPARED).map(|cell| cell.c).filter(|c| c.is_alphabetic()).collect()
}

/// Puts characters together, merging neighbours of one style and bounding combining ones.
#[derive(Default)]
struct Writer {
    finished: Finished,
    combining: usize,
}

impl Writer {
    fn push(&mut self, c: char, style: Style) {
        if !c.is_ascii() && marks::treat(c) == Treatment::Combining {
            self.combining += 1;
            if self.combining > COMBINING_LIMIT {
                return;
            }
            if self.finished.text.is_empty() {
                // Nothing to stand on.
                self.append('\u{a0}', Style::default());
            }
        } else if self.combining > 0 {
            self.flush_combining();
        }
        self.append(c, style);
    }

    fn flush_combining(&mut self) {
        let excess = std::mem::take(&mut self.combining).saturating_sub(COMBINING_LIMIT);
        if excess > 0 {
            let style = Style { mark: true, ..Style::default() };
            format!("⟨{excess} more combining⟩").chars().for_each(|c| self.append(c, style));
        }
    }

    fn append(&mut self, c: char, style: Style) {
        let start = self.finished.text.len() as u32;
        self.finished.text.push(c);
        let len = c.len_utf8() as u32;
        if style == Style::default() {
            return;
        }
        match self.finished.spans.last_mut() {
            Some(last) if last.style == style && last.start + last.len == start => last.len += len,
            _ => self.finished.spans.push(Span { start, len, style }),
        }
    }
}
