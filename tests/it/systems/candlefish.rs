//! Candlefish: services in their order on Kubernetes, an API on Fly.io. kubectl and fly are stubs that print what is in
//! files, which stand for the cluster.

use std::fs;

use serde_json::{Value, json};

use crate::{
    servers::{postgres, redis},
    support::run::wait_for,
};

use super::{
    edge::Edge,
    shipped::Shipped,
    world::{Answer, World},
};

const AUTH: &str = "GET /api/auth/health";
const GRAPHQL: &str = "POST /api/graphql";
const WEBSOCKET: &str = "GET /api/ws/health";
const NOTIFICATIONS: &str = "GET /api/notifications/health";
const RTPM: &str = "GET /rtpm/health";
const RTPM_ASKED: &str = "OPTIONS /rtpm/health";
const REQUESTS: &str = "POST /prometheus/api/v1/query sum(rate(http_requests_total{service='graphql-api'}[5m]))";
const ERRORS: &str = "POST /prometheus/api/v1/query sum(rate(http_requests_total{service='graphql-api',status=~'5..'}[5m])) \
     / sum(rate(http_requests_total{service='graphql-api'}[5m]))";
const P95: &str = "POST /prometheus/api/v1/query histogram_quantile(0.95, sum by (le) \
     (rate(http_request_duration_seconds_bucket{service='graphql-api'}[5m])))";
const EDITOR: &str = "GET /";

const DEPLOYMENTS: [&str; 5] =
    ["auth-service", "graphql-api", "document-service", "websocket-service", "notification-service"];

/// What Prometheus answers to an instant query.
fn vector(value: &str) -> Answer {
    let result = json!([{ "metric": {}, "value": [1_754_784_000.0, value] }]);
    Answer::json(json!({ "status": "success", "data": { "resultType": "vector", "result": result } }))
}

fn world() -> World {
    let pass = || Answer::json(json!({ "status": "pass", "releaseId": "1.0.0" }));
    World::new([
        (AUTH, pass()),
        ("GET /api/auth/session", Answer::json(json!({ "error": "not signed in" })).status(401)),
        (GRAPHQL, Answer::json(json!({ "data": { "__typename": "Query" } }))),
        ("GET /api/documents/health", pass()),
        (WEBSOCKET, Answer::json(json!({ "status": "pass", "connections": 214, "rooms": 31 }))),
        (NOTIFICATIONS, Answer::json(json!({ "status": "pass", "queue": { "waiting": 3 } }))),
        (REQUESTS, vector("31.5")),
        (ERRORS, vector("0.002")),
        (P95, vector("0.412")),
        (EDITOR, Answer::html("<!doctype html>").header("content-security-policy", "default-src 'self'")),
        (RTPM, pass().header("x-ratelimit-limit", "600").header("x-ratelimit-remaining", "588")),
        (RTPM_ASKED, Answer::html("").status(204).header("access-control-allow-origin", "https://candlefish.example")),
    ])
}

/// What `kubectl get deployment NAME -o json` prints.
fn deployment(name: &str, ready: Option<u32>) -> Value {
    let mut status = json!({ "observedGeneration": 4, "replicas": 3, "updatedReplicas": 3 });
    if let Some(ready) = ready {
        status["readyReplicas"] = ready.into();
    }
    json!({ "kind": "Deployment", "metadata": { "name": name }, "spec": { "replicas": 3 }, "status": status })
}

/// What `fly status --json` prints.
fn machines(check: &str) -> Value {
    json!({ "Name": "rtpm-api-candlefish", "Status": "deployed", "Machines": [
        { "id": "148e1", "state": "started", "region": "iad", "checks": [{ "name": "http", "status": "passing" }] },
        { "id": "5683d", "state": "started", "region": "fra", "checks": [{ "name": "http", "status": check }] },
    ] })
}

/// Shipped, with a cluster in which every pod is ready.
fn shipped(world: &World, edge: &Edge) -> Shipped {
    shipped_without(&["30-stores.toml"], world, edge)
}

