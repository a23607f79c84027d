//! Lists of names that must exist somewhere in the configuration.

use crate::{
    config::{names::check_known, view::View},
    domain::environment::Environment,
};

/// Names that may be written here.
pub struct Known<'a> {
    /// What is configured, by environment.
    pub environments: &'a [Environment],
    /// Channels.
    pub channels: &'a [&'a str],
    /// For times without a zone.
    pub zone: chrono_tz::Tz,
}

impl Known<'_> {
    /// Services of any environment.
    pub fn services(&self) -> impl Iterator<Item = &str> + Clone {
        self.environments.iter().flat_map(|one| &one.services).map(|service| service.name.as_str())
    }

    /// Takes a list of services that must exist.
    pub fn services_of(&self, view: &View<'_>, key: &'static str) -> Vec<String> {
        known(view, key, "service", &self.services())
    }

    /// Takes a list of environments that must exist.
    pub fn environments_of(&self, view: &View<'_>, key: &'static str) -> Vec<String> {
        known(view, key, "environment", &self.environments.iter().map(|one| one.name.as_str()))
    }

    /// Takes a list of channels that must exist.
    pub fn channels_of(&self, view: &View<'_>, key: &'static str) -> Vec<String> {
        known(view, key, "channel", &self.channels.iter().copied())
    }
}

fn known<'k>(
    view: &View<'_>,
    key: &'static str,
    what: &str,
    known: &(impl Iterator<Item = &'k str> + Clone),
) -> Vec<String> {
    let texts = view.texts(key).into_iter();
    let fine = texts.filter(|one| check_known(view.reader, what, one.value, one.place, known.clone()));
    fine.map(|one| one.value.to_owned()).collect()
}
