//! Keys and sizes as the app knows them: whatever the terminal sends was turned into these at the edge.

use std::fmt;

/// A key that was pressed. Pasted text never becomes keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A printable character, with Shift already applied.
    Char(char),
    /// A letter with Ctrl, lower case.
    Ctrl(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Erases to the left.
    Backspace,
    /// Erases to the right.
    Delete,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Start of the line, or of the list.
    Home,
    /// End of the line, or of the list.
    End,
    /// A page back.
    PageUp,
    /// A page on.
    PageDown,
}

impl fmt::Display for Key {
    /// As the footer and the help write it: `d`, `Enter`, `PgUp`, `^C`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Char(' ') => "Space",
            Self::Char(c) => return write!(f, "{c}"),
            Self::Ctrl(c) => return write!(f, "^{}", c.to_ascii_uppercase()),
            Self::Enter => "Enter",
            Self::Esc => "Esc",
            Self::Tab => "Tab",
            Self::BackTab => "Shift-Tab",
            Self::Backspace => "Backspace",
            Self::Delete => "Del",
            Self::Left => "Left",
            Self::Right => "Right",
            Self::Up => "Up",
            Self::Down => "Down",
            Self::Home => "Home",
            Self::End => "End",
            Self::PageUp => "PgUp",
            Self::PageDown => "PgDn",
        };
        f.write_str(word)
    }
}

/// The terminal, in cells. Either may be 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// How much of the lists the screen has room for, as the view lays it out; paging and windows of the log follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panes {
    /// Rows of the log pane, without its border.
    pub log_rows: u16,
    /// Columns of the log pane, without its border.
    pub log_columns: u16,
    /// Rows of the list that has the focus (services, runs, releases, plan), without its border.
    pub list_rows: u16,
    /// Columns of a chart: that many points are read for it, and twice as many where a cell holds two.
    pub chart_columns: u16,
}

impl Panes {
    /// A fair guess before the view said better.
    pub fn guess(size: Size) -> Self {
        Self {
            log_rows: (size.height / 2).saturating_sub(3).max(1),
            log_columns: size.width.saturating_sub(2).max(1),
            list_rows: (size.height / 2).saturating_sub(3).max(1),
            chart_columns: (size.width / 2).saturating_sub(10).max(10),
        }
    }
}
