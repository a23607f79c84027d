use std::sync::Arc;

use super::world::{World, ended, summary};
use crate::{
    console::app::{
        interest::interest,
        key::Key,
        model::Screen,
        msg::{Msg, News},
        overlay::Overlay,
        place::{Place, places},
        plot::Picking,
        watch::ChartWindow,
    },
    domain::{query::Against, run::RunOutcome},
};

fn on_kpis() -> World {
    let mut world = World::open();
    world.press("6");
    world
}

#[test]
fn figures_and_the_plot_of_the_selected_one_are_read_only_where_they_are_shown() {
    let mut world = World::open();
    assert!(interest(&world.model).figures.is_none() && interest(&world.model).plot.is_none());
    world.press("6");
    assert_eq!(world.model.screen, Screen::Kpis);
    let wanted = interest(&world.model);
    assert!(wanted.figures.is_some_and(|wanted| !wanted.figures.is_empty() && wanted.window == ChartWindow::Day));
    assert!(wanted.plot.is_some_and(|plot| plot.against.is_none()));
    assert!(!wanted.watch && wanted.charts.is_none());
    world.press("\n");
    assert!(interest(&world.model).figures.is_none(), "a big plot hides the list");
}

#[test]
fn the_window_of_figures_is_their_own_and_ends_at_an_hour() {
    let mut world = on_kpis();
    world.press("--");
    assert_eq!(world.model.kpis.window, ChartWindow::Hour);
    world.press("-");
    assert!(world.notice().contains("an hour"));
    world.press("1");
    assert_eq!(world.model.watch.window, ChartWindow::Quarter);
}

#[test]
fn a_plot_goes_through_the_figures_and_back_to_where_it_is_in_the_list() {
    let mut world = on_kpis();
    world.press("\nj+");
    assert_eq!(places(&world.model), [Place::Plot, Place::Screens]);
    world.press("\u{1b}");
    assert!(world.model.plot.is_none());
    assert_eq!((world.model.kpis.selected, world.model.kpis.window), (1, ChartWindow::Week));
    world.press("\n2");
    assert!(world.model.plot.is_none() && world.model.screen == Screen::Runs, "another screen closes it");
}

#[test]
fn a_window_is_compared_with_what_is_chosen_and_esc_takes_the_comparison_away_first() {
    let mut world = on_kpis();
    world.press("\nbjj\n");
    let against = |world: &World| world.model.plot.as_ref().and_then(|plot| plot.against.clone());
    assert_eq!(against(&world), Some(Against::Yesterday));
    assert_eq!(interest(&world.model).plot.and_then(|plot| plot.against), Some(Against::Yesterday));
    world.press("\u{1b}");
    assert!(world.model.plot.is_some() && against(&world).is_none());
    world.press("\u{1b}");
    assert!(world.model.plot.is_none());
}

#[test]
fn two_runs_are_chosen_one_after_the_other_and_never_the_same() {
    let mut world = on_kpis();
    world.press("\n");
    assert!(interest(&world.model).runs, "the runs that can be chosen are read");
    let ended = || ended(RunOutcome::Succeeded);
    let runs = Arc::new(vec![summary(3, ended()), summary(2, ended())]);
    world.send(Msg::News(News::Runs { env: "staging".into(), runs }));
    world.press("b");
    world.key(Key::End);
    world.press("\n\n");
    let Some(Overlay::Compare(picker)) = &world.model.overlay else { panic!("the other run is asked for") };
    assert!(matches!(picker.stage, Picking::Other(_)));
    assert_eq!(picker.rows(&world.model.runs.list).len(), 1);
    world.press("\n");
    let against = world.model.plot.as_ref().and_then(|plot| plot.against.clone());
    let Some(Against::Runs { now, then }) = against else { panic!("two runs are compared") };
    assert!(now.label.ends_with("#3") && then.label.ends_with("#2"));
}

#[test]
fn another_environment_takes_figures_and_plots_of_the_one_before_away() {
    let mut world = on_kpis();
    world.press("\n");
    world.press("e\n");
    assert!(world.model.plot.is_none() && world.model.plotted.is_none());
    assert!(world.model.kpis.known.figures.is_empty());
}
