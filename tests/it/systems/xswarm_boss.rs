//! xSwarm Boss: the worker with its traffic, the providers behind it, and the business.

use base64::Engine;
use serde_json::{Value, json};

use crate::support::run::wait_for;

use super::{
    edge::Edge,
    shipped::{Shipped, token},
    world::{Answer, World},
};

const READY: &str = "GET /health/ready";
const DETAILED: &str = "GET /health/detailed";
const METRICS: &str = "GET /metrics";
const ANALYTICS: &str = "GET /api/admin/analytics";
const BALANCE: &str = "GET /stripe/v1/balance";
const ENDPOINTS: &str = "GET /stripe/v1/webhook_endpoints?limit=100";
const TWILIO: &str = "GET /twilio/2010-04-01/Accounts/AC00000000000000000000000000000000.json";
const TWILIO_BALANCE: &str = "GET /twilio/2010-04-01/Accounts/AC00000000000000000000000000000000/Balance.json";
const SENDGRID: &str = "GET /sendgrid/v3/scopes";
const ANTHROPIC: &str = "GET /anthropic/v1/models";
const OPENAI: &str = "GET /openai/v1/models";
const CLOUDFLARE: &str = "GET /cloudflare/client/v4/user/tokens/verify";
const BUCKET: &str = "GET /cloudflare/client/v4/accounts/00000000000000000000000000000000/r2/buckets/xswarm-backups";

/// The worker's metrics page: 20 requests a second, 0.1 of them errors, nearly all below half a second.
const PAGE: &str = r#"# TYPE http_requests_total counter
http_requests_total{method="POST",route="/api/auth/login",status="200"} +4
http_requests_total{method="GET",route="/api/teams",status="200"} +3
http_requests_total{method="GET",route="/api/projects",status="200"} +2.9
http_requests_total{method="GET",route="/api/messages",status="200"} +6
http_requests_total{method="GET",route="/api/messages",status="500"} +0.1
http_requests_total{method="GET",route="/api/buzz/listings",status="200"} +2
http_requests_total{method="GET",route="/api/suggestions",status="200"} +1
http_requests_total{method="GET",route="/api/sessions",status="429"} +1
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.1"} +12
http_request_duration_seconds_bucket{le="0.5"} +19.5
http_request_duration_seconds_bucket{le="2.5"} +20
http_request_duration_seconds_bucket{le="+Inf"} +20
# TYPE worker_execution_seconds histogram
worker_execution_seconds_bucket{le="0.01"} +15
worker_execution_seconds_bucket{le="0.05"} +20
worker_execution_seconds_bucket{le="+Inf"} +20
# TYPE db_query_duration_seconds histogram
db_query_duration_seconds_bucket{le="0.01"} +40
db_query_duration_seconds_bucket{le="0.1"} +60
db_query_duration_seconds_bucket{le="3"} +60
db_query_duration_seconds_bucket{le="+Inf"} +60
db_query_duration_seconds_count +60
# TYPE worker_cpu_seconds_total counter
worker_cpu_seconds_total +0.2
# TYPE worker_memory_bytes gauge
worker_memory_bytes 6.291456e7
"#;

const ACCOUNT: &str = "AC00000000000000000000000000000000";

/// What Twilio wants to see of an account.
fn basic(account: &str) -> String {
    let both = format!("{account}:{}", token("TWILIO_TOKEN"));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(both))
}

fn detailed() -> Value {
    json!({
        "status": "healthy", "version": "1.14.0", "checks": {
            "database": { "status": "healthy", "latency_ms": 12, "schema_version": 10 },
            "email": { "status": "healthy" }, "sms": { "status": "healthy" }, "voice": { "status": "healthy" },
        },
        "environment": {
            "name": "production", "mode": "live", "log_level": "info",
            "rate_limit": { "enabled": true, "per_minute": 60 },
            "features": { "buzz": true, "voice": true, "debug_tools": false },
        },
    })
}

fn analytics() -> Value {
    json!({
        "users": { "total": 4_210, "new_today": 37, "dau": 861, "mau": 2_904 },
        "tiers": { "free": 3_390, "pro": 742, "enterprise": 78 },
        "conversion": { "rate": 0.061 },
        "revenue": { "mrr_usd": 18_240, "today_usd": 731.5 },
        "payments": { "succeeded_1h": 41, "failed_1h": 0 },
        "api": { "calls_today": 91_377, "top_customer_share": 0.11 },
    })
}

fn page() -> Answer {
    Answer::html("<!doctype html><title>xSwarm Boss</title>")
        .header("strict-transport-security", "max-age=31536000")
        .header("content-security-policy", "default-src 'self'")
        .header("x-content-type-options", "nosniff")
        .header("cache-control", "public, max-age=300")
        .header("cf-ray", "8f1e2d3c4b5a6978-FRA")
}

