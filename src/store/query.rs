//! Answering questions about series: from looks, minutes or hours, whichever is fine enough and still kept.
//!
//! ```text
//!   hour_rollups ──────────────┐
//!            minute_blocks ────┴──────────┐
//!                       look_blocks ──────┴────────┐
//!                                  looks (fresh) ──┴────> now
//! ```
//!
//! Each stretch of time is read from exactly one of them: the grain that fits the question's steps where it is kept, else
//! the next coarser.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use crate::domain::{
    id::LookId,
    query::{Answer, Bucket, Grain, Needs, Part, Query, SeriesName, fold},
    series::{LookRow, Stat},
    status::LookNow,
    time::UnixMs,
};

use super::{
    error::StoreError,
    open::{Reader, from_json},
    pack::Unpack,
    rollups::{read_fine, read_stats, stats_of},
    window::{self, HOUR, MINUTE, Named},
};

/// A look and where the wanted series lies in it.
type Place = (LookId, usize);

impl Reader {
    /// Answers a question. A series nobody knows has only gaps: ask [`Reader::catalogue`] for the names there are.
    pub fn query(&self, query: &Query) -> Result<Answer, StoreError> {
        self.read(|connection| answer(connection, query))
    }

    /// The recorded series of an environment that have any history, with their labels, in order.
    pub fn catalogue(&self, env: &str) -> Result<BTreeSet<SeriesName>, StoreError> {
        self.read(|connection| {
            let looks = window::looks_of(connection, env, None)?;
            let name = |look: &Named, name: &String| SeriesName {
                service: look.service.clone(),
                probe: Some(look.probe.clone()),
                name: name.clone(),
            };
            Ok(looks.iter().flat_map(|look| look.names.iter().map(|one| name(look, one))).collect())
        })
    }
}

fn answer(connection: &Connection, query: &Query) -> Result<Answer, StoreError> {
    let places = places(connection, query)?;
    let query = coarsened(connection, query, &places)?;
    let needs = query.aggregation.needs();
    let grain = Grain::fitting(query.width(), query.since.0);
    let mut gathering = Gathering {
        buckets: vec![Bucket::default(); query.steps() as usize],
        since: query.since.0,
        until: query.until.0,
        width: query.width(),
        needs,
        from: Grain::Look,
        waiting: Vec::new(),
    };
    for place in &places {
        finished_hours(connection, *place, grain, &mut gathering)?;
    }
    unfinished_hours(connection, &places, grain, &mut gathering)?;
    gathering.settle();
    let window = (query.since, query.until);
    let (points, whole) = fold(&gathering.buckets, query.aggregation, window, query.step);
    Ok(Answer {
        series: query.series.to_string(),
        aggregation: query.aggregation,
        since: query.since,
        until: query.until,
        step: query.step,
        from: gathering.from,
        points,
        whole,
        samples: gathering.buckets.iter().map(|bucket| bucket.stat().count).sum(),
        ceiling: ceiling(connection, &query)?,
    })
}

/// Where the series lies: in every list of names that its probe ever had. Of a service, `latency_ms` is that of the probe
/// known longest, where the question names none, and what counts looks is that of all its probes.
fn places(connection: &Connection, query: &Query) -> Result<Vec<Place>, StoreError> {
    let series = &query.series;
    let mut looks = window::looks_of(connection, &query.env, Some(&series.service))?;
    if let Some(probe) = &series.probe {
        looks.retain(|look| look.probe == *probe);
    } else if series.name == "latency_ms" {
        let first = looks.first().map(|look| look.probe.clone());
        looks.retain(|look| Some(&look.probe) == first.as_ref());
    }
    Ok(looks.iter().filter_map(|look| Some((look.id, look.ordinal(&series.name)?))).collect())
}

