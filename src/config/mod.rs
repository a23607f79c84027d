//! Text to validated domain types: raw -> validate -> resolved, every error at once.
//!
//! In: TOML files. Out: a [`Project`] or [`Diagnostics`]. May import `domain` only.

use std::path::{Path, PathBuf};

use crate::domain::environment::Project;

/// Everything that is wrong with a configuration, in order of place.
#[derive(Debug, thiserror::Error)]
#[error("{count} in {path}", count = self.items.len(), path = self.path.display())]
pub struct Diagnostics {
    /// The file or directory that was read.
    pub path: PathBuf,
    /// What is wrong.
    pub items: Vec<Diagnostic>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Byte range in the file.
    pub range: std::ops::Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Diagnostics {
    /// For people: each with file, line, source line, caret and help.
    pub fn render(&self, colour: bool) -> String {
        todo!("{colour}")
    }
}

/// The configuration to use: `explicit` (`--config`), `$QUARTERDECK_CONFIG`, `./quarterdeck.toml`, then the platform's
/// config directory. The error names every place that was looked at.
pub fn locate(explicit: Option<&Path>) -> Result<PathBuf, String> {
    todo!("{explicit:?}")
}

/// Reads a file, or a directory of files merged in name order.
pub fn load(path: &Path) -> Result<Project, Diagnostics> {
    todo!("{}", path.display())
}

/// The JSON Schema of a configuration file.
pub fn schema() -> serde_json::Value {
    todo!()
}

/// A commented starter file for `quarterdeck init`.
pub fn starter(project: &str) -> String {
    todo!("{project}")
}
