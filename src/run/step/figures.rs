//! Live figures of a service, from the history only: the watcher takes the looks.

use std::time::Duration;

use crate::{
    domain::{
        pipeline::Baseline,
        soak::{Figures, SoakFacts},
        time::UnixMs,
    },
    run::{
        desk::{Desk, now},
        error::RunnerError,
    },
    store::StoreError,
};

/// A look is stale after three times its interval, and not before.
const LEAST_AGE: Duration = Duration::from_secs(10);
/// An evaluation later than this after its time reads the window of its time, not the present.
const LATE: Duration = Duration::from_millis(1_500);

/// Whose figures, and how old they may be.
pub struct Source {
    service: String,
    max_age: Duration,
}

impl Source {
    /// The figures of a service of the plan.
    pub fn new(desk: &Desk, service: &str) -> Self {
        let looks = desk.plan.services.get(service).into_iter().flatten();
        let slowest = looks.map(|look| look.every * 3).max().unwrap_or_default();
        Self { service: service.to_owned(), max_age: slowest.max(LEAST_AGE) }
    }

    /// At `at`: the newest ones if that is now, else (a runner took over and evaluates what it missed) the means just
    /// before.
    pub fn at(&self, desk: &Desk, at: UnixMs) -> Result<Figures, RunnerError> {
        let (env, now) = (desk.plan.env.as_str(), now());
        Ok(readable(if now.since(at) > LATE {
            desk.reader.mean_figures(env, &self.service, at.before(self.max_age), at)
        } else {
            desk.reader.figures(env, &self.service, now, self.max_age)
        })?
        .unwrap_or_default())
    }

    /// Everything one evaluation looks at.
    pub fn facts(&self, desk: &Desk, baseline: &Figures, from: UnixMs, at: UnixMs) -> Result<SoakFacts, RunnerError> {
        Ok(SoakFacts {
            now: self.at(desk, at)?,
            baseline: baseline.clone(),
            requests: readable(desk.reader.requests_seen(&desk.plan.env, &self.service, from, at))?.flatten(),
        })
    }

    /// The means before the run: a window as long as the soak.
    pub fn baseline(&self, desk: &Desk, kind: Baseline, window: Duration) -> Result<Figures, RunnerError> {
        let Some(start) = desk.state.started_at.filter(|_| kind == Baseline::BeforeRun) else {
            return Ok(Figures::default());
        };
        let window = window.max(LEAST_AGE);
        let means = desk.reader.mean_figures(&desk.plan.env, &self.service, start.before(window), start);
        Ok(readable(means)?.unwrap_or_default())
    }
}

/// A history that can't be read for a moment is a gap in the figures: unknown, not the end of the run.
fn readable<T>(read: Result<T, StoreError>) -> Result<Option<T>, RunnerError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(error @ StoreError::Sqlite { .. }) => {
            tracing::warn!(%error, "figures could not be read");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
