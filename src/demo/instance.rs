//! One colour of the shop: an API and a web front end of one version, on ports of their own.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    DemoError,
    behaviour::{Behaviour, Fault},
    database,
    metrics::Metrics,
};

/// Not ready before this: a new instance warms up.
const WARM_UP: Duration = Duration::from_millis(400);
/// A leak stops here, so that the demo never hurts the machine.
const MOST_LEAKED: usize = 96 << 20;

/// What all instances share.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Whether the fault is on.
    pub fn has(&self, fault: Fault) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&fault)
    }

    /// Switches a fault on.
    pub fn add(&self, fault: Fault) {
        let mut on = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !on.contains(&fault) {
            on.push(fault);
        }
    }

    /// Switches all off.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A running instance; dropping it stops it.
#[derive(Debug)]
pub struct Instance {
    /// `blue` or `green`.
    pub colour: &'static str,
    /// What it runs.
    pub version: String,
    /// Where it answers.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

struct Inside {
    version: String,
    colour: &'static str,
    behaviour: Behaviour,
    database: SocketAddr,
    faults: Arc<Faults>,
    started: Instant,
    orders: AtomicU64,
    leaked: Mutex<Vec<Vec<u8>>>,
    metrics: Metrics,
}

impl Instance {
    /// Starts one on a free port of loopback.
    pub async fn start(
        colour: &'static str,
        version: &str,
        behaviour: Behaviour,
        database: SocketAddr,
        faults: Arc<Faults>,
    ) -> Result<Self, DemoError> {
        let refused = |error: std::io::Error| DemoError::Network {
            what: format!("can't start {colour} {version} on 127.0.0.1"),
            why: error.to_string(),
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let inside = Arc::new(Inside {
            version: version.to_owned(),
            colour,
            behaviour,
            database,
            faults,
            started: Instant::now(),
            orders: AtomicU64::new(0),
            leaked: Mutex::default(),
            metrics: Metrics::default(),
        });
        let router = Router::new()
            .route("/api/orders", get(orders))
            .route("/web/", get(page))
            .route("/api/health/ready", get(ready))
            .route("/web/health/ready", get(ready))
            .route("/api/health/live", get(live))
            .route("/api/stats", get(stats))
            .route("/metrics", get(metrics))
            .with_state(inside);
        let task = tokio::spawn(async move {
            // Ends only when the task is aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { colour, version: version.to_owned(), address, task })
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Inside {
    fn leak(&self) -> usize {
        let mut leaked = self.leaked.lock().unwrap_or_else(PoisonError::into_inner);
        let held: usize = leaked.iter().map(Vec::len).sum();
        if self.behaviour.leak_bytes > 0 && held < MOST_LEAKED {
            leaked.push(vec![1; self.behaviour.leak_bytes]);
        }
        held
    }

    fn is_warm(&self) -> bool {
        self.started.elapsed() >= WARM_UP
    }
}

async fn orders(State(inside): State<Arc<Inside>>) -> Response {
    let began = Instant::now();
    let response = answer_orders(&inside).await;
    inside.metrics.record("service=\"api\"", response.status().as_u16(), began.elapsed());
    response
}

async fn answer_orders(inside: &Inside) -> Response {
    let leaked = inside.leak();
    tokio::time::sleep(inside.behaviour.delay(leaked)).await;
    if inside.faults.has(Fault::SlowApi) {
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let number = inside.orders.fetch_add(1, Ordering::Relaxed);
    if fastrand::f64() < inside.behaviour.failing {
        return (StatusCode::INTERNAL_SERVER_ERROR, "order service: unexpected null in price list\n").into_response();
    }
    if inside.faults.has(Fault::FailingApi) && fastrand::u8(0..3) == 0 {
        return (StatusCode::SERVICE_UNAVAILABLE, "order service: upstream connect error\n").into_response();
    }
    let question = if number.is_multiple_of(10) {
        format!("SET order-{} paid", number % 500)
    } else {
        format!("GET order-{}", number % 500)
    };
    match database::ask(inside.database, &question).await {
        Ok(answer) => Json(json!({ "order": number, "state": answer })).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("order service: {error}\n")).into_response(),
    }
}

async fn page(State(inside): State<Arc<Inside>>) -> Response {
    let began = Instant::now();
    tokio::time::sleep(Duration::from_millis(fastrand::u64(3..=12))).await;
    inside.metrics.record("service=\"web\"", 200, began.elapsed());
    axum::response::Html(format!("<h1>Harbour Shop {}</h1>\n", inside.version)).into_response()
}

/// Health as health+json: what a load balancer asks.
async fn ready(State(inside): State<Arc<Inside>>) -> Response {
    let database = database::ask(inside.database, "PING").await;
    let (status, word) = match (&database, inside.is_warm()) {
        (Ok(_), true) => (StatusCode::OK, "pass"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "fail"),
    };
    let body = json!({
        "status": word,
        "version": inside.version,
        "releaseId": inside.version,
        "checks": { "database": database.err().unwrap_or_else(|| "ok".into()), "warm": inside.is_warm() },
    });
    (status, [("content-type", "application/health+json")], body.to_string()).into_response()
}

async fn live() -> &'static str {
    "alive\n"
}

async fn stats(State(inside): State<Arc<Inside>>) -> Json<serde_json::Value> {
    let held: usize = inside.leaked.lock().unwrap_or_else(PoisonError::into_inner).iter().map(Vec::len).sum();
    Json(json!({
        "version": inside.version,
        "colour": inside.colour,
        "orders": inside.orders.load(Ordering::Relaxed),
        "uptime_s": inside.started.elapsed().as_secs(),
        "memory_mb": 24 + (held >> 20),
    }))
}

async fn metrics(State(inside): State<Arc<Inside>>) -> String {
    let held: usize = inside.leaked.lock().unwrap_or_else(PoisonError::into_inner).iter().map(Vec::len).sum();
    inside.metrics.gauge("leaked_bytes", held as f64);
    inside.metrics.page()
}
