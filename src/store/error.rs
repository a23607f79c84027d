//! What can go wrong with the history, said to a tired person.

use std::path::{Path, PathBuf};

use crate::domain::id::RunId;

/// What can go wrong with the history.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The state directory can't be used.
    #[error("the state directory {path} can't be used: {why}")]
    StateDir {
        /// Which.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// SQLite said no.
    #[error("the history {path} can't be {doing}: {source}")]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// "opened", "read", "written".
        doing: &'static str,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// Written by a newer Quarterdeck.
    #[error(
        "the history {path} has schema {found}, this binary knows up to {known}: use the newer binary, or another --state"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// Another active run holds the target.
    #[error("{env}/{target} is held by run {holder}")]
    TargetHeld {
        /// Environment.
        env: String,
        /// Target.
        target: String,
        /// The run that holds it.
        holder: RunId,
    },
    /// A runner of a later generation is in charge: this one must stop at once and write nothing more.
    #[error("run {run} was taken over: generation {ours} is no longer in charge")]
    Fenced {
        /// The run.
        run: RunId,
        /// The generation that tried to write.
        ours: u32,
    },
    /// A row that should exist does not.
    #[error("there is no {what}")]
    Missing {
        /// "run #12".
        what: String,
    },
    /// A stored value can't be understood.
    #[error("the history holds a damaged {what}: {why}")]
    Damaged {
        /// Which row.
        what: String,
        /// Why.
        why: String,
    },
    /// The writer thread has ended.
    #[error("the history's writer has stopped: {0}")]
    Stopped(String),
}

impl StoreError {
    /// Names the file and the deed, where a bare SQLite error had neither.
    #[must_use]
    pub(super) fn at(self, place: &Path, deed: &'static str) -> Self {
        match self {
            Self::Sqlite { path, source, .. } if path.as_os_str().is_empty() => {
                Self::Sqlite { path: place.to_owned(), doing: deed, source }
            }
            other => other,
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Sqlite { source, .. } if matches!(
            source.sqlite_error_code(),
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
        ))
    }

    pub(super) fn damaged(what: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Damaged { what: what.into(), why: why.to_string() }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(source: rusqlite::Error) -> Self {
        Self::Sqlite { path: PathBuf::new(), doing: "used", source }
    }
}
