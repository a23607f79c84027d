//! Values nobody may see: looked up by name at the last moment, zeroed when dropped, never shown.
//!
//! In: names and their sources. Out: [`Secrets`]. May import `domain` only.

mod command;
mod resolve;
mod value;

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
        let (secrets, errors) = Self::resolve_each(names, sources, root);
        if errors.is_empty() { Ok(secrets) } else { Err(errors) }
    }

    /// The same, giving what could be had beside what could not.
    pub fn resolve_each(
        names: &[String],
        sources: &BTreeMap<String, SecretSource>,
        root: &Path,
    ) -> (Self, Vec<SecretError>) {
        let mut values = BTreeMap::new();
        let mut errors = Vec::new();
        for name in names.iter().collect::<std::collections::BTreeSet<_>>() {
            match resolve::resolve(name, sources, root) {
                Ok(value) => drop(values.insert(name.clone(), value)),
                Err(why) => errors.push(SecretError { name: name.clone(), why }),
            }
        }
        (Self { values }, errors)
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn from_file(mode: u32, text: &str) -> Result<Secrets, Vec<SecretError>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        resolve_file("token", dir.path())
    }

    fn resolve_file(file: &str, root: &Path) -> Result<Secrets, Vec<SecretError>> {
        let sources = BTreeMap::from([("TOKEN".to_owned(), SecretSource::File(file.into()))]);
        Secrets::resolve(&["TOKEN".to_owned()], &sources, root)
    }

    fn why(result: Result<Secrets, Vec<SecretError>>) -> String {
        result.unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_private_file_gives_its_value_without_the_newline() {
        assert_eq!(from_file(0o600, "s3cret-value\n").unwrap().get("TOKEN"), Some("s3cret-value"));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_line_that_helps() {
        for mode in [0o644, 0o640, 0o602] {
            let why = why(from_file(mode, "s3cret-value"));
            assert!(why.contains("run: chmod 600 /") && why.contains(&format!("{mode:04o}")), "{why}");
        }
    }

    #[test]
    fn a_symbolic_link_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("real"), "s3cret-value").unwrap();
        symlink(dir.path().join("real"), dir.path().join("link")).unwrap();
        assert!(why(resolve_file("link", dir.path())).contains("is a symbolic link"));
    }

    #[test]
    fn a_short_value_is_refused_aloud_and_not_repeated() {
        let why = why(from_file(0o600, "abcde\n"));
        assert!(why.contains("has 5 bytes") && !why.contains("abcde"), "{why}");
    }

    #[test]
    fn spaces_do_not_make_a_value_long_enough_to_be_masked() {
        let refused = why(from_file(0o600, "  1234  \n"));
        assert!(refused.contains("has 4 bytes") && !refused.contains("1234"), "{refused}");
        assert!(why(from_file(0o600, "         \n")).contains("is empty"));
        assert_eq!(from_file(0o600, " 123456 ").unwrap().get("TOKEN"), Some(" 123456 "));
    }

    #[test]
    fn every_secret_that_is_missing_is_told_at_once() {
        let names = ["QD_TEST_MISSING_A".to_owned(), "QD_TEST_MISSING_B".to_owned()];
        let errors = Secrets::resolve(&names, &BTreeMap::new(), Path::new("/")).unwrap_err();
        assert_eq!(errors.len(), 2);
        assert!(errors[0].to_string().contains("QD_TEST_MISSING_A is not set"), "{}", errors[0]);
    }

    #[test]
    fn debug_shows_names_only() {
        let secrets = Secrets::from_values(BTreeMap::from([("TOKEN".to_owned(), "s3cret-value".to_owned())]));
        assert_eq!(format!("{secrets:?}"), "{\"TOKEN\"}");
    }
}
