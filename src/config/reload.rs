//! Reading again when the files changed: a wrong configuration never replaces a right one.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
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
        let project = understand_once(path, &sources, unreadable, content)?;
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
        match understand_once(&self.path, &sources, unreadable, content) {
            Ok(project) => {
                self.project = project;
                Reload::Changed(Arc::clone(&self.project))
            }
            Err(diagnostics) => Reload::Invalid(diagnostics),
        }
    }
}

/// What was understood last in this process, and of which files. The watcher, and who serves and exports beside it, read the same
/// files on threads of their own: they share one project, which for thousands of services is most of their memory.
static UNDERSTOOD: Mutex<Option<(PathBuf, u64, Weak<Project>)>> = Mutex::new(None);

fn understand_once(
    path: &Path,
    sources: &[Source],
    unreadable: Vec<(PathBuf, String)>,
    content: u64,
) -> Result<Arc<Project>, Diagnostics> {
    let mut understood = UNDERSTOOD.lock().unwrap_or_else(PoisonError::into_inner);
    let last = understood.as_ref().filter(|(of, known, _)| of == path && *known == content);
    if let Some(project) = last.and_then(|(_, _, project)| project.upgrade()) {
        return Ok(project);
    }
    let project = Arc::new(understand(path, sources, unreadable)?);
    *understood = Some((path.to_owned(), content, Arc::downgrade(&project)));
    Ok(project)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_the_same_files_in_one_process_shares_what_they_say() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("quarterdeck.toml");
        let write =
            |name: &str| fs::write(&path, format!("[project]\nname = '{name}'\n[environments.here]\n")).unwrap();
        write("one");
        let (mut watcher, mut server) = (Reloader::start(&path).unwrap(), Reloader::start(&path).unwrap());
        assert!(Arc::ptr_eq(watcher.project(), server.project()));
        write("another");
        let Reload::Changed(now) = watcher.poll() else { panic!("not noticed") };
        assert!(!Arc::ptr_eq(&now, server.project()), "who has not looked yet keeps what was");
        assert!(matches!(server.poll(), Reload::Changed(then) if Arc::ptr_eq(&now, &then)));
        assert_eq!(server.project().name, "another");
    }
}
