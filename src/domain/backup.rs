//! Backups: what a manifest says, and which of them may go.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::time::UnixMs;

/// What is known of a backup, as it stands beside it in `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `20261121-173615-4f2a`
    pub id: String,
    /// The database's name in the configuration.
    pub database: String,
    /// The environment.
    pub env: String,
    /// When it was begun: what was written later is not in it for certain.
    pub at: UnixMs,
    /// Who made it.
    pub by: String,
    /// The run that made it.
    pub run: Option<String>,
    /// What made it: `pg_dump (PostgreSQL) 17.2`.
    pub tool: String,
    /// Its files.
    pub parts: Vec<Part>,
    /// The last migration that was applied then; `None` if nothing tells.
    pub schema: Option<String>,
    /// How many tables and views there were; `None` if nobody could count.
    #[serde(default)]
    pub tables: Option<u64>,
    /// Whether it was put back for a trial, and what came of it.
    pub verified: Option<Verification>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its path below the backup's directory.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 in hex.
    pub sha256: String,
}

/// What came of putting a backup back for a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// When.
    pub at: UnixMs,
    /// Whether it can be relied on.
    pub good: bool,
    /// One sentence.
    pub why: String,
}

impl Manifest {
    /// Bytes of all parts.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }

    /// Whether a trial showed that it can't be put back.
    pub fn is_bad(&self) -> bool {
        self.verified.as_ref().is_some_and(|verified| !verified.good)
    }

    /// Whether a trial showed that it can be put back.
    pub fn is_proven(&self) -> bool {
        self.verified.as_ref().is_some_and(|verified| verified.good)
    }
}

/// Which backups are older than `keep` and may go. Never the last good one (the last proven one, and the last one that is not
/// known to be bad), and none that is `needed`.
pub fn expired(all: &[Manifest], now: UnixMs, keep: Duration, needed: &[String]) -> Vec<String> {
    let newest = |fits: &dyn Fn(&Manifest) -> bool| {
        all.iter().filter(|one| fits(one)).max_by_key(|one| (one.at, one.id.clone()))
    };
    let last = [newest(&|one| !one.is_bad()), newest(&Manifest::is_proven)];
    all.iter()
        .filter(|one| now.since(one.at) > keep)
        .filter(|one| !last.iter().flatten().any(|last| last.id == one.id))
        .filter(|one| !needed.contains(&one.id))
        .map(|one| one.id.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 86_400_000;

    fn backup(id: &str, day: i64, good: Option<bool>) -> Manifest {
        Manifest {
            id: id.into(),
            database: "main".into(),
            env: "production".into(),
            at: UnixMs(day * DAY),
            by: "ann".into(),
            run: None,
            tool: String::new(),
            parts: Vec::new(),
            schema: None,
            tables: None,
            verified: good.map(|good| Verification { at: UnixMs(day * DAY), good, why: String::new() }),
        }
    }

    #[test]
    fn the_old_go_but_not_the_last_good_one_nor_one_that_is_needed() {
        let all = [
            backup("a", 1, Some(true)),
            backup("b", 2, None),
            backup("c", 3, Some(true)),
            backup("d", 4, None),
            backup("e", 5, Some(false)),
        ];
        let month = Duration::from_secs(30 * 86_400);
        assert_eq!(expired(&all, UnixMs(100 * DAY), month, &["b".into()]), ["a", "e"]);
        assert_eq!(expired(&all, UnixMs(33 * DAY), month, &[]), ["a", "b"]);
        assert!(expired(&all, UnixMs(20 * DAY), month, &[]).is_empty());
    }

    proptest! {
        #[test]
        fn whatever_there_is_something_good_stays(backups in prop::collection::vec((0_i64..50, prop::option::of(any::<bool>())), 1..12)) {
            let all: Vec<_> =
                backups.iter().enumerate().map(|(index, (day, good))| backup(&index.to_string(), *day, *good)).collect();
            let gone = expired(&all, UnixMs(1_000 * DAY), Duration::ZERO, &[]);
            let left: Vec<_> = all.iter().filter(|one| !gone.contains(&one.id)).collect();
            prop_assert_eq!(left.iter().any(|one| one.is_proven()), all.iter().any(Manifest::is_proven));
            prop_assert_eq!(left.iter().any(|one| !one.is_bad()), all.iter().any(|one| !one.is_bad()));
            prop_assert!(left.len() <= 2);
        }
    }
}
