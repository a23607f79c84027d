//! Being the command's parent.

use std::path::Path;

use super::SupervisorError;

/// Supervises the command of the spec on standard input, to its end. Returns when the exit record is written, or at once
/// if the claim was vetoed.
pub fn main(dir: &Path) -> Result<(), SupervisorError> {
    todo!("{}", dir.display())
}
