//! Reading again when the files changed: a wrong configuration never replaces a right one.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use super::{
    diagnostic::Diagnostics,
    load::understand,
    source::{self, Source},
};
use crate::domain::environment::Project;

/// What a look at the files came to.
#[derive(Debug)]
pub enum Reload {
    /// They are as they were.
    Unchanged,
    /// They changed and are right: this is in force now.
    Changed(Arc<Project>),
    /// They changed and are wrong: the project before stays in force. Told once for each change.
    Invalid(Diagnostics),
}

/// A configuration that is looked at again and again.
#[derive(Debug)]
pub struct Reloader {
    path: PathBuf,
    project: Arc<Project>,
    stamps: Vec<Stamp>,
    content: u64,
}

/// What shows cheaply that a file may have changed.
type Stamp = (PathBuf, Option<(SystemTime, u64)>);

impl Reloader {
    /// Reads it for the first time.
    pub fn start(path: &Path) -> Result<Self, Diagnostics> {
        let stamps = stamps(path);
        let (sources, unreadable) = source::read_all(path);
        let content = content(&sources, &unreadable);
        let project = Arc::new(understand(path, &sources, unreadable)?);
        Ok(Self { path: path.to_owned(), project, stamps, content })
    }

    /// The configuration in force: the latest that was right.
    pub fn project(&self) -> &Arc<Project> {
        &self.project
    }

    /// The file or directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Looks again. Costs one `stat` a file while nothing changes; files are read only if one did.
    pub fn poll(&mut self) -> Reload {
        let stamps = stamps(&self.path);
        if stamps == self.stamps {
            return Reload::Unchanged;
        }
        let (sources, unreadable) = source::read_all(&self.path);
        self.stamps = stamps;
        let content = content(&sources, &unreadable);
        if content == self.content {
            return Reload::Unchanged;
        }
        self.content = content;
        match understand(&self.path, &sources, unreadable) {
            Ok(project) => {
                self.project = Arc::new(project);
                Reload::Changed(Arc::clone(&self.project))
            }
            Err(diagnostics) => Reload::Invalid(diagnostics),
        }
    }
}

fn stamps(path: &Path) -> Vec<Stamp> {
    source::files_of(path)
        .unwrap_or_default()
        .into_iter()
        .map(|file| {
            let stamp = fs::metadata(&file).ok().and_then(|meta| Some((meta.modified().ok()?, meta.len())));
            (file, stamp)
        })
        .collect()
}

fn content(sources: &[Source], unreadable: &[(PathBuf, String)]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for source in sources {
        source.path.hash(&mut hasher);
        source.text.hash(&mut hasher);
    }
    unreadable.hash(&mut hasher);
    hasher.finish()
}
