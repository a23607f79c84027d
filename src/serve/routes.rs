//! The endpoints. Each reads a book, and puts what it finds into words.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    domain::{environment::Project, pipeline::PipelineKind, release::Release, run::RunSummary},
    store::{Reader, Store, StoreError, state_dir::StateDir},
};

use super::{
    alerts,
    books::Book,
    health, metrics,
    public::Public,
    status,
    vitals::{Verdict, Vitals, unreadable},
    world::World,
};

/// Rows of one answer at most.
const MOST: usize = 500;
const USUAL: usize = 20;

/// What endpoints answer from.
pub struct Books {
    /// What Quarterdeck says of itself.
    pub vitals: Book<Vitals>,
    /// What it knows of the services.
    pub world: Book<World>,
    /// For lists that are read when somebody asks.
    pub state: StateDir,
    /// For callbacks that come in.
    pub store: Store,
    /// One list is read at a time: a crowd waits instead of reading the history at once.
    pub turn: Arc<tokio::sync::Semaphore>,
}

/// An answer that is not what was asked for: status, and a sentence.
pub struct Problem(pub StatusCode, pub String);

type Answer = Result<Response, Problem>;

/// All endpoints.
pub fn router(books: Arc<Books>) -> Router {
    Router::new()
        .route("/health", get(whole))
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/health/detailed", get(detailed))
        .route("/metrics", get(metrics_page))
        .route("/alerts", get(standing))
        .route("/api/status", get(status_of))
        .route("/api/services/{name}", get(service))
        .route("/api/runs", get(runs))
        .route("/api/releases", get(releases))
        .fallback(async || problem(StatusCode::NOT_FOUND, "there is nothing here"))
        .with_state(books)
}

/// A sentence as a JSON document.
pub fn problem(status: StatusCode, sentence: &str) -> Response {
    document(status, "application/json", &json!({ "error": sentence }))
}

fn document(status: StatusCode, media: &'static str, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => (status, [(header::CONTENT_TYPE, HeaderValue::from_static(media))], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn json_answer(value: &impl Serialize) -> Response {
    document(StatusCode::OK, "application/json", value)
}

fn absent(sentence: String) -> Problem {
    Problem(StatusCode::SERVICE_UNAVAILABLE, sentence)
}

fn healthy(works: Result<(), String>) -> Response {
    let status = if works.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    document(status, health::MEDIA_TYPE, &health::small(works))
}

async fn whole(State(books): State<Arc<Books>>) -> Response {
    healthy(books.vitals.now().await.and_then(|vitals| vitals.works()))
}

async fn live() -> Response {
    healthy(Ok(()))
}

async fn ready(State(books): State<Arc<Books>>) -> Response {
    healthy(books.world.now().await.map(drop))
}

async fn detailed(State(books): State<Arc<Books>>) -> Response {
    match (books.vitals.now().await, books.world.now().await) {
        (Ok(vitals), Ok(world)) => {
            let failed = vitals.verdict() == Verdict::Fail;
            let status = if failed { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
            document(status, health::MEDIA_TYPE, &health::detailed(&vitals, &world.services))
        }
        (Err(why), _) | (_, Err(why)) => healthy(Err(why)),
    }
}

/// Our own figures are told even if the history can't be read; then what is watched is missing from the page.
async fn metrics_page(State(books): State<Arc<Books>>) -> Answer {
    let (vitals, world) = (books.vitals.now().await.ok(), books.world.now().await.ok());
    let written = tokio::task::spawn_blocking(move || metrics::page(vitals.as_deref(), world.as_deref())).await;
    let page = written.map_err(|_| Problem(StatusCode::INTERNAL_SERVER_ERROR, "the page broke off".into()))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(metrics::MEDIA_TYPE))], page).into_response())
}

async fn standing(State(books): State<Arc<Books>>) -> Answer {
    let (vitals, world) = (books.vitals.now().await.map_err(absent)?, books.world.now().await.map_err(absent)?);
    Ok(json_answer(&alerts::document(&world, &vitals)))
}

/// What may stand behind the question mark.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    env: Option<String>,
    target: Option<String>,
    limit: Option<usize>,
}

