//! What people say: silences, acknowledgements, and who is called if nobody does.

use std::time::Duration;

use super::world::{HOUR, MINUTE, SECOND, START, World, route, services};
use crate::domain::{
    alert::{
        Reason::{self, AllResolved, Escalated, First, Repeat, Resolved},
        tell::{Escalation, Route},
    },
    time::UnixMs,
};

#[test]
fn a_silenced_alert_is_not_told_and_it_is_said_who_silenced_it_why_and_until_when() {
    let mut world = World::new();
    world.silence(services(&["api"]), HOUR);
    world.fires("errors", "api").fires("errors", "web").pass(10 * MINUTE);
    assert_eq!(world.notices.len(), 1);
    assert_eq!(world.notices[0].firing[0].key.subject, "web");
    assert_eq!(world.noted("errors", "api"), ["silence 1 by bob until 1970-02-11 17:00:00 UTC (upgrade)"]);
}

#[test]
fn what_still_fires_when_its_silence_ends_is_told_and_people_are_warned() {
    let mut world = World::new();
    world.silence(services(&["api"]), HOUR);
    world.fires("errors", "api").pass(HOUR + MINUTE);
    assert_eq!(world.reasons(), [(First, 3630)]);
    assert_eq!(
        world.warnings[0].text,
        "silence 1 by bob (upgrade) ended while 1 of its alerts still fire: production/errors/api"
    );
    assert_eq!(world.warnings.len(), 1);
}

#[test]
fn a_silence_that_was_ended_early_is_over() {
    let mut world = World::new();
    world.silence(services(&["api"]), HOUR);
    world.fires("errors", "api").pass(MINUTE);
    world.silences[0].ended = Some(UnixMs(world.now));
    world.pass(MINUTE);
    assert_eq!(world.reasons(), [(First, 60 + 30)]);
}

#[test]
fn a_silence_that_matched_nothing_is_said_to_have_silenced_nothing() {
    let mut world = World::new();
    world.silence(services(&["apj"]), HOUR);
    world.fires("errors", "api").pass(2 * HOUR);
    assert_eq!(world.warnings.len(), 1);
    assert_eq!(world.warnings[0].text, "silence 1 by bob (upgrade) ended and had silenced nothing");
}

#[test]
fn a_silence_of_another_environment_silences_nothing_here() {
    let mut world = World::new();
    world.silence(services(&["api"]), HOUR);
    world.silences[0].env = "staging".into();
    world.fires("errors", "api").pass(MINUTE);
    assert_eq!(world.reasons(), [(First, 30)]);
}

#[test]
fn a_resolved_is_sent_exactly_if_its_firing_was_sent_even_if_silenced_meanwhile() {
    let mut world = World::new();
    world.fires("errors", "api").pass(MINUTE);
    world.silence(services(&["api"]), 2 * HOUR);
    world.fires("latency", "api").pass(5 * HOUR / 60);
    world.ends("errors", "api").ends("latency", "api").pass(HOUR);
    let ended: Vec<_> = world.notices.iter().flat_map(|one| &one.resolved).map(|card| card.key.rule.clone()).collect();
    assert_eq!(ended, ["errors"], "the other was never told");
    assert_eq!(world.reasons(), [(First, 30), (AllResolved, 360)]);
}

#[test]
fn what_was_told_and_is_silenced_while_it_fires_is_neither_resolved_nor_repeated() {
    let mut world = World::new();
    world.fires("errors", "api").fires("latency", "api").pass(MINUTE);
    world.silence(services(&["api"]), 10 * HOUR);
    world.pass(9 * HOUR).ends("latency", "api").pass(10 * SECOND);
    assert_eq!(world.notices[1].firing.len(), 1, "the incident stays open");
    assert_eq!(world.reasons(), [(First, 30), (Resolved, 60 + 9 * 3600)]);
}

fn known() -> Reason {
    Reason::Acknowledged { by: "alice".into() }
}

