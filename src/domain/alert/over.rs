//! Several services in one rule.

use serde::{Deserialize, Serialize};

/// What a rule that names several services is judged of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// Each apart: an alert for each.
    #[default]
    Each,
    /// All together: true if it is true of one.
    Any,
    /// All together: true if it is true of each.
    All,
}

impl Over {
    /// `each`, as configured and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Any => "any",
            Self::All => "all",
        }
    }
}
