//! Appending log lines: exactly once, in blocks, small ones made into full ones as they add up.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::{
    id::{AttemptKey, RunId},
    log::{CleanLine, Stream},
};

use super::{
    ballast,
    error::StoreError,
    log_block::{self, Block, FULL, FULL_BYTES},
    open::{Store, touch},
    pending::Pending,
    writer::Care,
};

impl Store {
    /// Appends lines of an attempt with the spool cursor they were read up to, in one transaction: lines come exactly
    /// once. `cursor` is the number of spool records consumed; lines at or below the stored cursor are not given again.
    /// While the disk is full, what commands say is refused with [`StoreError::Full`].
    pub fn append_log(
        &self,
        run: RunId,
        generation: u32,
        attempt: AttemptKey,
        cursor: u64,
        lines: Vec<CleanLine>,
    ) -> Pending<()> {
        let state = self.state().clone();
        self.write(Care::Prompt, move |connection| {
            // What commands say waits for room; what we have to say about the run is little and part of where it stands.
            let ours = lines.iter().all(|line| line.stream == Stream::Deck);
            if !ours && ballast::is_spent(&state.ballast()) && !state.keep_ballast() {
                return Err(StoreError::Full { path: state.path().to_owned() });
            }
            append(connection, run, generation, attempt, cursor, &lines)
        })
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
    let mut block = Block::default();
    for line in lines.get(known..).unwrap_or_default() {
        if block.lines == FULL || block.text.len() + line.text.len() > FULL_BYTES {
            stored += store_block(connection, run, stored, &std::mem::take(&mut block))?;
        }
        block.push_clean(attempt, line);
    }
    stored += store_block(connection, run, stored, &block)?;
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

/// Stores a block behind line `stored`, if it has any lines; returns how many.
fn store_block(connection: &Connection, run: RunId, stored: u64, block: &Block) -> Result<u64, StoreError> {
    if block.lines > 0 {
        insert(connection, run, stored + 1, block)?;
    }
    Ok(block.lines as u64)
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
    // Their sizes first, then one group after the other: never more than one full block is in memory.
    let sql = "SELECT first_seq, lines, length(text) + length(meta) FROM log_blocks WHERE run = ?1 AND first_seq > ?2 \
               ORDER BY first_seq";
    let mut small: Vec<Small> = Vec::new();
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([run.0, settled])?;
    while let Some(row) = rows.next()? {
        small.push(Small {
            seq: row.get(0)?,
            lines: row.get::<_, i64>(1)? as usize,
            bytes: row.get::<_, i64>(2)? as usize,
        });
    }
    drop(rows);
    let mut group: Vec<Small> = Vec::new();
    for block in small {
        let lines = group.iter().map(|block| block.lines).sum::<usize>() + block.lines;
        let bytes = group.iter().map(|block| block.bytes).sum::<usize>() + block.bytes;
        if lines > FULL || bytes > FULL_BYTES {
            join(connection, run, &group)?;
            group.clear();
        }
        group.push(block);
    }
    join(connection, run, &group)?;
    connection.prepare_cached("UPDATE runs SET log_settled = ?2 WHERE id = ?1")?.execute([run.0, stored])?;
    Ok(())
}

/// A small block, as far as grouping needs to know it.
struct Small {
    seq: i64,
    lines: usize,
    bytes: usize,
}

fn join(connection: &Connection, run: RunId, group: &[Small]) -> Result<(), StoreError> {
    let [first, _, ..] = group else { return Ok(()) };
    let mut joined = Block::default();
    for Small { seq, lines, .. } in group {
        let sql = "DELETE FROM log_blocks WHERE run = ?1 AND first_seq = ?2 RETURNING meta, text";
        let (meta, text): (Vec<u8>, Vec<u8>) =
            connection.prepare_cached(sql)?.query_row([run.0, *seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let lines = log_block::lines(&text, &meta, *seq as u64, 0, *lines)
            .ok_or_else(|| StoreError::damaged(format!("log block of run {run}"), "it can't be unpacked"))?;
        for line in lines {
            joined.push_line(&line);
        }
    }
    insert(connection, run, first.seq as u64, &joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::time::UnixMs,
        store::{connect, state_dir::StateDir},
    };

    #[test]
    fn f24_blocks_are_bounded_in_bytes_and_joining_them_keeps_every_line() {
        let dir = tempfile::tempdir().unwrap();
        let connection = connect::for_writing(&StateDir::at(dir.path().join("state"))).unwrap();
        let sql = "INSERT INTO runs (id, env, target, pipeline, kind, requested_by, requested_at, phase, step_count, locks, \
                   state) VALUES (1, 'e', 't', 'p', 'k', 'b', 0, 'p', 1, 0, 's')";
        connection.execute(sql, []).unwrap();
        let key = AttemptKey { step: 0, undo: false, attempt: 1 };
        let line = |n: u64| CleanLine {
            at: UnixMs(0),
            stream: Stream::Out,
            text: format!("{n} {}", "x".repeat(60_000 * usize::from(n.is_multiple_of(3)))),
            spans: vec![],
        };
        for end in (40..=1_200).step_by(40) {
            let lines: Vec<CleanLine> = (end - 40..end).map(line).collect();
            append(&connection, RunId(1), 0, key, end, &lines).unwrap();
        }
        settle(&connection, RunId(1)).unwrap();
        let sql = "SELECT first_seq, lines, meta, text FROM log_blocks ORDER BY first_seq";
        let mut statement = connection.prepare(sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        let (mut next, mut blocks) = (0, 0);
        while let Some(row) = rows.next().unwrap() {
            let (first, lines): (i64, usize) = (row.get(0).unwrap(), row.get::<_, i64>(1).unwrap() as usize);
            let (meta, text): (Vec<u8>, Vec<u8>) = (row.get(2).unwrap(), row.get(3).unwrap());
            assert!(text.len() <= FULL_BYTES + 1_000, "{}", text.len());
            for found in log_block::lines(&text, &meta, first as u64, 0, lines).unwrap() {
                assert_eq!((found.seq, found.text), (next + 1, line(next).text));
                next += 1;
            }
            blocks += 1;
        }
        assert_eq!(next, 1_200);
        assert!(blocks < 70, "small blocks were not joined: {blocks}");
    }
}
