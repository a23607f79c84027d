//! Following files: one task for a source, one [`Tail`] for each file it names.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{
    inbox::Slot,
    now,
    pattern::{self, MOST_FILES},
    tail::{Marks, Step, Tail},
    tell,
};
use crate::domain::{service_log::Taken, status::Tone};

/// Between two looks at files in which nothing is written.
const IDLE: Duration = Duration::from_millis(200);
/// Between two searches for files of a pattern.
const SEARCH: Duration = Duration::from_secs(1);

/// Follows the files of a source from where they were read last.
pub async fn follow(slot: Slot, path: PathBuf, position: Option<String>) {
    let mut files = Files::new(&slot, path, position.as_deref());
    loop {
        slot.wait_for_room().await;
        if files.step(&slot) {
            tokio::task::yield_now().await;
        } else {
            sleep(IDLE).await;
        }
    }
}

/// The files of one source.
struct Files {
    pattern: PathBuf,
    tails: BTreeMap<PathBuf, Tail>,
    searched: Option<Instant>,
    /// Trouble that was told, by file.
    told: BTreeMap<PathBuf, String>,
    told_of_many: bool,
}

impl Files {
    fn new(slot: &Slot, pattern: PathBuf, position: Option<&str>) -> Self {
        let known: Option<BTreeMap<PathBuf, Marks>> = position.and_then(|text| serde_json::from_str(text).ok());
        let fresh = known.is_none();
        let mut tails: BTreeMap<PathBuf, Tail> = known
            .unwrap_or_default()
            .into_iter()
            .map(|(path, marks)| {
                let (tail, lost) = Tail::resume(path.clone(), marks, || slot.intake());
                if lost {
                    let text =
                        format!("{} was rotated away before all of it was read: lines may be missing", path.display());
                    slot.note(slot.intake().note(&text, now()));
                }
                (path, tail)
            })
            .collect();
        if fresh {
            // What was written before anybody watched is not read; what comes from now on is, from its beginning.
            let (found, _) = found(&pattern);
            tails.extend(found.into_iter().map(|path| (path.clone(), Tail::at_end(path, || slot.intake()))));
        }
        let mut files = Self { pattern, tails, searched: None, told: BTreeMap::new(), told_of_many: false };
        if fresh {
            files.remember(slot, Taken::default());
        }
        files
    }

    /// Reads a piece of each file; whether there was anything.
    fn step(&mut self, slot: &Slot) -> bool {
        self.search(slot);
        let mut moved = false;
        let paths: Vec<PathBuf> = self.tails.keys().cloned().collect();
        for path in paths {
            let Some(tail) = self.tails.get_mut(&path) else { continue };
            match tail.step(now(), || slot.intake()) {
                Ok(Step::Idle) => {}
                Ok(Step::Moved) => moved = true,
                Ok(Step::Read(taken)) => {
                    moved = true;
                    self.told.remove(&path);
                    self.remember(slot, taken);
                }
                Err(error) => self.complain(slot, &path, &error),
            }
        }
        moved
    }

    /// Finds files that are new.
    fn search(&mut self, slot: &Slot) {
        if self.searched.is_some_and(|at| at.elapsed() < SEARCH) {
            return;
        }
        self.searched = Some(Instant::now());
        let (found, more) = found(&self.pattern);
        if more && !self.told_of_many {
            self.told_of_many = true;
            let text =
                format!("{} names more than {MOST_FILES} files: only those are followed", self.pattern.display());
            slot.note(slot.intake().note(&text, now()));
            tell(slot, text, Tone::Warn);
        }
        self.tails.retain(|path, tail| found.contains(path) || !(more || tail.is_over()));
        for path in found {
            let is_followed = |tail: &Tail| tail.holds(&path);
            if !self.tails.contains_key(&path)
                && self.tails.len() < MOST_FILES
                // A file that was renamed into the pattern is followed under its old name.
                && !self.tails.values().any(is_followed)
            {
                self.tails.insert(path.clone(), Tail::at_start(path));
            }
        }
    }

    /// Puts lines in, with how far all files were read.
    fn remember(&mut self, slot: &Slot, taken: Taken) {
        let marks: BTreeMap<&Path, Marks> =
            self.tails.iter().map(|(path, tail)| (path.as_path(), tail.marks())).collect();
        match serde_json::to_string(&marks) {
            Ok(position) => slot.put(taken, Some(position)),
            Err(error) => tracing::error!(%error, "a position in a log can't be written down"),
        }
    }

    /// The same trouble is told once.
    fn complain(&mut self, slot: &Slot, path: &Path, error: &std::io::Error) {
        let text = format!("{} can't be read: {error}", path.display());
        if self.told.get(path) == Some(&text) {
            return;
        }
        self.told.insert(path.to_owned(), text.clone());
        slot.note(slot.intake().note(&text, now()));
        tell(slot, text, Tone::Warn);
    }
}

/// The files that a path or pattern names; a path names its file even if it is not there yet.
fn found(path: &Path) -> (Vec<PathBuf>, bool) {
    if pattern::is_pattern(path) { pattern::files(path) } else { (vec![path.to_owned()], false) }
}
