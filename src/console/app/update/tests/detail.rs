use std::{sync::Arc, time::Duration};

use super::world::World;
use crate::{
    console::app::{
        detail::{DetailData, DetailInterest, Page, Unit},
        interest::interest,
        model::Screen,
        msg::{Msg, News},
        overlay::Overlay,
        place::{Place, places},
    },
    domain::time::UnixMs,
};

fn opened() -> World {
    let mut world = World::open();
    world.press("j\n");
    world
}

fn wanted(world: &World) -> DetailInterest {
    interest(&world.model).detail.expect("a detail is read")
}

fn page(world: &World) -> Page {
    world.model.detail.as_ref().expect("a detail is open").page
}

#[test]
fn enter_on_a_service_shows_all_about_it_and_reads_one_page_in_place_of_its_charts() {
    let world = opened();
    assert_eq!(places(&world.model), [Place::Detail, Place::Screens]);
    assert_eq!((wanted(&world).service.as_str(), wanted(&world).page), ("db", Page::Now));
    assert!(interest(&world.model).charts.is_none() && interest(&world.model).watch, "its state stays fresh");
}

#[test]
fn tab_goes_through_the_pages_and_esc_back_to_the_services() {
    let mut world = opened();
    for expected in [Page::History, Page::Phases, Page::Failures, Page::Now] {
        world.press("\t");
        assert_eq!((page(&world), wanted(&world).page), (expected, expected));
    }
    world.press("\u{1b}");
    assert!(world.model.detail.is_none() && world.model.screen == Screen::Watch && world.model.watch.selected == 1);
}

#[test]
fn longer_and_shorter_change_what_the_page_has() {
    let mut world = opened();
    world.press("+");
    assert!(world.notice().contains("all there is"));
    world.press("\t-");
    assert!(world.notice().contains("hours"));
    world.press("++");
    assert_eq!(wanted(&world).unit, Unit::Week);
    world.press("\t+");
    assert_eq!(wanted(&world).probe.as_deref(), Some("port"), "phases are those of one probe");
    assert_ne!(wanted(&world).window, opened().model.detail.unwrap().window);
}

#[test]
fn figures_of_the_service_are_plotted_and_compared_from_its_detail() {
    let mut world = opened();
    world.press("b");
    assert!(matches!(world.model.overlay, Some(Overlay::Compare(_))));
    let figures = world.model.plot.as_ref().map(|plot| plot.list.clone()).unwrap();
    assert!(figures.iter().all(|figure| figure.series.service == "db") && !figures.is_empty());
    world.press("\u{1b}\u{1b}");
    assert!(world.model.plot.is_none() && world.model.detail.is_some(), "first the list, then the plot");
}

#[test]
fn what_was_read_of_another_service_or_page_is_not_shown() {
    let mut world = opened();
    let told = |world: &mut World, asked: DetailInterest| {
        let data = DetailData {
            env: "staging".into(),
            asked,
            days: Vec::new(),
            happenings: Vec::new(),
            history: Vec::new(),
            worst: false,
            phases_from: UnixMs(0),
            phases_step: Duration::from_secs(60),
            phases: Vec::new(),
            samples: Vec::new(),
        };
        world.send(Msg::News(News::Detail(Arc::new(data))));
        world.model.detail.as_ref().unwrap().read().is_some()
    };
    let now = wanted(&world);
    assert!(!told(&mut world, DetailInterest { service: "api".into(), ..now.clone() }));
    assert!(!told(&mut world, DetailInterest { page: Page::History, ..now.clone() }));
    assert!(told(&mut world, now));
    world.press("2");
    assert!(world.model.detail.is_none());
}