#[test]
fn those_who_were_told_are_told_once_who_acknowledged_as_soon_as_nothing_is_left_without_anybody() {
    let mut world = World::new();
    world.fires("errors", "api").fires("latency", "api").pass(MINUTE);
    world.ack("errors", "api");
    world.pass(MINUTE);
    world.ack("latency", "api");
    world.pass(HOUR);
    assert_eq!(world.reasons(), [(First, 30), (known(), 120)]);
}

#[test]
fn acknowledging_stops_repeats_and_not_the_resolution() {
    let mut world = World::new();
    world.fires("errors", "api").pass(MINUTE);
    world.ack("errors", "api");
    world.pass(9 * HOUR).ends("errors", "api").pass(MINUTE);
    assert_eq!(world.reasons(), [(First, 30), (known(), 60), (AllResolved, 60 + 9 * 3600)]);
}

#[test]
fn the_next_time_an_alert_fires_is_not_acknowledged() {
    let mut world = World::new();
    world.fires("errors", "api").pass(MINUTE);
    world.ack("errors", "api");
    world.tick().ends("errors", "api").pass(10 * MINUTE);
    world.fires("errors", "api").pass(5 * HOUR);
    let reasons: Vec<_> = world.reasons().into_iter().map(|(reason, _)| reason).collect();
    assert_eq!(reasons, [First, known(), AllResolved, First, Repeat]);
}

#[test]
fn one_that_nobody_acknowledged_keeps_its_group_repeating() {
    let mut world = World::new();
    world.fires("errors", "api").fires("latency", "api").pass(MINUTE);
    world.ack("errors", "api");
    world.pass(5 * HOUR);
    assert_eq!(world.reasons().len(), 2);
}

fn escalating() -> World {
    let step = |minutes, to: &str| Escalation { after: Duration::from_mins(minutes), to: vec![to.into()] };
    World::with(vec![Route { escalate: vec![step(15, "lead"), step(30, "boss")], ..route(&["ops"]) }])
}

#[test]
fn what_nobody_acknowledges_is_escalated_step_by_step_and_all_who_were_told_are_told_its_end() {
    let mut world = escalating();
    world.fires("errors", "api").pass(40 * MINUTE);
    let expected = [("ops", First, 30), ("lead", Escalated { step: 1 }, 930), ("boss", Escalated { step: 2 }, 1830)];
    assert_eq!(world.told(), expected.map(|(channel, reason, at)| (channel.to_owned(), reason, at)));
    world.ends("errors", "api").pass(10 * MINUTE);
    let told: Vec<_> = world.told().into_iter().map(|(channel, reason, _)| (channel, reason)).collect();
    assert_eq!(told, ["boss", "lead", "ops"].map(|channel| (channel.to_owned(), AllResolved)));
}

#[test]
fn acknowledging_stops_escalation() {
    let mut world = escalating();
    world.fires("errors", "api").pass(20 * MINUTE);
    world.ack("errors", "api");
    world.pass(2 * HOUR).ends("errors", "api").pass(10 * MINUTE);
    let told: Vec<_> = world.told().into_iter().map(|(channel, reason, _)| (channel, reason)).collect();
    let expected = [
        ("ops", First),
        ("lead", Escalated { step: 1 }),
        ("lead", known()),
        ("ops", known()),
        ("lead", AllResolved),
        ("ops", AllResolved),
    ];
    assert_eq!(told, expected.map(|(channel, reason)| (channel.to_owned(), reason)));
}

#[test]
fn the_time_to_acknowledge_runs_from_the_first_message() {
    let mut world = escalating();
    world.silence(services(&["api"]), HOUR);
    world.fires("errors", "api").pass(2 * HOUR);
    let told = world.told();
    assert_eq!(told[0], ("ops".to_owned(), First, 3630));
    assert_eq!(told[1], ("lead".to_owned(), Escalated { step: 1 }, 3630 + 900), "not at once when the silence ends");
}

#[test]
fn a_silence_counts_from_its_beginning_to_its_end() {
    let mut world = World::new();
    world.silence(services(&["api"]), HOUR);
    let silence = &world.silences[0];
    let open = |at: i64| silence.is_open(UnixMs(START + at));
    assert!(!open(-1) && open(0) && open(HOUR - 1) && !open(HOUR));
}
