//! Appending lines of services' logs: with the positions of their sources in one transaction, so that each comes exactly
//! once; in blocks, small ones made into full ones as they add up.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::{
    environment::Retention,
    service_log::{ServiceLine, Sighting},
    time::UnixMs,
};

use super::{
    ballast,
    error::StoreError,
    error_groups,
    log_block::{FULL, FULL_BYTES},
    open::{Store, touch},
    pending::Pending,
    service_log_block::{self, Block},
    writer::Care,
};

/// What was read of the logs of several services since the last time.
#[derive(Debug, Default)]
pub struct LogBatch {
    /// By environment and service.
    pub services: BTreeMap<(String, String), ServiceBatch>,
    /// When it is handed over.
    pub now: UnixMs,
}

/// What was read of one service's log.
#[derive(Debug, Default)]
pub struct ServiceBatch {
    /// Lines, in order.
    pub lines: Vec<ServiceLine>,
    /// Errors among them.
    pub errors: Vec<Sighting>,
    /// How far its sources were read with them.
    pub positions: BTreeMap<String, String>,
}

impl Store {
    /// Appends lines with the positions of their sources and the errors among them, all or nothing. While the disk is full
    /// they are refused with [`StoreError::Full`]: what was set aside is not for them.
    pub fn append_service_logs(&self, batch: LogBatch) -> Pending<()> {
        let state = self.state().clone();
        self.write(Care::Prompt, move |connection| {
            if ballast::is_spent(&state.ballast()) && !state.keep_ballast() {
                return Err(StoreError::Full { path: state.path().to_owned() });
            }
            for ((env, service), one) in &batch.services {
                append(connection, env, service, one, batch.now)?;
            }
            touch(connection, "logging")
        })
    }
}

