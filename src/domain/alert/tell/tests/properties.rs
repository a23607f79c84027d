//! What holds whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::world::{MINUTE, SECOND, World, route, services};
use crate::domain::{
    alert::{
        AlertKey, Notice, Reason, Severity,
        tell::{Escalation, Limit, Matcher, Pace, Route, State},
    },
    time::UnixMs,
};

const RULES: [&str; 2] = ["errors", "latency"];
const SERVICES: [&str; 3] = ["api", "web", "db"];

/// What can happen between two ticks.
#[derive(Debug, Clone)]
enum Happens {
    Flips(usize, usize),
    Silenced(usize, i64),
    Acknowledged(usize, usize),
    Down(usize, bool),
    Lost(bool),
    Passes(i64),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => (0..RULES.len(), 0..SERVICES.len()).prop_map(|(rule, service)| Happens::Flips(rule, service)),
        1 => (0..SERVICES.len(), 1..90_i64).prop_map(|(service, minutes)| Happens::Silenced(service, minutes * MINUTE)),
        1 => (0..RULES.len(), 0..SERVICES.len()).prop_map(|(rule, service)| Happens::Acknowledged(rule, service)),
        1 => (0..SERVICES.len(), any::<bool>()).prop_map(|(service, down)| Happens::Down(service, down)),
        1 => any::<bool>().prop_map(Happens::Lost),
        8 => (1..100_i64).prop_map(|ticks| Happens::Passes(ticks * 10 * SECOND)),
    ]
}

/// Two routes, one that goes on, with escalation, a cool-down and a limit.
fn world() -> World {
    let escalate = vec![Escalation { after: std::time::Duration::from_mins(15), to: vec!["lead".into()] }];
    let limit = Some(Limit { messages: 6, within: std::time::Duration::from_hours(1) });
    let pace = Pace { cool_down: std::time::Duration::from_mins(20), ..Pace::default() };
    let first = Route { matches: services(&["api", "db"]), goes_on: true, escalate, limit, ..route(&["ops"]) };
    let mut world = World::with(vec![first, Route { pace, group_by: Vec::new(), ..route(&["chat"]) }]);
    world.depends("web", "api");
    world.depends("api", "db");
    world
}

fn apply(world: &mut World, happens: &Happens) {
    match *happens {
        Happens::Flips(rule, service) => {
            let (rule, service) = (RULES[rule], SERVICES[service]);
            if world.alerts.contains_key(&super::world::key(rule, service)) {
                world.ends(rule, service);
            } else {
                world.fires_as(rule, service, if rule == "errors" { Severity::Critical } else { Severity::High });
            }
            world.tick();
        }
        Happens::Silenced(service, lasts) => world.silence(services(&[SERVICES[service]]), lasts),
        Happens::Acknowledged(rule, service) => {
            let (rule, service) = (RULES[rule], SERVICES[service]);
            if world.alerts.contains_key(&super::world::key(rule, service)) {
                world.ack(rule, service);
            }
        }
        Happens::Down(service, down) => world.is_down(SERVICES[service], down),
        Happens::Lost(lost) => world.lost = lost,
        Happens::Passes(time) => {
            world.pass(time);
        }
    }
}

/// Everything ends, nothing is silenced, and a day passes.
fn settle(world: &mut World) {
    world.alerts.clear();
    world.lost = false;
    world.now += 10 * SECOND;
    for _ in 0..24 {
        world.tick();
        world.now += 10 * MINUTE;
    }
}

