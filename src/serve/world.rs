//! What Quarterdeck knows of the services and the runs, read from the history at once.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    domain::{
        alert::{Budget, Standing, tell::Open},
        environment::Project,
        id::LookKey,
        observed::{OffRelease, off_release as off},
        run::RunSummary,
        status::ServiceNow,
        time::UnixMs,
    },
    store::{Cursor, Reader, Recent, RunFigures, StoreError, state_dir::StateDir},
};

use super::{
    counted::{Counted, Durations},
    public::Public,
    vitals::{in_place, unreadable},
};

/// Upper bounds of the buckets of run durations, in seconds.
pub const RUN_LIMITS: [u64; 9] = [10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200];

/// One reading.
#[derive(Debug)]
pub struct World {
    /// When it was read.
    pub at: UnixMs,
    /// The configuration it was read with.
    pub project: Arc<Project>,
    /// Services of each environment, in the order of the configuration. Sentences are as everybody may read them.
    pub services: Vec<(String, Vec<ServiceNow>)>,
    /// Services that are not on the released version, by environment.
    pub off_release: BTreeMap<String, Vec<OffRelease>>,
    /// Runs that are not over.
    pub active: Vec<RunSummary>,
    /// Where alerts stand that do not rest.
    pub standings: Vec<Standing>,
    /// How objectives stand, by environment.
    pub budgets: Vec<(String, Vec<Budget>)>,
    /// Runs that are over, counted.
    pub runs: Arc<Vec<RunFigures>>,
    /// Log lines that are kept.
    pub log_lines: u64,
    /// How long looks took.
    pub durations: BTreeMap<LookKey, Durations>,
    /// Since when they are counted.
    pub counted_since: UnixMs,
}

impl World {
    /// The services of an environment.
    pub fn of(&self, env: &str) -> Option<&[ServiceNow]> {
        self.services.iter().find(|(name, _)| name == env).map(|(_, services)| services.as_slice())
    }
}

/// Reads the world again and again.
pub struct Look {
    state: StateDir,
    reader: Option<Reader>,
    counted: Option<Counted>,
    cursor: Cursor,
    /// The latest looks, by environment.
    recent: BTreeMap<String, Recent>,
    acting: (Arc<Vec<RunFigures>>, u64),
}

impl Look {
    /// Nothing is opened yet.
    pub fn new(state: StateDir) -> Self {
        Self {
            state,
            reader: None,
            counted: None,
            cursor: Cursor::default(),
            recent: BTreeMap::new(),
            acting: (Arc::default(), 0),
        }
    }

    /// Reads once. The error is a sentence of our own.
    pub fn take(&mut self, project: Arc<Project>) -> Result<World, String> {
        let before = self.reader.as_ref().map(Reader::is_in_place);
        let reader = in_place(&mut self.reader, &self.state)?;
        if before == Some(false) {
            // Another history: nothing that was counted belongs to it.
            (self.counted, self.cursor, self.recent) = (None, Cursor::default(), BTreeMap::new());
        }
        let read = read(reader, &mut self.counted, &mut self.cursor, &mut self.recent, &mut self.acting, project);
        read.map_err(|error| {
            // What was taken in of a reading that broke off is not known.
            self.recent.clear();
            unreadable(error)
        })
    }
}

fn read(
    reader: &Reader,
    counted: &mut Option<Counted>,
    cursor: &mut Cursor,
    recent: &mut BTreeMap<String, Recent>,
    acting: &mut (Arc<Vec<RunFigures>>, u64),
    project: Arc<Project>,
) -> Result<World, StoreError> {
    let at = UnixMs::from(chrono::Utc::now());
    if reader.changes(cursor)?.acting {
        let limits = RUN_LIMITS.map(|seconds| seconds * 1_000);
        *acting = (Arc::new(reader.run_figures(&limits)?), reader.log_lines()?);
    }
    let counted = match counted {
        Some(counted) => counted,
        None => counted.insert(Counted::begin(reader, at)?),
    };
    counted.catch_up(reader)?;
    let public = Public::new(&project);
    let mut off_release = BTreeMap::new();
    let mut services = Vec::with_capacity(project.environments.len());
    let windows = Open::at(&project.telling.windows, at);
    for environment in &project.environments {
        let recent = recent.entry(environment.name.clone()).or_default();
        let mut now = reader.status_after(recent, &environment.name, &environment.services, at)?;
        windows.mark(&environment.name, &mut now);
        off_release.insert(environment.name.clone(), off(&now, &reader.versions(&environment.name)?));
        services.push((environment.name.clone(), now.into_iter().map(|service| public.service(service)).collect()));
    }
    let mut standings = reader.standings(None)?;
    for standing in &mut standings {
        standing.explanation = public.sentence(&standing.explanation);
    }
    let mut budgets = Vec::with_capacity(project.environments.len());
    for environment in &project.environments {
        budgets.push((environment.name.clone(), reader.budgets(&environment.name)?));
    }
    let active = reader.active_runs()?.into_iter().map(|run| public.run(run)).collect();
    Ok(World {
        at,
        services,
        off_release,
        active,
        standings,
        budgets,
        runs: Arc::clone(&acting.0),
        log_lines: acting.1,
        durations: counted.durations().clone(),
        counted_since: counted.since(),
        project,
    })
}