fn append(
    connection: &Connection,
    env: &str,
    service: &str,
    batch: &ServiceBatch,
    now: UnixMs,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO service_logs (env, service) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute([env, service])?;
    let sql = "SELECT id, lines, settled FROM service_logs WHERE env = ?1 AND service = ?2";
    let (id, mut stored, settled): (i64, i64, i64) =
        connection.prepare_cached(sql)?.query_row([env, service], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let (mut block, mut bytes) = (Block::default(), 0);
    for line in &batch.lines {
        if block.is_full_for(line) {
            bytes += insert(connection, id, stored + 1, &block, now)?;
            stored += block.lines as i64;
            block = Block::default();
        }
        block.push(line);
    }
    if block.lines > 0 {
        bytes += insert(connection, id, stored + 1, &block, now)?;
        stored += block.lines as i64;
    }
    connection
        .prepare_cached("UPDATE service_logs SET lines = ?2, bytes = bytes + ?3 WHERE id = ?1")?
        .execute(params![id, stored, bytes])?;
    for (source, position) in &batch.positions {
        let sql = "INSERT OR REPLACE INTO log_positions (env, service, source, position) VALUES (?1, ?2, ?3, ?4)";
        connection.prepare_cached(sql)?.execute([env, service, source, position])?;
    }
    for sighting in &batch.errors {
        error_groups::see(connection, env, service, sighting)?;
    }
    if stored - settled >= FULL as i64 {
        settle(connection, id, stored, settled)?;
    }
    Ok(())
}

/// Stores a block; returns its bytes.
fn insert(connection: &Connection, service: i64, first: i64, block: &Block, now: UnixMs) -> Result<i64, StoreError> {
    let sql = "INSERT INTO service_log_blocks (service, first_seq, lines, first_at, last_at, stored_at, levels, meta, text) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let (first_at, last_at) = block.span.unwrap_or_default();
    let lines = block.lines as i64;
    let values = params![service, first, lines, first_at, last_at, now.0, block.levels, block.meta, block.text];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok((block.meta.len() + block.text.len()) as i64)
}

/// A small block, as far as grouping needs to know it.
struct Small {
    seq: i64,
    lines: usize,
    bytes: usize,
    stored_at: i64,
}

/// Makes the small blocks at the end of a service's log into full ones: each line is written twice at most.
fn settle(connection: &Connection, service: i64, stored: i64, settled: i64) -> Result<(), StoreError> {
    let sql = "SELECT first_seq, lines, length(text) + length(meta), stored_at FROM service_log_blocks \
               WHERE service = ?1 AND first_seq > ?2 ORDER BY first_seq";
    let small: Vec<Small> = connection
        .prepare_cached(sql)?
        .query_map([service, settled], |row| {
            let (lines, bytes): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok(Small { seq: row.get(0)?, lines: lines as usize, bytes: bytes as usize, stored_at: row.get(3)? })
        })?
        .collect::<Result<_, _>>()?;
    let mut group: Vec<Small> = Vec::new();
    for block in small {
        let lines = group.iter().map(|block| block.lines).sum::<usize>() + block.lines;
        let bytes = group.iter().map(|block| block.bytes).sum::<usize>() + block.bytes;
        if lines > FULL || bytes > FULL_BYTES {
            join(connection, service, &group)?;
            group.clear();
        }
        group.push(block);
    }
    join(connection, service, &group)?;
    connection.prepare_cached("UPDATE service_logs SET settled = ?2 WHERE id = ?1")?.execute([service, stored])?;
    Ok(())
}

fn join(connection: &Connection, service: i64, group: &[Small]) -> Result<(), StoreError> {
    let [first, .., last] = group else { return Ok(()) };
    let mut joined = Block::default();
    let mut before = 0;
    for Small { seq, .. } in group {
        let sql = "DELETE FROM service_log_blocks WHERE service = ?1 AND first_seq = ?2 RETURNING meta, text";
        let (meta, text): (Vec<u8>, Vec<u8>) =
            connection.prepare_cached(sql)?.query_row([service, *seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
        before += (meta.len() + text.len()) as i64;
        service_log_block::lines(&text, &meta, *seq as u64, |_, line| joined.push(&line))
            .ok_or_else(|| StoreError::damaged("block of a service's log", "it can't be unpacked"))?;
    }
    let after = insert(connection, service, first.seq, &joined, UnixMs(last.stored_at))?;
    connection
        .prepare_cached("UPDATE service_logs SET bytes = bytes + ?2 WHERE id = ?1")?
        .execute([service, after - before])?;
    Ok(())
}

/// Removes blocks that are too old, and the oldest of those that are too many; a few at a time. Returns how many went.
pub(super) fn prune(connection: &Connection, retention: Retention, now: UnixMs) -> Result<usize, StoreError> {
    const FEW: i64 = 200;
    let too_old = now.before(retention.logs).0;
    let total: i64 = connection.query_row("SELECT coalesce(sum(bytes), 0) FROM service_logs", [], |row| row.get(0))?;
    let mut excess = total - i64::from(retention.logs_mb) * 1_000_000;
    // What is oldest goes first, whichever service it belongs to.
    let sql = "SELECT service, first_seq, stored_at, length(meta) + length(text) FROM service_log_blocks \
               ORDER BY stored_at, service, first_seq LIMIT ?1";
    let oldest: Vec<(i64, i64, i64, i64)> = connection
        .prepare_cached(sql)?
        .query_map([FEW], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    let mut gone = 0;
    for (service, first, stored_at, bytes) in oldest {
        if stored_at >= too_old && excess <= 0 {
            break;
        }
        connection
            .prepare_cached("DELETE FROM service_log_blocks WHERE service = ?1 AND first_seq = ?2")?
            .execute([service, first])?;
        connection
            .prepare_cached("UPDATE service_logs SET bytes = bytes - ?2 WHERE id = ?1")?
            .execute([service, bytes])?;
        excess -= bytes;
        gone += 1;
    }
    let errors = now.before(retention.errors).0;
    gone += connection.prepare_cached("DELETE FROM error_groups WHERE last_seen < ?1")?.execute([errors])?;
    Ok(gone)
}

/// How far a source was read.
pub(super) fn position(
    connection: &Connection,
    env: &str,
    service: &str,
    source: &str,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT position FROM log_positions WHERE env = ?1 AND service = ?2 AND source = ?3";
    Ok(connection.prepare_cached(sql)?.query_row([env, service, source], |row| row.get(0)).optional()?)
}
