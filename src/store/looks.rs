//! Taking looks in: registered once, appended in batches, rolled up minute by minute.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::{
    id::{LookId, LookKey},
    series::LookRow,
    status::LookNow,
};

use super::{
    error::StoreError,
    look_batch,
    open::{Store, to_json, touch},
    pending::Pending,
    rollups::{Rolled, put_histogram, put_stats},
    window::{self, HOUR, MINUTE},
    writer::Care,
};

/// A minute is rolled up this long after it ended: a look belongs to the minute it began in, and may take its time.
const LATE: i64 = MINUTE;

impl Store {
    /// The number of a look with this list of recorded names; a new list gets a new number, history stays.
    pub fn register_look(&self, key: LookKey, names: Vec<String>) -> Pending<LookId> {
        self.write(Care::Prompt, move |connection| {
            let names = to_json("look", &names)?;
            let sql = "SELECT id FROM look_names WHERE env = ?1 AND service = ?2 AND probe = ?3 AND names = ?4";
            let values = params![key.env, key.service, key.probe, names];
            if let Some(id) = connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()? {
                return Ok(LookId(id));
            }
            let sql = "INSERT INTO look_names (env, service, probe, names) VALUES (?1, ?2, ?3, ?4)";
            connection.execute(sql, values)?;
            let id =
                u32::try_from(connection.last_insert_rowid()).map_err(|error| StoreError::damaged("look", error))?;
            Ok(LookId(id))
        })
    }

    /// Appends looks, time-major, in one batch, committed within a second together with others. Minute rollups follow by
    /// themselves.
    pub fn append_looks(&self, rows: Vec<LookRow>) -> Pending<()> {
        self.write(Care::Gather, move |connection| append(connection, rows))
    }

    /// Replaces the `current` rows of these looks (on a change, and now and then).
    pub fn set_current(&self, looks: Vec<LookNow>) -> Pending<()> {
        self.write(Care::Prompt, move |connection| {
            let sql = "INSERT OR REPLACE INTO current (env, service, probe, body) VALUES (?1, ?2, ?3, ?4)";
            for look in &looks {
                let body = to_json("current look", look)?;
                connection.prepare_cached(sql)?.execute([&look.key.env, &look.key.service, &look.key.probe, &body])?;
            }
            touch(connection, "watching")
        })
    }
}

/// A stored batch never crosses an hour, so that a finished hour can be compacted whole.
fn append(connection: &Connection, mut rows: Vec<LookRow>) -> Result<(), StoreError> {
    rows.sort_by_key(|row| row.at);
    for batch in rows.chunk_by(|a, b| a.at.0.div_euclid(HOUR) == b.at.0.div_euclid(HOUR)) {
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { continue };
        let body = look_batch::encode(batch, first.at.0);
        let sql = "INSERT INTO looks (first_at, last_at, body) VALUES (?1, ?2, ?3)";
        connection.prepare_cached(sql)?.execute(params![first.at.0, last.at.0, body])?;
    }
    match rows.last() {
        Some(last) => roll_minutes(connection, last.at.0),
        None => Ok(()),
    }
}

/// Rolls up what is finished and not rolled up yet, from the rows themselves: after a crash it goes on where it was, and
/// counts nothing twice.
fn roll_minutes(connection: &Connection, now: i64) -> Result<(), StoreError> {
    let until = (now - LATE).div_euclid(MINUTE) * MINUTE;
    let from = window::rolled_to(connection, until)?;
    if from >= until {
        return Ok(());
    }
    let mut minutes: BTreeMap<i64, BTreeMap<LookId, Rolled>> = BTreeMap::new();
    window::fresh(
        connection,
        from,
        |_| true,
        |row| {
            if row.at.0 < until {
                let minute = row.at.0.div_euclid(MINUTE) * MINUTE;
                minutes.entry(minute).or_default().entry(row.look).or_default().add(&row);
            }
        },
    )?;
    for (at, looks) in minutes {
        let mut body = Vec::new();
        for (look, rolled) in looks {
            put_stats(&mut body, u64::from(look.0), &rolled.stats);
            put_histogram(&mut body, u64::from(look.0), &rolled.latency);
        }
        connection
            .prepare_cached("INSERT OR REPLACE INTO minutes (at, body) VALUES (?1, ?2)")?
            .execute(params![at, body])?;
    }
    Ok(())
}
