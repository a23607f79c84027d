//! The latest looks of an environment, kept by whoever reads them again and again: each reading takes in only what came since
//! the one before.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::domain::{
    id::LookId,
    series::{LookRow, Stat},
    time::UnixMs,
    verdict::Verdict,
};

use super::{
    error::StoreError,
    look_batch,
    rollups::{LATENCY, RECORDED},
    window::{self, MINUTE, Named},
};

/// Values in a sparkline.
pub(super) const TREND: usize = 16;
/// Rolled minutes read for the trends of rare looks, in bytes: what a big project has of older ones is left out.
const MOST_MINUTES: usize = 1 << 20;

/// What was read of the latest looks. One for each reader and environment; begin anew for another history.
#[derive(Debug, Default)]
pub struct Recent {
    /// The last batch that was taken in.
    after: Option<i64>,
    fresh: BTreeMap<LookId, Vec<LookRow>>,
    /// Means of minutes of rare looks, newest first, and in which minute they were read.
    means: BTreeMap<LookId, Vec<LookRow>>,
    minute: i64,
}

impl Recent {
    /// Takes in what came: looks since `recent`, and of rare ones the means of minutes since `reach`, for the trend.
    pub(super) fn catch_up(
        &mut self,
        connection: &Connection,
        looks: &[Named],
        (recent, reach): (UnixMs, UnixMs),
    ) -> Result<(), StoreError> {
        let wanted: BTreeSet<_> = looks.iter().map(|look| look.id).collect();
        self.fresh.retain(|look, rows| {
            rows.retain(|row| row.at >= recent);
            wanted.contains(look)
        });
        self.take_in(connection, recent, &|look| wanted.contains(&look))?;
        let few = |look: &LookId| self.fresh.get(look).map_or(0, Vec::len) < TREND;
        let rare: BTreeSet<LookId> = wanted.iter().filter(|look| few(look)).copied().collect();
        if reach >= recent || rare.is_empty() {
            self.means.clear();
        } else if self.minute != recent.0.div_euclid(MINUTE) || rare.iter().any(|look| !self.means.contains_key(look)) {
            self.minute = recent.0.div_euclid(MINUTE);
            self.means = means(connection, &rare, (reach.0, recent.0 - MINUTE + 1))?;
        }
        Ok(())
    }

    /// Takes in the batches that came since, or at first those that may hold something recent.
    fn take_in(
        &mut self,
        connection: &Connection,
        recent: UnixMs,
        wanted: &dyn Fn(LookId) -> bool,
    ) -> Result<(), StoreError> {
        let fresh = &mut self.fresh;
        let mut keep = |row: LookRow| {
            if row.at >= recent {
                fresh.entry(row.look).or_default().push(row);
            }
        };
        if let Some(after) = self.after {
            let sql = "SELECT id, first_at, body FROM looks WHERE id > ?1 ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([after])?;
            while let Some(row) = rows.next()? {
                let body = row.get_ref(2)?.as_blob().map_err(|error| StoreError::damaged("looks", error))?;
                look_batch::decode(body, row.get(1)?, wanted, &mut keep)
                    .ok_or_else(|| StoreError::damaged("looks", "a batch can't be unpacked"))?;
                self.after = Some(row.get(0)?);
            }
        } else {
            let sql = "SELECT coalesce(max(id), 0) FROM looks";
            let last = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            window::fresh(connection, recent.0, wanted, &mut keep)?;
            self.after = Some(last);
        }
        for rows in self.fresh.values_mut() {
            rows.sort_by_key(|row| row.at);
        }
        Ok(())
    }

    /// The latest looks of each number, oldest first; means of minutes stand before them where there are few.
    pub(super) fn tails(&self) -> BTreeMap<LookId, Vec<&LookRow>> {
        let mut tails: BTreeMap<LookId, Vec<&LookRow>> = BTreeMap::new();
        for (look, means) in &self.means {
            let lacking = TREND.saturating_sub(self.fresh.get(look).map_or(0, Vec::len));
            tails.entry(*look).or_default().extend(means.iter().take(lacking).rev());
        }
        for (look, rows) in &self.fresh {
            tails.entry(*look).or_default().extend(rows);
        }
        tails.retain(|_, rows| !rows.is_empty());
        tails
    }
}

/// Of each look at most as many as a trend has, the newest first.
fn means(
    connection: &Connection,
    rare: &BTreeSet<LookId>,
    range: (i64, i64),
) -> Result<BTreeMap<LookId, Vec<LookRow>>, StoreError> {
    let mut found: BTreeMap<LookId, Vec<LookRow>> = rare.iter().map(|look| (*look, Vec::new())).collect();
    window::minutes_back(connection, range, MOST_MINUTES, |look, at, stats| {
        if let Some(rows) = found.get_mut(&look).filter(|rows| rows.len() < TREND) {
            rows.push(mean(look, at, stats));
        }
    })?;
    Ok(found)
}

/// A minute of a look as one look.
fn mean(look: LookId, at: i64, stats: &[Stat]) -> LookRow {
    let means: Vec<Option<f64>> = stats.iter().map(Stat::mean).collect();
    LookRow {
        look,
        at: UnixMs(at),
        verdict: Verdict::Unknown,
        degraded: false,
        latency_ms: means.get(LATENCY).copied().flatten(),
        values: means.get(RECORDED..).unwrap_or_default().to_vec(),
    }
}
