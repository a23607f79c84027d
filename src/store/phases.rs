//! Where the time of looks went: minute by minute, time-major while it is fresh, by look once an hour is finished.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::domain::{
    id::{LookId, LookKey},
    phases::PhaseSums,
    time::UnixMs,
};

use super::{
    error::StoreError,
    open::{Reader, Store},
    pack::{Unpack, put},
    pending::Pending,
    window::{self, HOUR, MINUTE},
    writer::Care,
};

/// What the looks of one minute took.
pub type PhaseMinute = (UnixMs, Vec<(LookId, PhaseSums)>);

impl Store {
    /// Appends what looks took, minute by minute. One minute may come in several parts.
    pub fn append_phases(&self, minutes: Vec<PhaseMinute>) -> Pending<()> {
        self.write(Care::Gather, move |connection| {
            for (at, looks) in &minutes {
                let mut body = Vec::new();
                for (look, sums) in looks {
                    pack(&mut body, u64::from(look.0), sums);
                }
                let sql = "INSERT INTO phase_minutes (at, body) VALUES (?1, ?2)";
                connection.prepare_cached(sql)?.execute(params![at.0.div_euclid(MINUTE) * MINUTE, body])?;
            }
            Ok(())
        })
    }
}

impl Reader {
    /// What the looks of a probe took, in buckets of `step` from `from` to `to`; those without looks are empty.
    pub fn phases(
        &self,
        key: &LookKey,
        (from, to): (UnixMs, UnixMs),
        step: std::time::Duration,
    ) -> Result<Vec<PhaseSums>, StoreError> {
        /// More than any screen has columns.
        const BUCKETS: i64 = 10_000;
        let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1);
        let count = ((to.0 - from.0).max(0) + step - 1) / step;
        self.read(|connection| {
            let mut found = vec![PhaseSums::default(); count.min(BUCKETS) as usize];
            let mut add = |at: i64, sums: &PhaseSums| {
                if at >= from.0
                    && at < to.0
                    && let Some(bucket) = found.get_mut(((at - from.0) / step) as usize)
                {
                    bucket.merge(sums);
                }
            };
            let looks = window::looks_of(connection, &key.env, Some(&key.service))?;
            let ids: Vec<LookId> = looks.iter().filter(|look| look.probe == key.probe).map(|look| look.id).collect();
            for look in &ids {
                let sql = "SELECT hour, body FROM phase_blocks WHERE look = ?1 AND hour > ?2 AND hour < ?3";
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query(params![look.0, from.0 - HOUR, to.0])?;
                while let Some(row) = rows.next()? {
                    let hour: i64 = row.get(0)?;
                    each(&row.get::<_, Vec<u8>>(1)?, |minute, sums| add(hour + minute as i64 * MINUTE, &sums))?;
                }
            }
            let sql = "SELECT at, body FROM phase_minutes WHERE at >= ?1 AND at < ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([from.0, to.0])?;
            while let Some(row) = rows.next()? {
                let at: i64 = row.get(0)?;
                each(&row.get::<_, Vec<u8>>(1)?, |look, sums| {
                    if ids.iter().any(|id| u64::from(id.0) == look) {
                        add(at, &sums);
                    }
                })?;
            }
            Ok(found)
        })
    }
}

/// Moves one finished hour from minutes to blocks by look.
pub(super) fn compact(connection: &Connection, hour: i64) -> Result<(), StoreError> {
    let mut looks: BTreeMap<i64, BTreeMap<u64, PhaseSums>> = BTreeMap::new();
    {
        let mut statement =
            connection.prepare_cached("SELECT at, body FROM phase_minutes WHERE at >= ?1 AND at < ?2")?;
        let mut rows = statement.query([hour, hour + HOUR])?;
        while let Some(row) = rows.next()? {
            let minute = ((row.get::<_, i64>(0)? - hour) / MINUTE) as u64;
            each(&row.get::<_, Vec<u8>>(1)?, |look, sums| {
                looks.entry(look as i64).or_default().entry(minute).or_default().merge(&sums);
            })?;
        }
    }
    for (look, mut minutes) in looks {
        // What came late for an hour that was compacted before joins it.
        let sql = "SELECT body FROM phase_blocks WHERE look = ?1 AND hour = ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![look, hour])?;
        if let Some(row) = rows.next()? {
            let body: Vec<u8> = row.get(0)?;
            each(&body, |minute, sums| minutes.entry(minute).or_default().merge(&sums))?;
        }
        let mut body = Vec::new();
        for (minute, sums) in &minutes {
            pack(&mut body, *minute, sums);
        }
        let sql = "INSERT OR REPLACE INTO phase_blocks (look, hour, body) VALUES (?1, ?2, ?3)";
        connection.prepare_cached(sql)?.execute(params![look, hour, body])?;
    }
    connection.execute("DELETE FROM phase_minutes WHERE at >= ?1 AND at < ?2", [hour, hour + HOUR])?;
    Ok(())
}

