//! Liveness is an `flock` held by a living process, never a wall-clock lease.

use std::{fs::File, path::Path};

use super::StoreError;

/// A lock held until dropped (or until the process dies, however it dies). The file holds `pid start_ticks boot_id` for
/// people to read; nobody decides by it.
#[derive(Debug)]
pub struct HeldLock {
    _file: File,
}

/// Tries to take the lock at `path` without waiting; `None` if a living process holds it. The descriptor is close-on-exec.
pub fn try_lock(path: &Path) -> Result<Option<HeldLock>, StoreError> {
    todo!("{}", path.display())
}

/// Whether a living process holds the lock at `path`. Never creates the file.
pub fn is_held(path: &Path) -> Result<bool, StoreError> {
    todo!("{}", path.display())
}
