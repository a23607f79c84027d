//! Appending log lines: exactly once, in blocks, small ones made into full ones as they add up.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::{
    id::{AttemptKey, RunId},
    log::CleanLine,
};

use super::{
    error::StoreError,
    log_block::{self, Block, FULL},
    open::{Store, touch},
    pending::Pending,
    writer::Care,
};

impl Store {
    /// Appends lines of an attempt with the spool cursor they were read up to, in one transaction: lines come exactly
    /// once. `cursor` is the number of spool records consumed; lines at or below the stored cursor are not given again.
    pub fn append_log(
        &self,
        run: RunId,
        generation: u32,
        attempt: AttemptKey,
        cursor: u64,
        lines: Vec<CleanLine>,
    ) -> Pending<()> {
        self.write(Care::Prompt, move |connection| append(connection, run, generation, attempt, cursor, &lines))
    }
}

fn append(
    connection: &Connection,
    run: RunId,
    generation: u32,
    attempt: AttemptKey,
    cursor: u64,
    lines: &[CleanLine],
) -> Result<(), StoreError> {
    let sql = "SELECT generation, log_lines, log_settled FROM runs WHERE id = ?1";
    let found: Option<(u32, u64, u64)> = connection
        .prepare_cached(sql)?
        .query_row([run.0], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64, row.get::<_, i64>(2)? as u64)))
        .optional()?;
    let (now, mut stored, settled) = found.ok_or_else(|| StoreError::Missing { what: format!("run {run}") })?;
    if now != generation {
        return Err(StoreError::Fenced { run, ours: generation });
    }
    let before = self::cursor(connection, run, attempt)?;
    if cursor <= before {
        return Ok(());
    }
    // A batch that begins before the cursor was partly stored by one who died: only its new end is taken.
    let known = before.saturating_sub(cursor.saturating_sub(lines.len() as u64)) as usize;
    for chunk in lines.get(known..).unwrap_or_default().chunks(FULL) {
        let mut block = Block::default();
        for line in chunk {
            block.push_clean(attempt, line);
        }
        insert(connection, run, stored + 1, &block)?;
        stored += chunk.len() as u64;
    }
    let sql = "INSERT OR REPLACE INTO spools (run, step, undo, attempt, cursor) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![run.0, attempt.step, attempt.undo, attempt.attempt, cursor as i64];
    connection.prepare_cached(sql)?.execute(values)?;
    connection
        .prepare_cached("UPDATE runs SET log_lines = ?2 WHERE id = ?1")?
        .execute(params![run.0, stored as i64])?;
    if stored - settled >= FULL as u64 {
        settle(connection, run)?;
    }
    touch(connection, "acting")
}

pub(super) fn cursor(connection: &Connection, run: RunId, attempt: AttemptKey) -> Result<u64, StoreError> {
    let sql = "SELECT cursor FROM spools WHERE run = ?1 AND step = ?2 AND undo = ?3 AND attempt = ?4";
    let values = params![run.0, attempt.step, attempt.undo, attempt.attempt];
    let found: Option<i64> = connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0) as u64)
}

fn insert(connection: &Connection, run: RunId, first: u64, block: &Block) -> Result<(), StoreError> {
    let sql = "INSERT INTO log_blocks (run, first_seq, lines, meta, text) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![run.0, first as i64, block.lines as i64, block.meta, block.text];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Makes the small blocks at the end of a run's log into full ones. Each line is written twice at most: small blocks are
/// joined once there are 1,000 lines of them, or when a step ends.
pub(super) fn settle(connection: &Connection, run: RunId) -> Result<(), StoreError> {
    let sql = "SELECT log_lines, log_settled FROM runs WHERE id = ?1";
    let (stored, settled): (i64, i64) =
        connection.prepare_cached(sql)?.query_row([run.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sql =
        "SELECT first_seq, lines, meta, text FROM log_blocks WHERE run = ?1 AND first_seq > ?2 ORDER BY first_seq";
    let mut small: Vec<(i64, usize, Vec<u8>, Vec<u8>)> = Vec::new();
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([run.0, settled])?;
    while let Some(row) = rows.next()? {
        small.push((row.get(0)?, row.get::<_, i64>(1)? as usize, row.get(2)?, row.get(3)?));
    }
    drop(rows);
    let mut group: Vec<&(i64, usize, Vec<u8>, Vec<u8>)> = Vec::new();
    for block in &small {
        if group.iter().map(|block| block.1).sum::<usize>() + block.1 > FULL {
            join(connection, run, &group)?;
            group.clear();
        }
        group.push(block);
    }
    join(connection, run, &group)?;
    connection.prepare_cached("UPDATE runs SET log_settled = ?2 WHERE id = ?1")?.execute([run.0, stored])?;
    Ok(())
}

fn join(connection: &Connection, run: RunId, group: &[&(i64, usize, Vec<u8>, Vec<u8>)]) -> Result<(), StoreError> {
    let [first, _, ..] = group else { return Ok(()) };
    let mut joined = Block::default();
    for (seq, count, meta, text) in group {
        let lines = log_block::lines(text, meta, *seq as u64, 0, *count)
            .ok_or_else(|| StoreError::damaged(format!("log block of run {run}"), "it can't be unpacked"))?;
        for line in &lines {
            joined.push_line(line);
        }
        connection
            .prepare_cached("DELETE FROM log_blocks WHERE run = ?1 AND first_seq = ?2")?
            .execute([run.0, *seq])?;
    }
    insert(connection, run, first.0 as u64, &joined)
}
