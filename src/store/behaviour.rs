//! How an environment behaved over a window: what is said of a release while it was live.

use rusqlite::Connection;

use crate::domain::{histogram::Histogram, query::Grain, release::Behaviour, series::Stat, time::UnixMs};

use super::{
    error::StoreError,
    open::Reader,
    rollups::PASSED,
    series,
    window::{self, HOUR},
};

impl Reader {
    /// Figures of a window: what `Release::behaviour` is made of.
    pub fn behaviour(&self, env: &str, from: UnixMs, to: UnixMs) -> Result<Behaviour, StoreError> {
        self.read(|connection| over(connection, env, from, to))
    }
}

/// Availability is the share of looks that passed; `p95_ms` is of the looks' own latencies where no series records it.
pub(super) fn over(connection: &Connection, env: &str, from: UnixMs, to: UnixMs) -> Result<Behaviour, StoreError> {
    let looks = window::looks_of(connection, env, None)?;
    let ids: Vec<_> = looks.iter().map(|look| look.id).collect();
    let grain = match to.0.saturating_sub(from.0) / HOUR {
        0..4 => Grain::Look,
        4..48 => Grain::Minute,
        _ => Grain::Hour,
    };
    let mut passed = Stat::default();
    window::read(connection, &ids, (from.0, to.0), grain, &mut |_, _, stats| passed.merge(&stats[PASSED]))?;
    let named = series::named(connection, &looks, from, to)?;
    let mean = |name: &str| named.get(name).and_then(Stat::mean);
    let mut p95_ms = mean("p95_ms");
    if p95_ms.is_none() {
        let mut all = Histogram::default();
        for one in window::latencies(connection, &ids, (from.0, to.0))?.values() {
            all.merge(one);
        }
        p95_ms = all.quantile(0.95);
    }
    Ok(Behaviour { availability: passed.mean(), error_rate: mean("error_rate"), p95_ms, soak: None })
}
