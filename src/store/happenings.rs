//! What changed, as sentences: state changes of services, landmarks of runs, marks in charts.

use rusqlite::{Connection, params};

use crate::domain::{
    status::{DeployMark, Happening, Tone},
    time::UnixMs,
};

use super::{
    error::StoreError,
    open::{Reader, Store, from_json, to_json, touch},
    pending::Pending,
    writer::Care,
};

impl Store {
    /// Appends happenings (state changes of services).
    pub fn add_happenings(&self, happenings: Vec<Happening>) -> Pending<()> {
        self.write(Care::Prompt, move |connection| {
            happenings.iter().try_for_each(|one| insert(connection, one))?;
            touch(connection, "watching")
        })
    }
}

impl Reader {
    /// The newest happenings, oldest first: state changes, and landmarks of runs (started, step failed, ended).
    pub fn happenings(&self, env: &str, limit: usize) -> Result<Vec<Happening>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT at, env, subject, text, tone FROM happenings WHERE env = ?1 ORDER BY id DESC LIMIT ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![env, limit as i64])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let tone: Tone = from_json("happening", &row.get::<_, String>(4)?)?;
                let (at, env, subject, text) = (UnixMs(row.get(0)?), row.get(1)?, row.get(2)?, row.get(3)?);
                found.push(Happening { at, env, subject, text, tone });
            }
            found.reverse();
            Ok(found)
        })
    }

    /// The newest happenings of one subject, oldest first, among the newest of the environment.
    pub fn happenings_of(&self, env: &str, subject: &str, limit: usize) -> Result<Vec<Happening>, StoreError> {
        /// Of all subjects together.
        const LOOKED_AT: usize = 5_000;
        let mut all = self.happenings(env, LOOKED_AT)?;
        all.retain(|one| one.subject == subject);
        all.drain(..all.len().saturating_sub(limit));
        Ok(all)
    }

    /// Runs that began in the window, as marks for charts. A verify run changes nothing and leaves no mark.
    pub fn deploy_marks(&self, env: &str, from: UnixMs, to: UnixMs) -> Result<Vec<DeployMark>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT requested_at, kind, pipeline, version FROM runs WHERE env = ?1 AND requested_at >= ?2 \
                       AND requested_at < ?3 AND kind <> '\"verify\"' ORDER BY requested_at LIMIT 1000";
            let mut statement = connection.prepare_cached(sql)?;
            let marks = statement.query_map(params![env, from.0, to.0], |row| {
                let (kind, pipeline, version): (String, String, Option<String>) =
                    (row.get(1)?, row.get(2)?, row.get(3)?);
                let label = match (kind.as_str(), version) {
                    ("\"rollback\"", Some(version)) => format!("rollback to {version}"),
                    (_, Some(version)) => format!("{pipeline} {version}"),
                    (_, None) => pipeline,
                };
                Ok(DeployMark { at: UnixMs(row.get(0)?), label })
            })?;
            Ok(marks.collect::<Result<_, _>>()?)
        })
    }
}

pub(super) fn insert(connection: &Connection, one: &Happening) -> Result<(), StoreError> {
    let sql = "INSERT INTO happenings (at, env, subject, text, tone) VALUES (?1, ?2, ?3, ?4, ?5)";
    let tone = to_json("happening", &one.tone)?;
    connection.prepare_cached(sql)?.execute(params![one.at.0, one.env, one.subject, one.text, tone])?;
    Ok(())
}