/// The question in steps for which the rows are still kept: where its window begins before the oldest look (or minute) that
/// is left, and coarser rows reach further back, in whole steps of theirs.
fn coarsened(connection: &Connection, query: &Query, places: &[Place]) -> Result<Query, StoreError> {
    let oldest = |table: &str| -> Result<i64, StoreError> {
        let mut found = i64::MAX;
        let sql = format!("SELECT min(hour) FROM {table} WHERE look = ?1");
        for (look, _) in places {
            let hour: Option<i64> = connection.prepare_cached(&sql)?.query_row([look.0], |row| row.get(0))?;
            found = found.min(hour.unwrap_or(i64::MAX));
        }
        Ok(found)
    };
    let (hours, minutes, looks) = (oldest("hour_rollups")?, oldest("minute_blocks")?, oldest("look_blocks")?);
    let begins = |rows: i64| query.since.0.max(rows);
    let least = if begins(hours) < begins(minutes) {
        HOUR
    } else if begins(minutes) < begins(looks) {
        MINUTE
    } else {
        return Ok(query.clone());
    };
    if query.width() % least == 0 && query.since.0 % least == 0 {
        return Ok(query.clone());
    }
    // A row that crossed the edge of a step would be counted where it began.
    let width = (query.width() as u64).div_ceil(least as u64).saturating_mul(least as u64);
    let step = std::time::Duration::from_millis(width);
    let since = UnixMs(query.since.0.div_euclid(least) * least);
    Ok(Query { since, step, ..query.clone() })
}

/// The buckets of an answer being filled.
struct Gathering {
    buckets: Vec<Bucket>,
    since: i64,
    until: i64,
    width: i64,
    needs: Needs,
    from: Grain,
    /// What comes look by look while the order of time matters.
    waiting: Vec<(i64, Grain, Part)>,
}

impl Gathering {
    fn add(&mut self, at: i64, grain: Grain, part: Part) {
        if part.stat.count == 0 || at < self.since || at >= self.until {
            return;
        }
        // Counts, bounds and distributions are the same in any order.
        if self.needs.ends {
            self.waiting.push((at, grain, part));
        } else {
            self.fill(at, grain, &part);
        }
    }

    /// Brings what waits in order of time. Of looks that share a period, as a probe got another number in it, the ends are
    /// those of the one that has most of it: what grew from one to the other lies between the neighbours.
    fn settle(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_by_key(|(at, grain, _)| (*at, *grain));
        for same in waiting.chunk_by(|(at, grain, _), (later, other, _)| (at, grain) == (later, other)) {
            let (at, grain, _) = same[0];
            let mut all = Part::default();
            for (_, _, part) in same {
                all.stat.merge(&part.stat);
                if let Some(histogram) = &part.histogram {
                    all.histogram.get_or_insert_default().merge(histogram);
                }
            }
            let most = same.iter().max_by_key(|(_, _, part)| part.stat.count);
            all.ends = most.and_then(|(_, _, part)| part.ends);
            self.fill(at, grain, &all);
        }
    }

    fn fill(&mut self, at: i64, grain: Grain, part: &Part) {
        if let Some(bucket) = self.buckets.get_mut(((at - self.since) / self.width) as usize) {
            bucket.add(part);
            self.from = self.from.max(grain);
        }
    }

    fn add_row(&mut self, row: &LookRow, ordinal: usize) {
        let stat = stats_of(row).get(ordinal).copied().unwrap_or_default();
        if stat.count > 0 {
            self.add(row.at.0, Grain::Look, Part::one(stat.sum, self.needs));
        }
    }
}

fn finished_hours(
    connection: &Connection,
    (look, ordinal): Place,
    grain: Grain,
    gathering: &mut Gathering,
) -> Result<(), StoreError> {
    let oldest = |table: &str| -> Result<i64, StoreError> {
        let sql = format!("SELECT min(hour) FROM {table} WHERE look = ?1");
        let hour: Option<i64> = connection.prepare_cached(&sql)?.query_row([look.0], |row| row.get(0))?;
        Ok(hour.unwrap_or(i64::MAX))
    };
    let minutes_from = if grain == Grain::Hour { i64::MAX } else { oldest("minute_blocks")? };
    let looks_from = if grain == Grain::Look { oldest("look_blocks")? } else { i64::MAX };
    let (first, end) = (gathering.since.saturating_sub(HOUR - 1), gathering.until);
    let hours = (first, end.min(minutes_from).min(looks_from));
    rolled(connection, ("hour_rollups", Grain::Hour), (look, ordinal), hours, gathering)?;
    let minutes = (first.max(minutes_from), end.min(looks_from));
    rolled(connection, ("minute_blocks", Grain::Minute), (look, ordinal), minutes, gathering)?;
    let mut rows = window::block_rows(connection, look, first.max(looks_from), end)?;
    rows.sort_by_key(|row| row.at);
    for row in &rows {
        gathering.add_row(row, ordinal);
    }
    Ok(())
}

