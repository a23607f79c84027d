//! SAM AI: five components, the agreement on its service level, staging and production.

use serde_json::json;

use super::{
    shipped::{Shipped, token},
    world::{Answer, World},
};

const HEALTH: &str = "GET /api/monitoring/health";
const METRICS: &str = "GET /api/monitoring/metrics";
const ALERTS: &str = "GET /api/monitoring/alerts";

fn world() -> World {
    let admin = || format!("Bearer {}", token("MONITORING_TOKEN"));
    let health = json!({
        "status": "healthy", "timestamp": "2025-09-12T09:30:00Z", "version": "2.4.1", "uptime": 864_000,
        "components": {
            "database": { "status": "healthy", "responseTime": 148, "tables": 12 },
            "api": { "status": "healthy", "responseTime": 52 },
            "email": { "status": "healthy", "responseTime": 1180, "provider": "postmark" },
            "auth": { "status": "healthy", "responseTime": 96, "provider": "clerk" },
            "invitations": { "status": "healthy", "responseTime": 790 },
        },
    });
    let metrics = json!({
        "timestamp": "2025-09-12T09:30:00Z",
        "system": { "uptimePercent": 99.97, "memory": { "heapUsed": 188_743_680, "percentage": 61.4 } },
        "invitations": { "total": 1240, "pending": 83, "accepted": 1041, "rejected": 116 },
        "users": { "newToday": 12, "activeToday": 311 },
        "performance": {
            "averageResponseTime": 640, "p95ResponseTime": 1480, "databaseResponseTime": 148,
            "errorRate": 0.4, "requestsPerMinute": 126.0,
        },
        "email": { "sent": 1820, "delivered": 1809, "deliveryRate": 99.4, "averageSendTime": 1200 },
    });
    let alerts = json!({ "active": [], "summary": { "critical": 0, "warning": 1, "info": 2 } });
    World::new([
        (HEALTH, Answer::json(health).needs("authorization", admin())),
        (METRICS, Answer::json(metrics).needs("authorization", admin())),
        (ALERTS, Answer::json(alerts).needs("authorization", admin())),
    ])
}

fn shipped(world: &World) -> Shipped {
    Shipped::new("sam-ai", "production", |environment| {
        environment["url"] = world.url.clone().into();
    })
}

#[test]
fn all_components_are_up_and_the_agreement_is_recorded() {
    let world = world();
    let shipped = shipped(&world);
    shipped.check();
    let watching = shipped.watch();
    watching.all_is_well();
    assert_eq!(watching.value("platform", "uptime_in_target"), Some(1.0));
    assert_eq!(watching.value("platform", "error_rate"), Some(0.004));
    assert_eq!(watching.value("invitations", "acceptance"), Some(1041.0 / 1240.0));
    assert!(world.strange().is_empty(), "{:?}", world.strange());
}

#[test]
fn a_component_that_fails_is_the_one_that_is_down() {
    let world = world();
    let shipped = shipped(&world);
    let watching = shipped.watch();
    watching.all_is_well();

    // E-mail fails, and the application calls itself degraded.
    world.set(HEALTH, "/components/email/status", "unhealthy");
    world.set(HEALTH, "/status", "degraded");
    watching.exactly(&[
        ("email", "down", "expected json.components.email.status in ['healthy', 'degraded'], but"),
        ("platform", "degraded", "it says of itself that it is degraded"),
    ]);
    world.mend();
    watching.all_is_well();

    // A 200 that says fail.
    world.set(HEALTH, "/components/database/status", "unhealthy");
    world.set(HEALTH, "/status", "unhealthy");
    watching.exactly(&[
        ("database", "down", "json.components.database.status \"unhealthy\" not in"),
        ("platform", "down", "status 200, but the body says that it fails"),
    ]);

    // And the same with the status that it should have: the body still says which component it is.
    world.change(HEALTH, |answer| answer.status(503));
    watching.exactly(&[
        ("database", "down", "json.components.database.status \"unhealthy\" not in"),
        ("platform", "down", "status 503"),
    ]);
}

#[test]
fn beyond_warning_is_degraded_and_beyond_critical_is_down() {
    let world = world();
    let shipped = shipped(&world);
    let watching = shipped.watch();
    watching.all_is_well();

    world.set(METRICS, "/performance/averageResponseTime", 3400);
    world.set(METRICS, "/performance/databaseResponseTime", 1250);
    world.set(METRICS, "/email/deliveryRate", 94.1);
    watching.exactly(&[
        ("platform", "degraded", "response_ms 3400 > 3000"),
        ("database", "degraded", "database_ms 1250 > 1000"),
        ("email", "degraded", "delivery_percent 94.1 < 95"),
    ]);
    assert_eq!(watching.value("platform", "response_in_target"), Some(0.0));
    assert_eq!(watching.value("platform", "memory_in_target"), Some(1.0));

    world.mend();
    world.set(METRICS, "/performance/errorRate", 6.2);
    world.set(METRICS, "/system/memory/percentage", 86.5);
    world.set(METRICS, "/email/deliveryRate", 88.0);
    watching.exactly(&[
        ("platform", "down", "error_rate 0.062 > 0.05"),
        ("email", "down", "expected delivery_percent >= 90, but delivery_percent 88 < 90"),
    ]);

    world.mend();
    world.set(METRICS, "/system/uptimePercent", 99.2);
    world.set(ALERTS, "/summary/critical", 2);
    watching.exactly(&[("platform", "degraded", "uptime_percent 99.2 < 99.5")]);
    watching.exactly(&[("platform", "degraded", "alerts_critical 2 > 0")]);

    // Without the right token nothing can be said of the components: they are down for whoever looks, and it is said why.
    world.mend();
    world.change(METRICS, |answer| answer.needs("authorization", "Bearer another"));
    watching.exactly(&[
        ("platform", "down", "status 401"),
        ("database", "down", "status 401"),
        ("email", "down", "status 401"),
        ("invitations", "down", "status 401"),
    ]);
}
