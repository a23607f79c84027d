//! What endpoints and export read and write: the watcher's pulse, figures over all runs, looks in the order of export.

use std::{collections::HashMap, io::Read, sync::Arc};

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::{
    id::{LookId, LookKey},
    outlet::{ExportState, Exported, NamedLook, Pulse},
    pipeline::PipelineKind,
    run::RunOutcome,
    series::LookRow,
    time::UnixMs,
};

use super::{
    error::StoreError,
    look_batch,
    open::{Reader, Store, from_json, to_json},
    pending::Pending,
    window::HOUR,
    writer::Care,
};

const PULSE: &str = "watch.pulse";
const EXPORT: &str = "export.otlp";
/// Bytes of one inflated block at most.
const BLOCK: u64 = 64 << 20;

/// Runs that ended alike.
#[derive(Debug, Clone, PartialEq)]
pub struct RunFigures {
    /// Environment.
    pub env: String,
    /// Pipeline.
    pub pipeline: String,
    /// Kind of it.
    pub kind: PipelineKind,
    /// How they ended.
    pub outcome: RunOutcome,
    /// How many.
    pub count: u64,
    /// How long they took together, in milliseconds.
    pub sum_ms: u64,
    /// How many took at most as long as each of the limits asked for.
    pub at_most: Vec<u64>,
}

impl Store {
    /// Writes down that the watcher goes on.
    pub fn set_pulse(&self, pulse: Pulse) -> Pending<()> {
        self.write(Care::Gather, move |connection| put(connection, PULSE, &to_json("pulse", &pulse)?))
    }

    /// Writes down how the export stands, on disk before it is acknowledged: what was sent is not sent again.
    pub fn set_export_state(&self, state: ExportState) -> Pending<()> {
        self.write(Care::Durable, move |connection| put(connection, EXPORT, &to_json("export", &state)?))
    }
}

fn put(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute([name, value])?;
    Ok(())
}

impl Reader {
    /// What the watcher last wrote of itself.
    pub fn pulse(&self) -> Result<Option<Pulse>, StoreError> {
        self.setting(PULSE)?.map(|text| from_json("pulse", &text)).transpose()
    }

    /// How the export stands, if there ever was one.
    pub fn export_state(&self) -> Result<Option<ExportState>, StoreError> {
        self.setting(EXPORT)?.map(|text| from_json("export", &text)).transpose()
    }

