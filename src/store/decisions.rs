//! What people said to runs, and what suites found.

use rusqlite::{Connection, params};

use crate::domain::{
    actor::Actor,
    decision::{Decision, DecisionRow},
    id::RunId,
    suite::Report,
    time::UnixMs,
};

use super::{
    error::StoreError,
    open::{Reader, Store, from_json, to_json, touch},
    pending::Pending,
    runs::{check_generation, missing},
    writer::Care,
};

impl Store {
    /// Stores what a person decided, for the run's runner to read.
    pub fn decide(&self, run: RunId, actor: Actor, decision: Decision, at: UnixMs) -> Pending<i64> {
        self.write(Care::Durable, move |connection| {
            must_exist(connection, run)?;
            let (actor, body) = (to_json("actor", &actor)?, to_json("decision", &decision)?);
            let sql = "INSERT INTO decisions (run, at, actor, body) VALUES (?1, ?2, ?3, ?4)";
            connection.execute(sql, params![run.0, at.0, actor, body])?;
            let id = connection.last_insert_rowid();
            touch(connection, "acting")?;
            Ok(id)
        })
    }

    /// Stores the report of a suite run by a step (or by `verify`). [`StoreError::Fenced`] if a runner of a later
    /// `generation` is in charge of the run.
    pub fn add_report(&self, run: RunId, generation: u32, step: u16, report: Report) -> Pending<()> {
        self.write(Care::Durable, move |connection| {
            check_generation(connection, run, generation)?;
            let sql = "INSERT INTO reports (run, step, body) VALUES (?1, ?2, ?3)";
            connection.execute(sql, params![run.0, step, to_json("report", &report)?])?;
            touch(connection, "acting")
        })
    }
}

impl Reader {
    /// Decisions with `id > after`.
    pub fn decisions(&self, run: RunId, after: i64) -> Result<Vec<DecisionRow>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT id, at, actor, body FROM decisions WHERE run = ?1 AND id > ?2 ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![run.0, after])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let actor = from_json("actor", &row.get::<_, String>(2)?)?;
                let decision = from_json("decision", &row.get::<_, String>(3)?)?;
                found.push(DecisionRow { id: row.get(0)?, run, at: UnixMs(row.get(1)?), actor, decision });
            }
            Ok(found)
        })
    }

    /// Reports of the run, by step.
    pub fn reports(&self, run: RunId) -> Result<Vec<(u16, Report)>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT step, body FROM reports WHERE run = ?1 ORDER BY step, id")?;
            let mut rows = statement.query([run.0])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push((row.get(0)?, from_json("report", &row.get::<_, String>(1)?)?));
            }
            Ok(found)
        })
    }
}

fn must_exist(connection: &Connection, run: RunId) -> Result<(), StoreError> {
    if connection.prepare_cached("SELECT 1 FROM runs WHERE id = ?1")?.exists([run.0])? {
        Ok(())
    } else {
        Err(missing(run))
    }
}
