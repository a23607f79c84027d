//! Values nobody may see: looked up by name at the last moment, zeroed when dropped, never shown.
//!
//! In: names and their sources. Out: [`Secrets`]. May import `domain` only.

use std::{collections::BTreeMap, path::Path};

use crate::domain::environment::SecretSource;

/// Secret values by name. `Debug` shows names only.
#[derive(Default, Clone)]
pub struct Secrets {
    values: BTreeMap<String, zeroize::Zeroizing<String>>,
}

/// A secret that could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("secret '{name}': {why}")]
pub struct SecretError {
    /// Its name.
    pub name: String,
    /// What was tried, why it failed, what to do.
    pub why: String,
}

impl Secrets {
    /// Looks up `names` in `sources`, then in the process environment. Commands run in `root` with a timeout of 30 s; files
    /// that others may read are refused with the chmod line; values under 6 bytes are refused aloud. All errors at once.
    pub fn resolve(
        names: &[String],
        sources: &BTreeMap<String, SecretSource>,
        root: &Path,
    ) -> Result<Self, Vec<SecretError>> {
        todo!("{names:?} {sources:?} {root:?}")
    }

    /// Given values (from a supervisor's pipe, and in tests).
    pub fn from_values(values: BTreeMap<String, String>) -> Self {
        Self { values: values.into_iter().map(|(name, value)| (name, value.into())).collect() }
    }

    /// One value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.as_str())
    }

    /// Names and values, for the masker and for passing on by pipe.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}