    /// Log lines of all runs that are kept.
    pub fn log_lines(&self) -> Result<u64, StoreError> {
        self.read(|connection| {
            let sql = "SELECT coalesce(sum(log_lines), 0) FROM runs";
            Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?.max(0) as u64)
        })
    }

    /// Runs that are over, counted by how they ended; `limits` in milliseconds, ascending.
    pub fn run_figures(&self, limits: &[u64]) -> Result<Vec<RunFigures>, StoreError> {
        let columns: String = limits.iter().map(|limit| format!(", sum(ended_at - requested_at <= {limit})")).collect();
        let sql = format!(
            "SELECT env, pipeline, kind, outcome, count(*), sum(max(ended_at - requested_at, 0)){columns} FROM runs \
             WHERE outcome IS NOT NULL AND ended_at IS NOT NULL GROUP BY env, pipeline, kind, outcome ORDER BY 1, 2, 3, 4"
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let at_most = (0..limits.len()).map(|index| row.get::<_, i64>(6 + index).map(|count| count as u64));
                found.push(RunFigures {
                    env: row.get(0)?,
                    pipeline: row.get(1)?,
                    kind: from_json("run", &row.get::<_, String>(2)?)?,
                    outcome: from_json("run", &row.get::<_, String>(3)?)?,
                    count: row.get::<_, i64>(4)? as u64,
                    sum_ms: row.get::<_, i64>(5)? as u64,
                    at_most: at_most.collect::<Result<_, _>>()?,
                });
            }
            Ok(found)
        })
    }

    /// Looks after a place and before a moment, in order, wherever they lie.
    pub fn looks_after(&self, after: Exported, until: UnixMs) -> Result<Vec<NamedLook>, StoreError> {
        let mut rows = self.read(|connection| {
            let mut rows = Vec::new();
            let mut each = |row: LookRow| {
                if row.at < until && (Exported { at: row.at, look: row.look.0 }) > after {
                    rows.push(row);
                }
            };
            blocks(connection, after.at, until, &mut each)?;
            fresh(connection, after.at, until, &mut each)?;
            Ok(rows)
        })?;
        rows.sort_by_key(|row| (row.at, row.look));
        let names = self.read(names)?;
        let named = |row: LookRow| {
            let (key, names) = names.get(&row.look)?;
            Some(NamedLook { key: Arc::clone(key), names: Arc::clone(names), row })
        };
        Ok(rows.into_iter().filter_map(named).collect())
    }

    /// Fresh looks that were stored after batch `after` (0 for all), with the number of the last batch.
    pub fn looks_since(&self, after: i64, mut each: impl FnMut(LookRow)) -> Result<i64, StoreError> {
        let (rows, last) = self.read(|connection| {
            let sql = "SELECT id, first_at, body FROM looks WHERE id > ?1 ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let mut found = statement.query([after])?;
            let (mut rows, mut last) = (Vec::new(), after);
            while let Some(row) = found.next()? {
                last = row.get(0)?;
                decode(row.get_ref(2)?.as_blob(), row.get(1)?, &mut |look| rows.push(look))?;
            }
            Ok((rows, last))
        })?;
        rows.into_iter().for_each(&mut each);
        Ok(last)
    }

    /// The number of the last batch of fresh looks.
    pub fn last_batch(&self) -> Result<i64, StoreError> {
        self.read(|connection| {
            let sql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'looks'), 0)";
            Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
        })
    }

    /// Whose numbers the looks' numbers are.
    pub fn look_names(&self) -> Result<HashMap<LookId, Names>, StoreError> {
        self.read(names)
    }
}

/// A look and the names of its recorded numbers.
pub type Names = (Arc<LookKey>, Arc<[String]>);

fn names(connection: &Connection) -> Result<HashMap<LookId, Names>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, env, service, probe, names FROM look_names")?;
    let mut rows = statement.query([])?;
    let mut found = HashMap::new();
    while let Some(row) = rows.next()? {
        let key = LookKey { env: row.get(1)?, service: row.get(2)?, probe: row.get(3)? };
        let names: Vec<String> = from_json("look", &row.get::<_, String>(4)?)?;
        found.insert(LookId(row.get(0)?), (Arc::new(key), names.into()));
    }
    Ok(found)
}

fn fresh(
    connection: &Connection,
    from: UnixMs,
    until: UnixMs,
    each: &mut dyn FnMut(LookRow),
) -> Result<(), StoreError> {
    let sql = "SELECT first_at, body FROM looks WHERE last_at >= ?1 AND first_at < ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![from.0, until.0])?;
    while let Some(row) = rows.next()? {
        decode(row.get_ref(1)?.as_blob(), row.get(0)?, each)?;
    }
    Ok(())
}

fn blocks(
    connection: &Connection,
    from: UnixMs,
    until: UnixMs,
    each: &mut dyn FnMut(LookRow),
) -> Result<(), StoreError> {
    let sql = "SELECT hour, body FROM look_blocks WHERE hour > ?1 AND hour < ?2 ORDER BY hour, look";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![from.0.saturating_sub(HOUR), until.0])?;
    let mut bytes = Vec::new();
    while let Some(row) = rows.next()? {
        let body = row.get_ref(1)?.as_blob().map_err(|error| StoreError::damaged("block of looks", error))?;
        bytes.clear();
        flate2::read::DeflateDecoder::new(body)
            .take(BLOCK)
            .read_to_end(&mut bytes)
            .map_err(|error| StoreError::damaged("block of looks", error))?;
        decode(Ok(&bytes), row.get(0)?, each)?;
    }
    Ok(())
}

