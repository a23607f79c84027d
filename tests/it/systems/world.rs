//! The world outside of Quarterdeck: the servers of a system and of its providers, over HTTP on loopback. What they
//! answer is given by the test, and can be changed while they are looked at.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Runtime};

/// One answer.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    content: Content,
    needs: Option<(&'static str, String)>,
    delay: Duration,
}

#[derive(Debug, Clone)]
enum Content {
    Json(Value),
    Html(&'static str),
    /// A page of Prometheus text. A value written `+3` is a counter that grows by 3 a second.
    Metrics(String),
}

impl Answer {
    fn new(content: Content) -> Self {
        Self { status: 200, headers: Vec::new(), content, needs: None, delay: Duration::ZERO }
    }

    pub fn json(json: Value) -> Self {
        Self::new(Content::Json(json))
    }

    pub fn html(text: &'static str) -> Self {
        Self::new(Content::Html(text))
    }

    pub fn metrics(text: impl Into<String>) -> Self {
        Self::new(Content::Metrics(text.into()))
    }

    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Without this header the answer is 401.
    pub fn needs(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.needs = Some((name, value.into()));
        self
    }

    /// Comes late.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// Servers that answer until they are dropped.
pub struct World {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    inner: Arc<Inner>,
    well: Mutex<BTreeMap<String, Answer>>,
    _runtime: Runtime,
}

#[derive(Default)]
struct Inner {
    /// By method, path and query: `GET /health`. Questions to Prometheus come with the query itself.
    answers: Mutex<BTreeMap<String, Answer>>,
    /// Of each page of metrics.
    counters: Mutex<BTreeMap<String, Counters>>,
    strange: Mutex<BTreeSet<String>>,
}

/// When a page was shown last, and its counters then.
type Counters = (Instant, BTreeMap<String, f64>);

impl World {
    /// With these answers while all is well.
    pub fn new(answers: impl IntoIterator<Item = (&'static str, Answer)>) -> Self {
        let answers: BTreeMap<String, Answer> =
            answers.into_iter().map(|(asked, answer)| (asked.to_owned(), answer)).collect();
        let inner = Arc::new(Inner { answers: Mutex::new(answers.clone()), ..Inner::default() });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url: format!("http://{address}"), inner, well: Mutex::new(answers), _runtime: runtime }
    }

    /// One more answer while all is well.
    pub fn also(&self, asked: &str, answer: Answer) {
        self.well.lock().unwrap().insert(asked.to_owned(), answer.clone());
        self.inner.answers.lock().unwrap().insert(asked.to_owned(), answer);
    }

    /// Something else is answered from now on.
    pub fn answers(&self, asked: &str, answer: Answer) {
        let before = self.inner.answers.lock().unwrap().insert(asked.to_owned(), answer);
        assert!(before.is_some(), "nobody answers {asked}");
    }

    /// Changes the answer as it is now.
    pub fn change(&self, asked: &str, change: impl FnOnce(Answer) -> Answer) {
        let before = self.inner.answers.lock().unwrap().get(asked).cloned();
        self.answers(asked, change(before.unwrap_or_else(|| panic!("nobody answers {asked}"))));
    }

    /// Sets a value of a JSON answer, by its pointer: `/checks/email/status`.
    pub fn set(&self, asked: &str, pointer: &str, value: impl Into<Value>) {
        self.change(asked, |mut answer| {
            let Content::Json(json) = &mut answer.content else { panic!("{asked} does not answer JSON") };
            *json.pointer_mut(pointer).unwrap_or_else(|| panic!("{asked} has no {pointer}")) = value.into();
            answer
        });
    }

    /// Replaces text in a page of metrics.
    pub fn replace(&self, asked: &str, from: &str, to: &str) {
        self.change(asked, |mut answer| {
            let Content::Metrics(page) = &mut answer.content else { panic!("{asked} is no page of metrics") };
            assert!(page.contains(from), "{asked} has no '{from}'");
            *page = page.replace(from, to);
            answer
        });
    }

    /// All is well again.
    pub fn mend(&self) {
        self.inner.answers.lock().unwrap().clone_from(&self.well.lock().unwrap());
    }

    /// What was asked that nobody answers.
    pub fn strange(&self) -> BTreeSet<String> {
        self.inner.strange.lock().unwrap().clone()
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut asked = format!("{} {}", parts.method, parts.uri);
    if parts.uri.path().ends_with("/api/v1/query") {
        let body = to_bytes(body, 64 << 10).await.unwrap_or_default();
        let query = url::form_urlencoded::parse(&body).find(|(name, _)| name == "query");
        asked = format!("{asked} {}", query.map(|(_, query)| query.into_owned()).unwrap_or_default());
    }
    let found = inner.answers.lock().unwrap().get(&asked).cloned();
    let Some(answer) = found else {
        inner.strange.lock().unwrap().insert(asked);
        return reply(404, "application/json", r#"{"error":"not found"}"#.to_owned(), Vec::new());
    };
    if let Some((name, value)) = &answer.needs
        && parts.headers.get(*name).is_none_or(|sent| sent.as_bytes() != value.as_bytes())
    {
        return reply(401, "application/json", r#"{"error":"unauthorized"}"#.to_owned(), Vec::new());
    }
    tokio::time::sleep(answer.delay).await;
    let (kind, text) = match answer.content {
        Content::Json(json) => ("application/json", json.to_string()),
        Content::Html(text) => ("text/html; charset=utf-8", text.to_owned()),
        Content::Metrics(page) => ("text/plain; version=0.0.4", inner.count(&asked, &page)),
    };
    reply(answer.status, kind, text, answer.headers)
}

fn reply(status: u16, kind: &str, text: String, headers: Vec<(&'static str, String)>) -> Response {
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap()).header("content-type", kind);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(text)).unwrap()
}

impl Inner {
    /// The page with its counters as they stand now.
    fn count(&self, asked: &str, page: &str) -> String {
        let mut counters = self.counters.lock().unwrap();
        let (last, totals) = counters.entry(asked.to_owned()).or_insert_with(|| (Instant::now(), BTreeMap::new()));
        let passed = last.elapsed().as_secs_f64();
        *last = Instant::now();
        let line = |line: &str| match line.rsplit_once(" +") {
            Some((series, rate)) => {
                let total = totals.entry(series.to_owned()).or_insert(1_000.0);
                *total += rate.parse::<f64>().unwrap() * passed;
                format!("{series} {total}\n")
            }
            None => format!("{line}\n"),
        };
        page.lines().map(line).collect()
    }
}
