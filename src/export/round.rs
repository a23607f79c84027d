//! What goes out next: window after window of time, batch after batch of each, and a pause when there is nothing, or when the
//! other side asks for one.

use std::{path::Path, sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    config::{Reload, Reloader},
    domain::{
        environment::Project,
        outlet::{Export, ExportState, Exported, NamedLook},
        time::UnixMs,
    },
    store::{Reader, Store, StoreError},
};

use super::{
    otlp,
    send::{Sender, Sent},
};

/// Between two looks at a configuration that exports nothing.
const IDLE: Duration = Duration::from_secs(2);
/// Points of one request at most.
const POINTS: usize = 2_000;
/// A request that is too large for the other side is halved down to this.
const LEAST_POINTS: usize = 50;
/// Time read at once while something is behind.
const WINDOW: Duration = Duration::from_mins(5);
/// A look belongs to the moment it began, and comes back when it is done: what is younger than this, or than the longest
/// timeout, is waited for, so that everything goes out in order.
const LEAST_SETTLE: Duration = Duration::from_secs(15);
/// Beyond its timeout a look may clean up, and waits to be written.
const BEYOND_TIMEOUT: Duration = Duration::from_secs(15);
/// First and longest pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A clock that was ahead by more than this and was put right would stop the export for so long.
const AHEAD: Duration = Duration::from_mins(1);

/// Exports for ever.
pub async fn export(store: &Store, config: &Path) {
    let mut config = loop {
        match Reloader::start(config) {
            Ok(config) => break config,
            Err(error) => tracing::error!(%error, "nothing is exported"),
        }
        sleep(IDLE).await;
    };
    loop {
        let project = Arc::clone(config.project());
        let Some(wanted) = project.outlets.export.clone() else {
            sleep(IDLE).await;
            config.poll();
            continue;
        };
        let made = {
            let (wanted, project) = (wanted.clone(), Arc::clone(&project));
            tokio::task::spawn_blocking(move || Sender::new(&wanted, &project)).await
        };
        match made.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(sender) => {
                let settle = settle(&project);
                let mut round = Round { store, config: &mut config, sender, wanted, settle };
                if let Err(error) = round.go_on().await {
                    tracing::error!(%error, "the export stopped for a moment");
                    sleep(LONGEST_PAUSE).await;
                }
            }
            Err(error) => {
                tracing::error!(error, "nothing is exported");
                sleep(LONGEST_PAUSE).await;
                config.poll();
            }
        }
    }
}

/// How long to wait for looks that are still under way.
fn settle(project: &Project) -> Duration {
    let probes = project.environments.iter().flat_map(|environment| &environment.services);
    let slowest = probes.flat_map(|service| &service.probes).map(|probe| probe.timeout).max().unwrap_or_default();
    settle_after(slowest)
}

/// For looks of at most this timeout. What is younger when it is read would be skipped, so nothing cuts it short.
fn settle_after(slowest: Duration) -> Duration {
    (slowest + BEYOND_TIMEOUT).max(LEAST_SETTLE)
}

struct Round<'a> {
    store: &'a Store,
    config: &'a mut Reloader,
    sender: Sender,
    wanted: Export,
    settle: Duration,
}

