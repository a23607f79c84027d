//! Taking a run in hand.

use std::{collections::BTreeMap, fs, io::Read};

use rustix::fs::FileType;

use super::drive;
use crate::{
    domain::{
        id::RunId,
        run::{RunEvent, RunOutcome},
    },
    proc::{crash, identity},
    run::{
        desk::{Charge, Desk},
        error::RunnerError,
        launch::starting_marker,
    },
    secret::Secrets,
    store::{
        Reader, Store, StoreError,
        lock::{self, HeldLock},
        state_dir::StateDir,
    },
};

/// What a supervisor may pass on.
const SECRETS_LIMIT: u64 = 4 << 20;

/// Holds the run to its end, from wherever its events say it stands. `None` if another process holds it.
pub fn main(state: &StateDir, run: RunId) -> Result<Option<RunOutcome>, RunnerError> {
    state.keep_ballast();
    // Files of its attempts are no affair of SQLite's: who continues needs room for them.
    hold(state, run).inspect_err(|error| {
        if error.is_full_disk() {
            state.spend_ballast();
        }
    })
}

fn hold(state: &StateDir, run: RunId) -> Result<Option<RunOutcome>, RunnerError> {
    let store = Store::open(state)?;
    let Some((generation, lock)) = take_charge(&store, run)? else { return Ok(None) };
    let secrets = passed_on_secrets();
    let mut desk = Desk::open(Charge { store, run, generation, lock, secrets })?;
    let outcome = match desk.state.outcome() {
        Some(over) => over,
        None => go_on(&mut desk)?,
    };
    // Nobody starts a runner for it any more.
    let _ = fs::remove_file(starting_marker(state, run));
    Ok(Some(outcome))
}

/// Says that this process is in charge now, and drives the run to its end.
fn go_on(desk: &mut Desk) -> Result<RunOutcome, RunnerError> {
    let (run, generation) = (desk.run, desk.generation());
    let adopted = desk.events.iter().any(|row| matches!(row.event, RunEvent::RunnerStarted { .. }));
    let process = identity::this_process().map_err(|source| RunnerError::File {
        path: "/proc/self/stat".into(),
        doing: "read",
        source,
    })?;
    tracing::info!(run = run.0, generation, adopted, "runner in charge");
    desk.record(RunEvent::RunnerStarted { process, generation, adopted })?;
    crash::point("runner.after_started");
    drive::drive(desk)
}

/// Takes the lock of the run's generation. A generation that had a runner already is raised first, so that the dead one is
/// fenced even if it was only thought to be dead. `None` if a living process is in charge.
fn take_charge(store: &Store, run: RunId) -> Result<Option<(u32, HeldLock)>, StoreError> {
    let reader = store.reader()?;
    loop {
        let generation = reader.generation(run)?;
        let Some(lock) = lock::try_lock(&store.state().run_lock(run, generation))? else { return Ok(None) };
        if reader.generation(run)? != generation {
            continue;
        }
        if !was_used(&reader, run, generation)? {
            return Ok(Some((generation, lock)));
        }
        let raised = store.take_over(run).wait()?;
        // Held until here: whoever reads the old generation finds its lock taken.
        let next = lock::try_lock(&store.state().run_lock(run, raised))?;
        let _ = fs::remove_file(store.state().run_lock(run, generation));
        drop(lock);
        return Ok(next.map(|lock| (raised, lock)));
    }
}

fn was_used(reader: &Reader, run: RunId, ours: u32) -> Result<bool, StoreError> {
    let used = |event: &RunEvent| matches!(event, RunEvent::RunnerStarted { generation, .. } if *generation >= ours);
    Ok(reader.events(run, 0)?.iter().any(|row| used(&row.event)))
}

/// The secrets on standard input, if it is a pipe: from a supervisor that replaces a dead runner.
fn passed_on_secrets() -> Option<Secrets> {
    let stdin = std::io::stdin();
    let kind = rustix::fs::fstat(&stdin).map(|stat| FileType::from_raw_mode(stat.st_mode)).ok()?;
    if kind != FileType::Fifo {
        return None;
    }
    let mut text = zeroize::Zeroizing::new(String::new());
    stdin.lock().take(SECRETS_LIMIT).read_to_string(&mut text).ok()?;
    let values: BTreeMap<String, String> = serde_json::from_str(&text).ok()?;
    Some(Secrets::from_values(values))
}
