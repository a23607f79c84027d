//! Keeping the history small: finished hours become blocks, and what is too old goes, a little at a time.

use std::{collections::BTreeMap, io::Write, time::Duration};

use flate2::{Compression, write::DeflateEncoder};
use rusqlite::{Connection, params};

use crate::domain::{environment::Retention, id::LookId, series::LookRow, time::UnixMs};

use super::{
    error::StoreError,
    look_batch,
    open::Store,
    pending::Pending,
    phases,
    rollups::{RolledFine, put_stats},
    samples, service_log_write,
    window::{self, HOUR, MINUTE},
    writer::{Care, begin_immediate},
};

/// An hour is finished this long after its end.
const LATE: i64 = 2 * MINUTE;
/// Hours compacted in one call: the rest follows with the next.
const HOURS: usize = 4;
/// Looks compacted in one pass over an hour, which bounds memory.
const PASS: u32 = 128;
/// Rows pruned in one transaction, and transactions in one call.
const ROWS: usize = 500;
const ROUNDS: usize = 20;

impl Store {
    /// Compacts finished hours into blocks by look, rolls up, prunes by retention in small batches; returns rows gone.
    pub fn maintain(&self, retention: Retention, now: UnixMs) -> Pending<u64> {
        self.write(Care::Alone, move |connection| {
            for _ in 0..HOURS {
                let oldest: Option<i64> =
                    connection.query_row("SELECT min(first_at) FROM looks", [], |row| row.get(0))?;
                let Some(hour) = oldest.map(|at| at.div_euclid(HOUR) * HOUR).filter(|hour| hour + HOUR + LATE <= now.0)
                else {
                    break;
                };
                together(connection, |connection| compact(connection, hour))?;
            }
            for _ in 0..HOURS {
                let Some(hour) = phases::oldest_hour(connection)?.filter(|hour| hour + HOUR + LATE <= now.0) else {
                    break;
                };
                together(connection, |connection| phases::compact(connection, hour))?;
            }
            prune(connection, retention, now)
        })
    }
}

fn together<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    begin_immediate(connection)?;
    let done = work(connection).and_then(|done| Ok(connection.execute_batch("COMMIT").map(|()| done)?));
    if done.is_err() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    done
}

/// Moves one hour from fresh rows to blocks, all or nothing: a look is always in exactly one of the two.
fn compact(connection: &Connection, hour: i64) -> Result<(), StoreError> {
    let highest: Option<u32> = connection.query_row("SELECT max(id) FROM look_names", [], |row| row.get(0))?;
    for first in (0..=highest.unwrap_or(0)).step_by(PASS as usize) {
        let mut looks: BTreeMap<LookId, Vec<LookRow>> = BTreeMap::new();
        let mut statement =
            connection.prepare_cached("SELECT first_at, body FROM looks WHERE first_at >= ?1 AND first_at < ?2")?;
        let mut rows = statement.query(params![hour, hour + HOUR])?;
        while let Some(row) = rows.next()? {
            let body = row.get_ref(1)?.as_blob().map_err(|error| StoreError::damaged("looks", error))?;
            let wanted = |look: LookId| (first..first + PASS).contains(&look.0);
            look_batch::decode(body, row.get(0)?, wanted, |row| looks.entry(row.look).or_default().push(row))
                .ok_or_else(|| StoreError::damaged("looks", "a batch can't be unpacked"))?;
        }
        for (look, rows) in looks {
            // Looks that came late for an hour that was compacted before join it.
            let mut all = window::block_rows(connection, look, hour, hour + 1)?;
            all.extend(rows);
            all.sort_by_key(|row| row.at);
            write_blocks(connection, look, hour, &all)?;
        }
    }
    connection.execute("DELETE FROM minutes WHERE at >= ?1 AND at < ?2", [hour, hour + HOUR])?;
    connection.execute("DELETE FROM looks WHERE first_at >= ?1 AND first_at < ?2", [hour, hour + HOUR])?;
    Ok(())
}

