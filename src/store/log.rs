//! Reading log lines: windows by number, and searches that only look at text.

use memchr::memmem::Finder;
use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::{
    id::{AttemptKey, RunId},
    log::{Direction, LogLine},
};

use super::{error::StoreError, log_block, log_write, open::Reader, runs::missing};

impl Reader {
    /// Lines stored for the run.
    pub fn log_len(&self, run: RunId) -> Result<u64, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT log_lines FROM runs WHERE id = ?1")?;
            let lines: Option<i64> = statement.query_row([run.0], |row| row.get(0)).optional()?;
            lines.map(|lines| lines as u64).ok_or_else(|| missing(run))
        })
    }

    /// Spool records of the attempt that are stored.
    pub fn log_cursor(&self, run: RunId, attempt: AttemptKey) -> Result<u64, StoreError> {
        self.read(|connection| log_write::cursor(connection, run, attempt))
    }

    /// Up to `limit` lines from number `from` (1 is the first).
    pub fn log(&self, run: RunId, from: u64, limit: usize) -> Result<Vec<LogLine>, StoreError> {
        self.read(|connection| {
            let mut found = Vec::new();
            let from = from.max(1);
            let sql = "SELECT first_seq, lines, meta, text FROM log_blocks WHERE run = ?1 AND first_seq >= ?2 ORDER BY first_seq";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![run.0, block_of(connection, run, from)?])?;
            while found.len() < limit
                && let Some(row) = rows.next()?
            {
                let first = row.get::<_, i64>(0)? as u64;
                let skip = from.saturating_sub(first) as usize;
                let (meta, text) = (row.get_ref(2)?.as_blob().map_err(damaged)?, row.get_ref(3)?.as_blob().map_err(damaged)?);
                let lines = log_block::lines(text, meta, first, skip, limit - found.len());
                found.extend(lines.ok_or_else(|| damaged("it can't be unpacked"))?);
            }
            Ok(found)
        })
    }

    /// The number of the next line containing `needle` (ASCII case ignored if `needle` has no upper case), starting at
    /// `from` inclusive.
    pub fn find_in_log(&self, run: RunId, needle: &str, from: u64, way: Direction) -> Result<Option<u64>, StoreError> {
        if needle.is_empty() || needle.contains('\n') {
            return Ok(None);
        }
        self.read(|connection| {
            let mut search = Search::new(needle);
            let (compare, order) = match way {
                Direction::Forward => (">=", "ASC"),
                Direction::Backward => ("<=", "DESC"),
            };
            let sql = format!(
                "SELECT first_seq, text FROM log_blocks WHERE run = ?1 AND first_seq {compare} ?2 ORDER BY first_seq {order}"
            );
            let start = if way == Direction::Forward { block_of(connection, run, from)? } else { number(from) };
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![run.0, start])?;
            while let Some(row) = rows.next()? {
                let first = row.get::<_, i64>(0)? as u64;
                let hits = search.lines(row.get_ref(1)?.as_blob().map_err(damaged)?, first);
                let hit = match way {
                    Direction::Forward => hits.into_iter().find(|line| *line >= from),
                    Direction::Backward => hits.into_iter().rfind(|line| *line <= from),
                };
                if hit.is_some() {
                    return Ok(hit);
                }
            }
            Ok(None)
        })
    }

    /// How many lines contain `needle`, up to `at_most`, and how many of them come before line `before`.
    pub fn count_in_log(&self, run: RunId, needle: &str, before: u64, at_most: u64) -> Result<(u64, u64), StoreError> {
        if needle.is_empty() || needle.contains('\n') {
            return Ok((0, 0));
        }
        self.read(|connection| {
            let mut search = Search::new(needle);
            let mut statement = connection
                .prepare_cached("SELECT first_seq, text FROM log_blocks WHERE run = ?1 ORDER BY first_seq")?;
            let mut rows = statement.query([run.0])?;
            let (mut count, mut earlier) = (0, 0);
            while let Some(row) = rows.next()? {
                for line in search.lines(row.get_ref(1)?.as_blob().map_err(damaged)?, row.get::<_, i64>(0)? as u64) {
                    count += 1;
                    earlier += u64::from(line < before);
                    if count >= at_most {
                        return Ok((count, earlier));
                    }
                }
            }
            Ok((count, earlier))
        })
    }
}

/// The first number of the block that holds line `line`.
fn block_of(connection: &Connection, run: RunId, line: u64) -> Result<i64, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT max(first_seq) FROM log_blocks WHERE run = ?1 AND first_seq <= ?2")?;
    let first: Option<i64> = statement.query_row(params![run.0, number(line)], |row| row.get(0))?;
    Ok(first.unwrap_or(1))
}

/// A line number as SQLite takes it; beyond the last one is as good as the last one.
fn number(line: u64) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}

fn damaged(why: impl std::fmt::Display) -> StoreError {
    StoreError::damaged("log block", why)
}

/// A needle, ready; text is folded to lower case in a buffer that is used again, which costs less than a slower search.
struct Search {
    finder: Finder<'static>,
    fold: bool,
    folded: Vec<u8>,
}

impl Search {
    fn new(needle: &str) -> Self {
        let fold = !needle.chars().any(char::is_uppercase);
        Self { finder: Finder::new(needle.as_bytes()).into_owned(), fold, folded: Vec::new() }
    }

    /// The numbers of the lines of a block that hold the needle, ascending, each once.
    fn lines(&mut self, text: &[u8], first: u64) -> Vec<u64> {
        let text = if self.fold {
            self.folded.clear();
            self.folded.extend_from_slice(text);
            self.folded.make_ascii_lowercase();
            &self.folded
        } else {
            text
        };
        let (mut found, mut line, mut counted) = (Vec::new(), first, 0);
        for at in self.finder.find_iter(text) {
            line += memchr::memchr_iter(b'\n', &text[counted..at]).count() as u64;
            counted = at;
            if found.last() != Some(&line) {
                found.push(line);
            }
        }
        found
    }
}