fn world() -> World {
    let bearer = |secret: &str| format!("Bearer {}", token(secret));
    let ours = |json: Value| Answer::json(json).needs("authorization", bearer("METRICS_TOKEN"));
    let refused = || Answer::json(json!({ "error": "invalid signature" })).status(401);
    let endpoints = json!({ "object": "list", "data": [
        { "id": "we_1", "url": "https://old.xswarm.example/hook", "status": "disabled" },
        { "id": "we_2", "url": "https://xswarm.example/webhooks/stripe", "status": "enabled" },
    ] });
    let models = json!({ "data": [{ "id": "a-model" }], "has_more": false });
    World::new([
        ("GET /health/live", Answer::json(json!({ "status": "ok" }))),
        (READY, Answer::json(json!({ "status": "ok" }))),
        ("GET /health", Answer::json(json!({ "status": "ok", "version": "1.14.0" }))),
        (DETAILED, ours(detailed())),
        (METRICS, Answer::metrics(PAGE).needs("authorization", bearer("METRICS_TOKEN"))),
        (ANALYTICS, ours(analytics())),
        ("GET /admin", page()),
        ("GET /signup", page()),
        ("GET /terms", page()),
        ("GET /privacy", page()),
        ("POST /webhooks/stripe", refused()),
        ("POST /webhooks/twilio/voice", refused()),
        ("POST /webhooks/twilio/sms", refused()),
        ("POST /webhooks/sendgrid", refused()),
        (
            BALANCE,
            Answer::json(json!({ "object": "balance", "livemode": true })).needs("authorization", bearer("STRIPE_KEY")),
        ),
        (ENDPOINTS, Answer::json(endpoints).needs("authorization", bearer("STRIPE_KEY"))),
        (TWILIO, Answer::json(json!({ "status": "active" })).needs("authorization", basic(ACCOUNT))),
        (
            TWILIO_BALANCE,
            Answer::json(json!({ "currency": "USD", "balance": "184.52" })).needs("authorization", basic(ACCOUNT)),
        ),
        (
            SENDGRID,
            Answer::json(json!({ "scopes": ["mail.send", "stats.read"] }))
                .needs("authorization", bearer("SENDGRID_KEY"))
                .header("x-ratelimit-remaining", "598"),
        ),
        (ANTHROPIC, Answer::json(models.clone()).needs("x-api-key", token("ANTHROPIC_KEY"))),
        (OPENAI, Answer::json(models).needs("authorization", bearer("OPENAI_KEY"))),
        (
            CLOUDFLARE,
            Answer::json(json!({ "success": true, "result": { "status": "active" } }))
                .needs("authorization", bearer("CLOUDFLARE_TOKEN")),
        ),
        (
            BUCKET,
            Answer::json(json!({ "success": true, "result": { "name": "xswarm-backups" } }))
                .needs("authorization", bearer("CLOUDFLARE_TOKEN")),
        ),
    ])
}

fn shipped(world: &World, edge: &Edge, environment: &str) -> Shipped {
    let shipped = Shipped::new("xswarm-boss", environment, |environment| {
        environment["url"] = world.url.clone().into();
        let Some(vars) = environment.get_mut("vars").and_then(toml::Value::as_table_mut) else { return };
        for provider in ["stripe", "twilio", "sendgrid", "anthropic", "openai", "cloudflare"] {
            vars[provider] = format!("{}/{provider}", world.url).into();
        }
        vars["tls"] = edge.tls.clone().into();
        vars["resolver"] = edge.resolver.clone().into();
    });
    // Nothing is logged, for ever.
    shipped.stub("wrangler", "exec sleep 1000");
    shipped.trusting(&edge.ca)
}

#[test]
fn worker_providers_and_business_are_up_and_recorded() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge, "production");
    shipped.check();
    let watching = shipped.watch();
    watching.all_is_well();
    let p95 = watching.value("worker", "p95_ms").unwrap();
    assert!((100.0..=500.0).contains(&p95), "{p95}");
    assert_eq!(watching.value("worker", "memory_mb"), Some(60.0));
    assert_eq!(watching.value("business", "stickiness"), Some(861.0 / 2_904.0));
    assert_eq!(watching.value("twilio", "twilio_balance"), Some(184.52));
    assert!(world.strange().is_empty(), "{:?}", world.strange());
}