fn shipped_without(files: &[&str], world: &World, edge: &Edge) -> Shipped {
    let shipped = Shipped::without("candlefish", "production", files, |environment| {
        environment["url"] = world.url.clone().into();
        let vars = environment["vars"].as_table_mut().unwrap();
        vars["api"] = format!("{}/api", world.url).into();
        vars["rtpm"] = format!("{}/rtpm", world.url).into();
        vars["prometheus"] = format!("{}/prometheus", world.url).into();
        vars["websocket"] = edge.websocket.clone().into();
        vars["tls"] = edge.tls.clone().into();
        vars["resolver"] = edge.resolver.clone().into();
    });
    let shipped = shipped.trusting(&edge.ca);
    let cluster = shipped.path("cluster");
    fs::create_dir(&cluster).unwrap();
    for name in DEPLOYMENTS {
        rolled_out(&shipped, name, Some(3));
    }
    print(&shipped, "fly.json", &machines("passing"));
    let at = cluster.display();
    // get deployment NAME -n NAMESPACE -o json, and logs in which nothing is said.
    shipped.stub(
        "kubectl",
        &format!(
            "[ \"$1\" = logs ] && exec sleep 1000\n\
             [ \"$1 $2 $4 $5 $6 $7\" = 'get deployment -n candlefish-prod -o json' ] || exit 64\n\
             exec cat '{at}'/\"$3\".json"
        ),
    );
    shipped.stub(
        "fly",
        &format!("[ \"$*\" = 'status --app rtpm-api-candlefish --json' ] || exit 64\nexec cat '{at}/fly.json'"),
    );
    shipped
}

fn rolled_out(shipped: &Shipped, name: &str, ready: Option<u32>) {
    print(shipped, &format!("{name}.json"), &deployment(name, ready));
}

/// What a stub prints from now on; replaced at once, never half written.
fn print(shipped: &Shipped, file: &str, json: &Value) {
    let path = shipped.path("cluster").join(file);
    fs::write(path.with_extension("new"), json.to_string()).unwrap();
    fs::rename(path.with_extension("new"), path).unwrap();
}

#[test]
fn services_pods_and_machines_are_up_and_counted() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge);
    shipped.check();
    let watching = shipped.watch();
    watching.all_is_well();
    assert_eq!(watching.value("graphql", "graphql_ready"), Some(3.0));
    assert_eq!(watching.value("rtpm-api", "rtpm_machines"), Some(2.0));
    assert_eq!(watching.value("websocket", "connections"), Some(214.0));
    assert_eq!(watching.value("graphql", "p95_ms"), Some(412.0));
    assert!(world.strange().is_empty(), "{:?}", world.strange());
}

#[test]
fn a_pod_that_is_missing_degrades_and_none_is_down() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge);
    let watching = shipped.watch();
    watching.all_is_well();

    rolled_out(&shipped, "websocket-service", Some(2));
    rolled_out(&shipped, "document-service", None);
    print(&shipped, "fly.json", &machines("critical"));
    watching.exactly(&[
        ("websocket", "degraded", "websocket_ready 2 < websocket_wanted 3"),
        ("documents", "down", "json.status.readyReplicas is not there"),
        ("rtpm-api", "degraded", "slow or degraded"),
    ]);

    // A cluster that can't be asked: what is said of it is what kubectl says.
    for name in DEPLOYMENTS {
        rolled_out(&shipped, name, Some(3));
    }
    print(&shipped, "fly.json", &machines("passing"));
    watching.all_is_well();
    fs::remove_file(shipped.path("cluster/auth-service.json")).unwrap();
    watching.exactly(&[("auth", "down", "")]);
}

