//! Releases: what is live, what was, and what must not come back.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::{
    id::RunId,
    release::{Behaviour, Release, ReleaseState},
    time::UnixMs,
};

use super::{
    behaviour,
    error::StoreError,
    open::{Reader, Store, from_json, to_json, touch},
    pending::Pending,
    writer::Care,
};

const COLUMNS: &str =
    "run, env, target, version, at, replaced_at, released_by, state, plan_hash, marked_bad, behaviour";

impl Store {
    /// Writes a release; if its state is live, the one live before becomes replaced (or `previous_becomes`), and how it
    /// behaved while live is written into it. Writing the same one again changes nothing but the release itself.
    pub fn add_release(&self, release: Release, previous_becomes: ReleaseState) -> Pending<()> {
        self.write(Care::Durable, move |connection| {
            if release.state == ReleaseState::Live {
                retire(connection, &release, previous_becomes)?;
            }
            let sql =
                format!("INSERT OR REPLACE INTO releases ({COLUMNS}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)");
            connection.execute(
                &sql,
                params![
                    release.run.0,
                    release.env,
                    release.target,
                    release.version,
                    release.at.0,
                    release.replaced_at.map(|at| at.0),
                    release.by,
                    word(release.state)?,
                    release.plan_hash,
                    release.marked_bad,
                    to_json("release", &release.behaviour)?,
                ],
            )?;
            touch(connection, "acting")
        })
    }

    /// Marks a release bad, or good again with `None`.
    pub fn mark_release(&self, run: RunId, bad: Option<String>) -> Pending<()> {
        self.write(Care::Durable, move |connection| {
            match connection.execute("UPDATE releases SET marked_bad = ?2 WHERE run = ?1", params![run.0, bad])? {
                0 => Err(StoreError::Missing { what: format!("release of run {run}") }),
                _ => touch(connection, "acting"),
            }
        })
    }
}

impl Reader {
    /// Releases of a target, newest first, with how each behaved while live. A live one's figures are read by
    /// [`Reader::behaviour`] up to now; here they are those up to its latest look.
    pub fn releases(&self, env: &str, target: &str, limit: usize) -> Result<Vec<Release>, StoreError> {
        self.read(|connection| {
            let rest = "env = ?1 AND target = ?2 ORDER BY at DESC, run DESC LIMIT ?3";
            list(connection, rest, params![env, target, limit as i64])
        })
    }

    /// The one that is live.
    pub fn live_release(&self, env: &str, target: &str) -> Result<Option<Release>, StoreError> {
        self.read(|connection| {
            Ok(list(connection, "env = ?1 AND target = ?2 AND state = 'live'", params![env, target])?.pop())
        })
    }
}

fn retire(connection: &Connection, next: &Release, becomes: ReleaseState) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM releases WHERE env = ?1 AND target = ?2 AND state = 'live' AND run <> ?3");
    let before = connection
        .prepare_cached(&sql)?
        .query_row(params![next.env, next.target, next.run.0], |row| Ok(read(row)))
        .optional()?;
    let Some(before) = before.transpose()? else { return Ok(()) };
    let mut seen = behaviour::over(connection, &next.env, before.at, next.at)?;
    seen.soak = before.behaviour.soak;
    let sql = "UPDATE releases SET state = ?2, replaced_at = ?3, behaviour = ?4 WHERE run = ?1";
    connection.execute(sql, params![before.run.0, word(becomes)?, next.at.0, to_json("release", &seen)?])?;
    Ok(())
}

fn list(connection: &Connection, rest: &str, values: impl rusqlite::Params) -> Result<Vec<Release>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM releases WHERE {rest}"))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut release = read(row)?;
        if release.state == ReleaseState::Live {
            let soak = release.behaviour.soak.take();
            let now = behaviour::over(connection, &release.env, release.at, UnixMs(i64::MAX))?;
            release.behaviour = Behaviour { soak, ..now };
        }
        found.push(release);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Release, StoreError> {
    Ok(Release {
        run: RunId(row.get(0)?),
        env: row.get(1)?,
        target: row.get(2)?,
        version: row.get(3)?,
        at: UnixMs(row.get(4)?),
        replaced_at: row.get::<_, Option<i64>>(5)?.map(UnixMs),
        by: row.get(6)?,
        state: from_json("release", &format!("\"{}\"", row.get::<_, String>(7)?))?,
        plan_hash: row.get(8)?,
        marked_bad: row.get(9)?,
        behaviour: from_json("release", &row.get::<_, String>(10)?)?,
    })
}

fn word(state: ReleaseState) -> Result<String, StoreError> {
    Ok(to_json("release", &state)?.trim_matches('"').to_owned())
}
