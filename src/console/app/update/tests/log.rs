use super::world::World;
use crate::{
    console::app::{
        effect::{Effect, Ticket},
        key::{Key, Panes},
        log_pane::{Hit, LogPane, LogWindow, Position, Search},
        msg::{Answer, Msg},
    },
    domain::{log::Direction, run::RunPhase},
};

/// A log of that many lines, with the keys in it and 10 rows to show it.
fn log(lines: u64) -> World {
    let mut world = World::open();
    world.send(Msg::Laid(Panes { log_rows: 10, log_columns: 80, list_rows: 10, chart_columns: 40 }));
    world.show_run(4, RunPhase::Running, lines);
    world.press("\n\n");
    world.take_effects();
    world
}

fn pane(world: &World) -> &LogPane {
    &world.model.run.as_ref().expect("a run is open").log
}

fn shown(world: &World) -> Vec<u64> {
    pane(world).shown(10).iter().map(|line| line.seq).collect()
}

fn ticket(world: &mut World) -> Ticket {
    match world.take_effects().as_slice() {
        [Effect::Find { ticket, .. }] => *ticket,
        other => panic!("not one search: {other:?}"),
    }
}

fn hit(line: u64) -> Answer {
    Answer::Found(Some(Hit { line, number: 0, of: 0, more: false }))
}

#[test]
fn a_log_is_followed_until_it_is_scrolled_and_again_at_its_end() {
    let mut world = log(100);
    assert_eq!(shown(&world), (91..=100).collect::<Vec<_>>());
    world.press("k");
    assert!(!pane(&world).follows());
    assert_eq!(pane(&world).position, Position::At { top: 91, cursor: 99 });
    world.press("j");
    assert!(pane(&world).follows());
}

#[test]
fn g_and_capital_g_go_to_the_ends_of_a_million_lines_and_hold_a_window_only() {
    let mut world = log(1_000_000);
    world.press("g");
    world.feed_log();
    assert_eq!(shown(&world), (1..=10).collect::<Vec<_>>());
    assert!(pane(&world).held.len() <= 40, "{} lines held", pane(&world).held.len());
    world.press("G");
    world.feed_log();
    assert_eq!(shown(&world), (999_991..=1_000_000).collect::<Vec<_>>());
}

#[test]
fn lines_held_before_stay_until_others_arrive() {
    let mut world = log(1_000);
    world.press("g");
    assert_eq!(shown(&world).len(), 10, "nothing flickers");
    world.feed_log();
    assert_eq!(shown(&world)[0], 1);
}

#[test]
fn scrolling_by_a_line_does_not_ask_for_other_lines_each_time() {
    let mut world = log(1_000);
    world.press("g");
    let first = pane(&world).wanted(10);
    world.press("jjj");
    assert_eq!(pane(&world).wanted(10), first);
}

#[test]
fn lines_of_a_window_that_is_no_longer_wanted_are_dropped() {
    let mut world = log(1_000);
    let held = pane(&world).held.clone();
    let msg = crate::console::app::msg::News::Log {
        run: pane(&world).run,
        window: LogWindow::From { from: 1, limit: 40 },
        total: 1_005,
        lines: std::sync::Arc::default(),
    };
    world.send(Msg::News(msg));
    assert_eq!((pane(&world).held.len(), pane(&world).total), (held.len(), 1_005));
}

#[test]
fn a_search_jumps_to_its_hit_and_says_which_of_how_many() {
    let mut world = log(1_000);
    world.press("/boom\n");
    let asked = ticket(&mut world);
    world.send(Msg::Answered(asked, hit(500)));
    assert_eq!(pane(&world).cursor(), 500);
    world.send(Msg::Answered(asked, Answer::Found(Some(Hit { line: 500, number: 3, of: 12, more: false }))));
    assert!(matches!(pane(&world).search, Search::Done { hit: Some(Hit { number: 3, of: 12, .. }), .. }));
    assert_eq!(pane(&world).cursor(), 500);
}

#[test]
fn n_and_capital_n_go_on_from_the_cursor_and_around() {
    let mut world = log(1_000);
    world.press("/boom\n");
    let asked = ticket(&mut world);
    world.send(Msg::Answered(asked, hit(500)));
    world.press("n");
    let effects = world.take_effects();
    assert!(matches!(effects.as_slice(), [Effect::Find { from: 501, way: Direction::Forward, around: true, .. }]));
    world.press("N");
    let effects = world.take_effects();
    assert!(matches!(effects.as_slice(), [Effect::Find { from: 499, way: Direction::Backward, .. }]), "{effects:?}");
}

#[test]
fn the_answer_to_an_older_search_is_late() {
    let mut world = log(1_000);
    world.press("/boom\n");
    let old = ticket(&mut world);
    world.press("/bang\n");
    let before = pane(&world).cursor();
    world.send(Msg::Answered(old, hit(500)));
    assert_eq!(pane(&world).cursor(), before);
}

#[test]
fn text_that_is_not_there_is_said_so() {
    let mut world = log(1_000);
    world.press("/boom\n");
    let asked = ticket(&mut world);
    world.send(Msg::Answered(asked, Answer::Found(None)));
    assert!(world.notice().contains("does not contain 'boom'"));
}

#[test]
fn keys_of_a_search_are_text_and_esc_ends_it() {
    let mut world = log(100);
    world.press("/qd1?");
    assert_eq!(pane(&world).search.needle(), Some("qd1?"));
    world.key(Key::Esc);
    assert!(matches!(pane(&world).search, Search::Off));
    assert!(world.model.log_has_focus(), "Esc closes one thing at a time");
}

#[test]
fn c_copies_the_marked_line_and_capital_c_what_is_shown() {
    let mut world = log(100);
    world.press("kkc");
    let effects = world.take_effects();
    assert!(matches!(effects.as_slice(), [Effect::Copy { text, .. }] if text == "line 98\n"), "{effects:?}");
    world.press("C");
    let effects = world.take_effects();
    assert!(matches!(effects.as_slice(), [Effect::Copy { what, .. }] if what == "10 lines"), "{effects:?}");
}

#[test]
fn the_next_error_is_any_of_the_words_for_one() {
    let mut world = log(100);
    world.press("x");
    let effects = world.take_effects();
    assert!(
        matches!(effects.as_slice(), [Effect::Find { needles, from: 1, .. }] if needles.iter().any(|one| one == "error"))
    );
}

#[test]
fn wrapped_lines_have_no_columns_to_scroll() {
    let mut world = log(100);
    world.key(Key::Right);
    assert_eq!(pane(&world).column, 8);
    world.press("w");
    assert_eq!(pane(&world).column, 0);
    world.key(Key::Right);
    assert!(pane(&world).column == 0 && world.notice().contains("wrapped"));
}
