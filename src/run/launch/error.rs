//! Why nothing was started.

use crate::{domain::plan::PlanError, store::StoreError};

/// Why nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// No plan could be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The history said no; [`StoreError::TargetHeld`] among others.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such pipeline, or none of the kind.
    #[error("{0}")]
    NoPipeline(String),
    /// The configuration changed since the plan was shown.
    #[error("the plan changed since it was shown: look at the new one and confirm again")]
    PlanChanged,
    /// The preflight suite has not passed for this very plan in the last 10 minutes.
    #[error("the preflight suite '{0}' has not passed for this plan in the last 10 minutes: run it again, then start")]
    Preflight(String),
    /// A process could not be started.
    #[error("{what} could not be started: {why}")]
    Spawn {
        /// "the runner of run #12".
        what: String,
        /// Why.
        why: String,
    },
}
