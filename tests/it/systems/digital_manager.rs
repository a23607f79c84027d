//! Digital Manager: pages, functions, what the metrics function aggregates, and what browsers measured.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    edge::Edge,
    shipped::{Shipped, token},
    world::{Answer, World},
};

const PAGE: &str = "GET /";
const HEALTH: &str = "GET /.netlify/functions/health";
const ERRORS: &str = "GET /.netlify/functions/metrics?category=requests&aggregation=rate&window=2m";
const AVERAGE: &str = "GET /.netlify/functions/metrics?category=performance&aggregation=avg&window=5m";
const P50: &str = "GET /.netlify/functions/metrics?category=performance&aggregation=p50&window=5m";
const P95: &str = "GET /.netlify/functions/metrics?category=performance&aggregation=p95&window=5m";
const P99: &str = "GET /.netlify/functions/metrics?category=performance&aggregation=p99&window=5m";
const PAYMENTS: &str = "GET /.netlify/functions/metrics?category=payments&aggregation=sum&window=15m";
const VITALS: &str = "GET /.netlify/functions/metrics?category=web_vitals&aggregation=p75&window=1h";
const USE: &str = "GET /.netlify/functions/metrics?category=business&aggregation=sum&window=1h";

const SIGN_IN: &str = "POST /.netlify/functions/auth-login";
const DASHBOARD: &str = "GET /.netlify/functions/dashboard";
const WRITE: &str = "POST /.netlify/functions/notes";
const TAKE_AWAY: &str = "DELETE /.netlify/functions/notes?id=n-7";
const SESSION: &str = "session-of-the-synthetic-user";

/// For who has signed in.
fn ours(json: Value) -> Answer {
    Answer::json(json).needs("authorization", format!("Bearer {SESSION}"))
}

fn page() -> Answer {
    Answer::html("<!doctype html><title>Digital Manager</title>")
        .header("strict-transport-security", "max-age=31536000")
        .header("content-security-policy", "default-src 'self'")
        .header("x-frame-options", "DENY")
        .header("x-content-type-options", "nosniff")
}

/// An answer of the metrics function.
fn metrics(metrics: &Value) -> Answer {
    Answer::json(json!({ "metrics": metrics })).needs("x-metrics-key", token("METRICS_KEY"))
}

fn world() -> World {
    let health = json!({
        "status": "healthy", "version": "3.2.0", "environment": "production", "checks": {
            "database": { "status": "healthy", "responseTime": 42, "tables": 14 },
            "api_endpoints": { "status": "healthy", "responseTime": 88 },
            "external_services": { "status": "healthy", "responseTime": 120 },
            "system_resources": {
                "status": "healthy", "memory": { "usedPercent": 57.2 }, "cpu": { "usedPercent": 12.5 }, "uptime": 3600,
            },
            "application": { "status": "healthy", "missing": [] },
        },
    });
    World::new([
        (PAGE, page()),
        (HEALTH, Answer::json(health)),
        (ERRORS, metrics(&json!({ "requests": 21.0, "errors": 0.08 }))),
        (AVERAGE, metrics(&json!({ "response_time": 310 }))),
        (P50, metrics(&json!({ "response_time": 260 }))),
        (P95, metrics(&json!({ "response_time": 910 }))),
        (P99, metrics(&json!({ "response_time": 1_640 }))),
        (PAYMENTS, metrics(&json!({ "attempted": 64, "failed": 0, "revenue": 3_120.5 }))),
        (VITALS, metrics(&json!({ "LCP": 1_900, "FID": 14, "CLS": 0.04 }))),
        (SIGN_IN, Answer::json(json!({ "token": SESSION }))),
        (DASHBOARD, ours(json!({ "user": { "email": "synthetic@digital-manager.example" } }))),
        (WRITE, ours(json!({ "id": "n-7" })).status(201)),
        (TAKE_AWAY, ours(json!({}))),
        (USE, metrics(&json!({ "sessions": 812, "searches": 2_210, "signups": 9 }))),
    ])
}

fn shipped(world: &World, edge: &Edge) -> Shipped {
    let shipped = Shipped::new("digital-manager", "production", |environment| {
        environment["url"] = world.url.clone().into();
        environment["vars"]["tls"] = edge.tls.clone().into();
    });
    shipped.trusting(&edge.ca)
}