fn rolled(
    connection: &Connection,
    (table, grain): (&str, Grain),
    (look, ordinal): Place,
    (from, to): (i64, i64),
    gathering: &mut Gathering,
) -> Result<(), StoreError> {
    let damaged = || StoreError::damaged(table, "it can't be unpacked");
    let sql = format!(
        "SELECT hour, body, distributions FROM {table} WHERE look = ?1 AND hour >= ?2 AND hour < ?3 ORDER BY hour"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![look.0, from, to])?;
    let needs = gathering.needs;
    while let Some(row) = rows.next()? {
        let hour: i64 = row.get(0)?;
        let blob = |column| row.get_ref(column)?.as_blob().map_err(|error| StoreError::damaged(table, error));
        let mut fine = match needs {
            Needs { histogram: false, ends: false } => BTreeMap::new(),
            _ => read_fine(blob(2)?, ordinal).ok_or_else(damaged)?,
        };
        let mut read = Unpack(blob(1)?);
        while !read.is_empty() {
            let (period, stats) = read_stats(&mut read).ok_or_else(damaged)?;
            let stat = stats.get(ordinal).copied().unwrap_or_default();
            let part = part(stat, fine.remove(&period), needs);
            gathering.add(hour + period as i64 * MINUTE, grain, part);
        }
    }
    Ok(())
}

/// One period of one series. Of a single sample the statistics say all there is to say.
fn part(stat: Stat, fine: Option<super::rollups::Fine>, needs: Needs) -> Part {
    if stat.count == 1 {
        return Part::one(stat.sum, needs);
    }
    let (histogram, ends) = fine.map_or((None, None), |fine| (Some(fine.histogram), fine.ends));
    Part { stat, histogram: histogram.filter(|_| needs.histogram), ends: ends.filter(|_| needs.ends) }
}

/// What is not compacted yet: rolled minutes where counts and bounds are all that is asked, and looks.
fn unfinished_hours(
    connection: &Connection,
    places: &[Place],
    grain: Grain,
    gathering: &mut Gathering,
) -> Result<(), StoreError> {
    let ids: Vec<LookId> = places.iter().map(|(look, _)| *look).collect();
    let ordinal_of = |look: LookId| places.iter().find(|(known, _)| *known == look).map(|(_, ordinal)| *ordinal);
    let mut from = gathering.since;
    if grain > Grain::Look && gathering.needs == Needs::default() {
        let window = (gathering.since, gathering.until);
        let rolled_to = window::minutes(connection, &ids, window, &mut |look, at, stats| {
            let stat = ordinal_of(look).and_then(|ordinal| stats.get(ordinal)).copied().unwrap_or_default();
            gathering.add(at, Grain::Minute, part(stat, None, Needs::default()));
        })?;
        from = from.max(rolled_to);
    }
    let mut fresh = Vec::new();
    window::fresh(connection, from, |look| ids.contains(&look), |row| fresh.push(row))?;
    fresh.sort_by_key(|row| row.at);
    for row in fresh {
        if let Some(ordinal) = ordinal_of(row.look) {
            gathering.add_row(&row, ordinal);
        }
    }
    Ok(())
}

