//! Alerts and runs: expected while a run works on the service, told at once if they stay, and what a card says of the deploy.

use std::collections::BTreeSet;

use super::world::{HOUR, MINUTE, SECOND, START, World};
use crate::domain::{
    alert::{
        Reason::First,
        tell::{Act, Work},
    },
    id::RunId,
    time::UnixMs,
};

fn deploy(acts: &[(i64, Option<i64>)]) -> Work {
    let at = |at: i64| UnixMs(START + at);
    Work {
        run: RunId(418),
        pipeline: "deploy".into(),
        env: "production".into(),
        version: Some("1.9.2".into()),
        services: BTreeSet::from(["api".to_owned()]),
        releases: true,
        began: at(acts[0].0),
        acts: acts.iter().map(|(from, until)| Act { from: at(*from), until: until.map(at) }).collect(),
    }
}

#[test]
fn during_a_deploy_alerts_of_the_touched_services_are_expected_and_held_and_others_are_told() {
    let mut world = World::new();
    world.works = vec![deploy(&[(0, None)])];
    world.fires("errors", "api").fires("errors", "web").pass(5 * MINUTE);
    assert_eq!(world.notices.len(), 1);
    assert_eq!(world.notices[0].firing[0].key.subject, "web");
    assert_eq!(world.noted("errors", "api"), ["expected (deploy #418)"]);
}

#[test]
fn what_still_fires_after_the_step_plus_grace_is_told_at_once() {
    let mut world = World::new();
    world.works = vec![deploy(&[(0, None)])];
    world.pass(30 * SECOND);
    world.fires("errors", "api").pass(2 * MINUTE);
    // The step is over; a soak goes on.
    world.works = vec![deploy(&[(0, Some(150_000))])];
    world.pass(10 * MINUTE);
    let card = &world.notices[0].firing[0];
    assert_eq!(card.last_deploy.as_deref(), Some("during deploy #418 (1.9.2)"));
    assert_eq!(world.reasons(), [(First, 150 + 60)], "a minute of grace, and no wait for others");
}

#[test]
fn it_is_told_at_once_even_if_its_group_was_told_something_just_now() {
    let mut world = World::new();
    world.fires("memory", "api");
    world.now += 10 * SECOND;
    world.works = vec![deploy(&[(10_000, None)])];
    world.fires("errors", "api").pass(40 * SECOND);
    world.works = vec![deploy(&[(10_000, Some(40_000))])];
    world.pass(10 * MINUTE);
    let told: Vec<_> = world.reasons().into_iter().map(|(_, at)| at).collect();
    assert_eq!(told, [40, 100]);
}

#[test]
fn what_ends_while_it_is_expected_is_never_told() {
    let mut world = World::new();
    world.works = vec![deploy(&[(0, Some(60_000))])];
    world.fires("errors", "api").pass(MINUTE);
    world.ends("errors", "api").pass(HOUR);
    assert_eq!(world.told(), []);
}

#[test]
fn an_alert_that_was_true_before_the_step_is_not_expected() {
    let mut world = World::new();
    world.fires("errors", "api");
    world.works = vec![deploy(&[(10_000, None)])];
    world.pass(MINUTE);
    assert_eq!(world.reasons(), [(First, 30)]);
}

#[test]
fn what_begins_after_the_grace_is_told_as_ever_and_names_the_deploy() {
    let mut world = World::new();
    world.works = vec![deploy(&[(0, Some(30_000)), (40_000, Some(60_000))])];
    world.pass(4 * MINUTE);
    world.fires("errors", "api").pass(MINUTE);
    assert_eq!(world.notices[0].firing[0].last_deploy.as_deref(), Some("3 min after deploy #418 (1.9.2)"));
    assert_eq!(world.reasons(), [(First, 270)]);
}

#[test]
fn a_run_that_never_gets_on_explains_nothing_for_long() {
    let mut world = World::new();
    world.works = vec![deploy(&[(0, None)])];
    world.pass(10 * SECOND);
    world.fires("errors", "api").pass(HOUR);
    assert_eq!(world.reasons(), [(First, 30 * 60)], "half an hour from the step's start");
}

#[test]
fn a_deploy_of_yesterday_explains_nothing() {
    let mut world = World::new();
    world.works = vec![deploy(&[(-25 * HOUR, Some(-24 * HOUR))])];
    world.fires("errors", "api").pass(MINUTE);
    assert_eq!(world.notices[0].firing[0].last_deploy, None);
}

