//! The worker: takes jobs from the database, and says how it is in the ASP.NET dialect.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use serde_json::{Value, json};

use super::{behaviour::Fault, database, instance::Faults, metrics::Metrics};

/// The worker's figures.
pub struct Worker {
    database: SocketAddr,
    faults: Arc<Faults>,
    metrics: Metrics,
    done: AtomicU64,
    failed: AtomicU64,
}

impl Worker {
    pub fn new(database: SocketAddr, faults: Arc<Faults>) -> Arc<Self> {
        Arc::new(Self { database, faults, metrics: Metrics::default(), done: 0.into(), failed: 0.into() })
    }

    /// Works until the task is dropped: ten jobs a second.
    pub async fn work(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            if self.faults.has(Fault::WorkerHangs) {
                continue;
            }
            let began = Instant::now();
            let result = database::ask(self.database, "COUNT").await;
            let (counter, status) = if result.is_ok() { (&self.done, 200) } else { (&self.failed, 500) };
            counter.fetch_add(1, Ordering::Relaxed);
            self.metrics.record("service=\"worker\"", status, began.elapsed());
        }
    }

    /// `/health`, `/metrics`, `/stats`.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/health", get(health))
            .route("/metrics", get(|State(worker): State<Arc<Self>>| async move { worker.metrics.page() }))
            .route("/stats", get(stats))
            .with_state(Arc::clone(self))
    }
}

async fn health(State(worker): State<Arc<Worker>>) -> (StatusCode, Json<Value>) {
    if worker.faults.has(Fault::WorkerHangs) {
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    match database::ask(worker.database, "PING").await {
        Ok(_) => (StatusCode::OK, Json(json!({ "status": "Healthy" }))),
        Err(error) => (StatusCode::OK, Json(json!({ "status": "Degraded", "database": error }))),
    }
}

async fn stats(State(worker): State<Arc<Worker>>) -> Json<Value> {
    let (done, failed) = (worker.done.load(Ordering::Relaxed), worker.failed.load(Ordering::Relaxed));
    Json(json!({ "jobs": { "done": done, "failed": failed } }))
}
