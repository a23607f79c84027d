//! What else holds an alert: windows, heavier alerts, parents, a lost line.

use super::world::{HOUR, MINUTE, SECOND, START, World, key, services};
use crate::domain::{
    alert::{
        Phase,
        Reason::{AllResolved, First},
        Severity,
        tell::{Alert, Inhibit, Matcher, When, Window, lost_connectivity},
    },
    time::UnixMs,
};

#[test]
fn nothing_is_told_of_services_in_maintenance_and_what_still_fires_after_it_is() {
    let mut world = World::new();
    let when = When::Once { from: UnixMs(START), until: UnixMs(START + HOUR) };
    let (name, services) = ("move".into(), vec!["api".into()]);
    world.policy.windows = vec![Window { name, reason: None, services, env: Vec::new(), when }];
    world.fires("errors", "api").fires("errors", "web").pass(30 * MINUTE);
    assert_eq!(world.notices.len(), 1);
    assert_eq!(world.noted("errors", "api"), ["maintenance 'move' until 1970-02-11 17:00:00 UTC"]);
    world.told();
    world.pass(HOUR);
    assert_eq!(world.reasons(), [(First, 3630)]);
}

#[test]
fn a_heavier_alert_that_says_the_same_inhibits_those_that_agree_with_it() {
    let mut world = World::new();
    let severity = |one| Matcher { severity: vec![one], ..Matcher::default() };
    let (by, mutes) = (severity(Severity::Critical), severity(Severity::High));
    world.policy.inhibits = vec![Inhibit { by, mutes, same: vec!["service".into()] }];
    world.fires_as("outage", "api", Severity::Critical);
    world.fires("latency", "api").fires("latency", "web").pass(MINUTE);
    let told: Vec<_> = world.notices.iter().flat_map(|one| &one.firing).map(|card| card.key.to_string()).collect();
    assert_eq!(told, ["production/outage/api", "production/latency/web"]);
    assert_eq!(world.noted("latency", "api"), ["inhibited by production/outage/api"]);
    world.told();
    world.ends("outage", "api").pass(HOUR);
    assert_eq!(world.notices.iter().flat_map(|one| &one.firing).count(), 1, "what is left is told");
}

#[test]
fn alerts_of_one_kind_never_inhibit_each_other() {
    let mut world = World::new();
    let all = Matcher { severity: vec![Severity::High], ..Matcher::default() };
    world.policy.inhibits = vec![Inhibit { by: all.clone(), mutes: all, same: Vec::new() }];
    world.fires("errors", "api").fires("latency", "api").pass(MINUTE);
    assert_eq!(world.notices[0].firing.len(), 2);
}

/// `web` needs `api`, which needs `db`.
fn family() -> World {
    let mut world = World::new();
    world.depends("web", "api");
    world.depends("api", "db");
    world
}

#[test]
fn a_down_parent_suppresses_the_creation_of_its_childrens_alerts() {
    let mut world = family();
    world.is_down("db", true);
    world.stands("down", "db", Severity::Critical, Phase::Pending { since: UnixMs(START) });
    world.fires("errors", "api").fires("errors", "web").pass(10 * MINUTE);
    assert_eq!(world.told(), []);
    assert_eq!(world.noted("errors", "web"), ["db, which it depends on, is down"], "also over two steps");
    world.fires_as("down", "db", Severity::Critical).pass(MINUTE);
    assert_eq!(world.notices.len(), 1);
    assert_eq!(world.notices[0].firing[0].key, key("down", "db"));
    world.told();
    world.is_down("db", false);
    world.ends("down", "db").ends("errors", "web").pass(10 * MINUTE);
    let told: Vec<_> = world.notices.iter().flat_map(|one| &one.firing).map(|card| card.key.to_string()).collect();
    assert_eq!(told, ["production/errors/api"], "what still fires then is told");
}

#[test]
fn a_down_parent_never_suppresses_the_resolution_of_its_childrens_alerts() {
    let mut world = family();
    world.fires("errors", "api").pass(MINUTE);
    world.is_down("db", true);
    world.fires_as("down", "db", Severity::Critical).pass(MINUTE);
    world.ends("errors", "api").pass(10 * MINUTE);
    let ended: Vec<_> = world.notices.iter().flat_map(|one| &one.resolved).map(|card| card.key.to_string()).collect();
    assert_eq!(ended, ["production/errors/api"]);
}

#[test]
fn a_down_parent_for_which_no_alert_stands_suppresses_nothing() {
    let mut world = family();
    world.is_down("db", true);
    world.fires("errors", "api").pass(MINUTE);
    assert_eq!(world.reasons(), [(First, 30)], "else nobody would be told at all");
}

#[test]
fn services_that_need_each_other_in_a_circle_do_no_harm() {
    let mut world = World::new();
    world.depends("a", "b");
    world.depends("b", "a");
    world.fires("errors", "a").pass(MINUTE);
    assert_eq!(world.reasons(), [(First, 30)]);
}

#[test]
fn if_connectivity_is_lost_the_one_alert_is_that() {
    let mut world = World::new();
    world.fires("errors", "web").pass(MINUTE);
    world.told();
    world.lost = true;
    let mut standing = world.fires("x", "x").alerts.remove(&key("x", "x")).unwrap().standing;
    standing.key = lost_connectivity();
    standing.severity = Severity::Critical;
    world.alerts.insert(lost_connectivity(), Alert::new(standing, None));
    world.fires("errors", "api").fires("down", "db").pass(10 * MINUTE);
    assert_eq!(world.notices.len(), 1);
    assert_eq!(world.notices[0].title, "critical: console lost connectivity");
    assert_eq!(world.notices[0].env, None);
    assert_eq!(world.noted("errors", "api"), ["the console lost connectivity"]);
    world.told();
    world.lost = false;
    world.alerts.remove(&lost_connectivity());
    world.ends("down", "db").pass(10 * SECOND);
    assert_eq!(world.reasons(), [(AllResolved, 60 + 600)]);
    world.pass(MINUTE);
    let told: Vec<_> = world.notices.iter().flat_map(|one| &one.firing).map(|card| card.key.to_string()).collect();
    assert_eq!(told, ["production/errors/api"], "what is bad all the same is told");
}

#[test]
fn the_consoles_own_alert_goes_to_whoever_takes_its_severity_whatever_services_they_have() {
    let mut world = World::new();
    world.policy.routes[0].matches = Matcher { env: vec!["production".into()], ..services(&["api"]) };
    let mut standing = world.fires("x", "x").alerts.remove(&key("x", "x")).unwrap().standing;
    standing.key = lost_connectivity();
    world.alerts.insert(lost_connectivity(), Alert::new(standing, None));
    world.pass(MINUTE);
    assert_eq!(world.reasons(), [(First, 30)]);
}
