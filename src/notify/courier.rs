//! The thread beside the watcher.

use std::{path::PathBuf, sync::Arc, thread, time::Duration};

use tokio::{
    runtime::Builder,
    sync::oneshot,
    time::{Instant, sleep},
};

use super::{desk::Desk, heartbeat, summary};
use crate::{
    config::{Reload, Reloader},
    domain::{environment::Project, time::UnixMs},
    store::{Store, StoreError},
};

/// Between two looks into the outbox.
const TICK: Duration = Duration::from_millis(250);
/// Between two looks at the configuration, and at channels that are gone.
const CONFIG: Duration = Duration::from_secs(2);
const CHANNELS: Duration = Duration::from_mins(1);
/// After the history could not be used.
const PAUSE: Duration = Duration::from_secs(5);
/// The backlog of a channel that is gone is kept for so long.
const GONE: Duration = Duration::from_hours(24);

/// Deliveries beside a watcher; ends when dropped. A message under way counts as not delivered, and goes out again.
pub struct Courier {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Courier {
    /// Starts to deliver what is in the outbox. Only who has the watcher's seat may do so: two would deliver twice.
    pub fn start(store: Store, config: PathBuf) -> Option<Self> {
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("notify".into()).spawn(move || {
            let runtime = match Builder::new_current_thread().enable_all().max_blocking_threads(8).build() {
                Ok(runtime) => runtime,
                Err(error) => return tracing::error!(%error, "nobody is told anything"),
            };
            runtime.block_on(async {
                tokio::select! {
                    () = carry(&store, &config) => {}
                    _ = stopped => {}
                }
            });
            // A reading that hangs is left behind.
            runtime.shutdown_background();
        });
        match thread {
            Ok(thread) => Some(Self { stop: Some(stop), thread: Some(thread) }),
            Err(error) => {
                tracing::error!(%error, "nobody is told anything: no thread could be started");
                None
            }
        }
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

/// Delivers for ever.
async fn carry(store: &Store, config: &std::path::Path) {
    let mut config = loop {
        match Reloader::start(config) {
            Ok(config) => break config,
            Err(error) => tracing::error!(%error, "nobody is told anything"),
        }
        sleep(PAUSE).await;
    };
    let (sender, watched) = tokio::sync::watch::channel(Arc::clone(config.project()));
    let work = async {
        loop {
            if let Err(error) = go_on(store, &mut config, &sender).await {
                tracing::error!(%error, "the deliveries stopped for a moment");
            }
            sleep(PAUSE).await;
        }
    };
    tokio::join!(work, heartbeat::beat(store, watched.clone()), summary::write(store, watched));
}

async fn go_on(
    store: &Store,
    config: &mut Reloader,
    changed: &tokio::sync::watch::Sender<Arc<Project>>,
) -> Result<(), StoreError> {
    let mut desk = Desk::open(store.clone(), Arc::clone(config.project()), now()).await?;
    let (mut read_config, mut note_channels) = (Instant::now() + CONFIG, Instant::now());
    loop {
        if Instant::now() >= read_config {
            read_config = Instant::now() + CONFIG;
            if let Reload::Changed(project) = config.poll() {
                desk.configure(Arc::clone(&project));
                changed.send_replace(project);
                note_channels = Instant::now();
            }
        }
        if Instant::now() >= note_channels {
            note_channels = Instant::now() + CHANNELS;
            desk.note_channels(now(), GONE).await?;
        }
        desk.begin(now()).await?;
        let done = tokio::select! {
            Some(done) = desk.next() => Some(done),
            () = sleep(TICK) => None,
        };
        if let Some(done) = done {
            desk.settle(done, now()).await?;
        }
    }
}

/// Now, by the wall clock: what is in the outbox is noted by it.
pub fn now() -> UnixMs {
    UnixMs::from(chrono::Utc::now())
}
