//! How bad a line is: six words for the many that are in use.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every step.
    Trace,
    /// For developers.
    Debug,
    /// As it should be.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
    /// The service can't go on.
    Fatal,
}

impl Level {
    /// All, the least first.
    pub const ALL: [Self; 6] = [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// The level a word means, in any case: the words of the common libraries, of syslog and of the journal.
    pub fn of_word(word: &str) -> Option<Self> {
        const WORDS: [(&str, Level); 26] = [
            ("trace", Level::Trace),
            ("verbose", Level::Trace),
            ("silly", Level::Trace),
            ("debug", Level::Debug),
            ("dbg", Level::Debug),
            ("fine", Level::Debug),
            ("info", Level::Info),
            ("information", Level::Info),
            ("informational", Level::Info),
            ("inf", Level::Info),
            ("notice", Level::Info),
            ("log", Level::Info),
            ("warn", Level::Warn),
            ("warning", Level::Warn),
            ("wrn", Level::Warn),
            ("error", Level::Error),
            ("err", Level::Error),
            ("severe", Level::Error),
            ("exception", Level::Error),
            ("fatal", Level::Fatal),
            ("critical", Level::Fatal),
            ("crit", Level::Fatal),
            ("panic", Level::Fatal),
            ("alert", Level::Fatal),
            ("emerg", Level::Fatal),
            ("emergency", Level::Fatal),
        ];
        WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, level)| *level)
    }

    /// The level a number means: 0 to 7 as syslog and the journal have it, 10 to 60 as pino and bunyan do.
    pub fn of_number(number: i64) -> Option<Self> {
        Some(match number {
            10..=19 => Self::Trace,
            7 | 20..=29 => Self::Debug,
            5 | 6 | 30..=39 => Self::Info,
            4 | 40..=49 => Self::Warn,
            3 | 50..=59 => Self::Error,
            0..=2 | 60..=69 => Self::Fatal,
            _ => return None,
        })
    }

    /// Whether it counts as an error.
    pub fn is_error(self) -> bool {
        self >= Self::Error
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_of_the_common_libraries_are_known() {
        for level in Level::ALL {
            assert_eq!(Level::of_word(&level.word().to_uppercase()), Some(level));
        }
        assert_eq!(Level::of_word("Warning"), Some(Level::Warn));
        assert_eq!(Level::of_word("erroneous"), None);
        assert_eq!(
            [3, 6, 50, 60].map(Level::of_number).map(Option::unwrap),
            [Level::Error, Level::Info, Level::Error, Level::Fatal]
        );
        assert_eq!(Level::of_number(200), None, "a status is no level");
    }

    #[test]
    fn they_are_ordered_by_badness() {
        assert!(Level::Warn < Level::Error && Level::Trace < Level::Debug);
        assert!(Level::Fatal.is_error() && !Level::Warn.is_error());
    }
}
