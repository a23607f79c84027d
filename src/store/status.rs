//! What the Watch screen shows: the debounced state the watcher wrote, brought up to date with the latest looks.

use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use rusqlite::Connection;

use crate::domain::{
    environment::Service,
    health::{Health, service_health},
    id::{LookId, LookKey},
    probe::{Phases, ProbeSpec},
    series::LookRow,
    status::{LookNow, ServiceNow},
    time::UnixMs,
    verdict::Verdict,
};

use super::{
    error::StoreError,
    open::{Reader, from_json},
    recent::{Recent, TREND},
    window::{self, Named},
};

/// Percentiles and shares are taken over this much.
const RECENT: Duration = Duration::from_mins(5);
/// How far back the trend of a rare look goes at most.
const REACH: Duration = Duration::from_hours(1);
impl Reader {
    /// The latest of each probe of an environment. `services` tells what is configured and in which order, and each
    /// probe's `every` for staleness; what the store does not know yet is unknown.
    pub fn status(&self, env: &str, services: &[Service], now: UnixMs) -> Result<Vec<ServiceNow>, StoreError> {
        self.status_after(&mut Recent::default(), env, services, now)
    }

    /// The same for who asks again and again: only what came since the last time is read.
    pub fn status_after(
        &self,
        recent: &mut Recent,
        env: &str,
        services: &[Service],
        now: UnixMs,
    ) -> Result<Vec<ServiceNow>, StoreError> {
        let slowest =
            services.iter().flat_map(|service| &service.probes).map(|probe| probe.every).max().unwrap_or(RECENT);
        let reach = (slowest * TREND as u32).clamp(RECENT, REACH);
        let kept = RefCell::new(&mut *recent);
        let (mut current, looks) = self.read(|connection| {
            let looks = window::looks_of(connection, env, None)?;
            kept.borrow_mut().catch_up(connection, &looks, (now.before(RECENT), now.before(reach)))?;
            Ok((current(connection, env)?, looks))
        })?;
        let fresh = recent.tails();
        let mut by_probe: BTreeMap<(&str, &str), Vec<&Named>> = BTreeMap::new();
        for look in &looks {
            by_probe.entry((&look.service, &look.probe)).or_default().push(look);
        }
        let one = |service: &Service| {
            let mut probes = Vec::new();
            for probe in &service.probes {
                let key = LookKey { env: env.into(), service: service.name.clone(), probe: probe.name.clone() };
                let stored = current.remove(&(service.name.clone(), probe.name.clone()));
                let named = by_probe.get(&(service.name.as_str(), probe.name.as_str()));
                let tail = named.and_then(|named| newest(named, &fresh));
                if let Some(look) = latest(key, stored, tail, probe, now) {
                    probes.push((look, tail));
                }
            }
            service_now(service, probes, now)
        };
        Ok(services.iter().map(one).collect())
    }
}

type Tail<'a> = Option<(&'a Named, &'a Vec<&'a LookRow>)>;

/// Of the numbers a probe ever had, the one that was looked at last: who goes back to names of before gets their number again.
fn newest<'a>(named: &[&'a Named], tails: &'a BTreeMap<LookId, Vec<&'a LookRow>>) -> Tail<'a> {
    let tails = named.iter().filter_map(|named| Some((*named, tails.get(&named.id)?)));
    tails.max_by_key(|(_, rows)| rows.last().map(|row| row.at))
}

fn current(connection: &Connection, env: &str) -> Result<BTreeMap<(String, String), LookNow>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT service, probe, body FROM current WHERE env = ?1")?;
    let mut rows = statement.query([env])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        found.insert((row.get(0)?, row.get(1)?), from_json("current look", &row.get::<_, String>(2)?)?);
    }
    Ok(found)
}

