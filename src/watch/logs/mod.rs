//! Following the logs of services, on a thread of its own: whatever a log does, looks are not delayed.
//!
//! Each source is a task ([`mod@file`], [`command`]). It puts the lines it read into the [`inbox`] together with how far it has read,
//! and the inbox is handed to the store once a second, or sooner while a backlog is read: one transaction for all sources, with
//! their positions. A source whose part of the inbox is full waits (a file, the journal: what is there stays there) or drops and
//! says how many lines (a command that can't wait). After a write that failed, all sources begin again at their stored positions.

mod command;
mod file;
mod hidden;
mod inbox;
mod pattern;
mod tail;

use std::{pin::pin, sync::Arc, thread::JoinHandle, time::Duration};

use tokio::{
    sync::watch,
    task::{JoinSet, spawn_blocking},
    time::sleep,
};

use self::{
    hidden::Hidden,
    inbox::{Inbox, Slot},
};
use crate::{
    domain::{
        environment::Project,
        service_log::SourceKind,
        status::{Happening, Tone},
        time::UnixMs,
    },
    store::Store,
};

/// Between two transactions while little comes.
const FLUSH: Duration = Duration::from_secs(1);
/// After a write that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Between two attempts to have a secret that is missing.
const AGAIN: Duration = Duration::from_mins(1);

/// The thread that follows logs.
pub struct Logs {
    project: Option<watch::Sender<Arc<Project>>>,
    thread: Option<JoinHandle<()>>,
}

impl Logs {
    /// Begins to follow the logs of `project`.
    pub fn start(store: Store, project: Arc<Project>) -> std::io::Result<Self> {
        let (sender, receiver) = watch::channel(project);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new()
            .name("logs".into())
            .spawn(move || runtime.block_on(follow(&store, receiver)))?;
        Ok(Self { project: Some(sender), thread: Some(thread) })
    }

    /// The configuration changed.
    pub fn set(&self, project: Arc<Project>) {
        if let Some(sender) = &self.project {
            sender.send_replace(project);
        }
    }

    /// Stops; what was read is stored when it returns.
    pub fn finish(mut self) {
        self.project = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("following logs broke off");
        }
    }
}

/// Until the sender is gone.
async fn follow(store: &Store, mut project: watch::Receiver<Arc<Project>>) {
    let mut current = Arc::clone(&project.borrow_and_update());
    let mut hidden = Hidden::of(&current);
    loop {
        let inbox = Arc::new(Inbox::default());
        let mut tasks = JoinSet::new();
        start(&current, store, &inbox, &hidden, &mut tasks);
        match turn(store, &inbox, &mut project, look_again(hidden.clone(), Arc::clone(&current)), &mut tasks).await {
            Turn::Over => return,
            Turn::Changed => {}
            Turn::Found(found) => hidden = found,
            Turn::Failed => tokio::select! {
                () = sleep(AFTER_FAILURE) => {}
                changed = project.changed() => if changed.is_err() {
                    return;
                },
            },
        }
        let latest = Arc::clone(&project.borrow_and_update());
        if !Arc::ptr_eq(&latest, &current) {
            hidden = Hidden::of(&latest);
            current = latest;
        }
    }
}

/// Why following is begun anew.
enum Turn {
    Changed,
    Over,
    /// A secret that was missing.
    Found(Hidden),
    /// A write did.
    Failed,
}

/// Hands the inbox to the store again and again, until something else is to be done; what was read by then is stored. A
/// write under way is never let go of: its lines would be lost, or come twice.
async fn turn(
    store: &Store,
    inbox: &Inbox,
    project: &mut watch::Receiver<Arc<Project>>,
    found: impl Future<Output = Hidden>,
    tasks: &mut JoinSet<()>,
) -> Turn {
    let mut found = pin!(found);
    loop {
        let end = tokio::select! {
            () = sleep(FLUSH) => None,
            () = inbox.is_pressing() => None,
            changed = project.changed() => Some(if changed.is_ok() { Turn::Changed } else { Turn::Over }),
            found = &mut found => Some(Turn::Found(found)),
        };
        if end.is_some() {
            // Nothing new comes in.
            tasks.shutdown().await;
        }
        let stored = flush(store, inbox).await;
        if let Some(end) = end {
            return end;
        }
        if !stored {
            tasks.shutdown().await;
            return Turn::Failed;
        }
    }
}

/// Comes back once a secret that was missing could be had; never if none is.
async fn look_again(mut hidden: Hidden, project: Arc<Project>) -> Hidden {
    loop {
        if hidden.missing() == 0 {
            return std::future::pending().await;
        }
        sleep(AGAIN).await;
        let (before, mut tried, project) = (hidden.missing(), hidden.clone(), Arc::clone(&project));
        let looked_up = spawn_blocking(move || {
            let errors = tried.look_up(&project);
            tracing::debug!(errors = errors.join("; "), "secrets to be hidden in logs were looked up again");
            tried
        });
        if let Ok(tried) = looked_up.await {
            hidden = tried;
        }
        if hidden.missing() < before {
            tracing::info!(missing = hidden.missing(), "a secret is hidden in logs from now on");
            return hidden;
        }
    }
}

/// Starts a task for each source.
fn start(project: &Project, store: &Store, inbox: &Arc<Inbox>, hidden: &Hidden, tasks: &mut JoinSet<()>) {
    let reader = match store.reader() {
        Ok(reader) => reader,
        Err(error) => {
            tracing::error!(%error, "logs can't be followed");
            return;
        }
    };
    for environment in &project.environments {
        if environment.services.iter().all(|service| service.logs.is_empty()) {
            continue;
        }
        let masker = hidden.masker(&environment.name);
        for service in &environment.services {
            for source in &service.logs {
                let position = match reader.log_position(&environment.name, &service.name, &source.name) {
                    Ok(position) => position,
                    Err(error) => {
                        tracing::error!(%error, source = source.name, "where a log was read last is not known");
                        continue;
                    }
                };
                let slot = Slot {
                    inbox: Arc::clone(inbox),
                    store: store.clone(),
                    env: environment.name.clone(),
                    service: service.name.clone(),
                    source: source.clone(),
                    masker: masker.clone(),
                    root: project.root.clone(),
                };
                match &source.kind {
                    SourceKind::File(pattern) => {
                        tasks.spawn(file::follow(slot, pattern.clone(), position));
                    }
                    SourceKind::Command(_) | SourceKind::Journal(_) => {
                        tasks.spawn(command::follow(slot, position));
                    }
                }
            }
        }
    }
}

async fn flush(store: &Store, inbox: &Inbox) -> bool {
    let Some(batch) = inbox.take(now()) else { return true };
    let result = store.append_service_logs(batch).await;
    inbox.has_room();
    if let Err(error) = &result {
        tracing::error!(%error, "log lines could not be stored; their sources begin again where they were stored last");
    }
    result.is_ok()
}

/// Something about a source that people should see among what happened.
fn tell(slot: &Slot, text: String, tone: Tone) {
    tracing::warn!(service = slot.service, source = slot.source.name, text, "a log's source");
    let happening = Happening { at: now(), env: slot.env.clone(), subject: slot.service.clone(), text, tone };
    // Nobody waits for it; if it fails, the log has it.
    drop(slot.store.add_happenings(vec![happening]));
}

fn now() -> UnixMs {
    UnixMs::from(chrono::Utc::now())
}
