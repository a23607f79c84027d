//! Runs as telling sees them: those under way, and those over lately. The watcher reads what runners wrote down.

use std::{collections::HashMap, time::Duration};

use crate::{
    domain::{alert::tell::Work, id::RunId, run::RunSummary, time::UnixMs},
    store::{Reader, StoreError, lock, state_dir::StateDir},
};

/// Runs looked at, at most: the newest.
const MOST: usize = 50;
/// A run that is over for longer explains nothing any more.
const LATELY: Duration = Duration::from_hours(3);

/// What runs did; of those that are over it is read once.
#[derive(Debug, Default)]
pub struct Works {
    over: HashMap<RunId, Option<Work>>,
}

impl Works {
    /// Every run that could explain an alert, oldest first.
    pub fn read(&mut self, reader: &Reader, state: &StateDir, now: UnixMs) -> Result<Vec<Work>, StoreError> {
        let recent = |run: &RunSummary| run.ended_at.is_none_or(|ended| now.since(ended) < LATELY);
        let runs: Vec<RunSummary> = reader.runs(None, MOST)?.into_iter().filter(recent).collect();
        self.over.retain(|id, _| runs.iter().any(|run| run.id == *id));
        let mut works = Vec::new();
        for run in runs.iter().rev() {
            if let Some(known) = self.over.get(&run.id) {
                works.extend(known.clone());
                continue;
            }
            let detail = reader.run(run.id)?;
            let over = detail.state.ended_at.is_some();
            let alive = !over && lock::is_held(&state.run_lock(run.id, detail.state.generation))?;
            let work = Work::of(run.id, &detail.plan, &reader.events(run.id, 0)?, alive);
            if over {
                self.over.insert(run.id, work.clone());
            }
            works.extend(work);
        }
        Ok(works)
    }
}