fn by_group(notices: &[Notice]) -> BTreeMap<(String, String), Vec<&Notice>> {
    let mut groups: BTreeMap<_, Vec<&Notice>> = BTreeMap::new();
    for notice in notices {
        groups.entry((notice.channel.clone(), notice.group.clone())).or_default().push(notice);
    }
    groups
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_resolved_is_sent_exactly_if_its_firing_was_sent(script in proptest::collection::vec(happens(), 1..60)) {
        let mut world = world();
        for one in &script {
            apply(&mut world, one);
        }
        settle(&mut world);
        let mut open: BTreeSet<(String, AlertKey)> = BTreeSet::new();
        for notice in &world.notices {
            for card in &notice.resolved {
                prop_assert!(open.remove(&(notice.channel.clone(), card.key.clone())), "an end without a beginning: {card:?}");
            }
            open.extend(notice.firing.iter().map(|card| (notice.channel.clone(), card.key.clone())));
        }
        prop_assert!(open.is_empty(), "never told that it ended: {open:?}");
        prop_assert!(world.state.groups.is_empty(), "nothing is left: {:?}", world.state.groups);
        prop_assert!(world.state.alerts.is_empty());
    }

    #[test]
    fn there_is_never_more_than_the_intervals_allow(script in proptest::collection::vec(happens(), 1..60)) {
        let mut world = world();
        for one in &script {
            apply(&mut world, one);
        }
        settle(&mut world);
        // What a person says is told at once: it is no more often than they say it.
        world.notices.retain(|one| !matches!(one.reason, Reason::Acknowledged { .. }));
        for ((channel, group), notices) in by_group(&world.notices) {
            for pair in notices.windows(2) {
                let between = pair[1].at.since(pair[0].at);
                prop_assert!(between >= std::time::Duration::from_mins(5), "{channel} {group}: {between:?}");
            }
        }
        let to_ops: Vec<UnixMs> = world.notices.iter().filter(|one| one.channel == "ops").map(|one| one.at).collect();
        for seven in to_ops.windows(7) {
            prop_assert!(seven[6].since(seven[0]) >= std::time::Duration::from_hours(1), "more than six in an hour");
        }
    }

    #[test]
    fn messages_of_a_group_go_from_first_over_new_and_resolved_to_all_resolved(
        script in proptest::collection::vec(happens(), 1..60)
    ) {
        let mut world = world();
        for one in &script {
            apply(&mut world, one);
        }
        settle(&mut world);
        for (_, notices) in by_group(&world.notices) {
            let mut open = false;
            for notice in notices {
                match notice.reason {
                    Reason::First => prop_assert!(!open, "first, and it was told before"),
                    Reason::New | Reason::Resolved | Reason::Repeat | Reason::Acknowledged { .. } => prop_assert!(open, "{:?} before the first", notice.reason),
                    Reason::AllResolved => prop_assert!(open && notice.firing.is_empty()),
                    Reason::Escalated { .. } => {}
                    Reason::Test | Reason::Summary | Reason::Said => prop_assert!(false, "nothing of ours"),
                }
                prop_assert!(!notice.firing.is_empty() || !notice.resolved.is_empty(), "a message without a reason");
                open = !notice.firing.is_empty();
            }
            prop_assert!(!open);
        }
    }

    #[test]
    fn a_state_restored_from_disk_at_any_tick_gives_the_same_messages(
        script in proptest::collection::vec(happens(), 1..40)
    ) {
        let (mut one, mut other) = (world(), world());
        for happens in &script {
            apply(&mut one, happens);
            apply(&mut other, happens);
            let text = serde_json::to_string(&other.state).unwrap();
            other.state = serde_json::from_str::<State>(&text).unwrap();
            prop_assert_eq!(&one.state, &other.state);
        }
        settle(&mut one);
        settle(&mut other);
        prop_assert_eq!(one.notices, other.notices);
        prop_assert_eq!(one.events, other.events);
    }

    #[test]
    fn what_fires_and_was_not_told_to_those_who_are_to_know_at_once_has_a_reason(
        script in proptest::collection::vec(happens(), 1..60)
    ) {
        let mut world = world();
        for happens in &script {
            apply(&mut world, happens);
            world.tick();
            for key in world.alerts.keys() {
                let told = |channel: &str| {
                    world.state.groups.iter().any(|((to, _), group)| to == channel && group.told.contains_key(key))
                };
                let all = told("chat") && (key.subject == "web" || told("ops"));
                prop_assert!(all || world.state.alerts[key].held.is_some(), "{} is not told and nobody knows why", key);
            }
        }
    }
}

#[test]
fn a_tick_that_was_not_stored_is_done_again_and_says_the_same() {
    let mut world = World::new();
    world.fires("errors", "api").pass(20 * SECOND);
    let before = world.state.clone();
    world.now += 10 * SECOND;
    world.tick();
    let (first, after) = (std::mem::take(&mut world.notices), world.state.clone());
    // Killed between tick and commit: the state is that of before.
    world.state = before;
    world.tick();
    assert_eq!((&world.notices, &world.state), (&first, &after));
    assert_eq!(first.len(), 1);
    // Killed after the commit: nothing is told twice.
    world.notices.clear();
    world.now += 10 * SECOND;
    world.tick();
    assert_eq!(world.notices, []);
}

#[test]
fn what_changes_between_two_states_is_all_it_takes_to_get_from_one_to_the_other() {
    use crate::domain::alert::tell::Changes;
    let mut world = world();
    let mut before = State::default();
    for (rule, service) in [("errors", "api"), ("latency", "web"), ("errors", "db")] {
        world.silence(Matcher::default(), 20 * SECOND);
        world.fires(rule, service).pass(10 * MINUTE);
        let mut rebuilt = before.clone();
        rebuilt.absorb(Changes::between(&before, &world.state));
        assert_eq!(rebuilt, world.state);
        before = rebuilt;
    }
    world.tick();
    assert!(Changes::between(&before, &world.state).is_empty(), "at rest nothing is written");
}
