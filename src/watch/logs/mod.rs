//! Following the logs of services, on a thread of its own: whatever a log does, looks are not delayed.
//!
//! Each source is a task ([`mod@file`], [`command`]). It puts the lines it read into the [`inbox`] together with how far it has read,
//! and the inbox is handed to the store once a second, or sooner while a backlog is read: one transaction for all sources, with
//! their positions. A source whose part of the inbox is full waits (a file, the journal: what is there stays there) or drops and
//! says how many lines (a command that can't wait). After a write that failed, all sources begin again at their stored positions.

mod command;
mod file;
mod inbox;
mod pattern;
mod tail;

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use tokio::{sync::watch, task::JoinSet, time::sleep};

use self::inbox::{Inbox, Slot};
use crate::{
    domain::{
        environment::{Environment, Project},
        service_log::SourceKind,
        status::{Happening, Tone},
        text::Masker,
        time::UnixMs,
    },
    secret::Secrets,
    store::Store,
};

/// Between two transactions while little comes.
const FLUSH: Duration = Duration::from_secs(1);
/// After a write that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

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
    loop {
        let current = Arc::clone(&project.borrow_and_update());
        let inbox = Arc::new(Inbox::default());
        let mut tasks = JoinSet::new();
        start(&current, store, &inbox, &mut tasks);
        let stored = tokio::select! {
            stored = store_all(store, &inbox) => stored,
            changed = project.changed() => {
                // Nothing new comes in; what is there is stored.
                tasks.shutdown().await;
                flush(store, &inbox).await;
                if changed.is_err() {
                    return;
                }
                true
            }
        };
        tasks.shutdown().await;
        if !stored {
            tokio::select! {
                () = sleep(AFTER_FAILURE) => {}
                changed = project.changed() => if changed.is_err() {
                    return;
                },
            }
        }
    }
}

/// Starts a task for each source.
fn start(project: &Project, store: &Store, inbox: &Arc<Inbox>, tasks: &mut JoinSet<()>) {
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
        let masker = masker(environment, project);
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

/// Hides the secrets that the environment declares and its probes name. One that can't be had can't be hidden either, and the
/// log says so.
fn masker(environment: &Environment, project: &Project) -> Masker {
    let mut names: Vec<String> = environment.secrets.keys().cloned().collect();
    let texts = environment.services.iter().flat_map(|service| &service.probes).flat_map(|spec| spec.kind.texts());
    names.extend(texts.flat_map(|text| text.secrets().into_iter().map(str::to_owned).collect::<Vec<_>>()));
    names.sort();
    names.dedup();
    let mut found = Vec::new();
    for name in names {
        match Secrets::resolve(std::slice::from_ref(&name), &environment.secrets, &project.root) {
            Ok(secrets) => found.extend(secrets.iter().map(|(name, value)| (name.to_owned(), value.to_owned()))),
            Err(errors) => {
                for error in errors {
                    tracing::warn!(%error, "a secret can't be hidden in logs");
                }
            }
        }
    }
    Masker::new(found.iter().map(|(name, value)| (name.as_str(), value.as_str()))).unwrap_or_else(|error| {
        tracing::error!(%error, "secrets can't be hidden in logs");
        Masker::default()
    })
}

/// Hands the inbox to the store again and again; `false` once a write failed.
async fn store_all(store: &Store, inbox: &Inbox) -> bool {
    loop {
        tokio::select! {
            () = sleep(FLUSH) => {}
            () = inbox.is_pressing() => {}
        }
        if !flush(store, inbox).await {
            return false;
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
