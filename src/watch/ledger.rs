//! Handing what was seen to the store: once a second, in one batch, never waiting for the disk.

use std::collections::BTreeMap;

use crate::{
    domain::{
        environment::Retention,
        id::LookId,
        outlet::Pulse,
        phases::PhaseSums,
        probe::Phases,
        sample::Sample,
        series::LookRow,
        status::{Happening, LookNow},
        time::UnixMs,
    },
    store::{Pending, Store, StoreError},
};

/// A minute, in milliseconds. What looks took is handed over once their minute is this long over.
const MINUTE: i64 = 60_000;
/// Minutes kept while the store does not answer.
const MOST_MINUTES: usize = 10;
/// Samples kept while the store does not answer.
const MOST_SAMPLES: usize = 1_000;

/// Rows kept while the store does not answer: beyond it the oldest go, and the log says how many.
const MOST_ROWS: usize = 200_000;

/// What waits to be written, and what is being written.
pub struct Ledger {
    store: Store,
    rows: Vec<LookRow>,
    current: Vec<LookNow>,
    happenings: Vec<Happening>,
    samples: Vec<(String, Sample)>,
    phases: BTreeMap<i64, BTreeMap<LookId, PhaseSums>>,
    pulse: Option<Pulse>,
    writing: Vec<Pending<()>>,
    maintaining: Option<Pending<u64>>,
}

impl Ledger {
    /// Empty.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            rows: Vec::new(),
            current: Vec::new(),
            happenings: Vec::new(),
            samples: Vec::new(),
            phases: BTreeMap::new(),
            pulse: None,
            writing: Vec::new(),
            maintaining: None,
        }
    }

    /// Notes a look and, if it is worth it, the latest of its probe.
    pub fn note(&mut self, row: LookRow, current: Option<LookNow>) {
        self.rows.push(row);
        self.current.extend(current);
    }

    /// Notes where the time of a look went.
    pub fn took(&mut self, look: LookId, at: UnixMs, phases: &Phases) {
        if phases.any() {
            let minute = at.0.div_euclid(MINUTE) * MINUTE;
            self.phases.entry(minute).or_default().entry(look).or_default().add(phases);
        }
    }

    /// Notes a look that failed.
    pub fn sampled(&mut self, env: &str, sample: Sample) {
        if self.samples.len() < MOST_SAMPLES {
            self.samples.push((env.to_owned(), sample));
        }
    }

    /// Notes a change.
    pub fn happened(&mut self, happening: Happening) {
        tracing::info!(subject = happening.subject, text = happening.text, "happened");
        self.happenings.push(happening);
    }

    /// Looks that are not handed over yet.
    pub fn unwritten(&self) -> usize {
        self.rows.len()
    }

    /// Notes that the watcher goes on. It is handed over with the looks: if they are not taken, it grows old.
    pub fn beat(&mut self, pulse: Pulse) {
        self.pulse = Some(pulse);
    }

    /// Hands over what waits, unless the last batch is still being written.
    pub async fn flush(&mut self) {
        if !self.is_written().await {
            self.shed();
            return;
        }
        self.hand_over();
        // The newest minute, and looks of the one before that are still to come.
        let newest = self.phases.last_key_value().map_or(0, |(minute, _)| *minute);
        self.hand_over_phases(newest - MINUTE);
    }

    /// Hands over everything and waits until it is committed.
    pub async fn finish(&mut self) -> Result<(), StoreError> {
        self.hand_over();
        self.hand_over_phases(i64::MAX);
        for pending in self.writing.drain(..) {
            pending.await?;
        }
        Ok(())
    }

    /// Compacts and prunes, beside the looks.
    pub async fn maintain(&mut self, retention: Retention, now: UnixMs) {
        if let Some(before) = self.maintaining.take() {
            match before.await {
                Ok(0) => {}
                Ok(gone) => tracing::info!(gone, "pruned"),
                Err(error) => tracing::error!(%error, "could not maintain the history"),
            }
        }
        self.maintaining = Some(self.store.maintain(retention, now));
    }

    fn hand_over(&mut self) {
        if !self.rows.is_empty() {
            self.writing.push(self.store.append_looks(std::mem::take(&mut self.rows)));
        }
        if !self.current.is_empty() {
            self.writing.push(self.store.set_current(std::mem::take(&mut self.current)));
        }
        if !self.happenings.is_empty() {
            self.writing.push(self.store.add_happenings(std::mem::take(&mut self.happenings)));
        }
        if !self.samples.is_empty() {
            self.writing.push(self.store.add_samples(std::mem::take(&mut self.samples)));
        }
        if let Some(pulse) = self.pulse.take() {
            self.writing.push(self.store.set_pulse(pulse));
        }
    }

    /// Hands over what looks took in the minutes before that one.
    fn hand_over_phases(&mut self, before: i64) {
        let later = self.phases.split_off(&before);
        let minutes = std::mem::replace(&mut self.phases, later);
        if !minutes.is_empty() {
            let rows = minutes.into_iter().map(|(minute, looks)| (UnixMs(minute), looks.into_iter().collect()));
            self.writing.push(self.store.append_phases(rows.collect()));
        }
    }

    /// Whether the last batch is committed; looks, and does not wait.
    async fn is_written(&mut self) -> bool {
        let mut still = Vec::new();
        for mut pending in self.writing.drain(..) {
            tokio::select! {
                biased;
                result = &mut pending => if let Err(error) = result {
                    tracing::error!(%error, "looks could not be stored");
                },
                () = std::future::ready(()) => still.push(pending),
            }
        }
        self.writing = still;
        self.writing.is_empty()
    }

    fn shed(&mut self) {
        while self.phases.len() > MOST_MINUTES {
            self.phases.pop_first();
        }
        if self.rows.len() > MOST_ROWS {
            let gone = self.rows.len() - MOST_ROWS;
            self.rows.drain(..gone);
            tracing::error!(gone, "the history does not take looks: the oldest were dropped");
        }
    }
}
