//! ContinuityBridge: thresholds, daemons, what it stores in, and what others use of it.

use std::{fs, io::Write, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    servers::{postgres, redis},
    support::run::wait_for,
};

use super::{
    relay::Relay,
    shipped::{Shipped, token},
    world::{Answer, World},
};

const HEALTH: &str = "GET /api/health";
const SYSTEM: &str = "GET /api/admin/system-health";
const WEBHOOK: &str = "POST /api/webhook/quarterdeck";
const MAPPING: &str = "POST /api/ai/smart-mapping";

fn system_health() -> Value {
    json!({
        "status": "healthy",
        "metrics": {
            "errorsPerMinute": 1.2, "requestsPerMinute": 540, "latencyP50Ms": 85, "latencyP95Ms": 840,
            "memoryUsedPercent": 61.3, "diskUsedPercent": 48.9,
        },
        "database": { "status": "connected", "type": "postgres", "latencyMs": 4, "pendingMigrations": 0 },
        "cache": { "status": "connected", "backend": "valkey", "latencyMs": 1 },
        "waf": { "enabled": true, "windowMs": 60_000, "maxRequests": 30, "blockedLastHour": 17 },
        "daemons": {
            "scheduler": { "status": "running" },
            "poller": { "status": "running" },
            "healthMonitor": { "status": "running" },
            "buildScheduler": { "status": "idle", "hoursSinceLastRun": 7.5 },
            "logCleanup": { "status": "idle", "hoursSinceLastRun": 9.0 },
            "tokenRefresh": { "status": "running", "expired": 0 },
        },
    })
}

fn world() -> World {
    let admin = || format!("Bearer {}", token("ADMIN_TOKEN"));
    let mappings = json!({ "mappings": [{ "from": "first_name", "to": "givenName", "confidence": 0.98 }] });
    World::new([
        (HEALTH, Answer::json(json!({ "status": "ok", "version": "1.8.2" }))),
        (SYSTEM, Answer::json(system_health()).needs("authorization", admin())),
        (WEBHOOK, Answer::json(json!({ "accepted": true })).status(202)),
        (MAPPING, Answer::json(mappings).needs("authorization", admin())),
    ])
}

/// A directory with last night's backup, in memory: the room on the disk of this machine is no matter of the test.
fn backups() -> TempDir {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let backups = tempfile::tempdir_in(place).unwrap();
    fs::create_dir(backups.path().join("logs")).unwrap();
    fs::write(backups.path().join("backup_20251029_020000.sql.gz"), "dumped").unwrap();
    backups
}

fn shipped(world: &World, mail: &Relay, backups: &Path) -> Shipped {
    shipped_without(&["50-stores.toml"], world, mail, backups)
}

fn shipped_without(files: &[&str], world: &World, mail: &Relay, backups: &Path) -> Shipped {
    let shipped = Shipped::without("continuity-bridge", "prod", files, |environment| {
        environment["url"] = world.url.clone().into();
        let vars = environment["vars"].as_table_mut().unwrap();
        vars["mail"] = mail.address.clone().into();
        if vars.contains_key("backups") {
            vars["backups"] = backups.to_str().unwrap().into();
            vars["logs"] = backups.join("logs").to_str().unwrap().into();
        }
    });
    shipped.trusting(&mail.ca)
}

#[test]
fn all_daemons_run_and_the_thresholds_are_recorded() {
    let (world, backups, mail) = (world(), backups(), Relay::new());
    let shipped = shipped(&world, &mail, backups.path());
    shipped.check();
    let watching = shipped.watch();
    watching.all_is_well();
    assert_eq!(watching.value("server", "errors_per_minute"), Some(1.2));
    assert_eq!(watching.value("machine", "disk_percent"), Some(48.9));
    assert!(world.strange().is_empty(), "{:?}", world.strange());
}

#[test]
fn over_a_threshold_is_degraded_and_says_which() {
    let (world, backups, mail) = (world(), backups(), Relay::new());
    let shipped = shipped(&world, &mail, backups.path());
    let watching = shipped.watch();
    watching.all_is_well();

    // At a threshold is not over it.
    world.set(SYSTEM, "/metrics/errorsPerMinute", 10);
    world.set(SYSTEM, "/metrics/diskUsedPercent", 93.4);
    watching.exactly(&[("machine", "degraded", "disk_percent 93.4 > 90")]);

    world.set(SYSTEM, "/metrics/errorsPerMinute", 14);
    world.set(SYSTEM, "/metrics/diskUsedPercent", 48.9);
    watching.exactly(&[("server", "degraded", "errors_per_minute 14 > 10")]);

    world.mend();
    world.set(SYSTEM, "/metrics/latencyP95Ms", 6200);
    world.set(SYSTEM, "/metrics/memoryUsedPercent", 88);
    watching
        .exactly(&[("server", "degraded", "p95_ms 6200 > 5000"), ("machine", "degraded", "memory_percent 88 > 85")]);
}