#[test]
fn slow_failing_and_full_are_degraded_each_with_its_figure() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge, "production");
    let watching = shipped.watch();
    watching.all_is_well();

    // A tenth of the requests takes more than 2.5 s.
    world.replace(
        METRICS,
        r#"http_request_duration_seconds_bucket{le="2.5"} +20"#,
        r#"http_request_duration_seconds_bucket{le="2.5"} +18"#,
    );
    world.replace(
        METRICS,
        r#"http_request_duration_seconds_bucket{le="0.5"} +19.5"#,
        r#"http_request_duration_seconds_bucket{le="0.5"} +16"#,
    );
    world.replace(
        METRICS,
        r#"db_query_duration_seconds_bucket{le="0.1"} +60"#,
        r#"db_query_duration_seconds_bucket{le="0.1"} +41"#,
    );
    watching.exactly(&[("worker", "degraded", "p95_ms 2500 > 2000"), ("database", "degraded", "query_p95_ms")]);

    world.mend();
    watching.all_is_well();
    world.replace(METRICS, r#"status="500"} +0.1"#, r#"status="500"} +4"#);
    world.set(ANALYTICS, "/payments/failed_1h", 3);
    watching.exactly(&[("worker", "degraded", "error_rate 0.16"), ("business", "degraded", "payments_failed 3 > 0")]);

    world.mend();
    watching.all_is_well();
    world.replace(METRICS, "worker_memory_bytes 6.291456e7", "worker_memory_bytes 1.25e8");
    watching.exactly(&[("worker", "degraded", "memory_mb 119")]);
}

#[test]
fn a_provider_that_fails_is_told_apart_from_our_own() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge, "production");
    let watching = shipped.watch();
    watching.all_is_well();

    // A test key in production, a webhook that Stripe turned off, a key without its right, too many questions, no money.
    world.set(BALANCE, "/livemode", false);
    world.set(ENDPOINTS, "/data/1/status", "disabled");
    world.set(SENDGRID, "/scopes", json!(["stats.read"]));
    world.answers(OPENAI, Answer::json(json!({ "error": { "code": "rate_limit_exceeded" } })).status(429));
    world.set(TWILIO_BALANCE, "/balance", "3.10");
    world.answers(ANTHROPIC, Answer::json(json!({ "type": "error" })).status(401));
    world.answers(BUCKET, Answer::json(json!({ "success": false, "errors": [{ "code": 10_006 }] })).status(404));
    watching.exactly(&[
        ("stripe", "down", "json.livemode false"),
        ("sendgrid", "down", "\"mail.send\" not in"),
        ("openai", "degraded", "status 429 == 429"),
        ("twilio", "degraded", "twilio_balance 3.1 < 20"),
        ("anthropic", "down", "status 401 not in [200, 429]"),
        ("cloudflare", "down", "expected status == 200, but it is 404"),
    ]);
}

#[test]
fn what_the_worker_says_of_its_parts_is_told_at_each_part() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge, "production");
    let watching = shipped.watch();
    watching.all_is_well();

    world.change(READY, |answer| answer.status(503));
    world.set(DETAILED, "/checks/email/status", "failing");
    world.set(DETAILED, "/checks/voice/status", "degraded");
    world.set(DETAILED, "/checks/database/schema_version", 9);
    watching.exactly(&[
        ("worker", "down", "status 503"),
        ("email", "down", "json.checks.email.status \"failing\" not in"),
        ("phone", "degraded", "json.checks.voice.status \"degraded\" == \"degraded\""),
        ("database", "degraded", "schema_version 9 < 10"),
    ]);

    world.mend();
    world.answers("GET /terms", Answer::html("gone").status(404));
    world.answers("POST /webhooks/stripe", Answer::json(json!({ "received": true })));
    watching.exactly(&[("pages", "down", "status 404"), ("webhooks", "down", "status 200 not in [400, 401, 403]")]);
}

#[test]
fn a_live_key_in_staging_is_a_mistake_and_development_asks_no_provider() {
    let (world, edge) = (world(), Edge::new(60));
    let account = "AC11111111111111111111111111111111";
    let asked = format!("GET /twilio/2010-04-01/Accounts/{account}");
    let active = Answer::json(json!({ "status": "active" })).needs("authorization", basic(account));
    world.also(&format!("{asked}.json"), active);
    let balance = Answer::json(json!({ "currency": "USD", "balance": "42.00" })).needs("authorization", basic(account));
    world.also(&format!("{asked}/Balance.json"), balance);
    let bucket = BUCKET.replace("xswarm-backups", "xswarm-staging-backups");
    world.also(&bucket, Answer::json(json!({ "success": true })));
    let staging = shipped(&world, &edge, "staging");
    let watching = staging.watch();
    world.set(DETAILED, "/environment/mode", "test");
    // Somebody deployed with the variables of production.
    watching.exactly(&[
        ("stripe", "down", "json.livemode true"),
        ("environment", "down", "expected json.environment.name == 'staging', but it is \"production\""),
    ]);
    world.set(DETAILED, "/environment/name", "staging");
    world.set(BALANCE, "/livemode", false);
    watching.all_is_well();
    drop(watching);

    world.set(DETAILED, "/environment/name", "development");
    world.set(DETAILED, "/environment/log_level", "debug");
    let development = shipped(&world, &edge, "development");
    development.watch().all_is_well();
    let project = quarterdeck::config::load(&super::root().join("config/systems/xswarm-boss")).unwrap();
    let services = &project.environment("development").unwrap().services;
    let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["worker", "database", "pages", "webhooks", "business", "environment"]);
}

