//! What can go wrong with the history, said to a tired person.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::domain::id::RunId;

/// What can go wrong with the history.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The state directory can't be used.
    #[error("{path} can't be used: {why}")]
    StateDir {
        /// It, or the file in it that is concerned.
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
    /// The disk is full: nothing of this write is stored.
    #[error("the disk that holds {path} is full: free some space there (df -h says where); what was stored is safe")]
    Full {
        /// The state directory.
        path: PathBuf,
    },
    /// There is too little room to begin something.
    #[error(
        "the disk that holds {path} has {free_mib} MiB left, at least {least_mib} are needed: free some space there; \
         nothing was executed"
    )]
    NoRoom {
        /// The state directory.
        path: PathBuf,
        /// Free now, in MiB.
        free_mib: u64,
        /// Needed, in MiB.
        least_mib: u64,
    },
    /// A transaction could not be committed: nothing of it is stored.
    #[error("the history could not be written, nothing of this is stored: {0}")]
    NotCommitted(String),
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
    /// Written by an older Quarterdeck, and only to be read here.
    #[error(
        "the history {path} has schema {found}, this binary reads {known}: let watchers and runs of the older binary end, \
         then quarterdeck status upgrades it"
    )]
    Older {
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
    /// It can't be so: why, and what to do.
    #[error("{0}")]
    Refused(String),
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
            Self::Sqlite { source, .. } if source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) => {
                Self::Full { path: place.parent().unwrap_or(place).to_owned() }
            }
            Self::Sqlite { path, source, .. } if path.as_os_str().is_empty() => {
                Self::Sqlite { path: place.to_owned(), doing: deed, source }
            }
            other => other,
        }
    }

    /// Whether the same write may succeed later: the disk may get room, a lock may be freed.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Sqlite { .. } | Self::Full { .. } | Self::NotCommitted(_))
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

impl StoreError {
    /// A file or directory of the state directory that could not be `doing` ("made", "locked"), with what to do about it.
    pub(super) fn file(path: &Path, doing: &str, error: &io::Error) -> Self {
        let advice = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                "you may not write there (ls -ld says who may): have it made yours, or give --state DIR with one of yours"
            }
            io::ErrorKind::ReadOnlyFilesystem => {
                "it is mounted read-only (findmnt -T says from where): remount it, or give --state DIR elsewhere"
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full: free some space there",
            _ => "give --state DIR with a directory that can be written",
        };
        Self::StateDir { path: path.to_owned(), why: format!("it can't be {doing}: {error}; {advice}") }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(source: rusqlite::Error) -> Self {
        Self::Sqlite { path: PathBuf::new(), doing: "used", source }
    }
}
