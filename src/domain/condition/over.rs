//! Functions over time: what a series came to within a while before now. The scope that keeps the samples answers them.

use std::time::Duration;

/// The least a function may look back ...
pub(super) const LEAST: Duration = Duration::from_secs(1);
/// ... and the most.
pub(super) const MOST: Duration = Duration::from_hours(24);

/// A function over the samples of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OverTime {
    /// Their mean.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// Their sum.
    Sum,
    /// How many there are.
    Count,
    /// How much a counter grew; one that drops was reset.
    Increase,
    /// How often one differs from the one before.
    Changes,
}

impl OverTime {
    /// All.
    pub const ALL: [Self; 7] = [Self::Avg, Self::Min, Self::Max, Self::Sum, Self::Count, Self::Increase, Self::Changes];

    /// As written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Avg => "avg_over",
            Self::Min => "min_over",
            Self::Max => "max_over",
            Self::Sum => "sum_over",
            Self::Count => "count_over",
            Self::Increase => "increase_over",
            Self::Changes => "changes",
        }
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.word() == word)
    }
}

/// A function over time as a condition asks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowCall {
    /// Which.
    pub function: OverTime,
    /// Of which series, dotted as written.
    pub series: String,
    /// How far back.
    pub window: Duration,
}
