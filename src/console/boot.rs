//! Opening configuration and history behind the first frame, in two stages: what can be shown comes first, so that nobody
//! looks at an empty screen while the history is opened for writing, which may wait for others.

use std::sync::Arc;

use crate::{
    config::{self, Reloader},
    domain::environment::Project,
    run::launch,
    store::{Reader, Store, StoreError, lock, lock::HeldLock, state_dir::StateDir},
};

use super::{ConsoleOptions, app::msg::Ready, error::ConsoleError};

/// What it takes to show something.
#[derive(Debug)]
pub struct Readable {
    /// For the model.
    pub ready: Ready,
    /// Where the history lives.
    pub state: StateDir,
    /// The history, open for reading.
    pub reader: Reader,
}

/// What it takes to act.
#[derive(Debug)]
pub struct Writable {
    /// The history.
    pub store: Store,
    /// The configuration, to be looked at again and again.
    pub config: Reloader,
    /// Says that a console is here: a watcher and a demo fleet stay as long as one is.
    pub presence: Option<HeldLock>,
}

/// Opens everything; `show` is called as soon as there is something to show.
pub fn open(options: &ConsoleOptions, show: impl FnOnce(Readable)) -> Result<Writable, ConsoleError> {
    let path = config::locate(options.config.as_deref()).map_err(ConsoleError::NoConfig)?;
    let config = Reloader::start(&path)?;
    let project = Arc::clone(config.project());
    let explicit = options.state.as_deref().or(project.state_dir.as_deref());
    let state = StateDir::locate(explicit, &project.name, &path)?;
    state.create()?;
    // A history that is new, of an older schema or damaged can't be read at once: opening it for writing makes it whole, or
    // says what is wrong.
    let (reader, store) = if let Ok(reader) = Reader::open(&state) {
        (reader, None)
    } else {
        let store = Store::open(&state)?;
        (store.reader()?, Some(store))
    };
    let ready = ready(options, project, &reader, &state)?;
    show(Readable { ready, state: state.clone(), reader });
    let store = match store {
        Some(store) => store,
        None => Store::open(&state)?,
    };
    let presence = lock::try_lock(&state.path().join(format!("locks/console-{}.lock", std::process::id())))?;
    Ok(Writable { store, config, presence })
}

fn ready(
    options: &ConsoleOptions,
    project: Arc<Project>,
    history: &Reader,
    state: &StateDir,
) -> Result<Ready, ConsoleError> {
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
    Ok(Ready { project, env, theme, utc, watcher: launch::watcher(state) })
}

/// The one looked at last, else the first.
fn remembered_environment(project: &Project, history: &Reader) -> Result<String, StoreError> {
    let remembered = history.setting("environment")?.filter(|name| project.environment(name).is_some());
    let first = project.environments.first().map(|environment| environment.name.clone());
    Ok(remembered.or(first).unwrap_or_default())
}
