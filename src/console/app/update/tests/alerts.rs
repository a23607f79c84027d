//! The Alerts screen: what its keys ask for, and what they refuse.

use std::sync::Arc;

use super::world::{World, points};
use crate::{
    console::app::{
        alerts::AlertsFocus,
        effect::Effect,
        key::Key,
        model::{Options, Screen},
        msg::{Answer, Msg, News},
        overlay::Overlay,
        wizard::Stage,
    },
    domain::{
        alert::{
            AlertKey, Board, Phase, Posted, Severity, Standing, State,
            tell::{Acknowledgement, Matcher},
        },
        time::UnixMs,
    },
};

fn posted(rule: &str, state: State) -> Posted {
    let phase = match state {
        State::Pending => Phase::Pending { since: UnixMs(500) },
        _ => Phase::Firing { since: UnixMs(500), fired_at: UnixMs(600), false_since: None },
    };
    let standing = Standing {
        key: AlertKey { env: "staging".into(), rule: rule.into(), subject: "api".into() },
        severity: Severity::Critical,
        phase,
        judged_at: UnixMs(900),
        unknown_since: None,
        explanation: "error_rate 0.12 > 0.10".into(),
        figure: None,
        threshold: None,
    };
    Posted { standing, state, acknowledged: None, deploy: None }
}

fn show(world: &mut World, alerts: Vec<Posted>) {
    let board = Arc::new(Board { alerts, ..Board::default() });
    world.send(Msg::News(News::Alerts { env: "staging".into(), board }));
}

/// On the Alerts screen with these.
fn open(alerts: Vec<Posted>) -> World {
    let mut world = World::open();
    show(&mut world, alerts);
    world.press("4");
    world.take_effects();
    world
}

#[test]
fn an_alert_that_fires_is_acknowledged_once() {
    let mut world = open(vec![posted("errors", State::Firing)]);
    world.press("a");
    let effects = world.take_effects();
    assert!(matches!(&effects[..], [Effect::Acknowledge { key, fired_at: UnixMs(600) }] if key.rule == "errors"));

    let mut known = posted("errors", State::Firing);
    let key = known.standing.key.clone();
    let (at, fired_at) = (UnixMs(700), UnixMs(600));
    known.acknowledged = Some(Acknowledgement { at, key, fired_at, author: "bob".into(), note: String::new() });
    let mut world = open(vec![known]);
    world.press("a");
    assert!(world.take_effects().is_empty());
    assert!(world.notice().contains("bob is at it already"), "{}", world.notice());
}

#[test]
fn what_does_not_fire_yet_is_not_acknowledged() {
    let mut world = open(vec![posted("errors", State::Pending)]);
    world.press("a");
    assert!(world.take_effects().is_empty());
    assert!(world.notice().contains("does not fire"), "{}", world.notice());
}

#[test]
fn a_silence_wants_a_reason_and_takes_what_was_chosen() {
    let mut world = open(vec![posted("errors", State::Firing)]);
    world.press("sj\njj\n\n");
    assert!(world.take_effects().is_empty(), "without a reason nothing is silenced");
    assert!(world.notice().contains("reason"), "{}", world.notice());
    world.press("as planned\n");
    let effects = world.take_effects();
    let [Effect::Silence { env, matches, from, length, reason }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((env.as_str(), reason.as_str(), *from), ("staging", "as planned", world.model.now));
    assert_eq!(*matches, Matcher { services: vec!["api".into()], ..Matcher::default() });
    assert_eq!(*length, std::time::Duration::from_hours(4), "two below the one hour it begins with");
    assert!(world.model.overlay.is_none());
}

#[test]
fn esc_leaves_the_form_and_nothing_is_silenced() {
    let mut world = open(vec![posted("errors", State::Firing)]);
    world.press("s\u{1b}");
    assert!(world.model.overlay.is_none() && world.take_effects().is_empty());
    assert_eq!(world.model.screen, Screen::Alerts);
}

#[test]
fn only_what_is_silenced_can_be_unsilenced() {
    let silenced = State::Silenced { id: 7, author: "alice".into(), reason: "known".into(), until: UnixMs(9_000) };
    let mut world = open(vec![posted("errors", silenced)]);
    world.press("S");
    assert!(matches!(world.take_effects()[..], [Effect::EndSilence { id: 7 }]));
    world.press("s");
    assert!(world.notice().contains("silenced already"), "{}", world.notice());
    show(&mut world, vec![posted("errors", State::Firing)]);
    world.press("S");
    assert!(world.take_effects().is_empty());
}

#[test]
fn from_an_alert_one_key_leads_to_the_plan_that_goes_back() {
    let mut world = open(vec![posted("errors", State::Firing)]);
    world.press("r");
    assert!(matches!(&world.take_effects()[..], [Effect::Points { target, .. }] if target == "shop"));
    world.answer(Answer::Points(Ok(points())));
    let effects = world.take_effects();
    assert!(matches!(&effects[..], [Effect::PrepareRollback { point, .. }] if point.preferred), "{effects:?}");
    let Some(Stage::Preparing(preparing)) = world.model.wizard.as_ref().map(|wizard| &wizard.stage) else { panic!() };
    let reason = preparing.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("alert errors of api"), "why it is done is filled in: {reason}");
}

#[test]
fn new_alerts_do_not_move_the_selection() {
    let mut world = open(vec![posted("errors", State::Firing), posted("slow", State::Firing)]);
    world.press("j");
    show(
        &mut world,
        vec![posted("disk", State::Firing), posted("errors", State::Firing), posted("slow", State::Firing)],
    );
    assert_eq!(world.model.alerts.current().unwrap().standing.key.rule, "slow");
}

#[test]
fn enter_goes_into_the_explanation_and_esc_comes_back() {
    let mut world = open(vec![posted("errors", State::Firing)]);
    world.press("\n");
    assert_eq!(world.model.alerts.focus, AlertsFocus::About);
    world.press("\u{1b}");
    assert_eq!((world.model.alerts.focus, world.model.screen), (AlertsFocus::List, Screen::Alerts));
    world.key(Key::Esc);
    assert_eq!(world.model.screen, Screen::Watch);
}

#[test]
fn a_read_only_console_says_nothing_to_alerts() {
    let mut world = World::with(Options { read_only: true, ..Options::default() });
    show(&mut world, vec![posted("errors", State::Firing)]);
    world.press("4asSr");
    assert!(world.take_effects().is_empty());
    assert!(world.model.overlay.is_none() && world.model.wizard.is_none());
}

#[test]
fn a_runbook_opens_only_where_nothing_else_is_open() {
    let mut world = open(vec![posted("errors", State::Firing)]);
    world.press("o");
    assert!(world.notice().contains("names no runbook"), "{}", world.notice());
    world.send(Msg::Read { title: "Runbook".into(), lines: vec!["do this".into()] });
    assert!(matches!(&world.model.overlay, Some(Overlay::Message(message)) if message.lines == ["do this"]));
    world.press("\u{1b}?");
    world.send(Msg::Read { title: "Runbook".into(), lines: vec!["do this".into()] });
    assert!(matches!(world.model.overlay, Some(Overlay::Help { .. })), "what a person opened since stays");
}

#[test]
fn alerts_of_another_environment_are_dropped() {
    let mut world = open(vec![posted("errors", State::Firing)]);
    world.send(Msg::News(News::Alerts { env: "production".into(), board: Arc::default() }));
    assert_eq!(world.model.alerts.board.alerts.len(), 1);
}
