//! Runs: asked for, taken in hand, moved by events, ended. The run's row follows in the same transaction.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::domain::{
    actor::Actor,
    id::RunId,
    plan::Plan,
    run::{EventRow, RunDetail, RunEvent, RunPhase, RunState, RunSummary, StepEnd, StepState},
    time::{BootTime, Moment, UnixMs},
};

use super::{
    error::StoreError,
    happenings, log_write,
    open::{Reader, Store, from_json, to_json, touch},
    pending::Pending,
    summary,
    writer::Care,
};

/// Earlier successful runs that a usual duration is taken from.
const USUAL_OF: usize = 10;

/// An event as its row holds it, as JSON.
#[derive(Serialize, Deserialize)]
struct Body<E> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot: Option<BootTime>,
    #[serde(flatten)]
    event: E,
}

impl Store {
    /// Inserts the run with its `Requested` event in one transaction; [`StoreError::TargetHeld`] if the target is taken
    /// (checked by a partial UNIQUE index, so that of two at the same instant one wins).
    pub fn create_run(&self, plan: Plan, actor: Actor, reason: Option<String>, at: UnixMs) -> Pending<RunId> {
        self.write(Care::Durable, move |connection| create(connection, &plan, actor, reason, at))
    }

    /// Raises the run's generation and returns the new one: from then on writes of older generations are fenced.
    pub fn take_over(&self, run: RunId) -> Pending<u32> {
        self.write(Care::Durable, move |connection| {
            let sql = "UPDATE runs SET generation = generation + 1 WHERE id = ?1 RETURNING generation";
            let raised = connection.prepare_cached(sql)?.query_row([run.0], |row| row.get(0)).optional()?;
            touch(connection, "acting")?;
            raised.ok_or_else(|| missing(run))
        })
    }

    /// Appends events under `synchronous=FULL`, in one transaction that also updates the run's summary row, frees the
    /// target at `Ended`, and checks the generation.
    pub fn append_events<M: Into<Moment>>(
        &self,
        run: RunId,
        generation: u32,
        events: Vec<(M, RunEvent)>,
    ) -> Pending<()> {
        let events: Vec<_> = events.into_iter().map(|(moment, event)| (moment.into(), event)).collect();
        self.write(Care::Durable, move |connection| {
            check_generation(connection, run, generation)?;
            let plan = plan(connection, run)?;
            append(connection, run, &plan, &events)?;
            if events.iter().any(|(_, event)| matches!(event, RunEvent::StepEnded { .. } | RunEvent::Ended { .. })) {
                log_write::settle(connection, run)?;
            }
            touch(connection, "acting")
        })
    }
}

impl Reader {
    /// The newest runs first, of one environment or of all.
    pub fn runs(&self, env: Option<&str>, limit: usize) -> Result<Vec<RunSummary>, StoreError> {
        self.read(|connection| match env {
            // The numbers come from an index alone; only the rows that are shown are read, plan-sized as they are.
            Some(env) => {
                let rest = "id IN (SELECT id FROM runs WHERE env = ?1 ORDER BY id DESC LIMIT ?2) ORDER BY id DESC";
                list(connection, rest, params![env, limit as i64])
            }
            None => list(connection, "1 ORDER BY id DESC LIMIT ?1", params![limit as i64]),
        })
    }

    /// Runs that are not over, oldest first.
    pub fn active_runs(&self) -> Result<Vec<RunSummary>, StoreError> {
        self.read(|connection| list(connection, "active = 1 ORDER BY id", params![]))
    }

    /// A run in full; [`StoreError::Missing`] if there is none.
    pub fn run(&self, run: RunId) -> Result<RunDetail, StoreError> {
        self.read(|connection| {
            let summary = list(connection, "id = ?1", params![run.0])?.pop().ok_or_else(|| missing(run))?;
            let sql = "SELECT log_lines, state, generation FROM runs WHERE id = ?1";
            let (log_lines, state, generation): (i64, String, u32) = connection
                .prepare_cached(sql)?
                .query_row([run.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            let mut state: RunState = from_json("run", &state)?;
            state.generation = generation;
            let plan = Arc::new(plan(connection, run)?);
            let (_, mut usual_ms) = usual(connection, &summary.env, &summary.pipeline)?;
            usual_ms.resize(plan.steps.len(), None);
            Ok(RunDetail { summary, plan, state, usual_ms, log_lines: log_lines as u64 })
        })
    }

    /// Its generation now.
    pub fn generation(&self, run: RunId) -> Result<u32, StoreError> {
        self.read(|connection| generation(connection, run))
    }

    /// Its events with `seq > after`.
    pub fn events(&self, run: RunId, after: u32) -> Result<Vec<EventRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT seq, at, body FROM events WHERE run = ?1 AND seq > ?2 ORDER BY seq")?;
            let mut rows = statement.query(params![run.0, after])?;
            let mut events = Vec::new();
            while let Some(row) = rows.next()? {
                let Body { boot, event } = from_json("event", &row.get::<_, String>(2)?)?;
                events.push(EventRow { seq: row.get(0)?, at: UnixMs(row.get(1)?), boot, event });
            }
            Ok(events)
        })
    }

    /// Usual duration in milliseconds of a pipeline, and of each of its steps: medians of its last 10 successful runs.
    pub fn usual_durations(&self, env: &str, pipeline: &str) -> Result<(Option<u64>, Vec<Option<u64>>), StoreError> {
        self.read(|connection| usual(connection, env, pipeline))
    }
}

pub(super) fn missing(run: RunId) -> StoreError {
    StoreError::Missing { what: format!("run {run}") }
}

