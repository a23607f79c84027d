//! Handing over what judging came to: one transaction at a time, in order; what could not be written is tried again.

use crate::store::{AlertCommit, Pending, Store};

/// Events kept while the history does not answer: beyond it the oldest go, and the log says how many.
const MOST_EVENTS: usize = 20_000;

/// What waits to be written, and what is being written.
pub struct Ledger {
    store: Store,
    waiting: AlertCommit,
    writing: Option<(AlertCommit, Pending<()>)>,
}

impl Ledger {
    /// Empty.
    pub fn new(store: Store) -> Self {
        Self { store, waiting: AlertCommit::default(), writing: None }
    }

    /// Notes what a round came to.
    pub fn add(&mut self, commit: AlertCommit) {
        join(&mut self.waiting, commit);
    }

    /// Hands over what waits, unless the last is still being written; does not wait for the disk.
    pub async fn flush(&mut self) {
        if let Some((commit, mut pending)) = self.writing.take() {
            tokio::select! {
                biased;
                result = &mut pending => if let Err(error) = result {
                    tracing::error!(%error, "alerts could not be stored: they are kept, and tried again");
                    self.put_back(commit);
                    return;
                },
                () = std::future::ready(()) => {
                    self.writing = Some((commit, pending));
                    return;
                }
            }
        }
        if self.waiting != AlertCommit::default() {
            let commit = std::mem::take(&mut self.waiting);
            self.writing = Some((commit.clone(), self.store.commit_alerts(commit)));
        }
    }

    /// Hands over everything and waits until it is committed.
    pub async fn finish(&mut self) {
        if let Some((commit, pending)) = self.writing.take()
            && pending.await.is_err()
        {
            self.put_back(commit);
        }
        if let Err(error) = self.store.commit_alerts(std::mem::take(&mut self.waiting)).await {
            tracing::error!(%error, "the last of the alerts could not be stored");
        }
    }

    fn put_back(&mut self, commit: AlertCommit) {
        let later = std::mem::replace(&mut self.waiting, commit);
        join(&mut self.waiting, later);
    }
}

/// Adds what came later.
fn join(earlier: &mut AlertCommit, later: AlertCommit) {
    earlier.standings.retain(|known| !later.standings.iter().any(|newer| newer.key == known.key));
    earlier.standings.extend(later.standings);
    earlier.events.extend(later.events);
    earlier.notices.extend(later.notices);
    earlier.telling.join(later.telling);
    if earlier.events.len() > MOST_EVENTS {
        let gone = earlier.events.len() - MOST_EVENTS;
        earlier.events.drain(..gone);
        tracing::error!(gone, "the history does not take events of alerts: the oldest were dropped");
    }
    earlier.budgets.retain(|(env, _)| !later.budgets.iter().any(|(newer, _)| newer == env));
    earlier.budgets.extend(later.budgets);
    earlier.calls.extend(later.calls);
    // The oldest opened the incident that the others join.
    earlier.calls.truncate(MOST_EVENTS);
    earlier.judged = later.judged.or(earlier.judged.take());
}