fn latest(key: LookKey, stored: Option<LookNow>, tail: Tail<'_>, probe: &ProbeSpec, now: UnixMs) -> Option<LookNow> {
    let newest = tail.and_then(|(named, rows)| Some((named, rows.last()?)));
    let mut look = match (stored, newest) {
        (Some(look), _) => look,
        (None, Some((_, row))) => LookNow {
            key,
            at: UnixMs(i64::MIN),
            stale: false,
            health: Health::Unknown,
            since: row.at,
            verdict: Verdict::Unknown,
            latency_ms: None,
            detail: String::new(),
            phases: Phases::default(),
            values: Vec::new(),
            version: None,
            ceilings: Vec::new(),
            facts: Vec::new(),
            notes: Vec::new(),
        },
        (None, None) => return None,
    };
    if let Some((named, row)) = newest.filter(|(_, row)| row.at > look.at) {
        (look.at, look.verdict, look.latency_ms) = (row.at, row.verdict, row.latency_ms);
        let values = named.names.iter().cloned().zip(row.values.iter().copied());
        // Those by label are for queries: there may be hundreds.
        look.values = values.filter(|(name, _)| !name.contains('{')).collect();
    }
    look.stale = now.since(look.at) > (probe.every * 3).max(Duration::from_secs(10));
    if look.stale {
        look.health = Health::Unknown;
    }
    Some(look)
}

