//! The Releases screen's data: rollback points of one target.

use std::sync::Arc;

use crate::domain::release::RollbackPoint;

/// The Releases screen.
#[derive(Debug, Clone, Default)]
pub struct Releases {
    /// The target whose releases are shown: that of the environment's first deploy pipeline unless chosen.
    pub target: Option<String>,
    /// The newest first; `None` until read.
    pub points: Option<Arc<Vec<RollbackPoint>>>,
    /// The selected one.
    pub selected: usize,
}