#[test]
fn what_stands_still_is_named() {
    let (world, backups, mail) = (world(), backups(), Relay::new());
    let shipped = shipped(&world, &mail, backups.path());
    let watching = shipped.watch();
    watching.all_is_well();

    world.set(SYSTEM, "/daemons/poller/status", "stopped");
    world.set(SYSTEM, "/cache/status", "disconnected");
    world.set(SYSTEM, "/waf/enabled", false);
    watching.exactly(&[
        ("daemons", "down", "expected json.daemons.poller.status == 'running', but it is \"stopped\""),
        ("valkey", "down", "expected json.cache.status == 'connected', but it is \"disconnected\""),
        ("server", "down", "json.waf.enabled false"),
    ]);

    world.mend();
    world.set(SYSTEM, "/daemons/buildScheduler/hoursSinceLastRun", 31.0);
    world.set(SYSTEM, "/database/pendingMigrations", 2);
    drop(mail);
    watching.exactly(&[
        ("daemons", "degraded", "build_age_h 31 > 26"),
        ("database", "degraded", "migrations_pending 2 > 0"),
        ("mail", "down", "nothing listens there"),
    ]);
}

#[test]
fn a_mail_server_that_takes_nothing_is_told() {
    let (world, backups, mail) = (world(), backups(), Relay::new());
    let shipped = shipped(&world, &mail, backups.path());
    let watching = shipped.watch();
    watching.all_is_well();
    let days = watching.value("mail", "mail_certificate_days").unwrap();
    assert!((58.0..61.0).contains(&days), "{days}");
    let subjects = mail.subjects();
    assert!(!subjects.is_empty() && subjects.iter().all(|subject| subject.starts_with("Quarterdeck ")), "{subjects:?}");
    mail.is_full();
    watching.exactly(&[("mail", "down", "RCPT TO was refused: 452 4.5.3 quota exceeded")]);
}

#[test]
fn what_others_use_and_last_nights_backup_are_missed() {
    let (world, backups, mail) = (world(), backups(), Relay::new());
    let shipped = shipped(&world, &mail, backups.path());
    let watching = shipped.watch();
    watching.all_is_well();

    world.answers(WEBHOOK, Answer::json(json!({ "error": "no such route" })).status(404));
    world.set(MAPPING, "/mappings", json!([]));
    let old = fs::File::options().write(true).open(backups.path().join("backup_20251029_020000.sql.gz")).unwrap();
    old.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(27 * 3600)).unwrap();
    watching.exactly(&[
        ("webhooks", "down", "status 404 not in [200, 202]"),
        ("ai", "down", "expected size(json.mappings) > 0"),
        ("backups", "down", "expected stdout != ''"),
    ]);
}

#[test]
fn the_servers_log_is_followed_and_its_errors_are_grouped_until_they_come_again() {
    let (world, backups, mail) = (world(), backups(), Relay::new());
    let shipped = shipped(&world, &mail, backups.path());
    let watching = shipped.watch();
    // A file that is there before anybody watches is read from its end, one that comes later from its beginning.
    watching.all_is_well();
    let mut log = fs::File::options();
    let log = log.create(true).append(true);
    let write = |level: &str, message: &str| {
        let at = chrono::Utc::now().to_rfc3339();
        let line = json!({
            "timestamp": at, "level": level, "message": message, "requestId": "req-81", "context": { "org": "acme" },
        });
        // Winston makes a new file each day.
        let mut file = log.open(backups.path().join("logs/app-2026-11-21.log")).unwrap();
        writeln!(file, "{line}").unwrap();
    };
    write("info", "Valkey connected");
    write("error", "Flow 4711 failed after 5000 ms");
    write("error", "Flow 4712 failed after 5003 ms");
    let errors = |of: &str, count: u64| {
        wait_for("the error", || {
            let found = shipped.prints(&["errors", "--service", "server"]);
            found.into_iter().find(|error| error["state"] == *of && error["count"] == count)
        })
    };
    let error = errors("new", 2);
    assert!(error["title"].as_str().unwrap().starts_with("Flow 471"), "{error}");
    let lines = shipped.prints(&["logs", "server", "--grep", "Valkey"]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["level"], &lines[0]["requestId"]), (&json!("info"), &json!("req-81")));

    let fingerprint = error["fingerprint"].as_str().unwrap();
    shipped.prints(&["errors", "resolve", fingerprint, "--note", "fixed in 1.8.3"]);
    errors("resolved", 2);
    write("error", "Flow 99 failed after 5100 ms");
    errors("regressed", 3);
}

