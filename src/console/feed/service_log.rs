//! Reading the lines of services' logs that are on the screen.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    domain::service_log::StoredLine,
    store::{LogCursor, Reader, StoreError},
};

use super::super::app::{msg::News, service_log::LogInterest};

/// Lines kept for the pane: what is older is for `quarterdeck logs`.
const LINES: usize = 2_000;

/// The lines as they were told last.
pub struct Seen {
    cursor: LogCursor,
    lines: VecDeque<StoredLine>,
    first: u64,
}

/// News, if there is any: the newest lines, those that were told before included.
pub fn read(
    reader: &Reader,
    env: &str,
    wanted: &LogInterest,
    seen: &mut Option<Seen>,
) -> Result<Option<News>, StoreError> {
    let services: Vec<String> = wanted.service.iter().cloned().collect();
    let page = match seen {
        None => reader.service_logs(env, &services, &wanted.filter, LINES)?,
        Some(seen) => reader.service_logs_after(env, &services, &wanted.filter, &seen.cursor, LINES)?,
    };
    let is_new = seen.is_none();
    let seen = seen.get_or_insert_with(|| Seen { cursor: LogCursor::new(), lines: VecDeque::new(), first: 1 });
    seen.cursor = page.cursor;
    if page.lines.is_empty() && !is_new {
        return Ok(None);
    }
    seen.lines.extend(page.lines);
    let excess = seen.lines.len().saturating_sub(LINES);
    seen.lines.drain(..excess);
    seen.first += excess as u64;
    Ok(Some(News::ServiceLog {
        env: env.to_owned(),
        interest: wanted.clone(),
        first: seen.first,
        lines: Arc::new(seen.lines.iter().cloned().collect()),
    }))
}
