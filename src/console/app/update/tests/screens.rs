use super::world::World;
use crate::console::app::{
    action::TABLE,
    effect::Effect,
    interest::{Interest, interest},
    key::{Key, Size},
    listing,
    model::{Model, Options, Screen},
    msg::Msg,
    overlay::Overlay,
    place::Place,
    watch::{ChartWindow, WatchFocus},
};
use crate::domain::time::UnixMs;

#[test]
fn number_keys_show_the_screens_and_only_what_is_shown_is_read() {
    let mut world = World::open();
    let on_watch = interest(&world.model);
    assert!(on_watch.watch && on_watch.charts.is_some() && !on_watch.runs && on_watch.releases.is_none());
    world.press("2");
    let on_runs = interest(&world.model);
    assert!(on_runs.runs && on_runs.watch, "the services stand in a line below the run, whatever was shown before");
    assert!(on_runs.charts.is_none());
    world.press("3");
    assert!(!interest(&world.model).watch);
    assert_eq!(interest(&world.model).releases.as_deref(), Some("shop"));
    assert_eq!(world.model.screen, Screen::Releases);
}

#[test]
fn nothing_is_read_and_nothing_started_before_the_configuration_is_open() {
    let mut model = Model::new(Options::default(), "dark", Size { width: 80, height: 24 }, UnixMs(0));
    assert_eq!(interest(&model), Interest::default());
    assert!(super::super::update(&mut model, Msg::Key(Key::Char('d'))).is_empty());
    assert!(model.notice.is_some_and(|notice| notice.text.contains("still being read")));
}

#[test]
fn the_selected_service_is_the_one_with_charts() {
    let mut world = World::open();
    world.press("j+");
    let charts = interest(&world.model).charts;
    assert!(charts.is_some_and(|charts| charts.service == "db" && charts.window == ChartWindow::Hour));
}

#[test]
fn the_window_of_the_charts_has_ends_and_says_so() {
    let mut world = World::open();
    world.press("-");
    assert!(world.notice().contains("15 minutes"));
    world.press("+++++");
    assert_eq!(world.model.watch.window, ChartWindow::Month);
    world.press("+");
    assert!(world.notice().contains("30 days"));
}

#[test]
fn another_environment_shows_nothing_of_the_one_before() {
    let mut world = World::open();
    world.press("j");
    world.take_effects();
    world.press("e\n");
    assert_eq!((world.model.env.as_str(), world.model.watch.selected), ("production", 0));
    assert!(matches!(world.take_effects().as_slice(), [Effect::Remember { name: "environment", .. }]));
}

#[test]
fn tab_goes_around_the_panes_and_the_log_is_one_only_while_a_run_is_open() {
    let mut world = World::open();
    world.press("\t");
    assert_eq!(world.model.watch.focus, WatchFocus::Happenings);
    world.press("\t");
    assert_eq!(world.model.watch.focus, WatchFocus::Services);
}

#[test]
fn the_theme_goes_around_and_is_remembered() {
    let mut world = World::open();
    world.press("t");
    assert_eq!(world.model.theme, "light");
    assert!(matches!(world.take_effects().as_slice(), [Effect::Remember { name: "theme", .. }]));
}

#[test]
fn q_ends_the_console_and_ctrl_c_asks_first() {
    let mut world = World::open();
    world.key(Key::Ctrl('c'));
    assert!(world.effects.is_empty() && matches!(world.model.overlay, Some(Overlay::Confirm(_))));
    world.key(Key::Ctrl('c'));
    assert!(matches!(world.take_effects().as_slice(), [Effect::Quit]));
    let mut world = World::open();
    world.press("q");
    assert!(matches!(world.take_effects().as_slice(), [Effect::Quit]));
}

#[test]
fn pasted_text_never_acts_as_keys() {
    let mut world = World::open();
    world.send(Msg::Paste("q2d\rY".into()));
    assert!(world.effects.is_empty() && world.model.wizard.is_none());
    assert_eq!(world.model.screen, Screen::Watch);
}

#[test]
fn the_palette_finds_by_scattered_letters_and_does_what_it_found() {
    let mut world = World::open();
    world.press(":srvweb\n");
    assert_eq!(world.model.service().map(|service| service.name.as_str()), Some("web"));
}

