//! What can go wrong with a database.

use std::path::PathBuf;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Nobody let us in.
    #[error("{at} can't be reached: {why}")]
    Connect {
        /// Host and port, or a path.
        at: String,
        /// Why, and what to do.
        why: String,
    },
    /// The database said no to a statement.
    #[error("{statement}: {why}")]
    Statement {
        /// Its beginning.
        statement: String,
        /// What the database said.
        why: String,
    },
    /// Somebody else holds the lock, or a table.
    #[error("{0}")]
    Locked(String),
    /// Nothing was done, for this reason; it names what to do.
    #[error("{0}")]
    Refused(String),
    /// Half of something is there: a person must look. It names the exact next command.
    #[error("{0}")]
    Dirty(String),
    /// A person ended it.
    #[error("it was cancelled{0}")]
    Stopped(String),
    /// A file.
    #[error("{path} can't be {doing}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// "read", "written".
        doing: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A program.
    #[error("{program}: {why}")]
    Tool {
        /// Which.
        program: String,
        /// What went wrong, and what to do.
        why: String,
    },
}

impl DatabaseError {
    /// Wraps an I/O error with the file it happened on.
    pub fn file(path: impl Into<PathBuf>, doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, doing, source }
    }

    /// Refuses, saying why.
    pub fn refused<T>(why: impl Into<String>) -> Result<T, Self> {
        Err(Self::Refused(why.into()))
    }
}
