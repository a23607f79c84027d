//! The log pane: a window into a log of any length.
//!
//! ```text
//!   1 ........................ log_len        the whole log, in the store
//!          [ held lines  ]                     what the feed gave us, around the screen
//!            [ screen ]                        top .. top + rows
//! ```
//!
//! The pane never holds the whole log. Its [`Position`] says what it wants to show; [`LogPane::wanted`] says which lines
//! the feed should read; until they arrive the lines held before stay on the screen, so that nothing flickers.

use std::sync::Arc;

use tui_input::Input;

use crate::domain::{
    id::RunId,
    log::{Direction, LogLine},
};

use super::effect::Ticket;

/// The log pane of one run.
#[derive(Debug, Clone)]
pub struct LogPane {
    /// Whose log.
    pub run: RunId,
    /// Lines stored.
    pub total: u64,
    /// The lines held, ascending and without gaps.
    pub held: Arc<Vec<LogLine>>,
    /// Where it looks.
    pub position: Position,
    /// Long lines are wrapped, not cut.
    pub wrap: bool,
    /// Columns scrolled to the right; 0 while wrapping.
    pub column: usize,
    /// Each line begins with its time.
    pub timestamps: bool,
    /// What is searched.
    pub search: Search,
    /// The next error is being looked for: whose answer counts.
    pub next_error: Option<Ticket>,
    /// The hits of the search are being counted: whose answer counts.
    pub counting: Option<Ticket>,
}

/// Where the pane looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// At the end, as it grows: the last line is at the bottom, and the cursor is on it.
    Follow,
    /// Line `top` is the first on the screen, and `cursor` (a line on the screen) is marked.
    At {
        /// Number of the first line shown, from 1.
        top: u64,
        /// Number of the marked line.
        cursor: u64,
    },
}

/// The search in a log.
#[derive(Debug, Clone, Default)]
pub enum Search {
    /// None.
    #[default]
    Off,
    /// Its text is being typed.
    Typing(Input),
    /// Being looked for in the background.
    Looking {
        /// The text.
        needle: String,
        /// Whose answer counts.
        ticket: Ticket,
    },
    /// Looked for.
    Done {
        /// The text.
        needle: String,
        /// The hit the cursor went to; `None` if the log does not contain it.
        hit: Option<Hit>,
    },
}

/// A hit, and its place among all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Number of its line.
    pub line: u64,
    /// 1 for the first hit of the log; 0 while they are being counted.
    pub number: u64,
    /// Hits in all; 0 while they are being counted.
    pub of: u64,
    /// There are more than were counted.
    pub more: bool,
}

impl Search {
    /// The text to mark on the screen, if any.
    pub fn needle(&self) -> Option<&str> {
        match self {
            Self::Off => None,
            Self::Typing(input) => Some(input.value()).filter(|text| !text.is_empty()),
            Self::Looking { needle, .. } | Self::Done { needle, .. } => Some(needle),
        }
    }
}

/// Lines the feed should read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogWindow {
    /// The last so many.
    Tail {
        /// How many.
        limit: usize,
    },
    /// So many from a number on.
    From {
        /// The first, from 1.
        from: u64,
        /// How many.
        limit: usize,
    },
}

/// Columns moved by one key.
const COLUMNS: usize = 8;

impl LogPane {
    /// Empty, following.
    pub fn new(run: RunId) -> Self {
        Self {
            run,
            total: 0,
            held: Arc::default(),
            position: Position::Follow,
            wrap: false,
            column: 0,
            timestamps: false,
            search: Search::Off,
            next_error: None,
            counting: None,
        }
    }

    /// Whether it stays at the end as the log grows.
    pub fn follows(&self) -> bool {
        self.position == Position::Follow
    }

    /// The number of the marked line; 0 in an empty log.
    pub fn cursor(&self) -> u64 {
        match self.position {
            Position::Follow => self.total,
            Position::At { cursor, .. } => cursor,
        }
    }