#[test]
fn an_environment_that_is_not_what_it_is_meant_to_be_is_told() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge, "production");
    let watching = shipped.watch();
    watching.all_is_well();
    assert_eq!(watching.value("environment", "rate_limit_per_minute"), Some(60.0));

    for (pointer, value, state, why) in [
        ("/environment/mode", json!("test"), "down", "expected json.environment.mode == 'live', but it is \"test\""),
        ("/environment/features/debug_tools", json!(true), "down", "json.environment.features.debug_tools true"),
        ("/environment/rate_limit/enabled", json!(false), "down", "json.environment.rate_limit.enabled false"),
        ("/environment/rate_limit/per_minute", json!(6_000), "degraded", "rate_limit_per_minute 6000 > 60"),
        ("/environment/log_level", json!("debug"), "degraded", "json.environment.log_level \"debug\" not in"),
    ] {
        world.set(DETAILED, pointer, value);
        watching.exactly(&[("environment", state, why)]);
        world.mend();
    }
    world.answers("GET /privacy", Answer::html("past the network in front"));
    watching.exactly(&[("environment", "down", "\"cf-ray\" not in headers")]);
    world.mend();
    world.answers("GET /signup", page().header("access-control-allow-origin", "*"));
    watching.exactly(&[("environment", "degraded", "access-control-allow-origin")]);
}

#[test]
fn a_certificate_about_to_expire_is_degraded_and_an_expired_one_or_a_name_that_is_gone_is_down() {
    let world = world();
    let edge = Edge::new(9);
    let shipped_soon = shipped(&world, &edge, "production");
    let watching = shipped_soon.watch();
    watching.exactly(&[("edge", "degraded", "certificate_days ")]);
    edge.forget();
    watching.exactly(&[("edge", "down", "NXDOMAIN")]);
    drop(watching);

    let edge = Edge::new(-2);
    let expired = shipped(&world, &edge, "production");
    expired.watch().exactly(&[("edge", "down", "the certificate expired 2 days ago")]);
}

#[test]
fn a_request_is_followed_through_the_workers_log() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge, "production");
    // Events as wrangler prints them, over many lines; the worker's own lines are within.
    let line = |level: &str, request: &str, service: &str, message: &str| {
        json!({
            "timestamp": chrono::Utc::now().to_rfc3339(), "level": level, "requestId": request, "userId": "u-42",
            "service": service, "message": message, "context": { "route": "/api/teams" }, "duration": 12,
        })
        .to_string()
    };
    let event = json!({ "outcome": "ok", "scriptName": "xswarm", "exceptions": [], "logs": [
        { "level": "log", "message": [line("info", "3f2a91", "worker", "GET /api/teams")] },
        { "level": "log", "message": [line("warn", "3f2a91", "database", "slow query")] },
        { "level": "error", "message": [line("error", "77b0c4", "api", "payment refused")] },
    ] });
    std::fs::write(shipped.path("events.json"), serde_json::to_string_pretty(&event).unwrap()).unwrap();
    let events = shipped.path("events.json");
    shipped.stub(
        "wrangler",
        &format!(
            "[ \"$*\" = 'tail --env production --format json' ] || exit 64\ncat '{}'\nexec sleep 1000",
            events.display()
        ),
    );
    // Takes the strings out, as jq would with this filter.
    shipped.stub(
        "jq",
        "[ \"$*\" = '--unbuffered -r .logs[].message[]' ] || exit 64\n\
         exec sed -u -n -e 's/^ *\"\\({.*}\\)\",*$/\\1/' -e 't found' -e d -e ':found' -e 's/\\\\\"/\"/g' -e p",
    );
    let _watching = shipped.watch();
    let lines = wait_for("the request", || {
        Some(shipped.prints(&["logs", "--request", "3f2a91"])).filter(|lines| lines.len() == 2)
    });
    let said: Vec<_> = lines.iter().map(|line| (&line["level"], &line["message"], &line["userId"])).collect();
    let user = json!("u-42");
    assert_eq!(said[0], (&json!("info"), &json!("GET /api/teams"), &user));
    assert_eq!(said[1], (&json!("warn"), &json!("slow query"), &user));
    let errors = wait_for("the error", || Some(shipped.prints(&["errors"])).filter(|errors| !errors.is_empty()));
    assert_eq!(errors[0]["title"], "payment refused");
}
