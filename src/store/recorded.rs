//! The recorded looks once more, in order of time: for judging rules over what was.

use std::collections::BTreeMap;

use crate::domain::{id::LookId, query::Grain, series::Stat, time::UnixMs, verdict::Verdict};

use super::{
    error::StoreError,
    open::Reader,
    rollups::{DEGRADED, LATENCY, PASSED, RECORDED, UNKNOWN},
    window::{self, HOUR, Named},
};

/// A look as it was recorded; where single looks are gone, the means of a minute, or of an hour.
#[derive(Debug)]
pub struct Recorded<'r> {
    /// Its service.
    pub service: &'r str,
    /// Its probe.
    pub probe: &'r str,
    /// When it was taken, or its minute began.
    pub at: UnixMs,
    /// What its expectations said; of a minute, what most of them said.
    pub verdict: Verdict,
    /// A `degraded` condition held.
    pub degraded: bool,
    /// Its latency.
    pub latency_ms: Option<f64>,
    /// How many looks it stands for, and how many of them passed.
    pub looks: (u64, u64),
    names: &'r [String],
    stats: &'r [Stat],
}

impl<'r> Recorded<'r> {
    /// Its recorded numbers by name.
    pub fn values(&self) -> impl Iterator<Item = (&'r str, Option<f64>)> + use<'r> {
        let stats = self.stats.get(RECORDED..).unwrap_or_default();
        self.names.iter().map(String::as_str).zip(stats.iter().map(Stat::mean))
    }
}

impl Reader {
    /// Hands out the looks of services of an environment from `from` to `to`, in order of time. A stretch of them is in memory
    /// at once: an hour of single looks, a week of hours.
    pub fn recorded(
        &self,
        env: &str,
        wanted: &dyn Fn(&str) -> bool,
        (from, to): (UnixMs, UnixMs),
        grain: Grain,
        each: &mut dyn FnMut(&Recorded<'_>),
    ) -> Result<(), StoreError> {
        let looks = self.read(|connection| {
            let mut looks = window::looks_of(connection, env, None)?;
            looks.retain(|look| wanted(&look.service));
            Ok(looks)
        })?;
        let by_id: BTreeMap<LookId, &Named> = looks.iter().map(|look| (look.id, look)).collect();
        let ids: Vec<LookId> = by_id.keys().copied().collect();
        // Each stretch holds about as many rows.
        let stretch = match grain {
            Grain::Look => HOUR,
            Grain::Minute => 6 * HOUR,
            Grain::Hour => 7 * 24 * HOUR,
        };
        let mut hour = from.0;
        while hour < to.0 && !ids.is_empty() {
            let end = (hour.div_euclid(stretch) * stretch + stretch).min(to.0);
            let mut found = self.read(|connection| {
                let mut found: Vec<(i64, LookId, Vec<Stat>)> = Vec::new();
                window::read(connection, &ids, (hour, end), grain, &mut |look, at, stats| {
                    found.push((at, look, stats.to_vec()));
                })?;
                Ok(found)
            })?;
            found.sort_by_key(|(at, look, _)| (*at, *look));
            for (at, look, stats) in &found {
                if let Some(named) = by_id.get(look) {
                    each(&one(named, UnixMs(*at), stats));
                }
            }
            hour = end;
        }
        Ok(())
    }
}

fn one<'r>(named: &'r Named, at: UnixMs, stats: &'r [Stat]) -> Recorded<'r> {
    let stat = |ordinal: usize| stats.get(ordinal).copied().unwrap_or_default();
    let after = RECORDED + named.names.len();
    let (passed, unknown) = (stat(PASSED), stat(after + UNKNOWN));
    let verdict = match passed.mean() {
        Some(share) if share >= 0.5 => Verdict::Pass,
        Some(_) => Verdict::Fail,
        None => Verdict::Unknown,
    };
    Recorded {
        service: &named.service,
        probe: &named.probe,
        at,
        verdict: if unknown.sum > passed.count as f64 { Verdict::Unknown } else { verdict },
        degraded: passed.count > 0 && stat(after + DEGRADED).sum * 2.0 >= passed.count as f64,
        latency_ms: stat(LATENCY).mean(),
        looks: (passed.count, passed.sum as u64),
        names: &named.names,
        stats,
    }
}