#[test]
fn an_answer_that_is_no_answer_is_down_at_its_service_only() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge);
    let watching = shipped.watch();
    watching.all_is_well();

    // A 200 that says fail, GraphQL's errors beside a 200, a queue that grows, a door that is open.
    world.set(AUTH, "/status", "fail");
    world.answers(GRAPHQL, Answer::json(json!({ "errors": [{ "message": "subgraph 'documents' is unreachable" }] })));
    world.set(NOTIFICATIONS, "/queue/waiting", 4_200);
    watching.exactly(&[
        ("auth", "down", "status 200, but the body says that it fails"),
        ("graphql", "down", "expected !has(json.errors), but json.errors is there"),
        ("notifications", "degraded", "notifications_waiting 4200 > 1000"),
    ]);

    world.mend();
    world.answers("GET /api/auth/session", Answer::json(json!({ "user": "anybody" })));
    world.answers(RTPM_ASKED, Answer::html("").status(204).header("access-control-allow-origin", "*"));
    world.answers(EDITOR, Answer::html("<!doctype html>"));
    watching.exactly(&[
        ("auth", "down", "expected status == 401, but it is 200"),
        ("rtpm-api", "degraded", "headers[\"access-control-allow-origin\"] \"*\" == \"*\""),
        ("editor", "degraded", "\"content-security-policy\" not in headers"),
    ]);
}

#[test]
fn figures_of_prometheus_a_deaf_socket_and_a_name_that_is_gone_are_told() {
    let (world, edge) = (world(), Edge::new(10));
    let shipped = shipped(&world, &edge);
    let watching = shipped.watch();
    watching.exactly(&[("edge", "degraded", "certificate_days ")]);

    world.answers(P95, vector("2.75"));
    edge.hear_nothing();
    edge.forget();
    watching.exactly(&[
        ("graphql", "degraded", "p95_ms 2750 > 2000"),
        ("websocket", "down", "no message"),
        ("edge", "down", "NXDOMAIN"),
    ]);

    world.mend();
    world.answers(ERRORS, vector("0.11"));
    world.answers(REQUESTS, Answer::json(json!({ "status": "error", "error": "query timed out" })).status(503));
    watching.exactly(&[
        ("graphql", "down", "the query failed: query timed out"),
        ("websocket", "down", "no message"),
        ("edge", "down", "NXDOMAIN"),
    ]);
}

#[test]
fn pods_logs_are_followed_by_service() {
    let (world, edge) = (world(), Edge::new(60));
    let shipped = shipped(&world, &edge);
    shipped.stub(
        "kubectl",
        "[ \"$1 $2 $3 $4 $5\" = 'logs -f --tail=0 -n candlefish-prod' ] || exit 64\n\
         echo \"level=error request_id=r-9 ${6#deployment/} lost its connection\"\nexec sleep 1000",
    );
    let _watching = shipped.watch();
    let lines = wait_for("both services", || {
        Some(shipped.prints(&["logs", "--request", "r-9"])).filter(|lines| lines.len() == 2)
    });
    for (service, deployment) in [("graphql", "graphql-api"), ("websocket", "websocket-service")] {
        let said = lines.iter().find(|line| line["service"] == service).unwrap();
        assert!(said["message"].as_str().unwrap().contains(&format!("{deployment} lost its connection")), "{said}");
        assert_eq!(said["level"], "error");
    }
}

#[test]
#[ignore = "needs PostgreSQL and Redis: run by .ci/run"]
fn the_stores_are_asked_directly() {
    let (world, edge) = (world(), Edge::new(60));
    let (database, cache) = (postgres::start(), redis::start());
    let shipped = shipped_without(&[], &world, &edge)
        .variable("CANDLEFISH_DATABASE_URL", &postgres::url(&database, "?sslmode=disable"))
        .variable("CANDLEFISH_REDIS_URL", &redis::url(&cache));
    let watching = shipped.watch();
    watching.all_is_well();
    drop(cache);
    watching.exactly(&[("redis", "down", "nothing listens there")]);
    drop(database);
    watching.exactly(&[("redis", "down", "nothing listens there"), ("postgres", "down", "nothing listens there")]);
}