fn write_blocks(connection: &Connection, look: LookId, hour: i64, rows: &[LookRow]) -> Result<(), StoreError> {
    let mut whole = RolledFine::default();
    let mut minutes: BTreeMap<u64, RolledFine> = BTreeMap::new();
    for row in rows {
        whole.add(row);
        minutes.entry(((row.at.0 - hour) / MINUTE) as u64).or_default().add(row);
    }
    let (mut body, mut distributions) = (Vec::new(), Vec::new());
    for (index, minute) in &minutes {
        put_stats(&mut body, *index, &minute.stats);
        minute.put_fine(&mut distributions, *index);
    }
    let rolled = "INSERT OR REPLACE INTO minute_blocks (look, hour, body, distributions) VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(rolled)?.execute(params![look.0, hour, body, distributions])?;
    body.clear();
    distributions.clear();
    put_stats(&mut body, 0, &whole.stats);
    whole.put_fine(&mut distributions, 0);
    let rolled = "INSERT OR REPLACE INTO hour_rollups (look, hour, body, distributions) VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(rolled)?.execute(params![look.0, hour, body, distributions])?;
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
    let packed = deflate.write_all(&look_batch::encode(rows, hour)).and_then(|()| deflate.finish());
    let packed = packed.map_err(|error| StoreError::damaged("block of looks", error))?;
    let raw = "INSERT OR REPLACE INTO look_blocks (look, hour, body) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(raw)?.execute(params![look.0, hour, packed])?;
    Ok(())
}

fn prune(connection: &Connection, retention: Retention, now: UnixMs) -> Result<u64, StoreError> {
    let before = |age: Duration| now.before(age).0;
    let mut gone = 0;
    for (table, age) in [
        ("look_blocks", retention.raw),
        ("phase_blocks", retention.raw),
        ("minute_blocks", retention.minutes),
        ("hour_rollups", retention.hours),
    ] {
        let sql = format!(
            "DELETE FROM {table} WHERE (look, hour) IN (SELECT look, hour FROM {table} WHERE hour < ?1 LIMIT {ROWS})"
        );
        gone += little_by_little(connection, &sql, before(age) - HOUR)?;
    }
    let runs = before(retention.runs);
    let sql = format!(
        "DELETE FROM happenings WHERE id IN (SELECT id FROM happenings WHERE at < ?1 ORDER BY id LIMIT {ROWS})"
    );
    gone += little_by_little(connection, &sql, runs)?;
    let sql = format!("DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE settled_at < ?1 LIMIT {ROWS})");
    gone += little_by_little(connection, &sql, runs)?;
    let sql = format!(
        "DELETE FROM alert_events WHERE id IN (SELECT id FROM alert_events WHERE at < ?1 ORDER BY id LIMIT {ROWS})"
    );
    gone += little_by_little(connection, &sql, runs)?;
    gone += together(connection, |connection| samples::prune(connection, UnixMs(before(retention.errors))))? as u64;
    for _ in 0..ROUNDS {
        let now = together(connection, |connection| service_log_write::prune(connection, retention, now))?;
        gone += now as u64;
        if now == 0 {
            break;
        }
    }
    Ok(gone + prune_runs(connection, runs)?)
}

fn little_by_little(connection: &Connection, sql: &str, bound: i64) -> Result<u64, StoreError> {
    let mut gone = 0;
    for _ in 0..ROUNDS {
        let now = together(connection, |connection| Ok(connection.prepare_cached(sql)?.execute([bound])?))?;
        gone += now as u64;
        if now < ROWS {
            break;
        }
    }
    Ok(gone)
}

/// Old runs go with all that is theirs; a run whose release is live stays. The row itself goes last, so that a crash in
/// between leaves a run that the next call finishes.
fn prune_runs(connection: &Connection, before: i64) -> Result<u64, StoreError> {
    let sql = "SELECT id FROM runs WHERE active = 0 AND ended_at < ?1 \
               AND NOT EXISTS (SELECT 1 FROM releases WHERE releases.run = runs.id AND state = 'live') ORDER BY id LIMIT ?2";
    let old: Vec<i64> = connection
        .prepare_cached(sql)?
        .query_map(params![before, ROUNDS as i64], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut gone = 0;
    for run in old {
        let sql = "DELETE FROM log_blocks WHERE run = ?1 AND first_seq IN \
                   (SELECT first_seq FROM log_blocks WHERE run = ?1 LIMIT 100)";
        loop {
            let now = together(connection, |connection| Ok(connection.prepare_cached(sql)?.execute([run])?))?;
            gone += now as u64;
            if now == 0 {
                break;
            }
        }
        gone += together(connection, |connection| {
            let mut gone = 0;
            for table in ["events", "decisions", "spools", "reports", "releases", "plans"] {
                gone += connection.execute(&format!("DELETE FROM {table} WHERE run = ?1"), [run])?;
            }
            Ok(gone + connection.execute("DELETE FROM runs WHERE id = ?1", [run])?)
        })? as u64;
    }
    Ok(gone)
}
