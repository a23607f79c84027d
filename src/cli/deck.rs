//! What most subcommands start with: the configuration, the environment, the history.

use std::path::PathBuf;

use super::{
    args::Global,
    exit,
    output::{Failure, remark},
};
use crate::{
    config,
    domain::environment::{Environment, Project},
    store::{Reader, Store, StoreError, state_dir::StateDir},
};

/// Between two looks into the history while waiting for something.
pub const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// A loaded configuration with its place on disk.
#[derive(Debug)]
pub struct Deck {
    /// Where it was read from.
    pub config: PathBuf,
    /// What it says.
    pub project: Project,
    /// Where its history lives.
    pub state: StateDir,
    env: Option<String>,
}

impl Deck {
    /// Finds and reads the configuration; its errors go to standard error, each with its place.
    pub fn load(global: &Global) -> Result<Self, Failure> {
        let config = config::locate(global.config.as_deref()).map_err(Failure::usage)?;
        let project = config::load(&config).map_err(|diagnostics| {
            remark(diagnostics.render(std::io::IsTerminal::is_terminal(&std::io::stderr())));
            Failure { code: exit::USAGE, error: Some(anyhow::Error::new(diagnostics)) }
        })?;
        let explicit = global.state.as_deref().or(project.state_dir.as_deref());
        let state = StateDir::locate(explicit, &project.name, &config)?;
        Ok(Self { config, project, state, env: global.env.clone() })
    }

    /// The environment asked for, or the first.
    pub fn environment(&self) -> Result<&Environment, Failure> {
        let Some(name) = &self.env else {
            return self.project.environments.first().ok_or_else(|| Failure::usage("no environment is configured"));
        };
        self.project.environment(name).ok_or_else(|| {
            let known: Vec<_> = self.project.environments.iter().map(|one| one.name.as_str()).collect();
            Failure::usage(format_args!("there is no environment '{name}'; there are: {}", known.join(", ")))
        })
    }

    /// The environment, which must be named if there are several: for what changes something.
    pub fn named_environment(&self) -> Result<&Environment, Failure> {
        if self.env.is_none() && self.project.environments.len() > 1 {
            let known: Vec<_> = self.project.environments.iter().map(|one| one.name.as_str()).collect();
            return Err(Failure::usage(format_args!(
                "which environment? Give --env NAME, one of: {}",
                known.join(", ")
            )));
        }
        self.environment()
    }

    /// The history, for writing.
    pub fn store(&self) -> Result<Store, StoreError> {
        self.state.create()?;
        Store::open(&self.state)
    }

    /// The history, for reading; made if there is none, so that a first `status` is not an error, and upgraded if it is of an
    /// older schema. Where that can't be now, the error says what it waits for.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        if !self.state.database().exists() {
            return self.store()?.reader();
        }
        match Reader::open(&self.state) {
            Err(StoreError::Older { .. }) => self.store()?.reader(),
            opened => opened,
        }
    }
}
