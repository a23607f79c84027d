//! Releases: what is live, what was, and what must not come back.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::{
    id::RunId,
    observed::Versions,
    release::{Behaviour, Release, ReleaseState},
    time::UnixMs,
};

use super::{
    behaviour,
    error::StoreError,
    open::{Reader, Store, from_json, to_json, touch},
    pending::Pending,
    runs::check_generation,
    window,
    writer::Care,
};

const COLUMNS: &str =
    "run, env, target, version, at, replaced_at, released_by, state, plan_hash, marked_bad, behaviour, databases";

/// Releases whose versions are known by name.
const VERSIONS: i64 = 200;

impl Store {
    /// Writes a release; if its state is live, the one live before becomes replaced (or `previous_becomes`), and how it
    /// behaved while live is written into it. Writing the same one again changes nothing but the release itself.
    /// [`StoreError::Fenced`] if a runner of a later `generation` is in charge of the run.
    pub fn add_release(&self, generation: u32, release: Release, previous_becomes: ReleaseState) -> Pending<()> {
        self.write(Care::Durable, move |connection| {
            check_generation(connection, release.run, generation)?;
            if release.state == ReleaseState::Live {
                retire(connection, &release, previous_becomes)?;
            }
            let sql =
                format!("INSERT OR REPLACE INTO releases ({COLUMNS}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)");
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
                    to_json("release", &release.databases)?,
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

    /// The versions of each target of an environment that has a live release.
    pub fn versions(&self, env: &str) -> Result<Vec<Versions>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT target, version, state FROM releases WHERE env = ?1 ORDER BY at DESC, run DESC LIMIT ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![env, VERSIONS])?;
            let mut found: BTreeMap<String, Versions> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let (target, version, state): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                let of = found.entry(target.clone()).or_insert_with(|| Versions { target, ..Versions::default() });
                if state == "live" {
                    of.live.clone_from(&version);
                }
                of.known.push(version);
            }
            Ok(found.into_values().filter(|one| !one.live.is_empty()).collect())
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
            let now = behaviour::over(connection, &release.env, release.at, window::seen_to(connection)?)?;
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
        databases: from_json("release", &row.get::<_, String>(11)?)?,
    })
}

fn word(state: ReleaseState) -> Result<String, StoreError> {
    Ok(to_json("release", &state)?.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        domain::{
            environment::Retention,
            id::{LookKey, SeriesKey},
            series::LookRow,
            verdict::Verdict,
        },
        store::state_dir::StateDir,
    };

    const MINUTE: i64 = 60_000;

    fn watched(minutes: std::ops::Range<i64>, ahead: std::ops::Range<i64>) -> (tempfile::TempDir, Store, LookKey) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StateDir::at(dir.path().join("state"))).unwrap();
        let key = LookKey { env: "e".into(), service: "s".into(), probe: "p".into() };
        let look = store.register_look(key.clone(), vec!["error_rate".into()]).wait().unwrap();
        for at in ahead.chain(minutes) {
            let values = vec![Some(if at < 660 { 1.0 } else { 0.0 })];
            let at = UnixMs(at * MINUTE);
            let row = LookRow { look, at, verdict: Verdict::Pass, degraded: false, latency_ms: Some(7.0), values };
            drop(store.append_looks(vec![row]));
        }
        (dir, store, key)
    }

    #[test]
    fn a_live_release_is_judged_from_its_minute_on_not_from_the_next_full_hour() {
        let (_dir, store, _) = watched(600..780, 0..0);
        store.maintain(Retention::default(), UnixMs(790 * MINUTE)).wait().unwrap();
        let release = Release {
            run: RunId(1),
            env: "e".into(),
            target: "t".into(),
            version: "1".into(),
            at: UnixMs(630 * MINUTE),
            replaced_at: None,
            by: "b".into(),
            state: ReleaseState::Live,
            plan_hash: String::new(),
            marked_bad: None,
            behaviour: Behaviour::default(),
            databases: BTreeMap::new(),
        };
        let sql = "INSERT INTO runs (id, env, target, pipeline, kind, requested_by, requested_at, phase, step_count, locks, \
                   state, generation) VALUES (1, 'e', 't', 'p', 'k', 'b', 0, 'p', 1, 0, 's', 3)";
        store.write(Care::Durable, move |connection| Ok(connection.execute(sql, [])?)).wait().unwrap();
        let fenced = store.add_release(2, release.clone(), ReleaseState::Replaced).wait();
        assert!(matches!(fenced, Err(StoreError::Fenced { ours: 2, .. })), "{fenced:?}");
        assert!(store.reader().unwrap().releases("e", "t", 1).unwrap().is_empty());
        store.add_release(3, release, ReleaseState::Replaced).wait().unwrap();
        let rate = store.reader().unwrap().releases("e", "t", 1).unwrap()[0].behaviour.error_rate.unwrap();
        assert!((rate - 30.0 / 150.0).abs() < 0.01, "{rate}");
    }

    #[test]
    fn f43_a_look_from_a_clock_that_was_ahead_hides_none_of_the_looks_since() {
        let (_dir, store, look) = watched(600..640, 2_040..2_050);
        let key = SeriesKey { look, name: "error_rate".into() };
        let (from, to) = (UnixMs(600 * MINUTE), UnixMs(640 * MINUTE));
        // The queue keeps its order: once this is in, everything before is.
        store.set_setting("a", "b").wait().unwrap();
        let points = store.reader().unwrap().series(&key, from, to, Duration::from_mins(1)).unwrap();
        assert!(points.len() == 40 && points.iter().all(|point| point.value.is_some()), "{points:?}");
    }
}
