//! The fleet's process: starts everything, and ends by itself when nobody is left to look.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{net::TcpListener, sync::Notify, task::JoinSet};

use super::{
    DemoError, behaviour,
    database::Database,
    gateway::{Colours, Gateway},
    http::HttpClient,
    instance::{Faults, Instance},
    load,
    site::Site,
    worker::Worker,
};
use crate::store::lock;

/// How long the fleet outlives the last console or run.
const LINGER: Duration = Duration::from_secs(10);

/// Runs the fleet of `site` until it is told to stop, or until nobody has been looking for 10 s (unless `keep`).
/// Returns at once with `false` if it is running already.
pub fn run(site: &Site, keep: bool) -> Result<bool, DemoError> {
    let refused = |error: &dyn std::fmt::Display| DemoError::Refused(error.to_string());
    let Some(_held) = lock::try_lock(&site.lock()).map_err(|error| refused(&error))? else {
        return Ok(false);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| DemoError::Network { what: "can't start the fleet".into(), why: error.to_string() })?;
    runtime.block_on(serve(site, keep))?;
    Ok(true)
}

async fn serve(site: &Site, keep: bool) -> Result<(), DemoError> {
    let database_listener = listen(site.ports.database).await?;
    let gateway_listener = listen(site.ports.gateway).await?;
    let control_listener = listen(site.ports.control).await?;
    let worker_listener = listen(site.ports.worker).await?;

    let database = Database::open(&site.database_file())?;
    let database_address = SocketAddr::from((Ipv4Addr::LOCALHOST, site.ports.database));
    let faults = Arc::new(Faults::default());
    let first = live_version(site);
    let behaviour = behaviour::of(&first).ok_or_else(|| DemoError::Refused(format!("there is no version {first}")))?;
    let live = Instance::start("blue", &first, behaviour, database_address, Arc::clone(&faults)).await?;
    let stop = Arc::new(Notify::new());
    let client = HttpClient::new()?;
    let gateway = Arc::new(Gateway {
        client: client.clone(),
        metrics: super::metrics::Metrics::default(),
        faults: Arc::clone(&faults),
        database: Arc::clone(&database),
        database_address,
        backups: site.backups(),
        stop: Arc::clone(&stop),
        colours: Mutex::new(Colours { live, candidate: None, weight: 0 }),
    });
    let worker = Worker::new(database_address, faults);

    let mut tasks = JoinSet::new();
    tasks.spawn(database.serve(database_listener));
    let (public, control, jobs) = (gateway.public(), gateway.control(), worker.router());
    tasks.spawn(async move { drop(axum::serve(gateway_listener, public).await) });
    tasks.spawn(async move { drop(axum::serve(control_listener, control).await) });
    tasks.spawn(async move { drop(axum::serve(worker_listener, jobs).await) });
    tasks.spawn(worker.work());
    tasks.spawn(load::run(client, format!("http://127.0.0.1:{}", site.ports.gateway)));

    let state = site.state();
    tokio::select! {
        () = stop.notified() => {}
        () = terminated() => {}
        () = nobody_left(&state), if !keep => {}
    }
    remember_live_version(site, &gateway);
    tasks.shutdown().await;
    Ok(())
}

async fn listen(port: u16) -> Result<TcpListener, DemoError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| DemoError::Network {
        what: format!("can't listen on 127.0.0.1:{port}"),
        why: format!("{error}. Another program has the port now: use another --dir"),
    })
}

async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Ends once no console and no run has held a lock for [`LINGER`].
async fn nobody_left(state: &Path) {
    let mut seen = Instant::now();
    while seen.elapsed() < LINGER {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if anyone(state) {
            seen = Instant::now();
        }
    }
}

fn anyone(state: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(state.join("locks")) else { return false };
    entries
        .flatten()
        .filter(|entry| entry.file_name() != "watch.lock")
        .any(|entry| lock::is_held(&entry.path()).unwrap_or(false))
}

fn live_version(site: &Site) -> String {
    std::fs::read_to_string(site.dir().join("live"))
        .ok()
        .map(|text| text.trim().to_owned())
        .filter(|version| behaviour::of(version).is_some())
        .unwrap_or_else(|| behaviour::HISTORY[0].to_owned())
}

fn remember_live_version(site: &Site, gateway: &Gateway) {
    let colours = gateway.colours.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Only a convenience for a fleet started again in the same directory.
    let _ = std::fs::write(site.dir().join("live"), &colours.live.version);
}