impl Round<'_> {
    /// Exports until the configuration changes.
    async fn go_on(&mut self) -> Result<(), StoreError> {
        let mut state = self.begin().await?;
        loop {
            if matches!(self.config.poll(), Reload::Changed(_)) {
                return Ok(());
            }
            let settled = now().before(self.settle);
            if state.upto.at > now().after(AHEAD) {
                tracing::warn!("the clock was ahead and was put right: the export goes on from now");
                state.upto = Exported { at: settled, look: u32::MAX };
            }
            let until = settled.min(self.window_from(&state).await?.after(WINDOW));
            let looks = self.read(state.upto, until).await?;
            state.waiting = looks.len() as u64;
            if self.send_all(&looks, &mut state).await? == Next::Anew {
                return Ok(());
            }
            if until > state.upto.at {
                state.upto = Exported { at: until.before(Duration::from_millis(1)), look: u32::MAX };
                self.note(&mut state).await?;
            }
            if until >= settled {
                sleep(self.wanted.every).await;
            }
        }
    }

    /// Where it was left; an export that is new begins with what is seen from now on.
    async fn begin(&self) -> Result<ExportState, StoreError> {
        if let Some(state) = self.blocking(Reader::export_state).await? {
            return Ok(state);
        }
        let mut state = ExportState { upto: Exported { at: now(), look: 0 }, ..ExportState::default() };
        self.note(&mut state).await?;
        Ok(state)
    }

    /// The later of where it stands and where the history begins.
    async fn window_from(&self, state: &ExportState) -> Result<UnixMs, StoreError> {
        let oldest = self.blocking(Reader::oldest_look).await?;
        Ok(oldest.unwrap_or(state.upto.at).max(state.upto.at))
    }

    async fn read(&self, after: Exported, until: UnixMs) -> Result<Vec<NamedLook>, StoreError> {
        self.blocking(move |reader| reader.looks_after(after, until)).await
    }

    /// Sends everything in order; returns when all of it was acknowledged, or given up for good, or when it is time to look at
    /// the configuration and its secrets again.
    async fn send_all(&mut self, looks: &[NamedLook], state: &mut ExportState) -> Result<Next, StoreError> {
        let (mut rest, mut most, mut pause) = (looks, POINTS, FIRST_PAUSE);
        while !rest.is_empty() {
            let count = batch(rest, most);
            let (now, later) = rest.split_at(count);
            let points = now.iter().map(otlp::points).sum::<usize>() as u64;
            let sent = match points {
                0 => Sent::Acknowledged { rejected: 0 },
                _ => self.sender.send(now).await,
            };
            match sent {
                Sent::Acknowledged { rejected } => {
                    state.points += points;
                    state.batches += u64::from(points > 0);
                    state.rejected += rejected;
                    state.trouble = None;
                    pause = FIRST_PAUSE;
                }
                Sent::TooLarge if most > LEAST_POINTS && count > 1 => {
                    most = (most / 2).max(LEAST_POINTS);
                    continue;
                }
                Sent::TooLarge => give_up(state, count, "the collector takes no request of this size".into()),
                Sent::Refused { why } => give_up(state, count, why),
                Sent::Later { why, pause: asked } => {
                    state.failures += 1;
                    if state.trouble.as_ref() != Some(&why) {
                        tracing::warn!(why, waiting = rest.len(), "the export waits");
                        state.trouble = Some(why);
                    }
                    self.note(state).await?;
                    sleep(longer(asked, jittered(pause))).await;
                    if pause == LONGEST_PAUSE || matches!(self.config.poll(), Reload::Changed(_)) {
                        return Ok(Next::Anew);
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    continue;
                }
            }
            rest = later;
            state.waiting = rest.len() as u64;
            if let Some(last) = now.last() {
                state.upto = last.place();
            }
            self.note(state).await?;
        }
        Ok(Next::GoOn)
    }

    async fn note(&self, state: &mut ExportState) -> Result<(), StoreError> {
        state.at = now();
        self.store.set_export_state(state.clone()).await
    }

    /// Reads off this thread: a history that hangs must not keep the export from being stopped.
    async fn blocking<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.store.clone();
        let reading = tokio::task::spawn_blocking(move || read(&store.reader()?)).await;
        reading.unwrap_or_else(|_| Err(StoreError::Stopped("a reading for the export broke off".into())))
    }
}

/// Whether the endpoint and its headers still hold.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    Anew,
}

fn give_up(state: &mut ExportState, count: usize, why: String) {
    tracing::error!(why, looks = count, "looks can't be exported, and are left out");
    state.failures += 1;
    state.lost += count as u64;
    state.trouble = Some(why);
}

/// Looks that go into one request: at least one, and no more than `most` points.
fn batch(looks: &[NamedLook], most: usize) -> usize {
    let mut points = 0;
    let fits = |look: &&NamedLook| {
        points += otlp::points(look);
        points <= most
    };
    looks.iter().take_while(fits).count().max(1)
}

/// What the other side asked for, but never less than our own: asked for none, it would be pressed without end.
fn longer(asked: Option<Duration>, own: Duration) -> Duration {
    asked.map_or(own, |asked| asked.max(own))
}

/// Between half of it and all of it, so that many do not come back at once.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}

fn now() -> UnixMs {
    UnixMs::from(chrono::Utc::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        id::{LookId, LookKey},
        series::LookRow,
        verdict::Verdict,
    };

    fn look(values: usize) -> NamedLook {
        NamedLook {
            key: Arc::new(LookKey { env: "e".into(), service: "s".into(), probe: "p".into() }),
            names: (0..values).map(|index| index.to_string()).collect(),
            row: LookRow {
                look: LookId(1),
                at: UnixMs(0),
                verdict: Verdict::Unknown,
                degraded: false,
                latency_ms: None,
                values: vec![Some(1.0); values],
            },
        }
    }

    #[test]
    fn a_batch_is_bounded_by_its_points_and_never_empty() {
        let looks = [look(30), look(30), look(0), look(30)];
        assert_eq!(batch(&looks, 60), 3);
        assert_eq!(batch(&looks, 1_000), 4);
        assert_eq!(batch(&looks, 10), 1, "one look is never cut");
    }

    #[test]
    fn the_longer_pause_counts() {
        let (none, second, minute) = (Duration::ZERO, Duration::from_secs(1), Duration::from_mins(1));
        assert_eq!(longer(Some(none), second), second, "Retry-After: 0 is no leave to press");
        assert_eq!(longer(Some(minute), second), minute);
        assert_eq!(longer(None, second), second);
    }

    #[test]
    fn looks_with_long_timeouts_are_waited_for() {
        assert!(settle_after(Duration::from_mins(10)) > Duration::from_mins(10));
        assert!(settle_after(Duration::ZERO) >= LEAST_SETTLE);
    }

    #[test]
    fn pauses_differ_and_stay_within_their_bounds() {
        let pauses: Vec<_> = (0..50).map(|_| jittered(LONGEST_PAUSE)).collect();
        assert!(pauses.iter().all(|pause| (LONGEST_PAUSE / 2..=LONGEST_PAUSE).contains(pause)));
        assert!(pauses.windows(2).any(|pair| pair[0] != pair[1]));
    }
}
