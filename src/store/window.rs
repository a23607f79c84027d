//! Reading a window of looks from wherever it lies: fresh rows, rolled minutes, or the blocks of finished hours.

use std::{collections::BTreeMap, io::Read};

use rusqlite::{Connection, params};

use crate::domain::{
    histogram::Histogram,
    id::LookId,
    query::Grain,
    series::{LookRow, Stat},
    time::UnixMs,
};

use super::{
    error::StoreError,
    look_batch,
    pack::Unpack,
    rollups::{DEGRADED, LATENCY, PASSED, RECORDED, UNKNOWN, read_fine, read_histogram, read_stats, stats_of},
};

pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 3_600_000;

/// A look and the names of its recorded numbers.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) id: LookId,
    pub(super) service: String,
    pub(super) probe: String,
    pub(super) names: Vec<String>,
}

impl Named {
    /// Where a series lies among the look's statistics.
    pub(super) fn ordinal(&self, name: &str) -> Option<usize> {
        let recorded = self.names.iter().position(|known| known == name).map(|index| RECORDED + index);
        recorded.or(match name {
            "latency_ms" => Some(LATENCY),
            "availability" => Some(PASSED),
            "unknown" => Some(RECORDED + self.names.len() + UNKNOWN),
            "degraded" => Some(RECORDED + self.names.len() + DEGRADED),
            _ => None,
        })
    }
}

/// The looks of an environment, or of one service, in order of registration.
pub(super) fn looks_of(connection: &Connection, env: &str, service: Option<&str>) -> Result<Vec<Named>, StoreError> {
    let sql =
        "SELECT id, service, probe, names FROM look_names WHERE env = ?1 AND (?2 IS NULL OR service = ?2) ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![env, service])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let names = super::open::from_json("look", &row.get::<_, String>(3)?)?;
        found.push(Named { id: LookId(row.get(0)?), service: row.get(1)?, probe: row.get(2)?, names });
    }
    Ok(found)
}

/// Fresh looks from `from` on, newest batch first.
pub(super) fn fresh(
    connection: &Connection,
    from: i64,
    wanted: impl Fn(LookId) -> bool,
    mut each: impl FnMut(LookRow),
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("SELECT first_at, last_at, body FROM looks ORDER BY id DESC")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(1)? < from {
            break;
        }
        let body = row.get_ref(2)?.as_blob().map_err(|error| damaged("looks", error))?;
        look_batch::decode(body, row.get(0)?, &wanted, |look| {
            if look.at.0 >= from {
                each(look);
            }
        })
        .ok_or_else(|| damaged("looks", "a batch can't be unpacked"))?;
    }
    Ok(())
}

/// Hands out the statistics of each period of each look within `from..to`: look, start of the period, its length, series.
pub(super) fn read(
    connection: &Connection,
    looks: &[LookId],
    (from, to): (i64, i64),
    grain: Grain,
    each: &mut dyn FnMut(LookId, i64, &[Stat]),
) -> Result<(), StoreError> {
    let mut within = |look, at, stats: &[Stat]| {
        if at >= from && at < to {
            each(look, at, stats);
        }
    };
    for look in looks {
        let oldest = |table: &str| -> Result<i64, StoreError> {
            let sql = format!("SELECT min(hour) FROM {table} WHERE look = ?1");
            let hour: Option<i64> = connection.prepare_cached(&sql)?.query_row([look.0], |row| row.get(0))?;
            Ok(hour.unwrap_or(i64::MAX))
        };
        let minutes_from = if grain == Grain::Hour { i64::MAX } else { oldest("minute_blocks")? };
        let looks_from = if grain == Grain::Look { oldest("look_blocks")? } else { i64::MAX };
        let first = from.saturating_sub(HOUR - 1);
        rolled(connection, "hour_rollups", *look, (first, to.min(minutes_from)), &mut within)?;
        rolled(connection, "minute_blocks", *look, (first.max(minutes_from), to.min(looks_from)), &mut within)?;
        for row in block_rows(connection, *look, first.max(looks_from), to)? {
            within(*look, row.at.0, &stats_of(&row));
        }
    }
    let rolled_to = if grain == Grain::Look { i64::MIN } else { minutes(connection, looks, (from, to), &mut within)? };
    fresh(
        connection,
        from.max(rolled_to),
        |look| looks.contains(&look),
        |row| within(row.look, row.at.0, &stats_of(&row)),
    )
}

fn rolled(
    connection: &Connection,
    table: &str,
    look: LookId,
    (from, to): (i64, i64),
    each: &mut dyn FnMut(LookId, i64, &[Stat]),
) -> Result<(), StoreError> {
    let sql = format!("SELECT hour, body FROM {table} WHERE look = ?1 AND hour >= ?2 AND hour < ?3 ORDER BY hour");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![look.0, from, to])?;
    while let Some(row) = rows.next()? {
        let hour: i64 = row.get(0)?;
        let mut read = Unpack(row.get_ref(1)?.as_blob().map_err(|error| damaged(table, error))?);
        while !read.is_empty() {
            let (index, stats) = read_stats(&mut read).ok_or_else(|| damaged(table, "it can't be unpacked"))?;
            each(look, hour + index as i64 * MINUTE, &stats);
        }
    }
    Ok(())
}