#[test]
fn a_changed_configuration_with_errors_leaves_the_old_one_in_force() {
    let mut world = World::open();
    world.send(Msg::ReloadRefused(vec!["quarterdeck.toml:3: unknown key".into()]));
    assert!(world.model.project.is_some() && world.model.standing.is_some());
    assert!(matches!(world.model.overlay, Some(Overlay::Message(_))));
    world.send(Msg::Reloaded(std::sync::Arc::new(super::world::project())));
    assert!(world.model.standing.is_none());
}

#[test]
fn no_key_means_two_things_in_one_place() {
    for place in Place::ALL {
        let mut seen: Vec<Key> = Vec::new();
        for action in TABLE.iter().filter(|action| action.places.contains(&place)) {
            for key in action.keys {
                assert!(!seen.contains(key), "{key} means two things in {place:?}");
                seen.push(*key);
            }
        }
    }
}

#[test]
fn every_action_has_a_key_a_place_and_a_sentence() {
    for action in TABLE {
        assert!(!action.keys.is_empty() && !action.places.is_empty(), "{:?}", action.id);
        assert!(action.help.ends_with('.') && !action.title.is_empty(), "{:?}", action.id);
    }
}

#[test]
fn keys_are_plain_letters_arrows_and_the_like() {
    let usual = |key: &Key| !matches!(key, Key::Ctrl(c) if !matches!(c, 'c' | 'z'));
    assert!(TABLE.iter().flat_map(|action| action.keys).all(usual), "Ctrl and Alt collide with tmux");
}

#[test]
fn the_footer_shows_only_keys_that_are_in_force() {
    let mut world = World::open();
    world.show_run(4, crate::domain::run::RunPhase::Running, 10);
    world.press("\n\n");
    let copies =
        listing::footer(&world.model).iter().filter(|hint| hint.key == "c").map(|hint| hint.title).collect::<Vec<_>>();
    assert_eq!(copies, ["copy"], "in the log c copies and does not cancel");
}

#[test]
fn the_footer_begins_with_what_matters_on_every_screen_and_in_a_pane_with_what_the_pane_knows() {
    let titles = |world: &World| listing::footer(&world.model).iter().map(|hint| hint.title).collect::<Vec<_>>();
    let mut world = World::open();
    for screen in ["1", "2", "3"] {
        world.press(screen);
        assert_eq!(titles(&world)[..3], ["deploy", "verify", "rollback"], "screen {screen}");
    }
    world.press("1");
    assert!(titles(&world).contains(&"longer"));
    world.show_run(4, crate::domain::run::RunPhase::Running, 10);
    assert_eq!(titles(&world)[..2], ["cancel run", "deploy"], "a run under way is more pressing");
    world.press("\n\n");
    assert_eq!(titles(&world)[..2], ["search", "next error"]);
}

#[test]
fn on_a_terminal_too_small_to_show_anything_keys_only_lead_out() {
    let mut world = World::open();
    world.send(Msg::Resize(Size { width: 10, height: 5 }));
    world.press("d\n2\n");
    assert!(world.model.wizard.is_none() && world.effects.is_empty());
    assert_eq!(world.model.screen, Screen::Watch);
    world.key(Key::Ctrl('c'));
    world.key(Key::Ctrl('c'));
    assert!(matches!(world.take_effects().as_slice(), [Effect::Quit]));
}

#[test]
fn a_key_that_means_nothing_is_said_to_mean_nothing_and_the_help_is_named() {
    let mut world = World::open();
    world.press("Z");
    assert_eq!(world.notice(), "Z means nothing here; ? lists the keys");
    assert!(world.effects.is_empty());
    world.press("?Z");
    assert_eq!(world.notice(), "Z means nothing here", "the help is open already");
}

#[test]
fn the_footer_of_a_text_field_names_no_letters_but_the_way_out() {
    let mut world = World::open();
    world.press("d");
    let keys: Vec<_> = listing::footer(&world.model).into_iter().map(|hint| hint.key).collect();
    assert!(keys.contains(&"Esc".to_owned()) && !keys.contains(&"q".to_owned()), "{keys:?}");
}