/// The oldest hour that is not compacted.
pub(super) fn oldest_hour(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let oldest: Option<i64> = connection.query_row("SELECT min(at) FROM phase_minutes", [], |row| row.get(0))?;
    Ok(oldest.map(|at| at.div_euclid(HOUR) * HOUR))
}

/// A number, how many looks, and what each phase took in whole microseconds.
fn pack(body: &mut Vec<u8>, number: u64, sums: &PhaseSums) {
    put(body, number);
    put(body, sums.looks);
    for ms in sums.sums_ms {
        put(body, (ms * 1_000.0).clamp(0.0, 1e18) as u64);
    }
}

fn each(body: &[u8], mut take: impl FnMut(u64, PhaseSums)) -> Result<(), StoreError> {
    let mut read = Unpack(body);
    let damaged = || StoreError::damaged("phases", "they can't be unpacked");
    while !read.is_empty() {
        let (number, looks) = (read.number().ok_or_else(damaged)?, read.number().ok_or_else(damaged)?);
        let mut sums_ms = [0.0; 5];
        for sum in &mut sums_ms {
            *sum = read.number().ok_or_else(damaged)? as f64 / 1_000.0;
        }
        take(number, PhaseSums { looks, sums_ms });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{domain::environment::Retention, store::state_dir::StateDir};

    #[test]
    fn phases_are_the_same_before_and_after_their_hour_is_compacted_and_go_with_the_raw_looks() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StateDir::at(dir.path().join("state"))).unwrap();
        let key = |probe: &str| LookKey { env: "test".into(), service: "api".into(), probe: probe.into() };
        let ids: Vec<LookId> =
            ["ready", "other"].map(|probe| store.register_look(key(probe), Vec::new()).wait().unwrap()).into();
        let start = 100 * HOUR;
        let sums = |first: f64| PhaseSums { looks: 2, sums_ms: [first, 0.5, 0.0, 20.25, 1.0] };
        for minute in 0..90 {
            let looks = vec![(ids[0], sums(minute as f64)), (ids[1], sums(1_000.0))];
            store.append_phases(vec![(UnixMs(start + minute * MINUTE + 7), looks)]).wait().unwrap();
        }
        let window = (UnixMs(start), UnixMs(start + 90 * MINUTE));
        let read = || store.reader().unwrap().phases(&key("ready"), window, Duration::from_mins(10)).unwrap();
        let before = read();
        assert_eq!((before.len(), before[0].looks), (9, 20));
        assert_eq!(before[0].means_ms(), Some([45.0 / 20.0, 0.25, 0.0, 10.125, 0.5]));
        store.maintain(Retention::default(), UnixMs(start + 95 * MINUTE)).wait().unwrap();
        let count = |store: &Store, table: &str| -> i64 {
            let sql = format!("SELECT count(*) FROM {table}");
            store.reader().unwrap().read(|connection| Ok(connection.query_row(&sql, [], |row| row.get(0))?)).unwrap()
        };
        assert_eq!((count(&store, "phase_minutes"), count(&store, "phase_blocks")), (30, 2));
        assert_eq!(read(), before);
        store.maintain(Retention::default(), UnixMs(start + 60 * HOUR)).wait().unwrap();
        assert_eq!((count(&store, "phase_minutes"), count(&store, "phase_blocks")), (0, 0));
    }
}
