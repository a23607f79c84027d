//! Who watches, and until when.

use std::{fs, time::Duration};

use tokio::time::{Instant, sleep};

use super::WatchError;
use crate::store::{
    Reader, Store, StoreError,
    lock::{self, HeldLock},
    state_dir::StateDir,
};

/// The setting by which a daemon asks the incumbent for its place.
const WANTED: &str = "watch.wanted";
/// How long a daemon waits for the incumbent to leave.
const YIELD: Duration = Duration::from_secs(15);

/// Somebody who only asks whether the lock is held holds it for an instant.
const BLINK: Duration = Duration::from_millis(200);

/// Until when to watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// Until told to stop. Has precedence over one that watches while needed.
    Always,
    /// Until no console and no run has been there for that long.
    WhileNeeded {
        /// How long.
        linger: Duration,
    },
}

/// The right to watch, held for life.
pub struct Seat {
    _lock: HeldLock,
    stay: Stay,
    state: StateDir,
    reader: Reader,
    request: Option<String>,
}

/// Takes the watcher's lock. A daemon asks an incumbent that watches while needed to leave, and waits for it.
pub async fn take(store: &Store, stay: Stay) -> Result<Seat, WatchError> {
    let state = store.state().clone();
    let began = Instant::now();
    let mut asked = false;
    let lock = loop {
        if let Some(lock) = lock::try_lock(&state.watch_lock())? {
            break lock;
        }
        let patience = if stay == Stay::Always { YIELD } else { BLINK };
        if began.elapsed() > patience {
            let holder = lock::holder(&state.watch_lock());
            let holder = holder.map_or_else(|| "unknown".into(), |holder| format!("pid {}", holder.pid));
            return Err(WatchError::Held { holder });
        }
        if stay == Stay::Always && !asked {
            asked = true;
            let request = format!("{} {}", std::process::id(), chrono::Utc::now().timestamp_millis());
            store.set_setting(WANTED, &request).await?;
        }
        sleep(Duration::from_millis(20)).await;
    };
    let reader = store.reader()?;
    let request = reader.setting(WANTED)?;
    Ok(Seat { _lock: lock, stay, state, reader, request })
}

impl Seat {
    /// Whether to go on, asked every few seconds. `idle_since` is the caller's note of when somebody was last seen.
    pub fn is_needed(&self, idle_since: &mut Instant) -> Result<bool, StoreError> {
        let Stay::WhileNeeded { linger } = self.stay else { return Ok(true) };
        if self.reader.setting(WANTED)? != self.request {
            tracing::info!("a daemon asked for the watcher's place");
            return Ok(false);
        }
        if anyone(&self.state) {
            *idle_since = Instant::now();
        }
        Ok(idle_since.elapsed() < linger)
    }
}

/// Whether a console or a run lives. Lock files that nobody holds any more are removed on the way.
fn anyone(state: &StateDir) -> bool {
    let own = state.watch_lock();
    let Some(Ok(entries)) = own.parent().map(fs::read_dir) else { return false };
    let mut living = false;
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| *path != own) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match lock::is_held(&path) {
            Ok(true) => living = true,
            // A console's lock is named after its process and never taken twice; a run's may be.
            Ok(false) if name.starts_with("console-") => drop(fs::remove_file(&path)),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "can't look at a lock"),
        }
    }
    living
}