/// The raw looks of finished hours.
pub(super) fn block_rows(
    connection: &Connection,
    look: LookId,
    from: i64,
    to: i64,
) -> Result<Vec<LookRow>, StoreError> {
    let sql = "SELECT hour, body FROM look_blocks WHERE look = ?1 AND hour >= ?2 AND hour < ?3 ORDER BY hour";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![look.0, from, to])?;
    let (mut found, mut bytes) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let body = row.get_ref(1)?.as_blob().map_err(|error| damaged("block of looks", error))?;
        bytes.clear();
        flate2::read::DeflateDecoder::new(body)
            .take(64 << 20)
            .read_to_end(&mut bytes)
            .map_err(|error| damaged("block of looks", error))?;
        look_batch::decode(&bytes, row.get(0)?, |_| true, |look| found.push(look))
            .ok_or_else(|| damaged("block of looks", "it can't be unpacked"))?;
    }
    Ok(found)
}

/// Rolled minutes of hours that are not finished; returns up to when there are any.
pub(super) fn minutes(
    connection: &Connection,
    looks: &[LookId],
    (from, to): (i64, i64),
    each: &mut dyn FnMut(LookId, i64, &[Stat]),
) -> Result<i64, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT at, body FROM minutes WHERE at >= ?1 AND at < ?2 ORDER BY at")?;
    let mut rows = statement.query(params![from, to])?;
    while let Some(row) = rows.next()? {
        let at: i64 = row.get(0)?;
        let body = row.get_ref(1)?.as_blob().map_err(|error| damaged("minute", error))?;
        each_in_minute(body, |look, stats| {
            if looks.contains(&look) {
                each(look, at, stats);
            }
        })?;
    }
    match rolled_to(connection, to)? {
        i64::MIN => rolled_to(connection, i64::MAX),
        rolled => Ok(rolled),
    }
}

/// Rolled minutes that began within `from..to`, newest first, until `most` bytes of them were read: look, start of the minute,
/// series.
pub(super) fn minutes_back(
    connection: &Connection,
    (from, to): (i64, i64),
    most: usize,
    mut each: impl FnMut(LookId, i64, &[Stat]),
) -> Result<(), StoreError> {
    let sql = "SELECT at, body FROM minutes WHERE at >= ?1 AND at < ?2 ORDER BY at DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![from, to])?;
    let mut read = 0;
    while read < most
        && let Some(row) = rows.next()?
    {
        let at: i64 = row.get(0)?;
        let body = row.get_ref(1)?.as_blob().map_err(|error| damaged("minute", error))?;
        read += body.len();
        each_in_minute(body, |look, stats| each(look, at, stats))?;
    }
    Ok(())
}

/// Hands out the looks of one rolled minute.
fn each_in_minute(body: &[u8], mut each: impl FnMut(LookId, &[Stat])) -> Result<(), StoreError> {
    let mut read = Unpack(body);
    while !read.is_empty() {
        let (look, stats) = read_stats(&mut read).ok_or_else(|| damaged("minute", "it can't be unpacked"))?;
        read_histogram(&mut read).ok_or_else(|| damaged("minute", "it can't be unpacked"))?;
        each(LookId(look as u32), &stats);
    }
    Ok(())
}

/// The end of the last rolled minute that began before `before`. Later ones, from a clock that was ahead for a while, must
/// not hide what is fresh now.
pub(super) fn rolled_to(connection: &Connection, before: i64) -> Result<i64, StoreError> {
    let sql = "SELECT max(at) FROM minutes WHERE at < ?1";
    let last: Option<i64> = connection.prepare_cached(sql)?.query_row([before], |row| row.get(0))?;
    Ok(last.map_or(i64::MIN, |at| at + MINUTE))
}

/// Just after the newest look, so that what is live can be judged over the time it really was.
pub(super) fn seen_to(connection: &Connection) -> Result<UnixMs, StoreError> {
    let sql = "SELECT coalesce((SELECT last_at + 1 FROM looks ORDER BY id DESC LIMIT 1), (SELECT max(hour) FROM hour_rollups) + ?1, 0)";
    Ok(UnixMs(connection.prepare_cached(sql)?.query_row([HOUR], |row| row.get(0))?))
}

/// The distribution of a look's latencies over a window, hour by hour, and look by look in the hours not finished.
pub(super) fn latencies(
    connection: &Connection,
    looks: &[LookId],
    (from, to): (i64, i64),
) -> Result<BTreeMap<LookId, Histogram>, StoreError> {
    let mut found: BTreeMap<LookId, Histogram> = BTreeMap::new();
    let sql = "SELECT distributions FROM hour_rollups WHERE look = ?1 AND hour >= ?2 AND hour < ?3";
    for look in looks {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![look.0, from, to])?;
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(0)?.as_blob().map_err(|error| damaged("distribution", error))?;
            let hour = read_fine(bytes, LATENCY).ok_or_else(|| damaged("distribution", "it can't be unpacked"))?;
            let all = found.entry(*look).or_default();
            for fine in hour.values() {
                all.merge(&fine.histogram);
            }
        }
    }
    fresh(
        connection,
        from,
        |look| looks.contains(&look),
        |row| {
            if let Some(ms) = row.latency_ms.filter(|_| row.at.0 < to) {
                found.entry(row.look).or_default().record(ms);
            }
        },
    )?;
    Ok(found)
}

fn damaged(what: &str, why: impl std::fmt::Display) -> StoreError {
    StoreError::damaged(what, why)
}
