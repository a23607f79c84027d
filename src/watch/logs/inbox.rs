//! What was read and is not stored yet, with a bound for each source.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::{
    domain::{
        service_log::{Intake, LogSource, ReadLine, ServiceLine, SourceKind, Taken, sightings},
        text::Masker,
        time::UnixMs,
    },
    store::{LogBatch, Store},
};

/// Bytes of lines that one source may have waiting.
const MOST: usize = 2 << 20;
/// From here on it is stored at once, not when the second is over.
const PRESSING: usize = MOST / 2;

/// What waits to be stored, of all sources.
#[derive(Default)]
pub struct Inbox {
    inner: Mutex<Inner>,
    pressing: Notify,
    room: Notify,
}

#[derive(Default)]
struct Inner {
    services: BTreeMap<(String, String), Waiting>,
    /// Bytes that wait, by environment, service and source.
    bytes: BTreeMap<(String, String, String), usize>,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<ReadLine>,
    positions: BTreeMap<String, String>,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves when a source has much waiting.
    pub async fn is_pressing(&self) {
        self.pressing.notified().await;
    }

    /// What waited was stored: sources may go on.
    pub fn has_room(&self) {
        self.room.notify_waiters();
    }

    /// Takes everything that waits out.
    pub fn take(&self, now: UnixMs) -> Option<LogBatch> {
        let mut inner = self.lock();
        inner.bytes.clear();
        let services = std::mem::take(&mut inner.services);
        drop(inner);
        if services.is_empty() {
            return None;
        }
        let mut batch = LogBatch { now, ..LogBatch::default() };
        for (key, Waiting { lines, positions }) in services {
            let one = batch.services.entry(key).or_default();
            one.errors = sightings(&lines);
            one.lines = lines.into_iter().map(|read| read.line).collect();
            one.positions = positions;
        }
        Some(batch)
    }
}

/// One source's way into the inbox, and what it needs to know.
pub struct Slot {
    /// Where lines go.
    pub inbox: Arc<Inbox>,
    /// For what people should see at once.
    pub store: Store,
    /// The environment.
    pub env: String,
    /// The service.
    pub service: String,
    /// What is followed.
    pub source: LogSource,
    /// Hides secrets.
    pub masker: Masker,
    /// Where commands start.
    pub root: PathBuf,
}

impl Slot {
    /// Begins to take in bytes of this source.
    pub fn intake(&self) -> Intake {
        let journal = matches!(self.source.kind, SourceKind::Journal(_));
        let (format, fields) = (self.source.format, self.source.fields.clone());
        Intake::new(&self.service, format, fields, journal, self.masker.clone())
    }

    /// Puts lines in, with how far the source was read.
    pub fn put(&self, taken: Taken, position: Option<String>) {
        let weight: usize = taken.lines.iter().map(|line| line.line.weight()).sum();
        let mut inner = self.inbox.lock();
        let waiting = inner.services.entry((self.env.clone(), self.service.clone())).or_default();
        waiting.lines.extend(taken.lines);
        if let Some(position) = position {
            waiting.positions.insert(self.source.name.clone(), position);
        }
        let bytes = inner.bytes.entry(self.key()).or_default();
        *bytes += weight;
        if *bytes >= PRESSING {
            self.inbox.pressing.notify_one();
        }
    }

    /// Puts a remark of Quarterdeck's own in.
    pub fn note(&self, line: ServiceLine) {
        self.put(Taken { lines: vec![ReadLine { line, fingerprint: None }], ..Taken::default() }, None);
    }

    /// Whether this source has as much waiting as it may.
    pub fn is_full(&self) -> bool {
        self.inbox.lock().bytes.get(&self.key()).is_some_and(|bytes| *bytes >= MOST)
    }

    /// Resolves once there is room.
    pub async fn wait_for_room(&self) {
        loop {
            let room = self.inbox.room.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            if !self.is_full() {
                return;
            }
            room.await;
        }
    }

    fn key(&self) -> (String, String, String) {
        (self.env.clone(), self.service.clone(), self.source.name.clone())
    }
}