mod of_a_run {
    //! What a run's events say of its acts.

    use super::*;
    use crate::domain::run::{EventRow, RunEvent, StepEnd};

    fn plan() -> crate::domain::plan::Plan {
        let command = || serde_json::json!({ "command": { "run": [[{ "text": "true" }]] } });
        let step = |name: &str, kind: serde_json::Value| {
            serde_json::json!({
                "name": name, "kind": kind, "effect": "once", "retry": null, "timeout": null, "undo": null,
                "probe": null, "required": false, "env": {}, "no_way_back": null,
            })
        };
        let ask = serde_json::json!({ "ask": { "question": [{ "text": "go on?" }] } });
        serde_json::from_value(serde_json::json!({
            "project": "Shop", "root": "/", "env": "production", "target": "shop", "pipeline": "deploy",
            "touches": ["api"], "kind": "deploy", "params": {}, "version": "1.9.2", "previous": null, "point": null,
            "on_failure": "hold", "timeout": null, "preflight": null, "confirm": "enter",
            "steps": [step("switch", command()), step("sure?", ask), step("clean", command())],
            "suites": {}, "services": {}, "secrets": {},
        }))
        .unwrap()
    }

    fn rows(events: Vec<(i64, RunEvent)>) -> Vec<EventRow> {
        let row = |(seq, (at, event)): (usize, (i64, RunEvent))| EventRow {
            seq: seq as u32 + 1,
            at: UnixMs(START + at),
            boot: None,
            event,
        };
        events.into_iter().enumerate().map(row).collect()
    }

    fn started(step: u16, undo: bool) -> RunEvent {
        RunEvent::StepStarted { step, undo }
    }

    fn ended(step: u16) -> RunEvent {
        RunEvent::StepEnded { step, undo: false, state: StepEnd::Succeeded, why: String::new(), duration_ms: 1 }
    }

    fn acts(events: Vec<(i64, RunEvent)>, alive: bool) -> Vec<(i64, Option<i64>)> {
        let work = Work::of(RunId(418), &plan(), &rows(events), alive).unwrap();
        assert_eq!((work.services.len(), work.version.as_deref()), (1, Some("1.9.2")));
        work.acts.iter().map(|act| (act.from.0 - START, act.until.map(|until| until.0 - START))).collect()
    }

    #[test]
    fn steps_that_change_something_act_and_those_that_ask_do_not() {
        let asked = RunEvent::Asked { step: 1, question: "go on?".into() };
        let events = vec![
            (1, started(0, false)),
            (5, ended(0)),
            (6, started(1, false)),
            (7, asked),
            (9, ended(1)),
            (10, started(2, false)),
        ];
        assert_eq!(acts(events, true), [(1, Some(5)), (10, None)]);
    }

    #[test]
    fn undoing_acts_as_well() {
        let events = vec![(1, started(0, false)), (5, ended(0)), (8, started(0, true))];
        assert_eq!(acts(events, true), [(1, Some(5)), (8, None)]);
    }

    #[test]
    fn a_run_that_holds_does_not_act() {
        let held = RunEvent::Held { step: 0, why: "it is not known whether it was done".into() };
        assert_eq!(acts(vec![(1, started(0, false)), (5, held)], true), [(1, Some(5))]);
    }

    #[test]
    fn a_run_that_died_acted_until_its_last_sign_of_life() {
        let intent = RunEvent::Intent { key: crate::domain::id::AttemptKey { step: 0, undo: false, attempt: 1 } };
        let events = vec![(1, started(0, false)), (3, intent)];
        assert_eq!(acts(events.clone(), true), [(1, None)]);
        assert_eq!(acts(events, false), [(1, Some(3))]);
    }

    #[test]
    fn what_still_fires_is_told_at_once_also_if_the_run_died() {
        let mut world = World::new();
        let intent = RunEvent::Intent { key: crate::domain::id::AttemptKey { step: 0, undo: false, attempt: 1 } };
        let events = rows(vec![(0, started(0, false)), (20_000, intent)]);
        let work = |alive| Work::of(RunId(418), &plan(), &events, alive).unwrap();
        world.works = vec![work(true)];
        world.pass(10 * SECOND);
        world.fires("errors", "api").pass(5 * MINUTE);
        assert_eq!(world.told(), []);
        world.works = vec![work(false)];
        world.tick();
        assert_eq!(world.reasons(), [(First, 310)]);
    }
}
