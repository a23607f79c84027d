use std::sync::Arc;

use super::world::World;
use crate::{
    console::app::{
        interest::interest,
        key::Panes,
        log_pane::Position,
        msg::{Msg, News},
        service_log::{LogInterest, ServiceLog},
    },
    domain::{
        service_log::{Level, ServiceLine, StoredLine},
        time::UnixMs,
    },
};

/// A console whose first service's log is shown, with so many lines of which every tenth is an error.
fn log(lines: u64) -> World {
    let mut world = World::open();
    world.send(Msg::Laid(Panes { log_rows: 10, log_columns: 80, list_rows: 10, chart_columns: 40 }));
    world.press("l");
    feed(&mut world, 1, lines);
    world
}

fn feed(world: &mut World, first: u64, lines: u64) {
    let line = |seq: u64| StoredLine {
        service: "api".into(),
        seq,
        line: ServiceLine {
            at: UnixMs(seq as i64),
            level: Some(if seq.is_multiple_of(10) { Level::Error } else { Level::Info }),
            message: format!("line {seq}"),
            request: (seq != 3).then(|| format!("r-{}", seq % 4)),
            ..ServiceLine::default()
        },
    };
    let lines = Arc::new((first..first + lines).map(line).collect());
    let (env, interest) = (world.model.env.clone(), wanted(world));
    world.send(Msg::News(News::ServiceLog { env, interest, first, lines }));
}

fn shown(world: &World) -> &ServiceLog {
    world.model.watch.service_log.as_ref().expect("the service's log is shown")
}

fn wanted(world: &World) -> LogInterest {
    interest(&world.model).service_log.expect("lines are asked for")
}

#[test]
fn l_shows_the_selected_services_log_and_what_happened_again() {
    let mut world = log(30);
    let service = world.model.service().expect("a service").name.clone();
    assert_eq!(wanted(&world).service.as_deref(), Some(service.as_str()));
    assert!(shown(&world).pane.follows() && shown(&world).pane.total == 30);
    world.press("l");
    assert_eq!(interest(&world.model).service_log, None);
}

#[test]
fn who_comes_back_to_a_service_or_opens_its_log_again_asks_anew() {
    let mut world = log(30);
    let first = wanted(&world);
    world.model.watch.focus = crate::console::app::watch::WatchFocus::Services;
    world.press("j");
    world.press("k");
    let second = wanted(&world);
    assert_eq!(second.service, first.service);
    assert_ne!(second, first, "the feed sees only what is asked for in the end");
    world.press("l");
    world.press("l");
    assert!(wanted(&world).turn > second.turn && !shown(&world).loaded);
}

#[test]
fn another_service_is_asked_for_at_once_and_late_lines_of_the_one_before_are_dropped() {
    let mut world = log(30);
    let before = wanted(&world);
    world.model.watch.focus = crate::console::app::watch::WatchFocus::Services;
    world.press("j");
    assert_ne!(wanted(&world), before);
    assert!(shown(&world).pane.held.is_empty() && !shown(&world).loaded);
    let env = world.model.env.clone();
    world.send(Msg::News(News::ServiceLog { env, interest: before, first: 1, lines: Arc::default() }));
    assert!(!shown(&world).loaded);
}

#[test]
fn o_follows_the_request_of_the_marked_line_across_services_and_esc_shows_all_again() {
    let mut world = log(30);
    world.press("k");
    assert_eq!(shown(&world).marked().expect("a line is marked").seq, 29);
    world.press("o");
    let asked = wanted(&world);
    assert_eq!((asked.service.as_deref(), asked.filter.request.as_deref()), (None, Some("r-1")));
    world.press("\x1b");
    let asked = wanted(&world);
    assert!(asked.service.is_some() && asked.filter.is_open());
}

#[test]
fn a_line_without_a_request_can_t_be_followed_and_says_so() {
    let mut world = log(3);
    world.press("o");
    assert_eq!(world.notice(), "the marked line names no request");
    assert!(wanted(&world).filter.is_open());
}

#[test]
fn m_asks_for_worse_lines_until_all_are_shown_again() {
    let mut world = log(30);
    let mut levels = Vec::new();
    for _ in 0..4 {
        world.press("m");
        levels.push(wanted(&world).filter.level);
    }
    assert_eq!(levels, [Some(Level::Info), Some(Level::Warn), Some(Level::Error), None]);
    world.press("s");
    assert_eq!(wanted(&world).service, None);
}

#[test]
fn the_keys_of_every_log_are_in_force_and_what_they_look_at_survives_new_lines() {
    let mut world = log(30);
    world.press("x");
    assert_eq!(shown(&world).pane.cursor(), 10, "the first error");
    world.press("/line 2\n");
    assert_eq!(shown(&world).pane.cursor(), 20);
    world.press("N");
    assert_eq!(shown(&world).pane.cursor(), 2);
    world.press("g");
    // The oldest lines went as new ones came.
    feed(&mut world, 6, 30);
    assert_eq!(shown(&world).pane.position, Position::At { top: 6, cursor: 6 });
    world.press("f");
    assert_eq!(shown(&world).pane.cursor(), 35);
}