/// The highest value the series can tell, as its probe last said.
fn ceiling(connection: &Connection, query: &Query) -> Result<Option<f64>, StoreError> {
    let sql = "SELECT body FROM current WHERE env = ?1 AND service = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let bodies = statement.query_map([&query.env, &query.series.service], |row| row.get::<_, String>(0))?;
    for body in bodies {
        let look: LookNow = from_json("current look", &body?)?;
        let asked = query.series.probe.as_ref().is_none_or(|probe| *probe == look.key.probe);
        let found = look.ceilings.iter().find(|(name, _)| name == query.series.bare());
        if let Some((_, ceiling)) = found.filter(|_| asked) {
            return Ok(Some(*ceiling));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{connect, state_dir::StateDir},
        *,
    };
    use crate::domain::{query::Aggregation, series::Ends};

    /// So many samples of a counter that grew from one number to the other.
    fn grown(count: u64, from: f64, to: f64) -> Part {
        let stat = Stat { count, sum: from + to, min: from, max: to };
        Part { stat, histogram: None, ends: Some(Ends::one(from).then(Ends::one(to))) }
    }

    fn rate(parts: Vec<(i64, Part)>) -> f64 {
        let (until, needs) = (4 * MINUTE, Aggregation::Rate.needs());
        let (buckets, from, waiting) = (vec![Bucket::default()], Grain::Look, Vec::new());
        let mut gathering = Gathering { buckets, since: 0, until, width: until, needs, from, waiting };
        for (minute, part) in parts {
            gathering.add(minute * MINUTE, Grain::Minute, part);
        }
        gathering.settle();
        gathering.buckets[0].value(Aggregation::Rate, std::time::Duration::from_mins(4), None).unwrap() * 240.0
    }

    #[test]
    fn a_counter_is_not_reset_where_its_probe_got_another_number_and_then_its_old_one_again() {
        let first = [(0, grown(60, 0.0, 10.0)), (2, grown(60, 20.0, 30.0))];
        let second = [(1, grown(60, 12.0, 18.0))];
        assert!((rate(first.into_iter().chain(second).collect()) - 30.0).abs() < 1e-9);
    }

    #[test]
    fn a_counter_is_not_reset_in_a_minute_that_two_numbers_of_its_probe_share() {
        let shared = [(0, grown(50, 0.0, 8.0)), (1, grown(60, 10.0, 20.0)), (0, grown(10, 9.0, 10.0))];
        assert!((rate(shared.into()) - 20.0).abs() < 1e-9);
        let shared = [(0, grown(10, 0.0, 1.0)), (1, grown(60, 10.0, 20.0)), (0, grown(50, 2.0, 10.0))];
        assert!((rate(shared.into()) - 18.0).abs() < 1e-9);
    }

    #[test]
    fn steps_that_the_rows_left_do_not_fit_into_become_ones_they_fit_into() {
        let dir = tempfile::tempdir().unwrap();
        let connection = connect::for_writing(&StateDir::at(dir.path().join("state"))).unwrap();
        for (table, hour) in [("hour_rollups", 0), ("minute_blocks", 10 * HOUR)] {
            let sql = format!("INSERT INTO {table} (look, hour, body, distributions) VALUES (1, ?1, x'', x'')");
            connection.execute(&sql, [hour]).unwrap();
        }
        connection.execute("INSERT INTO look_blocks (look, hour, body) VALUES (1, ?1, x'')", [20 * HOUR]).unwrap();
        let coarse = |since: i64, width: i64| {
            let question = Query {
                env: "test".into(),
                series: "api.orders".parse().unwrap(),
                since: UnixMs(since),
                until: UnixMs(30 * HOUR),
                step: std::time::Duration::from_millis(width as u64),
                aggregation: Aggregation::Rate,
            };
            let found = coarsened(&connection, &question, &[(LookId(1), 0)]).unwrap();
            (found.since.0, found.width())
        };
        assert_eq!(coarse(2 * HOUR, MINUTE), (2 * HOUR, HOUR), "only hours are left");
        assert_eq!(coarse(3 * HOUR, 3 * HOUR / 2), (3 * HOUR, 2 * HOUR), "an hour and a half cuts hours in two");
        assert_eq!(coarse(2 * HOUR + HOUR / 2, HOUR), (2 * HOUR, HOUR), "a window moved by half an hour too");
        assert_eq!(coarse(2 * HOUR, 3 * HOUR), (2 * HOUR, 3 * HOUR), "hours fit");
        assert_eq!(coarse(12 * HOUR, 3 * MINUTE / 2), (12 * HOUR, 2 * MINUTE), "only minutes are left");
        assert_eq!(coarse(21 * HOUR, 1_000), (21 * HOUR, 1_000), "every look is left");
    }
}
