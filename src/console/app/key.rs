//! Keys and sizes as the app knows them: whatever the terminal sends was turned into these at the edge.

pub use crate::domain::key::Key;

/// The terminal, in cells. Either may be 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Size {
    /// The least the console can work with.
    pub const LEAST: Self = Self { width: 40, height: 10 };

    /// Whether the console can show what it does.
    pub fn is_enough(self) -> bool {
        self.width >= Self::LEAST.width && self.height >= Self::LEAST.height
    }
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