fn decode(
    body: Result<&[u8], rusqlite::types::FromSqlError>,
    base: i64,
    each: &mut dyn FnMut(LookRow),
) -> Result<(), StoreError> {
    let body = body.map_err(|error| StoreError::damaged("looks", error))?;
    look_batch::decode(body, base, |_| true, each)
        .ok_or_else(|| StoreError::damaged("looks", "a batch can't be unpacked"))
}

impl Reader {
    /// The oldest look that is kept one by one; `None` if there is none.
    pub fn oldest_look(&self) -> Result<Option<UnixMs>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT min(coalesce((SELECT min(hour) FROM look_blocks), 1 << 62), \
                       coalesce((SELECT min(first_at) FROM looks), 1 << 62))";
            let at: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
            Ok(at.filter(|at| *at < 1 << 62).map(UnixMs))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{environment::Retention, verdict::Verdict},
        store::state_dir::StateDir,
    };

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StateDir::at(dir.path().join("state"))).unwrap();
        (dir, store)
    }

    fn row(look: LookId, at: i64) -> LookRow {
        let at = UnixMs(at);
        LookRow { look, at, verdict: Verdict::Pass, degraded: false, latency_ms: Some(7.0), values: Vec::new() }
    }

    #[test]
    fn looks_come_once_and_in_order_whether_they_are_fresh_or_compacted_meanwhile() {
        let (_dir, store) = store();
        let key = |probe: &str| LookKey { env: "e".into(), service: "s".into(), probe: probe.into() };
        let one = store.register_look(key("one"), Vec::new()).wait().unwrap();
        let two = store.register_look(key("two"), vec!["n".into()]).wait().unwrap();
        // Three hours, a look of each every minute, stored as they come back: not in the order in which they began.
        let minutes = 0..180;
        for minute in minutes.clone() {
            store.append_looks(vec![row(two, minute * 60_000), row(one, minute * 60_000 + 5)]).wait().unwrap();
        }
        let reader = store.reader().unwrap();
        let mut after = Exported { at: UnixMs(-1), look: 0 };
        let mut seen = Vec::new();
        for (turn, until) in (1..=12).map(|quarter| quarter * 15 * 60_000).enumerate() {
            if turn == 6 {
                store.maintain(Retention::default(), UnixMs(180 * 60_000)).wait().unwrap();
            }
            for look in reader.looks_after(after, UnixMs(until)).unwrap() {
                after = look.place();
                seen.push((look.row.at.0, look.key.probe.clone()));
            }
        }
        let expected: Vec<_> = minutes
            .flat_map(|minute| [(minute * 60_000, "two".to_owned()), (minute * 60_000 + 5, "one".to_owned())])
            .collect();
        assert_eq!(seen, expected);
        assert_eq!(reader.oldest_look().unwrap(), Some(UnixMs(0)));
    }

    #[test]
    fn batches_are_told_once_to_those_who_count() {
        let (_dir, store) = store();
        let look = store.register_look(LookKey { env: "e".into(), service: "s".into(), probe: "p".into() }, Vec::new());
        let look = look.wait().unwrap();
        let reader = store.reader().unwrap();
        store.append_looks(vec![row(look, 1)]).wait().unwrap();
        let from = reader.last_batch().unwrap();
        store.append_looks(vec![row(look, 2), row(look, 3)]).wait().unwrap();
        let mut seen = Vec::new();
        let last = reader.looks_since(from, |row| seen.push(row.at.0)).unwrap();
        assert_eq!((reader.looks_since(last, |_| unreachable!()).unwrap(), seen), (last, vec![2, 3]));
    }

    #[test]
    fn a_history_that_was_moved_away_is_not_in_place() {
        let (dir, store) = store();
        let reader = store.reader().unwrap();
        assert!(reader.is_in_place());
        std::fs::rename(dir.path().join("state/history.db"), dir.path().join("state/away.db")).unwrap();
        assert!(!reader.is_in_place());
        std::fs::write(dir.path().join("state/history.db"), "another").unwrap();
        assert!(!reader.is_in_place());
    }
}
