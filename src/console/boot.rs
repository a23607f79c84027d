//! Opening configuration and history behind the first frame.

use std::sync::Arc;

use crate::{
    config::{self, Reloader},
    domain::environment::Project,
    store::{Reader, Store, StoreError, lock, lock::HeldLock, state_dir::StateDir},
};

use super::{ConsoleOptions, app::msg::Ready, error::ConsoleError};

/// What the loop needs of the world.
#[derive(Debug)]
pub struct Opened {
    /// For the model.
    pub ready: Ready,
    /// The history.
    pub store: Store,
    /// The configuration, to be looked at again and again.
    pub config: Reloader,
    /// Says that a console is here: a watcher and a demo fleet stay as long as one is.
    pub presence: Option<HeldLock>,
}

/// Opens everything.
pub fn open(options: &ConsoleOptions) -> Result<Opened, ConsoleError> {
    let path = config::locate(options.config.as_deref()).map_err(ConsoleError::NoConfig)?;
    let config = Reloader::start(&path)?;
    let project = Arc::clone(config.project());
    let explicit = options.state.as_deref().or(project.state_dir.as_deref());
    let state = StateDir::locate(explicit, &project.name, &path)?;
    state.create()?;
    let store = Store::open(&state)?;
    let presence = lock::try_lock(&state.path().join(format!("locks/console-{}.lock", std::process::id())))?;
    let ready = ready(options, project, &store.reader()?)?;
    Ok(Opened { ready, store, config, presence })
}

fn ready(options: &ConsoleOptions, project: Arc<Project>, history: &Reader) -> Result<Ready, ConsoleError> {
    let remembered = remembered_environment(&project, history)?;
    let env = match &options.env {
        Some(name) if project.environment(name).is_none() => {
            let known = project.environments.iter().map(|environment| environment.name.as_str()).collect::<Vec<_>>();
            return Err(ConsoleError::NoEnvironment { name: name.clone(), known: known.join(", ") });
        }
        Some(name) => name.clone(),
        None => remembered,
    };
    let theme = match options.theme {
        Some(_) => None,
        None => history.setting("theme")?,
    };
    let utc = history.setting("zone")?.as_deref() == Some("utc");
    Ok(Ready { project, env, theme, utc })
}

/// The one looked at last, else the first.
fn remembered_environment(project: &Project, history: &Reader) -> Result<String, StoreError> {
    let remembered = history.setting("environment")?.filter(|name| project.environment(name).is_some());
    let first = project.environments.first().map(|environment| environment.name.clone());
    Ok(remembered.or(first).unwrap_or_default())
}
