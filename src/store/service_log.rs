//! Reading services' logs: the newest lines that pass a filter, what came after a cursor, and one request across services.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::domain::service_log::{LogFilter, StoredLine};

use super::{
    error::StoreError,
    open::Reader,
    service_log_block::{self, bits_from},
    service_log_write,
};

/// The number of the last line read, by service: where the next reading goes on.
pub type LogCursor = BTreeMap<String, u64>;

/// A reading of services' logs.
#[derive(Debug, Clone, Default)]
pub struct LogPage {
    /// The lines, in order of time; those of one service in order of number.
    pub lines: Vec<StoredLine>,
    /// Where to go on.
    pub cursor: LogCursor,
    /// There are more than were asked for: the oldest were left out.
    pub more: bool,
}

impl Reader {
    /// The newest `limit` lines of these services (of all, if none is named) that pass.
    pub fn service_logs(
        &self,
        env: &str,
        services: &[String],
        filter: &LogFilter,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        self.read(|connection| {
            let mut page = LogPage::default();
            for (id, service, last) in sources(connection, env, services)? {
                let (lines, more) = newest(connection, id, &service, filter, 0, limit)?;
                page.more |= more;
                page.lines.extend(lines);
                page.cursor.insert(service, last);
            }
            Ok(finish(page, limit))
        })
    }

    /// Up to `limit` of the newest lines stored since `cursor` that pass; the cursor moves past all lines looked at.
    pub fn service_logs_after(
        &self,
        env: &str,
        services: &[String],
        filter: &LogFilter,
        cursor: &LogCursor,
        limit: usize,
    ) -> Result<LogPage, StoreError> {
        self.read(|connection| {
            let mut page = LogPage { cursor: cursor.clone(), ..LogPage::default() };
            for (id, service, last) in sources(connection, env, services)? {
                let after = cursor.get(&service).copied().unwrap_or(0);
                if last > after {
                    let (lines, more) = newest(connection, id, &service, filter, after, limit)?;
                    page.more |= more;
                    page.lines.extend(lines);
                    page.cursor.insert(service, last);
                }
            }
            Ok(finish(page, limit))
        })
    }

    /// How far a source of a service's log was read; `None` if it never was.
    pub fn log_position(&self, env: &str, service: &str, source: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| service_log_write::position(connection, env, service, source))
    }
}

fn finish(mut page: LogPage, limit: usize) -> LogPage {
    // Stable: lines of one service that were written at the same moment, or out of order, stay as they came.
    page.lines.sort_by_key(|line| line.line.at);
    let excess = page.lines.len().saturating_sub(limit);
    page.more |= excess > 0;
    page.lines.drain(..excess);
    page
}

/// Identity, name and last line of the services asked for.
fn sources(connection: &Connection, env: &str, wanted: &[String]) -> Result<Vec<(i64, String, u64)>, StoreError> {
    let sql = "SELECT id, service, lines FROM service_logs WHERE env = ?1 ORDER BY service";
    let mut statement = connection.prepare_cached(sql)?;
    let all = statement.query_map([env], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)? as u64)))?;
    let all: Vec<(i64, String, u64)> = all.collect::<Result<_, _>>()?;
    Ok(all.into_iter().filter(|(_, service, _)| wanted.is_empty() || wanted.contains(service)).collect())
}

/// The newest lines behind number `after` that pass, ascending, and whether some were left out. Blocks are read from the end,
/// and those that can't hold such a line are not unpacked.
fn newest(
    connection: &Connection,
    id: i64,
    service: &str,
    filter: &LogFilter,
    after: u64,
    limit: usize,
) -> Result<(Vec<StoredLine>, bool), StoreError> {
    let levels = filter.level.map_or(0xff, bits_from);
    let since = filter.since.map_or(i64::MIN, |since| since.0);
    let sql = "SELECT first_seq, meta, text FROM service_log_blocks WHERE service = ?1 AND first_seq + lines > ?2 + 1 \
               AND levels & ?3 <> 0 AND last_at >= ?4 ORDER BY first_seq DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![id, after as i64, levels, since])?;
    let mut found: Vec<StoredLine> = Vec::new();
    while let Some(row) = rows.next()? {
        if found.len() >= limit {
            return Ok((reversed(found), true));
        }
        let first = row.get::<_, i64>(0)? as u64;
        let damaged = |error: rusqlite::types::FromSqlError| StoreError::damaged("block of a service's log", error);
        let (meta, text) = (row.get_ref(1)?.as_blob().map_err(damaged)?, row.get_ref(2)?.as_blob().map_err(damaged)?);
        if !service_log_block::may_pass(text, meta, filter) {
            continue;
        }
        let mut of_block = Vec::new();
        service_log_block::lines(text, meta, first, |seq, line| {
            if seq > after && filter.passes(&line) {
                of_block.push(StoredLine { service: service.to_owned(), seq, line });
            }
        })
        .ok_or_else(|| StoreError::damaged("block of a service's log", "it can't be unpacked"))?;
        found.extend(of_block.into_iter().rev());
    }
    let more = found.len() > limit;
    found.truncate(limit);
    Ok((reversed(found), more))
}

fn reversed(mut lines: Vec<StoredLine>) -> Vec<StoredLine> {
    lines.reverse();
    lines
}
