//! When it is told: waits, intervals, repeats, ends.

use std::time::Duration;

use super::world::{HOUR, MINUTE, SECOND, START, World, route, services};
use crate::domain::alert::{
    Reason::{AllResolved, First, New, Repeat, Resolved},
    Severity,
    tell::{Limit, Pace, Route},
};

#[test]
fn the_first_message_of_a_group_waits_thirty_seconds_for_others() {
    let mut world = World::new();
    world.fires("errors", "api").pass(20 * SECOND);
    assert_eq!(world.told(), []);
    world.fires("latency", "api").pass(MINUTE);
    assert_eq!(world.notices.len(), 1);
    let told = &world.notices[0];
    assert_eq!((told.reason.clone(), told.firing.len(), told.at.0 - START), (First, 2, 30 * SECOND));
    assert_eq!(told.title, "high: errors on api, latency on api in production");
    assert_eq!(told.env.as_deref(), Some("production"));
    assert_eq!(told.firing[0].open, "quarterdeck --env production alerts explain errors api");
}

#[test]
fn groups_are_told_apart() {
    let mut world = World::new();
    world.fires("errors", "api").fires("errors", "web").pass(MINUTE);
    let groups: Vec<_> = world.notices.iter().map(|one| one.group.as_str()).collect();
    assert_eq!(groups, ["ops/env=production,service=api", "ops/env=production,service=web"]);
}

#[test]
fn what_joins_or_ends_later_is_told_five_minutes_after_the_last_message_at_the_earliest() {
    let mut world = World::new();
    world.fires("errors", "api").pass(30 * SECOND);
    world.fires("latency", "api").pass(4 * MINUTE);
    world.ends("errors", "api").pass(2 * MINUTE);
    assert_eq!(world.notices.len(), 2);
    let (firing, ended) = (&world.notices[1].firing, &world.notices[1].resolved);
    assert_eq!((firing.len(), ended.len()), (1, 1));
    assert_eq!(ended[0].key.rule, "errors");
    assert_eq!(world.reasons(), [(First, 30), (New, 330)]);
    world.fires("memory", "api").pass(10 * MINUTE);
    world.ends("latency", "api").pass(MINUTE);
    world.ends("memory", "api").pass(10 * MINUTE);
    assert_eq!(world.reasons(), [(New, 630), (Resolved, 990), (AllResolved, 1290)]);
}

#[test]
fn after_a_long_silence_news_wait_only_for_others() {
    let mut world = World::new();
    world.fires("errors", "api").pass(HOUR);
    world.told();
    world.fires("latency", "api").pass(MINUTE);
    assert_eq!(world.reasons(), [(New, 3630)]);
    world.pass(HOUR).ends("latency", "api").tick();
    assert_eq!(world.reasons(), [(Resolved, 7260)], "an end waits for nobody");
}

#[test]
fn what_still_fires_is_told_again_after_four_hours() {
    let mut world = World::new();
    world.fires("errors", "api").pass(9 * HOUR);
    let four = 4 * 3600;
    assert_eq!(world.reasons(), [(First, 30), (Repeat, 30 + four), (Repeat, 30 + 2 * four)]);
}

#[test]
fn what_ends_within_the_wait_is_not_told_at_all() {
    let mut world = World::new();
    world.fires("errors", "api").pass(20 * SECOND);
    world.ends("errors", "api").pass(HOUR);
    assert_eq!(world.told(), []);
    assert!(world.state.groups.is_empty(), "and is forgotten");
}

#[test]
fn a_resolved_is_sent_to_those_who_were_told_even_if_routes_changed_meanwhile() {
    let mut world = World::new();
    world.fires("errors", "api").pass(MINUTE);
    world.policy.routes = vec![route(&["night"])];
    world.channels.insert("night".into());
    world.pass(10 * MINUTE).ends("errors", "api").pass(10 * MINUTE);
    let told: Vec<_> = world.told().into_iter().map(|(channel, reason, _)| (channel, reason)).collect();
    let expected = [("ops", First), ("night", First), ("night", AllResolved), ("ops", AllResolved)];
    assert_eq!(told, expected.map(|(channel, reason)| (channel.to_owned(), reason)));
}

#[test]
fn a_channel_that_is_not_configured_any_more_is_told_nothing_and_that_is_noted() {
    let mut world = World::new();
    world.fires("errors", "api").pass(MINUTE);
    world.channels.clear();
    world.ends("errors", "api").pass(HOUR);
    assert_eq!(world.reasons(), [(First, 30)]);
    assert_eq!(
        world.noted("errors", "api").last().unwrap(),
        "ops is not configured any more: its end is not told there"
    );
}

#[test]
fn f83_flapping_each_second_is_told_at_most_once_in_five_minutes() {
    let mut world = World::new();
    // For an hour, on a tick each second.
    for second in 0..3600 {
        world.now = START + second * SECOND;
        if second % 2 == 0 {
            world.fires("errors", "api");
        } else {
            world.ends("errors", "api");
        }
        world.tick();
    }
    let told = world.reasons();
    assert!(told.windows(2).all(|pair| pair[1].1 - pair[0].1 >= 300), "{told:?}");
    assert_eq!(told[0], (First, 30), "and it is told");
    assert!(told.len() >= 10, "{told:?}");
}

