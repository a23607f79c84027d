//! What is hidden in logs: the secrets that each environment declares and its probes name.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use crate::{
    domain::{
        environment::{Environment, Project},
        text::Masker,
    },
    secret::Secrets,
};

/// An environment, and the name of a secret in it.
type Key = (String, String);

/// Values as far as they could be had. One that could not can't be hidden either: the log says so, and it is tried again.
#[derive(Clone, Default)]
pub struct Hidden {
    values: BTreeMap<Key, Zeroizing<String>>,
    missing: BTreeSet<Key>,
}

impl Hidden {
    /// Looks everything up that `project` needs hidden. May take as long as the commands of its secrets do.
    pub fn of(project: &Project) -> Self {
        let followed = |environment: &&Environment| environment.services.iter().any(|service| !service.logs.is_empty());
        let environments = project.environments.iter().filter(followed);
        let keys = environments.flat_map(|one| names(one).into_iter().map(|name| (one.name.clone(), name)));
        let mut hidden = Self { missing: keys.collect(), ..Self::default() };
        for error in hidden.look_up(project) {
            tracing::warn!(error, "a secret can't be hidden in logs yet");
        }
        hidden
    }

    /// Looks those up that are missing; what is wrong with the ones that still are.
    pub fn look_up(&mut self, project: &Project) -> Vec<String> {
        let mut errors = Vec::new();
        for key in std::mem::take(&mut self.missing) {
            let (env, name) = &key;
            let Some(environment) = project.environments.iter().find(|one| one.name == *env) else { continue };
            match Secrets::resolve(std::slice::from_ref(name), &environment.secrets, &project.root) {
                Ok(secrets) => {
                    let value = secrets.get(name).unwrap_or_default().to_owned();
                    self.values.insert(key, value.into());
                }
                Err(found) => {
                    errors.extend(found.iter().map(|error| format!("{env}: {error}")));
                    self.missing.insert(key);
                }
            }
        }
        errors
    }

    /// How many could not be had.
    pub fn missing(&self) -> usize {
        self.missing.len()
    }

    /// Hides those of one environment. One that can't be hidden leaves the others hidden.
    pub fn masker(&self, env: &str) -> Masker {
        let of_env = self.values.iter().filter(|((of, _), _)| of == env);
        let secrets = of_env.map(|((_, name), value)| (name.as_str(), value.as_str()));
        let (masker, refused) = Masker::of_those_possible(secrets);
        if let Some(error) = refused {
            tracing::error!(%error, env, "some secrets can't be hidden in logs");
        }
        masker
    }
}

fn names(environment: &Environment) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = environment.secrets.keys().cloned().collect();
    let texts = environment.services.iter().flat_map(|service| &service.probes).flat_map(|spec| spec.kind.texts());
    names.extend(texts.flat_map(|text| text.secrets().into_iter().map(str::to_owned).collect::<Vec<_>>()));
    names
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    use super::*;
    use crate::domain::text::mask::MASK;

    fn write(dir: &Path, name: &str, value: &str) {
        fs::write(dir.join(name), value).unwrap();
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn project(dir: &Path) -> Project {
        let text = "project.name = \"shop\"\n[secrets]\nGOOD = { file = \"good\" }\nPIN = { file = \"pin\" }\n\
                    LATE = { file = \"late\" }\n[services.api.logs.main]\nfile = \"api.log\"\n[environments.prod]\n";
        write(dir, "quarterdeck.toml", text);
        crate::config::load(&dir.join("quarterdeck.toml")).unwrap()
    }

    #[test]
    fn one_secret_that_can_not_be_hidden_leaves_the_others_hidden() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "good", "correct-horse");
        write(dir.path(), "pin", "  1234  ");
        let project = project(dir.path());
        let mut hidden = Hidden::of(&project);
        assert_eq!(hidden.missing(), 2, "the short one, and the one that is not there");
        assert_eq!(hidden.masker("prod").mask("a correct-horse b"), format!("a {MASK} b"));
        assert_eq!(hidden.masker("other").mask("correct-horse"), "correct-horse");

        write(dir.path(), "late", "battery-staple");
        assert_eq!(hidden.look_up(&project).len(), 1);
        assert_eq!(hidden.missing(), 1);
        assert_eq!(hidden.masker("prod").mask("battery-staple correct-horse"), format!("{MASK} {MASK}"));
    }
}
