//! Flows and benches.

use std::sync::Mutex;

use super::*;
use crate::domain::{
    judge::judge,
    probe::{BenchLook, Capture, FlowLook, FlowStep},
    template::{Context, Template},
    verdict::Verdict,
};

/// A shop that signs people up: what it was asked, in order.
async fn shop(token: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let (address, _) = server(move |mut stream, _| {
        let seen = Arc::clone(&seen);
        async move {
            loop {
                let head = request(&mut stream).await?;
                if head.is_empty() {
                    return Ok(());
                }
                let length =
                    head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                stream.read_exact(&mut body).await?;
                let line = head.lines().next().unwrap_or_default().to_owned();
                let known = head.to_lowercase().contains(&format!("authorization: bearer {token}").to_lowercase());
                seen.lock().unwrap().push(format!("{line} {}", String::from_utf8_lossy(&body)));
                let json = "content-type: application/json\r\n";
                let answer = if line.starts_with("POST /signup") {
                    http("201 Created", json, &serde_json::json!({ "token": token, "id": 7 }).to_string())
                } else if known {
                    http("200 OK", json, r#"{"ok":true}"#)
                } else {
                    http("401 Unauthorized", json, &format!(r#"{{"why":"not {token}"}}"#))
                };
                stream.write_all(answer.as_bytes()).await?;
            }
        }
    })
    .await;
    (format!("http://{address}"), asked)
}

fn template(source: &str) -> Template {
    Template::parse(source).unwrap()
}

fn step(method: &str, url: &str, bearer: Option<&str>) -> FlowStep<Template> {
    let headers = bearer.map(|token| ("authorization".to_owned(), template(token))).into_iter().collect();
    let request = HttpRequest { method: method.into(), headers, ..HttpRequest::get(template(url)) };
    FlowStep { name: format!("{method} it"), request, expect: vec![], capture: vec![] }
}

fn sign_up(base: &str) -> FlowStep<Template> {
    let mut step = step("POST", &format!("{base}/signup"), None);
    step.request.body = Some(template(r#"{"email":"qd+{{ look.id }}@acme.example"}"#));
    step.request.headers.push(("content-type".into(), template("application/json")));
    let capture = |name: &str, value: &str, secret| Capture {
        name: name.into(),
        value: Condition::parse(value).unwrap(),
        secret,
    };
    step.capture = vec![capture("token", "json.token", true), capture("id", "json.id", false)];
    step
}

fn flow(steps: Vec<FlowStep<Template>>, cleanup: Vec<FlowStep<Template>>) -> ProbeSpec {
    spec(ProbeKind::Flow(FlowLook { steps, cleanup }).render(&Context::new()).unwrap())
}

#[tokio::test]
async fn a_flow_hands_values_on_and_cleans_up() {
    let (base, asked) = shop("tok-en\"1").await;
    let me = step("GET", &format!("{base}/me"), Some("Bearer {{ token }}"));
    let mut echo = step("PUT", &format!("{base}/me"), Some("Bearer {{ token }}"));
    echo.request.body = Some(template(r#"{"token":"{{ token }}"}"#));
    echo.request.headers.push(("content-type".into(), template("application/json")));
    let cleanup = vec![step("DELETE", &format!("{base}/users/{{{{ id }}}}"), Some("Bearer {{ token }}"))];
    let spec = flow(vec![sign_up(&base), me, echo], cleanup);
    let outcome = look(&spec).await;
    assert_eq!(outcome.error, None);
    assert_eq!((outcome.facts.get("steps").unwrap(), outcome.facts.get("cleaned").unwrap()), (&3.into(), &true.into()));
    assert_eq!(outcome.facts.get("step_ms").unwrap().as_array().unwrap().len(), 3);
    assert!(outcome.phases.connect_ms.is_some() && outcome.phases.processing_ms.is_some());
    let first = asked.lock().unwrap().clone();
    assert!(first[0].contains("qd+") && !first[0].contains("look.id"), "{first:?}");
    assert_eq!(first[2], r#"PUT /me HTTP/1.1 {"token":"tok-en\"1"}"#, "escaped within JSON");
    assert_eq!(first[3], "DELETE /users/7 HTTP/1.1 ");
    look(&spec).await;
    let second = asked.lock().unwrap()[4].clone();
    assert_ne!(first[0], second, "each look has an id of its own");
}

#[tokio::test]
async fn the_request_that_fails_is_named_its_secret_is_not_and_cleanup_still_runs() {
    let (base, asked) = shop("very-secret-token").await;
    let mut wrong = step("GET", &format!("{base}/me"), Some("Bearer nobody"));
    wrong.expect = vec![Condition::parse("json.why == 'fine'").unwrap()];
    let cleanup = vec![
        step("DELETE", &format!("{base}/users/{{{{ id }}}}"), Some("Bearer {{ token }}")),
        step("DELETE", &format!("{base}/users/{{{{ id }}}}"), Some("Bearer nobody")),
    ];
    let spec = flow(vec![sign_up(&base), wrong], cleanup);
    let outcome = look(&spec).await;
    let (phase, kind, message) = error(&outcome);
    assert_eq!((phase, kind), (Phase::Decode, "unexpected"));
    assert!(message.starts_with("request 2 of 2, GET it: expected json.why == 'fine'"), "{message}");
    assert!(!message.contains("very-secret-token"), "{message}");
    assert_eq!(outcome.facts.get("failed_step").unwrap(), "GET it");
    assert_eq!(
        (outcome.facts.get("steps").unwrap(), outcome.facts.get("cleaned").unwrap()),
        (&1.into(), &false.into())
    );
    assert_eq!(asked.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn what_was_never_captured_is_not_cleaned_up() {
    let (base, asked) = shop("token").await;
    let mut first = sign_up(&base);
    first.capture[0].value = Condition::parse("json.nothing").unwrap();
    let cleanup = vec![step("DELETE", &format!("{base}/x"), Some("Bearer {{ token }}"))];
    let outcome = look(&flow(vec![first], cleanup)).await;
    assert_eq!(error(&outcome).1, "not_captured");
    assert!(error(&outcome).2.contains("json.nothing is not in the answer"));
    assert_eq!(asked.lock().unwrap().len(), 1);
}

fn bench(url: &str, requests: u32, concurrency: u32) -> ProbeSpec {
    spec(ProbeKind::Bench(BenchLook { request: get(url), requests, concurrency, duration: None }))
}

#[tokio::test]
async fn a_bench_makes_its_requests_over_so_many_connections() {
    let (address, connections) = answering(http("200 OK", "", "ok")).await;
    let spec = bench(&format!("http://{address}/"), 200, 8);
    let outcome = look(&spec).await;
    let fact = |name: &str| outcome.facts.get(name).and_then(serde_json::Value::as_f64).unwrap();
    assert_eq!((fact("requests"), fact("errors"), fact("error_rate")), (200.0, 0.0, 0.0));
    assert!(fact("p50_ms") <= fact("p95_ms") && fact("p95_ms") <= fact("p99_ms") && fact("p99_ms") <= fact("max_ms"));
    assert!(fact("rps") > 0.0 && connections.load(Ordering::SeqCst) <= 8);
    assert_eq!(judge(&spec, outcome).says.verdict, Verdict::Pass);
}

#[tokio::test]
async fn a_bench_fails_by_its_errors_and_names_the_first() {
    let (address, _) = answering(http("503 Service Unavailable", "", "")).await;
    let spec = bench(&format!("http://{address}/"), 20, 2);
    let judged = judge(&spec, look(&spec).await);
    assert_eq!(judged.says.verdict, Verdict::Fail);
    assert_eq!(judged.detail, "20 of 20 requests failed, the first with: status 503");
}

#[tokio::test]
async fn a_bench_that_is_not_done_in_time_says_how_far_it_came() {
    let (address, _) = server(|mut stream, _| async move {
        request(&mut stream).await?;
        std::future::pending().await
    })
    .await;
    let spec = ProbeSpec { timeout: Duration::from_millis(200), ..bench(&format!("http://{address}/"), 50, 2) };
    let outcome = look(&spec).await;
    let (phase, kind, message) = error(&outcome);
    assert_eq!((phase, kind), (Phase::Processing, "timeout"));
    assert!(message.starts_with("only 2 of 50 requests"), "{message}");
}