type Asked = Result<Query<Choice>, QueryRejection>;

fn choice(asked: Asked) -> Result<Choice, Problem> {
    let refused = |_| Problem(StatusCode::BAD_REQUEST, "known are env=NAME, target=NAME and limit=NUMBER".to_owned());
    let Query(choice) = asked.map_err(refused)?;
    if choice.limit.is_some_and(|limit| limit == 0 || limit > MOST) {
        return Err(Problem(StatusCode::BAD_REQUEST, format!("limit is a number from 1 to {MOST}")));
    }
    Ok(choice)
}

fn environment<'p>(project: &'p Project, choice: &Choice) -> Result<&'p str, Problem> {
    let found = match &choice.env {
        Some(name) => project.environment(name),
        None => project.environments.first(),
    };
    found
        .map(|environment| environment.name.as_str())
        .ok_or_else(|| Problem(StatusCode::NOT_FOUND, "there is no such environment".into()))
}

async fn status_of(State(books): State<Arc<Books>>, asked: Asked) -> Answer {
    let choice = choice(asked)?;
    let (vitals, world) = (books.vitals.now().await.map_err(absent)?, books.world.now().await.map_err(absent)?);
    let env = environment(&world.project, &choice)?;
    let services = world.of(env).unwrap_or_default();
    let off = world.off_release.get(env).map_or(&[][..], Vec::as_slice);
    let name = &world.project.name;
    Ok(json_answer(&status::document(name, env, world.at, vitals.watcher, services, off, &world.active)))
}

async fn service(State(books): State<Arc<Books>>, Path(name): Path<String>, asked: Asked) -> Answer {
    let choice = choice(asked)?;
    let world = books.world.now().await.map_err(absent)?;
    let env = environment(&world.project, &choice)?;
    match world.of(env).unwrap_or_default().iter().find(|service| service.service == name) {
        Some(service) => Ok(json_answer(&json!({ "environment": env, "at": world.at, "service": service }))),
        None => Err(Problem(StatusCode::NOT_FOUND, "there is no such service".into())),
    }
}

async fn runs(State(books): State<Arc<Books>>, asked: Asked) -> Answer {
    let choice = choice(asked)?;
    let world = books.world.now().await.map_err(absent)?;
    let env = choice.env.as_ref().map(|_| environment(&world.project, &choice)).transpose()?.map(str::to_owned);
    let limit = choice.limit.unwrap_or(USUAL);
    let runs: Vec<RunSummary> = books.read(move |reader| reader.runs(env.as_deref(), limit)).await?;
    let public = Public::new(&world.project);
    let runs: Vec<_> = runs.into_iter().map(|run| public.run(run)).collect();
    Ok(json_answer(&json!({ "runs": runs })))
}

async fn releases(State(books): State<Arc<Books>>, asked: Asked) -> Answer {
    let choice = choice(asked)?;
    let world = books.world.now().await.map_err(absent)?;
    let env = environment(&world.project, &choice)?.to_owned();
    let deploys = world.project.environment(&env).into_iter().flat_map(|environment| environment.pipelines.values());
    let usual =
        deploys.filter(|pipeline| pipeline.kind == PipelineKind::Deploy).map(|pipeline| &pipeline.target).next();
    let target = choice.target.or_else(|| usual.cloned()).unwrap_or_else(|| world.project.name.clone());
    let limit = choice.limit.unwrap_or(USUAL);
    let found: Vec<Release> = {
        let (env, target) = (env.clone(), target.clone());
        books.read(move |reader| reader.releases(&env, &target, limit)).await?
    };
    let public = Public::new(&world.project);
    let found: Vec<Value> = found.into_iter().map(|release| json!(public.release(release))).collect();
    Ok(json_answer(&json!({ "environment": env, "target": target, "releases": found })))
}

impl Books {
    /// Reads a list off the threads that answer.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| absent("it is being closed".into()))?;
        let state = self.state.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            read(&Reader::open(&state)?)
        });
        match reading.await {
            Ok(found) => found.map_err(unreadable).map_err(absent),
            Err(_) => Err(Problem(StatusCode::INTERNAL_SERVER_ERROR, "the reading broke off".into())),
        }
    }
}
