//! The gateway: routes by weight between the live colour and a candidate, and counts what it sees.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    http::{Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{
    DemoError,
    behaviour::{self, Fault},
    database::Database,
    http::HttpClient,
    instance::{Faults, Instance},
    metrics::Metrics,
};

/// Everything the gateway and its control interface work on.
pub struct Gateway {
    pub client: HttpClient,
    pub metrics: Metrics,
    pub faults: Arc<Faults>,
    pub database: Arc<Database>,
    pub database_address: SocketAddr,
    pub backups: PathBuf,
    pub stop: Arc<Notify>,
    pub colours: Mutex<Colours>,
}

/// Who answers.
pub struct Colours {
    pub live: Instance,
    pub candidate: Option<Instance>,
    /// Percent of requests that go to the candidate.
    pub weight: u8,
}

impl Gateway {
    /// The public side: everything under `/api` and `/web`, and the gateway's own health and metrics.
    pub fn public(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/health", get(|| async { Json(json!({ "status": "UP" })) }))
            .route("/metrics", get(|State(gateway): State<Arc<Self>>| async move { gateway.metrics.page() }))
            .fallback(forward)
            .with_state(Arc::clone(self))
    }

    /// The control side: what deploy steps and faults call.
    pub fn control(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/state", get(|State(gateway): State<Arc<Self>>| async move { Json(gateway.state()) }))
            .route("/start/{version}", post(start))
            .route("/weight/{percent}", post(weight))
            .route("/promote", post(promote))
            .route("/discard", post(discard))
            .route("/backup", post(backup))
            .route("/fault/{name}", post(fault))
            .route("/stop", post(stop))
            .with_state(Arc::clone(self))
    }

    fn colours(&self) -> std::sync::MutexGuard<'_, Colours> {
        self.colours.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> Value {
        let colours = self.colours();
        let one = |instance: &Instance| json!({ "colour": instance.colour, "version": instance.version, "address": instance.address.to_string() });
        json!({ "live": one(&colours.live), "candidate": colours.candidate.as_ref().map(one), "weight": colours.weight })
    }

    /// Who answers the next request: address and metric labels.
    fn route(&self, service: &str) -> (SocketAddr, String) {
        let colours = self.colours();
        let chosen = match &colours.candidate {
            Some(candidate) if fastrand::u8(0..100) < colours.weight => candidate,
            _ => &colours.live,
        };
        let labels = format!("service=\"{service}\",colour=\"{}\",version=\"{}\"", chosen.colour, chosen.version);
        (chosen.address, labels)
    }
}

async fn forward(State(gateway): State<Arc<Gateway>>, method: Method, uri: Uri) -> Response {
    let service = match uri.path().split('/').nth(1) {
        Some("api") => "api",
        Some("web") => "web",
        _ => return (StatusCode::NOT_FOUND, "the gateway knows /api and /web\n").into_response(),
    };
    let (address, labels) = gateway.route(service);
    let began = Instant::now();
    let url = format!("http://{address}{}", uri.path_and_query().map_or("/", |path| path.as_str()));
    let response = match gateway.client.send(method, &url, Duration::from_secs(5)).await {
        Ok(answer) => {
            let kind = answer.content_type.unwrap_or_else(|| "text/plain".into());
            (answer.status, [("content-type", kind)], Body::from(answer.body)).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, format!("gateway: {error}\n")).into_response(),
    };
    // Health checks are not traffic.
    if !uri.path().contains("/health") {
        gateway.metrics.record(&labels, response.status().as_u16(), began.elapsed());
    }
    response
}

type Answer = Result<Json<Value>, (StatusCode, String)>;

fn refuse(error: &DemoError) -> (StatusCode, String) {
    (StatusCode::CONFLICT, error.to_string())
}

async fn start(State(gateway): State<Arc<Gateway>>, Path(version): Path<String>) -> Answer {
    let Some(behaviour) = behaviour::of(&version) else {
        let known: Vec<_> = behaviour::RELEASES.iter().map(|(name, ..)| *name).collect();
        let why = format!("there is no version {version}; there are: {}", known.join(", "));
        return Err((StatusCode::NOT_FOUND, why));
    };
    let colour = if gateway.colours().live.colour == "blue" { "green" } else { "blue" };
    let instance = Instance::start(colour, &version, behaviour, gateway.database_address, Arc::clone(&gateway.faults))
        .await
        .map_err(|error| refuse(&error))?;
    let address = instance.address;
    let mut colours = gateway.colours();
    colours.weight = 0;
    colours.candidate = Some(instance);
    Ok(Json(json!({ "colour": colour, "version": version, "address": address.to_string() })))
}

async fn weight(State(gateway): State<Arc<Gateway>>, Path(percent): Path<u8>) -> Answer {
    let mut colours = gateway.colours();
    if percent > 100 {
        return Err((StatusCode::BAD_REQUEST, "a weight is 0 to 100".into()));
    }
    let Some(candidate) = &colours.candidate else {
        // Undoing a shift that never happened is fine: twice is as once.
        if percent == 0 {
            return Ok(Json(json!({ "weight": 0 })));
        }
        return Err((StatusCode::CONFLICT, "there is no candidate to send traffic to: start one first".into()));
    };
    let version = candidate.version.clone();
    colours.weight = percent;
    Ok(Json(json!({ "weight": percent, "version": version })))
}

async fn promote(State(gateway): State<Arc<Gateway>>) -> Answer {
    let mut colours = gateway.colours();
    let Some(candidate) = colours.candidate.take() else {
        return Err((StatusCode::CONFLICT, "there is no candidate to promote".into()));
    };
    colours.weight = 0;
    let old = std::mem::replace(&mut colours.live, candidate);
    Ok(Json(json!({ "live": colours.live.version, "stopped": old.version })))
}

async fn discard(State(gateway): State<Arc<Gateway>>) -> Answer {
    let mut colours = gateway.colours();
    colours.weight = 0;
    let gone = colours.candidate.take().map(|instance| instance.version.clone());
    Ok(Json(json!({ "stopped": gone, "live": colours.live.version })))
}

async fn backup(State(gateway): State<Arc<Gateway>>) -> Answer {
    let name = format!("orders-{}.log", chrono::Utc::now().format("%Y%m%dT%H%M%S%.3fZ"));
    let path = gateway.backups.join(name);
    let rows = gateway.database.back_up(&path).map_err(|error| refuse(&error))?;
    Ok(Json(json!({ "file": path, "rows": rows })))
}

async fn fault(State(gateway): State<Arc<Gateway>>, Path(name): Path<String>) -> Answer {
    if name == "clear" {
        gateway.faults.clear();
    } else if let Some(fault) = Fault::named(&name) {
        gateway.faults.add(fault);
    } else {
        let known: Vec<_> = Fault::ALL.iter().map(|(name, _)| *name).collect();
        return Err((
            StatusCode::NOT_FOUND,
            format!("there is no fault {name}; there are: {}, clear", known.join(", ")),
        ));
    }
    let down = gateway.faults.has(Fault::DatabaseDown);
    gateway.database.down.store(down, std::sync::atomic::Ordering::Relaxed);
    Ok(Json(json!({ "fault": name })))
}

async fn stop(State(gateway): State<Arc<Gateway>>) -> Answer {
    gateway.stop.notify_one();
    Ok(Json(json!({ "stopping": true })))
}
