//! Files of tests, and what they came to.

use std::{fs, path::Path};

use serde::Serialize;

use crate::cli::output::Failure;

/// Longest file read.
const MOST_BYTES: u64 = 4 << 20;

/// What a test came to.
#[derive(Debug, Serialize)]
pub struct Tested {
    /// The file.
    pub file: String,
    /// The test's name.
    pub name: String,
    /// What was otherwise than expected; empty if it passes.
    pub wrong: Vec<String>,
}

/// Reads a file of tests or rules, bounded.
pub fn read(file: &Path) -> Result<String, Failure> {
    let fail = |error: std::io::Error| Failure::usage(format_args!("can't read {}: {error}", file.display()));
    let size = fs::metadata(file).map_err(fail)?.len();
    if size > MOST_BYTES {
        return Err(Failure::usage(format_args!("{} is larger than 4 MiB", file.display())));
    }
    fs::read_to_string(file).map_err(fail)
}