    /// What to draw in `rows` rows if no line were wrapped. Following: the last lines held, to be drawn so that the last
    /// one ends at the bottom. Else: lines from the top on, to be drawn downward.
    pub fn shown(&self, rows: usize) -> &[LogLine] {
        let held = self.held.as_slice();
        match self.position {
            Position::Follow => &held[held.len().saturating_sub(rows)..],
            Position::At { top, .. } => {
                let start = self.index_of(top).unwrap_or(0);
                &held[start..held.len().min(start.saturating_add(rows))]
            }
        }
    }

    /// The lines the feed should read for a pane of `rows` rows: three screens, so that scrolling finds them there.
    pub fn wanted(&self, rows: u16) -> LogWindow {
        let rows = usize::from(rows.max(1));
        match self.position {
            Position::Follow => LogWindow::Tail { limit: 2 * rows },
            Position::At { top, .. } => {
                // On a grid of whole screens: scrolling by a line must not ask for other lines each time.
                let page = top.saturating_sub(1) / rows as u64;
                LogWindow::From { from: page.saturating_sub(1) * rows as u64 + 1, limit: 4 * rows }
            }
        }
    }

    /// Takes in lines the feed read.
    pub fn take(&mut self, total: u64, lines: Arc<Vec<LogLine>>) {
        self.total = self.total.max(total);
        self.held = lines;
    }

    /// Moves the cursor by so many lines; at the end it follows again.
    pub fn move_by(&mut self, lines: i64, rows: u16) {
        let cursor = self.cursor().saturating_add_signed(lines).max(1);
        self.go_to(cursor, rows);
    }

    /// Puts the cursor on a line, scrolling no further than needed; on the last one it follows.
    pub fn go_to(&mut self, line: u64, rows: u16) {
        if line >= self.total {
            self.position = Position::Follow;
            return;
        }
        let rows = u64::from(rows.max(1));
        let top = match self.position {
            Position::Follow => self.total.saturating_sub(rows - 1).max(1),
            Position::At { top, .. } => top,
        };
        let top = top.min(line).max((line + 1).saturating_sub(rows)).max(1);
        self.position = Position::At { top, cursor: line.max(1) };
    }

    /// Puts the cursor on a line far away, with lines before and after it on the screen.
    pub fn jump_to(&mut self, line: u64, rows: u16) {
        let visible = match self.position {
            Position::Follow => self.total.saturating_sub(u64::from(rows.max(1)) - 1).max(1),
            Position::At { top, .. } => top,
        };
        if line >= visible && line < visible + u64::from(rows.max(1)) {
            // It is on the screen already: only the mark moves.
            self.position = Position::At { top: visible, cursor: line };
        } else {
            let top = line.saturating_sub(u64::from(rows) / 3).max(1);
            self.position = Position::At { top, cursor: line };
        }
    }

    /// Stops or resumes following.
    pub fn toggle_follow(&mut self, rows: u16) {
        if self.follows() {
            let top = self.total.saturating_sub(u64::from(rows.max(1)) - 1).max(1);
            self.position = Position::At { top, cursor: self.total.max(1) };
        } else {
            self.position = Position::Follow;
        }
    }

    /// Wraps long lines, or cuts them.
    pub fn toggle_wrap(&mut self) {
        self.wrap = !self.wrap;
        self.column = 0;
    }

    /// Shows columns further to the left or right.
    pub fn shift(&mut self, way: Direction) {
        self.column = match way {
            Direction::Forward => (self.column + COLUMNS).min(u16::MAX.into()),
            Direction::Backward => self.column.saturating_sub(COLUMNS),
        };
    }

    /// The marked line, if it is held.
    pub fn line_at_cursor(&self) -> Option<&LogLine> {
        self.index_of(self.cursor()).and_then(|index| self.held.get(index))
    }

    fn index_of(&self, line: u64) -> Option<usize> {
        let first = self.held.first()?.seq;
        let index = usize::try_from(line.checked_sub(first)?).ok()?;
        (index < self.held.len()).then_some(index)
    }
}