/// Refuses a runner that is no longer in charge.
pub(super) fn check_generation(connection: &Connection, run: RunId, ours: u32) -> Result<(), StoreError> {
    if generation(connection, run)? == ours { Ok(()) } else { Err(StoreError::Fenced { run, ours }) }
}

fn generation(connection: &Connection, run: RunId) -> Result<u32, StoreError> {
    let mut statement = connection.prepare_cached("SELECT generation FROM runs WHERE id = ?1")?;
    statement.query_row([run.0], |row| row.get(0)).optional()?.ok_or_else(|| missing(run))
}

fn plan(connection: &Connection, run: RunId) -> Result<Plan, StoreError> {
    let mut statement = connection.prepare_cached("SELECT body FROM plans WHERE run = ?1")?;
    let body: Option<String> = statement.query_row([run.0], |row| row.get(0)).optional()?;
    from_json("plan", &body.ok_or_else(|| missing(run))?)
}

fn list(connection: &Connection, rest: &str, values: impl rusqlite::Params) -> Result<Vec<RunSummary>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {} FROM runs WHERE {rest}", summary::COLUMNS))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(summary::read(row)?);
    }
    Ok(found)
}

fn create(
    connection: &Connection,
    plan: &Plan,
    actor: Actor,
    reason: Option<String>,
    at: UnixMs,
) -> Result<RunId, StoreError> {
    if plan.locks() {
        let sql = "SELECT id FROM runs WHERE env = ?1 AND target = ?2 AND active = 1 AND locks = 1";
        let holder =
            connection.prepare_cached(sql)?.query_row([&plan.env, &plan.target], |row| row.get(0)).optional()?;
        if let Some(holder) = holder {
            return Err(StoreError::TargetHeld {
                env: plan.env.clone(),
                target: plan.target.clone(),
                holder: RunId(holder),
            });
        }
    }
    let state = RunState::new(plan.steps.len());
    let version = plan.version.as_ref().or(plan.point.as_ref().map(|point| &point.version));
    connection.execute(
        "INSERT INTO runs (env, target, pipeline, kind, version, previous, requested_by, requested_at, phase, step_count, \
         locks, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            plan.env,
            plan.target,
            plan.pipeline,
            to_json("run", &plan.kind)?,
            version,
            plan.previous.as_ref().map(|previous| &previous.version),
            actor.to_string(),
            at.0,
            to_json("run", &state.phase)?,
            plan.steps.len() as i64,
            plan.locks(),
            to_json("run", &state)?,
        ],
    )?;
    let run = RunId(connection.last_insert_rowid());
    connection.execute("INSERT INTO plans (run, body) VALUES (?1, ?2)", params![run.0, to_json("plan", plan)?])?;
    append(connection, run, plan, &[(at.into(), RunEvent::Requested { actor, plan_hash: plan.hash(), reason })])?;
    touch(connection, "acting")?;
    Ok(run)
}

fn append(connection: &Connection, run: RunId, plan: &Plan, events: &[(Moment, RunEvent)]) -> Result<(), StoreError> {
    let sql = "SELECT event_count, state FROM runs WHERE id = ?1";
    let (mut seq, state): (u32, String) =
        connection.prepare_cached(sql)?.query_row([run.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut state: RunState = from_json("run", &state)?;
    let mut last_step = None;
    for (Moment { at, boot }, event) in events {
        seq += 1;
        state.apply(*at, event);
        last_step = state.current.or(last_step);
        let sql = "INSERT INTO events (run, seq, at, body) VALUES (?1, ?2, ?3, ?4)";
        connection.prepare_cached(sql)?.execute(params![
            run.0,
            seq,
            at.0,
            to_json("event", &Body { boot: boot.clone(), event })?
        ])?;
        if let Some(landmark) = summary::landmark(run, plan, *at, event) {
            happenings::insert(connection, &landmark)?;
            touch(connection, "watching")?;
        }
    }
    let over = matches!(state.phase, RunPhase::Ended { .. });
    let name = last_step.and_then(|step| plan.steps.get(usize::from(step))).map(|planned| planned.step.name.as_str());
    let sql = "UPDATE runs SET event_count = ?2, state = ?3, phase = ?4, active = ?5, ended_at = ?6, outcome = ?7, \
               current_step = coalesce(?8, current_step), current_name = coalesce(?9, current_name) WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        run.0,
        seq,
        to_json("run", &state)?,
        to_json("run", &state.phase)?,
        !over,
        state.ended_at.map(|at| at.0),
        state.outcome().map(|outcome| to_json("run", &outcome)).transpose()?,
        last_step,
        name,
    ])?;
    Ok(())
}

fn usual(connection: &Connection, env: &str, pipeline: &str) -> Result<(Option<u64>, Vec<Option<u64>>), StoreError> {
    let sql = "SELECT ended_at - requested_at, state FROM runs WHERE env = ?1 AND pipeline = ?2 \
               AND outcome = '\"succeeded\"' ORDER BY id DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![env, pipeline, USUAL_OF as i64])?;
    let mut whole = Vec::new();
    let mut steps: Vec<Vec<u64>> = Vec::new();
    while let Some(row) = rows.next()? {
        whole.push(row.get::<_, i64>(0)?.max(0) as u64);
        let state: RunState = from_json("run", &row.get::<_, String>(1)?)?;
        // The newest run says which steps there are.
        if steps.is_empty() {
            steps = vec![Vec::new(); state.steps.len()];
        }
        for (durations, step) in steps.iter_mut().zip(&state.steps) {
            if let StepState::Ended { end: StepEnd::Succeeded, duration_ms, .. } = &step.state {
                durations.push(*duration_ms);
            }
        }
    }
    Ok((median(whole), steps.into_iter().map(median).collect()))
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
