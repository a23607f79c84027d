//! Serving for as long as it is wanted: the address is taken when it is free, a changed configuration is taken up, and
//! nothing that happens here ends the watching beside it.

use std::{path::Path, sync::Arc, thread, time::Duration};

use axum::Router;
use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
    sync::{oneshot, watch},
    time::sleep,
};

use crate::{
    config::{Reload, Reloader},
    domain::{environment::Project, outlet::Serve},
    run::launch,
    store::{Store, lock},
};

use super::{
    Resolve, ServeError, ServeOptions,
    books::Book,
    guard::Guard,
    hooks,
    listen::Bound,
    routes::{self, Books},
    tls, vitals, world,
};

/// Between two looks at the configuration, and between two attempts at an address that is taken.
const ROUND: Duration = Duration::from_secs(2);
/// Shortest token, in characters.
const LEAST_TOKEN: usize = 16;

/// A server beside a watcher; ends when dropped.
pub struct Beside {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Beside {
    /// Starts to serve on a thread of its own, as soon as `[serve]` is configured and its address is free. Whatever goes
    /// wrong is told to the log.
    pub fn start(options: ServeOptions, store: Store, resolve: Resolve) -> Option<Self> {
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("serve".into()).spawn(move || {
            let served = block_on(async {
                tokio::select! {
                    served = serve(&options, &store, &resolve, Patience::Endless) => served,
                    _ = stopped => Ok(()),
                }
            });
            if let Err(error) = served {
                tracing::error!(%error, "nothing is served");
            }
        });
        match thread {
            Ok(thread) => Some(Self { stop: Some(stop), thread: Some(thread) }),
            Err(error) => {
                tracing::error!(%error, "nothing is served: no thread could be started");
                None
            }
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

/// Serves until it is told to stop (SIGTERM, SIGINT). As long as it does, somebody watches: like a console it keeps a watcher
/// alive. `ready` is called with the address once it is held.
pub fn foreground(options: &ServeOptions, resolve: &Resolve, ready: impl Fn(&Serve)) -> Result<(), ServeError> {
    let store = Store::open(&options.state)?;
    let presence = lock::try_lock(&options.state.path().join(format!("locks/console-{}.lock", std::process::id())))?;
    let served = block_on(async {
        let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::select! {
            served = serve(options, &store, resolve, Patience::None(&ready)) => served,
            never = keep_watched(&store, &options.config) => never,
            _ = term.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
        }
    });
    drop(presence);
    served
}

/// Runs on this thread; threads that read something that hangs are left behind.
fn block_on(work: impl Future<Output = Result<(), ServeError>>) -> Result<(), ServeError> {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(4).build()?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}

async fn keep_watched(store: &Store, config: &Path) -> Result<(), ServeError> {
    loop {
        if let Err(error) = launch::ensure_watcher(store, config) {
            tracing::error!(%error, "nobody watches");
        }
        sleep(ROUND).await;
    }
}

/// What to do about an address that can't be had.
#[derive(Clone, Copy)]
enum Patience<'a> {
    /// Try again.
    Endless,
    /// Give up; and tell once it is had.
    None(&'a dyn Fn(&Serve)),
}

async fn serve(
    options: &ServeOptions,
    store: &Store,
    resolve: &Resolve,
    patience: Patience<'_>,
) -> Result<(), ServeError> {
    let mut config = Reloader::start(&options.config)?;
    // Nothing is read for nobody.
    let mut books: Option<(watch::Sender<Arc<Project>>, Router)> = None;
    let mut said = String::new();
    loop {
        let current = Arc::clone(config.project());
        let Some(wanted) = current.outlets.serve.clone() else {
            if let Patience::None(_) = patience {
                return Err(ServeError::NotConfigured(options.config.clone()));
            }
            books = None;
            changed(&mut config, None, None, &[]).await;
            continue;
        };
        let (project, router) = match books.take() {
            Some(open) => books.insert(open),
            None => books.insert(open_books(options, store.clone(), Arc::clone(&current))?),
        };
        let (project, router) = (&*project, &*router);
        let stamp = tls::stamp(wanted.tls.as_ref());
        match bind(&wanted, &current, resolve).await {
            Ok(bound) => {
                tracing::info!(address = %wanted.listen, tls = wanted.tls.is_some(), "serving");
                said.clear();
                if let Patience::None(ready) = patience {
                    ready(&wanted);
                }
                tokio::select! {
                    () = bound.serve(router) => {}
                    () = changed(&mut config, Some(project), Some(&wanted), &stamp) => {}
                }
            }
            Err(error) if matches!(patience, Patience::None(_)) => return Err(error),
            Err(error) => {
                // Told once, not every two seconds.
                let words = error.to_string();
                if words != said {
                    tracing::warn!(error = words, "nothing is served yet");
                    said = words;
                }
                sleep(ROUND).await;
                take_up(&mut config, Some(project));
            }
        }
    }
}

/// Returns once `[serve]` is not what it was, or the certificate's files are others.
async fn changed(
    config: &mut Reloader,
    project: Option<&watch::Sender<Arc<Project>>>,
    before: Option<&Serve>,
    stamp: &[(i64, i64, u64)],
) {
    loop {
        sleep(ROUND).await;
        take_up(config, project);
        let serve = config.project().outlets.serve.as_ref();
        if serve != before || tls::stamp(serve.and_then(|serve| serve.tls.as_ref())) != stamp {
            return;
        }
    }
}

fn take_up(config: &mut Reloader, project: Option<&watch::Sender<Arc<Project>>>) {
    // A wrong one is told by the watcher; the one before stays.
    if let (Reload::Changed(now), Some(project)) = (config.poll(), project) {
        project.send_replace(now);
    }
}

async fn bind(wanted: &Serve, project: &Arc<Project>, resolve: &Resolve) -> Result<Bound, ServeError> {
    let token = match wanted.token.clone() {
        None => None,
        Some(token) => {
            // A secret may come from a command that takes its time.
            let (resolve, project) = (Arc::clone(resolve), Arc::clone(project));
            let asked = tokio::task::spawn_blocking(move || resolve(&project, &token)).await;
            let token = asked.unwrap_or_else(|error| Err(error.to_string())).map_err(ServeError::Token)?;
            if token.chars().count() < LEAST_TOKEN {
                return Err(ServeError::Token(format!("it is shorter than {LEAST_TOKEN} characters")));
            }
            Some(token)
        }
    };
    let tls = wanted.tls.as_ref().map(tls::acceptor).transpose()?;
    Bound::open(wanted.listen, tls, Guard::new(token.as_deref())).await
}

fn open_books(
    options: &ServeOptions,
    store: Store,
    project: Arc<Project>,
) -> Result<(watch::Sender<Arc<Project>>, Router), ServeError> {
    let (sender, receiver) = watch::channel(project);
    let (mut vitals, mut world) = (vitals::Look::new(options.state.clone()), world::Look::new(options.state.clone()));
    let of_vitals = receiver.clone();
    let books = Books {
        vitals: Book::open("serve-vitals", move || vitals.take(of_vitals.borrow().outlets.export.is_some()))?,
        world: Book::open("serve-world", move || {
            let project = Arc::clone(&receiver.borrow());
            world.take(project)
        })?,
        state: options.state.clone(),
        store,
        turn: Arc::new(tokio::sync::Semaphore::new(1)),
    };
    let books = Arc::new(books);
    Ok((sender, routes::router(Arc::clone(&books)).merge(hooks::router(books))))
}
