//! Why a runner stopped before its run was over.

use super::supervisor::{SupervisorError, spool::is_full_disk};
use crate::{domain::id::RunId, store::StoreError};

/// Why a runner stopped before its run was over. Another one continues from the same events.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The history, for longer than a full disk may last; or a runner of a later generation is in charge.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An attempt's directory.
    #[error(transparent)]
    Supervisor(#[from] SupervisorError),
    /// A file of the run's own directory.
    #[error("{path} can't be {doing}: {source}; is the state directory still there and writable?")]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// "written".
        doing: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The state directory was taken away: nobody can decide about this run any more, and nothing of it can be kept.
    #[error("run {run}: its state directory {path} is gone; nothing more is done, see what its commands left behind")]
    Gone {
        /// The run.
        run: RunId,
        /// Where it was.
        path: std::path::PathBuf,
    },
    /// No asynchronous runtime for looks over the network.
    #[error("run {run}: the runtime for network looks could not be started: {source}; check the limits on open files")]
    Runtime {
        /// The run.
        run: RunId,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A step beside this one can't go on, and so the whole runner can't.
    #[error("run {run}: a step beside this one could not go on")]
    Beside {
        /// The run.
        run: RunId,
    },
}

impl RunnerError {
    /// Whether it was the disk that is full.
    pub fn is_full_disk(&self) -> bool {
        match self {
            Self::Store(error) => matches!(error, StoreError::Full { .. }),
            Self::Supervisor(SupervisorError::File { source, .. }) | Self::File { source, .. } => is_full_disk(source),
            Self::Supervisor(_) | Self::Gone { .. } | Self::Runtime { .. } | Self::Beside { .. } => false,
        }
    }
}