#[test]
fn f83_what_flaps_faster_than_the_wait_is_told_all_the_same() {
    let mut world = World::new();
    // Fires for ten seconds of each minute, never when the wait is over.
    for turn in 0..10 {
        world.now = START + turn * MINUTE;
        world.fires("errors", "api").tick();
        world.now += 10 * SECOND;
        world.ends("errors", "api").tick();
    }
    assert_eq!(world.reasons(), [(First, 60), (AllResolved, 360 + 10)]);
}

#[test]
fn an_alert_cools_down_before_it_is_told_anew() {
    let pace = Pace { cool_down: Duration::from_mins(30), ..Pace::default() };
    let mut world = World::with(vec![Route { pace, ..route(&["ops"]) }]);
    world.fires("errors", "api").pass(6 * MINUTE);
    world.ends("errors", "api").pass(MINUTE);
    world.fires("errors", "api").pass(10 * MINUTE);
    assert_eq!(world.reasons(), [(First, 30), (AllResolved, 360)]);
    assert!(world.held("errors", "api").unwrap().to_string().starts_with("cools down until 1970-02-11 16:30:30"));
    world.pass(HOUR);
    assert_eq!(world.reasons(), [(First, 30 * 60 + 30 + 30)], "what still fires after it is told");
}

#[test]
fn a_channel_has_no_more_messages_than_it_may_have_and_nothing_is_lost() {
    let limit = Some(Limit { messages: 2, within: Duration::from_hours(1) });
    let mut world = World::with(vec![Route { limit, ..route(&["ops"]) }]);
    world.fires("errors", "api").fires("errors", "db").fires("errors", "web").pass(10 * MINUTE);
    assert_eq!(world.reasons(), [(First, 30), (First, 30)]);
    assert!(world.held("errors", "web").unwrap().to_string().starts_with("ops had all the messages it may have until"));
    world.ends("errors", "api").pass(HOUR);
    assert_eq!(world.reasons(), [(AllResolved, 3630), (First, 3630)]);
}

#[test]
fn what_gets_heavier_is_told_again() {
    let mut world = World::new();
    world.fires_as("errors", "api", Severity::Medium).pass(10 * MINUTE);
    world.fires_as("errors", "api", Severity::Critical).pass(MINUTE);
    world.fires_as("errors", "api", Severity::Medium).pass(10 * MINUTE);
    assert_eq!(world.reasons(), [(First, 30), (New, 630)], "and not when it gets lighter");
}

#[test]
fn the_first_route_that_takes_an_alert_has_it() {
    let first = Route { matches: services(&["api"]), ..route(&["ops"]) };
    let mut world = World::with(vec![first, route(&["rest"])]);
    world.fires("errors", "api").fires("errors", "web").pass(MINUTE);
    let told: Vec<_> = world.told().into_iter().map(|(channel, ..)| channel).collect();
    assert_eq!(told, ["ops", "rest"]);
}

#[test]
fn with_continue_the_next_routes_have_it_too_and_no_channel_is_told_twice() {
    let first = Route { matches: services(&["api"]), goes_on: true, ..route(&["ops"]) };
    let mut world = World::with(vec![first, route(&["ops", "rest"])]);
    world.fires("errors", "api").pass(MINUTE);
    let told: Vec<_> = world.told().into_iter().map(|(channel, ..)| channel).collect();
    assert_eq!(told, ["ops", "rest"]);
}

#[test]
fn an_alert_that_no_route_takes_is_said_to_be_so() {
    let mut world = World::with(vec![Route { matches: services(&["api"]), ..route(&["ops"]) }]);
    world.fires("errors", "web").pass(MINUTE);
    assert_eq!(world.told(), []);
    assert_eq!(world.noted("errors", "web"), ["no route takes it"], "once");
}

#[test]
fn f43_a_clock_that_is_set_back_an_hour_holds_nothing_back() {
    let mut world = World::new();
    world.fires("errors", "api").pass(MINUTE);
    (world.now, world.moved) = (world.now - HOUR, -HOUR);
    world.fires("latency", "api").pass(10 * MINUTE);
    assert_eq!(world.reasons(), [(First, 30), (New, 330 - 3600)], "five minutes after the first, as time passes");
}

#[test]
fn f43_a_clock_that_is_set_on_a_day_repeats_nothing() {
    let mut world = World::new();
    world.fires("errors", "api").pass(MINUTE);
    (world.now, world.moved) = (world.now + 24 * HOUR, 24 * HOUR);
    world.pass(3 * HOUR);
    assert_eq!(world.reasons(), [(First, 30)]);
}

#[test]
fn f43_over_a_restart_what_lies_in_the_future_began_now() {
    let mut world = World::new();
    world.fires("errors", "api").pass(MINUTE);
    world.now -= HOUR;
    world.fires("latency", "api").pass(10 * MINUTE);
    assert_eq!(world.reasons(), [(First, 30), (New, 60 + 300 - 3600)]);
}

#[test]
fn many_alerts_make_one_message_of_bounded_size() {
    let mut world = World::with(vec![Route { group_by: Vec::new(), ..route(&["ops"]) }]);
    for number in 0..1_000 {
        world.fires("errors", &format!("service-{number:04}"));
    }
    world.pass(MINUTE);
    assert_eq!(world.notices.len(), 1);
    assert_eq!((world.notices[0].firing.len(), world.notices[0].more), (20, 980));
    assert!(world.notices[0].title.ends_with("and 997 more in production"), "{}", world.notices[0].title);
}
