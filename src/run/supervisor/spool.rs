//! The spool: finished lines in a file, each numbered and checked.

use std::path::Path;

use super::SupervisorError;
use crate::domain::log::CleanLine;

/// Reads a spool while it is being written.
#[derive(Debug)]
pub struct SpoolReader {}

impl SpoolReader {
    /// Opens the spool of the attempt directory `dir`; a spool that does not exist yet reads as empty.
    pub fn open(dir: &Path) -> Result<Self, SupervisorError> {
        todo!("{}", dir.display())
    }

    /// Up to `max` records after number `cursor` (0: from the start), with their numbers, ascending without gaps. Reading on
    /// from where the last call ended is quick. A torn record at the end reads as not there yet.
    pub fn read_after(&mut self, cursor: u64, max: usize) -> Result<Vec<(u64, CleanLine)>, SupervisorError> {
        todo!("{cursor} {max}")
    }

    /// Tells the supervisor that everything up to `cursor` is stored, so that it may write on.
    pub fn acknowledge(&mut self, cursor: u64) -> Result<(), SupervisorError> {
        todo!("{cursor}")
    }
}