fn service_now(service: &Service, probes: Vec<(LookNow, Tail<'_>)>, now: UnixMs) -> ServiceNow {
    let health =
        if probes.is_empty() { Health::Unknown } else { service_health(probes.iter().map(|(look, _)| look.health)) };
    let since = probes.iter().filter(|(look, _)| look.health == health).map(|(look, _)| look.since).min();
    // What the service says of its requests, even where it says nothing now; else what its looks took. Never both: a row
    // that mixes them would contradict itself.
    let records = |name: &str| probes.iter().any(|(look, _)| look.values.iter().any(|(known, _)| known == name));
    let recorded = |name: &str| {
        let mut values = probes.iter().filter(|(look, _)| !look.stale).flat_map(|(look, _)| &look.values);
        values.find(|(known, _)| known == name).and_then(|(_, value)| *value)
    };
    let (latencies, error_share) = recent(&probes, now.before(RECENT));
    let percentiles = ["p50_ms", "p95_ms", "p99_ms"];
    let [p50_ms, p95_ms, p99_ms] = if percentiles.into_iter().any(records) {
        percentiles.map(recorded)
    } else {
        [0.5, 0.95, 0.99].map(|q| quantile(&latencies, q))
    };
    let ceilings = probes.iter().flat_map(|(look, _)| &look.ceilings);
    let ceiling_ms = ceilings.filter(|(name, _)| percentiles.contains(&name.as_str())).map(|(_, ms)| *ms);
    let ceiling_ms = ceiling_ms.reduce(f64::min);
    ServiceNow {
        service: service.name.clone(),
        health,
        since,
        p50_ms,
        p95_ms,
        p99_ms,
        ceiling_ms,
        error_rate: if records("error_rate") { recorded("error_rate") } else { error_share },
        rps: recorded("requests"),
        trend: trend(&probes),
        version: probes.iter().filter(|(look, _)| !look.stale).find_map(|(look, _)| look.version.clone()),
        looks: probes.into_iter().map(|(look, _)| look).collect(),
    }
}

/// Sorted latencies of the service's looks, and the share of them that failed.
fn recent(probes: &[(LookNow, Tail<'_>)], from: UnixMs) -> (Vec<f64>, Option<f64>) {
    let rows = || probes.iter().filter_map(|(_, tail)| *tail).flat_map(|(_, rows)| rows).filter(|row| row.at >= from);
    let mut latencies: Vec<f64> = rows().filter_map(|row| row.latency_ms).collect();
    latencies.sort_by(f64::total_cmp);
    let known = rows().filter(|row| row.verdict != Verdict::Unknown).count();
    let failed = rows().filter(|row| row.verdict == Verdict::Fail).count();
    (latencies, (known > 0).then(|| failed as f64 / known as f64))
}

fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// The last values of `p50_ms` where it is recorded, else of the first probe's latency.
fn trend(probes: &[(LookNow, Tail<'_>)]) -> Vec<Option<f64>> {
    let tails = || probes.iter().filter_map(|(_, tail)| *tail);
    let last = |rows: &[&LookRow], value: &dyn Fn(&LookRow) -> Option<f64>| {
        rows[rows.len().saturating_sub(TREND)..].iter().map(|row| value(row)).collect()
    };
    let recorded =
        tails().find_map(|(named, rows)| Some((named.names.iter().position(|name| name == "p50_ms")?, rows)));
    match (recorded, tails().next()) {
        (Some((index, rows)), _) => last(rows, &|row| row.values.get(index).copied().flatten()),
        (None, Some((_, rows))) => last(rows, &|row| row.latency_ms),
        (None, None) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            health::Debounce,
            probe::{Limits, ProbeKind},
            series::Stat,
            template::Rendered,
        },
        store::{Store, connect, state_dir::StateDir, window::MINUTE},
    };

    const NOW: UnixMs = UnixMs(1_000_000);

    fn now_of(recorded: &[(&str, Option<f64>)]) -> ServiceNow {
        let service = Service {
            name: "web".into(),
            url: None,
            depends_on: Vec::new(),
            probes: Vec::new(),
            debounce: Debounce::default(),
            logs: Vec::new(),
        };
        let look = LookNow {
            key: LookKey { env: "demo".into(), service: "web".into(), probe: "ready".into() },
            at: NOW,
            stale: false,
            health: Health::Up,
            since: NOW,
            verdict: Verdict::Pass,
            latency_ms: Some(1.0),
            detail: String::new(),
            phases: Phases::default(),
            values: recorded.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
            version: None,
            ceilings: Vec::new(),
            facts: Vec::new(),
            notes: Vec::new(),
        };
        let named = Named { id: LookId(1), service: "web".into(), probe: "ready".into(), names: Vec::new() };
        let row = LookRow {
            look: LookId(1),
            at: NOW,
            verdict: Verdict::Fail,
            degraded: false,
            latency_ms: Some(1.0),
            values: Vec::new(),
        };
        service_now(&service, vec![(look, Some((&named, &vec![&row])))], NOW)
    }

    #[test]
    fn percentiles_come_all_from_what_is_recorded_or_all_from_the_looks() {
        let now = now_of(&[("p95_ms", Some(19.0))]);
        assert_eq!((now.p50_ms, now.p95_ms, now.p99_ms), (None, Some(19.0), None));
        let now = now_of(&[]);
        assert_eq!((now.p50_ms, now.p95_ms, now.p99_ms), (Some(1.0), Some(1.0), Some(1.0)));
    }

    #[test]
    fn a_recorded_error_rate_without_a_value_is_unknown_and_not_the_share_of_failed_looks() {
        assert_eq!(now_of(&[("error_rate", None)]).error_rate, None);
        assert_eq!(now_of(&[]).error_rate, Some(1.0));
    }

    fn service(name: &str, every: Duration) -> Service {
        let probe = ProbeSpec {
            name: "ready".into(),
            kind: ProbeKind::Tcp { address: Rendered::text("host:1") },
            every,
            timeout: every,
            expect: Vec::new(),
            degraded: Vec::new(),
            record: Vec::new(),
            kpi: Vec::new(),
            limits: Limits::health(),
        };
        Service {
            name: name.into(),
            url: None,
            depends_on: Vec::new(),
            probes: vec![probe],
            debounce: Debounce::default(),
            logs: Vec::new(),
        }
    }

    /// Half an hour of a look each second and of one each minute, whose latency says when it was.
    fn history(state: &StateDir) -> (Vec<Service>, UnixMs) {
        let store = Store::open(state).unwrap();
        let services = vec![service("quick", Duration::from_secs(1)), service("slow", Duration::from_mins(1))];
        let ids: Vec<LookId> = services
            .iter()
            .map(|service| {
                let key = LookKey { env: "test".into(), service: service.name.clone(), probe: "ready".into() };
                store.register_look(key, Vec::new()).wait().unwrap()
            })
            .collect();
        let start = 100 * window::HOUR;
        for minute in 0..30 {
            let row = |look: usize, second: i64| LookRow {
                look: ids[look],
                at: UnixMs(start + minute * MINUTE + second * 1_000),
                verdict: Verdict::Pass,
                degraded: false,
                latency_ms: Some(minute as f64),
                values: Vec::new(),
            };
            let rows = (0..60).map(|second| row(0, second)).chain([row(1, 30)]);
            store.append_looks(rows.collect()).wait().unwrap();
        }
        (services, UnixMs(start + 30 * MINUTE))
    }

    #[test]
    fn the_trend_of_a_rare_look_comes_from_minutes_and_old_batches_are_not_read_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path().join("state"));
        let (services, now) = history(&state);
        // Whoever read these would say that they are damaged.
        let damage = "UPDATE looks SET body = x'ff' WHERE last_at < ?1";
        let damaged = connect::for_writing(&state).unwrap().execute(damage, [now.before(RECENT).0 - MINUTE]).unwrap();
        assert!(damaged > 20, "{damaged}");
        let status = Reader::open(&state).unwrap().status("test", &services, now).unwrap();
        let trend: Vec<f64> = status[1].trend.iter().flatten().copied().collect();
        let expected: Vec<f64> = (14..30).map(f64::from).collect();
        assert_eq!(trend, expected);
        assert_eq!(
            status[1].looks[0].at,
            now.before(Duration::from_secs(30)),
            "the latest look is a look, not a minute"
        );
    }

    #[test]
    fn who_asks_again_reads_only_what_came_since_and_is_told_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path().join("state"));
        let (services, now) = history(&state);
        let (reader, store, mut recent) =
            (Reader::open(&state).unwrap(), Store::open(&state).unwrap(), Recent::default());
        let mut same = |now: UnixMs| {
            let told = reader.status_after(&mut recent, "test", &services, now).unwrap();
            assert_eq!(told, reader.status("test", &services, now).unwrap(), "{now:?}");
            told
        };
        assert_eq!(same(now)[0].trend.len(), TREND);
        for second in [1, 2, 61, 62, 119, 200] {
            let now = now.after(Duration::from_secs(second));
            let row = |look| {
                let (verdict, values) = (Verdict::Fail, Vec::new());
                LookRow { look: LookId(look), at: now, verdict, degraded: false, latency_ms: Some(7.0), values }
            };
            store.append_looks(vec![row(1), row(2)]).wait().unwrap();
            assert_eq!(same(now)[1].trend.last(), Some(&Some(7.0)));
        }
        // What was taken in is not read again: nobody says that it is damaged.
        let damaged = connect::for_writing(&state).unwrap().execute("UPDATE looks SET body = x'ff'", []).unwrap();
        assert!(damaged > 30, "{damaged}");
        assert!(reader.status("test", &services, now).is_err());
        let told = reader.status_after(&mut recent, "test", &services, now.after(Duration::from_secs(201))).unwrap();
        assert_eq!(told[0].looks[0].at, now.after(Duration::from_secs(200)));
    }

    #[test]
    fn what_a_probe_shows_is_of_the_number_looked_at_last_and_not_of_the_highest() {
        let named = |id| Named { id: LookId(id), service: "web".into(), probe: "ready".into(), names: Vec::new() };
        let row = |id, at| {
            let (verdict, values) = (Verdict::Pass, Vec::new());
            LookRow { look: LookId(id), at: UnixMs(at), verdict, degraded: false, latency_ms: None, values }
        };
        let (first, second, third) = (named(1), named(2), named(3));
        let rows = [row(1, 5), row(1, 30), row(2, 10), row(2, 20)];
        let tails = BTreeMap::from([(LookId(1), rows[..2].iter().collect()), (LookId(2), rows[2..].iter().collect())]);
        let found = newest(&[&first, &second, &third], &tails).unwrap();
        assert_eq!((found.0.id, found.1.len()), (LookId(1), 2));
        assert!(newest(&[&third], &tails).is_none());
    }

    #[test]
    fn minutes_are_read_from_the_newest_on_until_enough_was_read() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path().join("state"));
        let (_, now) = history(&state);
        let connection = connect::for_reading(&state).unwrap();
        let read = |most| {
            let mut minutes = Vec::new();
            let note = |look: LookId, at, _: &[Stat]| minutes.extend((look.0 == 1).then_some((now.0 - at) / MINUTE));
            window::minutes_back(&connection, (0, now.0), most, note).unwrap();
            minutes
        };
        assert_eq!(read(usize::MAX), (3..=30).collect::<Vec<i64>>());
        assert_eq!(read(1), [3]);
        assert_eq!(read(0), [] as [i64; 0]);
    }
}