#[test]
#[ignore = "needs PostgreSQL and Redis: run by .ci/run"]
fn the_stores_are_asked_directly() {
    let (world, backups, mail) = (world(), backups(), Relay::new());
    let (database, valkey) = (postgres::start(), redis::start());
    let url = postgres::url(&database, "?sslmode=disable");
    let shipped = shipped_without(&[], &world, &mail, backups.path())
        .variable("CONTINUITY_PROD_DATABASE_URL", &url)
        .variable("CONTINUITY_PROD_VALKEY_URL", &redis::url(&valkey));
    let watching = shipped.watch();
    watching.exactly(&[("database", "down", "expected tenant_tables >= 40, but tenant_tables 0 < 40")]);
    let tables: String = (0..40).map(|table| format!("CREATE TABLE t{table} (organization_id int);")).collect();
    postgres::run(&database, &tables);
    watching.all_is_well();
    drop(valkey);
    watching.exactly(&[("valkey", "down", "nothing listens there")]);
}

#[test]
fn a_critical_issue_opens_an_incident_and_its_playbook_runs_from_the_console_into_the_timeline() {
    let (world, backups, mail) = (world(), backups(), Relay::new());
    let shipped = shipped(&world, &mail, backups.path());
    shipped.stub("pm2", &format!("echo \"pm2 $*\" >> {}; echo online", shipped.path("pm2.log").display()));
    let watching = shipped.watch();
    watching.all_is_well();
    assert!(shipped.prints(&["incident", "list"]).is_empty(), "all is well: nothing opens one");

    // High is not critical: it fires, and opens nothing. Then more errors a minute than the threshold.
    world.set(SYSTEM, "/metrics/latencyP95Ms", 6200);
    world.set(SYSTEM, "/metrics/errorsPerMinute", 14);
    let incident = wait_for("the incident", || shipped.prints(&["incident", "list"]).pop());
    assert_eq!(incident["title"], "High error rate of server: errors_per_minute 14 > 10", "{incident}");
    assert_eq!((&incident["severity"], &incident["status"]), (&json!("critical"), &json!("open")));

    // What it depends on goes wrong too: the same incident.
    world.set(SYSTEM, "/database/status", "disconnected");
    wait_for("the second alert", || {
        let found = shipped.prints(&["incident", "list"]).pop()?;
        (found["alerts"].as_array()?.len() == 2).then_some(())
    });
    assert_eq!(shipped.prints(&["incident", "list"]).len(), 1);

    let playbooks = shipped.prints(&["playbook"]);
    let names: Vec<_> = playbooks.iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["database-connection", "disk-full", "error-rate", "out-of-memory", "server-down"]);
    let ended = shipped.prints(&["playbook", "database-connection", "--step", "3", "--confirm", "prod"]);
    assert!(!ended.is_empty());
    let said = fs::read_to_string(shipped.path("pm2.log")).unwrap();
    assert_eq!(said, "pm2 restart continuitybridge --update-env\n");

    // All ends; the story is told in full, and closed.
    world.mend();
    watching.all_is_well();
    let ended = |shown: &Value| {
        let beats = shown["timeline"].as_array().unwrap();
        let texts: Vec<_> = beats.iter().filter_map(|beat| beat["text"].as_str()).map(str::to_owned).collect();
        let has = |part: &str| texts.iter().any(|text| text.contains(part));
        (has("High error rate of server ended") && has("Database connection lost of database ended")).then_some(texts)
    };
    let texts = wait_for("the end of both", || ended(&shipped.prints(&["incident", "show"])[0]));
    assert!(
        texts.iter().any(|text| text.contains("database-connection/3") && text.contains("succeeded")),
        "{texts:#?}"
    );
    shipped.prints(&["incident", "role", "commander", "alice"]);
    shipped.prints(&["incident", "status", "resolved", "--note", "the pool was exhausted"]);
    let handover = &shipped.prints(&["incident", "handover", "--to", "bob", "--next", "watch the pool"])[0]["text"];
    assert!(handover.as_str().unwrap().contains("What next: watch the pool"), "{handover}");
    let papers = shipped.path("papers");
    shipped.prints(&["incident", "export", "--dir", papers.to_str().unwrap()]);
    let page = fs::read_to_string(papers.join("I1.md")).unwrap();
    for part in ["## Impact", "## Timeline", "the pool was exhausted", "![error rate of server](I1-server.svg)"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(fs::read_to_string(papers.join("I1-server.svg")).unwrap().starts_with("<svg"));
    let closed = &shipped.prints(&["incident", "close", "--note", "done"])[0];
    assert!(closed["closed_at"].is_number(), "{closed}");
}