#[test]
fn pages_functions_and_browsers_are_well_and_recorded() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge);
    shipped.check();
    let watching = shipped.watch();
    watching.all_is_well();
    assert_eq!(watching.value("functions", "error_rate"), Some(0.08 / 21.0));
    assert_eq!(watching.value("experience", "lcp_ms"), Some(1_900.0));
    assert!(world.strange().is_empty(), "{:?}", world.strange());
}

#[test]
fn errors_and_failed_payments_are_down_while_slow_and_full_are_degraded() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge);
    let watching = shipped.watch();
    watching.all_is_well();

    world.set(P95, "/metrics/response_time", 5_600);
    world.set(HEALTH, "/checks/system_resources/memory/usedPercent", 84.0);
    world.set(PAYMENTS, "/metrics/failed", 3);
    watching.exactly(&[
        ("functions", "degraded", "p95_ms 5600 > 5000"),
        ("payments", "down", "expected payments_failed == 0, but it is 3"),
    ]);
    watching.exactly(&[
        ("functions", "degraded", "memory_percent 84 > 80"),
        ("payments", "down", "expected payments_failed == 0, but it is 3"),
    ]);

    world.mend();
    world.set(ERRORS, "/metrics/errors", 2.52);
    watching.exactly(&[("functions", "down", "expected error_rate <= 0.10, but error_rate 0.12 > 0.1")]);
}

#[test]
fn a_health_function_that_says_unhealthy_is_believed_beside_a_200() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge);
    let watching = shipped.watch();
    watching.all_is_well();

    world.set(HEALTH, "/status", "unhealthy");
    world.set(HEALTH, "/checks/database/status", "unhealthy");
    watching.exactly(&[
        ("functions", "down", "status 200, but the body says that it fails"),
        ("database", "down", "json.checks.database.status \"unhealthy\" not in"),
    ]);
    world.mend();
    world.set(HEALTH, "/checks/external_services/status", "degraded");
    watching.exactly(&[("external", "degraded", "json.checks.external_services.status \"degraded\" == \"degraded\"")]);
}

#[test]
fn a_page_without_its_headers_and_a_slow_one_are_degraded_as_is_a_bad_experience() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge);
    let watching = shipped.watch();
    watching.all_is_well();

    let bare = Answer::html("<!doctype html><title>Digital Manager</title>");
    world.answers(PAGE, bare.header("strict-transport-security", "max-age=31536000"));
    world.set(VITALS, "/metrics/CLS", 0.21);
    watching.exactly(&[
        ("site", "degraded", "\"content-security-policy\" not in headers"),
        ("experience", "degraded", "cls 0.21 > 0.1"),
    ]);

    world.mend();
    world.answers(PAGE, page().after(Duration::from_millis(5_200)));
    watching.exactly(&[("site", "degraded", "latency_ms 5")]);
    world.answers(PAGE, page().status(502));
    watching.exactly(&[("site", "down", "expected status == 200, but it is 502")]);
}

#[test]
fn a_user_who_can_not_sign_in_or_write_is_told_by_the_name_of_the_step() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge);
    let watching = shipped.watch();
    watching.all_is_well();
    assert!(watching.value("workflows", "workflow_ms").unwrap() > 0.0);
    assert!(watching.value("workflows", "load_p95_ms").unwrap() > 0.0);

    world.answers(SIGN_IN, Answer::json(json!({ "error": "locked" })).status(423));
    watching.exactly(&[("workflows", "down", "request 1 of 3, sign in: status 423")]);
    world.mend();
    world.answers(WRITE, ours(json!({ "error": "read only" })).status(503));
    watching.exactly(&[("workflows", "down", "request 3 of 3, write a note")]);
    world.mend();
    world.answers(TAKE_AWAY, ours(json!({ "error": "not yours" })).status(403));
    watching.exactly(&[("workflows", "degraded", "cleaned")]);
}

#[test]
fn a_certificate_about_to_expire_degrades_the_site() {
    let (world, edge) = (world(), Edge::new(6));
    let shipped = shipped(&world, &edge);
    shipped.watch().exactly(&[("site", "degraded", "certificate_days ")]);
}
