//! Three-valued judgement: pass, fail, or not known.

use serde::{Deserialize, Serialize};

/// What a judgement came to. Unknown is never pass and never fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every expectation held.
    Pass,
    /// At least one expectation was false.
    Fail,
    /// No expectation was false, but at least one could not be decided.
    Unknown,
}

impl Verdict {
    /// The word shown beside every colour.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }

    /// Fail beats unknown beats pass: the verdict on several things that must all hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fail, _) | (_, Self::Fail) => Self::Fail,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            _ => Self::Pass,
        }
    }
}

/// The verdict of one condition, with the sentence that explains it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The condition as written.
    pub condition: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// The condition with its values: `error_rate 0.081 > 0.05`, or why it is unknown.
    pub explanation: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fail_beats_unknown_beats_pass() {
        use Verdict::{Fail, Pass, Unknown};
        let cases = [(Pass, Pass, Pass), (Pass, Unknown, Unknown), (Unknown, Fail, Fail), (Fail, Pass, Fail)];
        for (left, right, both) in cases {
            assert_eq!(left.and(right), both);
            assert_eq!(right.and(left), both);
        }
    }
}
