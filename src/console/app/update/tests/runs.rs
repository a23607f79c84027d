use super::world::{World, ended};
use crate::{
    console::app::{
        effect::Effect,
        key::Key,
        msg::{Msg, News},
        overlay::Overlay,
    },
    domain::{
        decision::Decision,
        id::RunId,
        run::{RunOutcome, RunPhase},
    },
};
use std::sync::Arc;

fn holding() -> RunPhase {
    RunPhase::Holding { step: 0, why: "exit 1".into() }
}

fn asking() -> RunPhase {
    RunPhase::Asking { step: 2, question: "QA signed off?".into() }
}

fn decisions(world: &mut World) -> Vec<Decision> {
    let decided = |effect| match effect {
        Effect::Decide { decision, .. } => Some(decision),
        _ => None,
    };
    world.take_effects().into_iter().filter_map(decided).collect()
}

#[test]
fn cancelling_needs_a_second_and_different_act() {
    let mut world = World::open();
    world.show_run(4, RunPhase::Running, 0);
    world.press("cc\n");
    assert!(decisions(&mut world).is_empty(), "the same key twice is no confirmation");
    world.press("cY");
    assert!(matches!(decisions(&mut world).as_slice(), [Decision::Cancel { .. }]));
    world.press("cyes");
    assert_eq!(decisions(&mut world).len(), 1, "typing yes will do too");
}

#[test]
fn a_run_that_is_over_can_not_be_cancelled_and_the_key_says_so() {
    let mut world = World::open();
    world.show_run(4, ended(RunOutcome::Succeeded), 0);
    world.press("c");
    assert!(world.model.overlay.is_none() && world.notice().contains("is over"), "{}", world.notice());
}

#[test]
fn a_question_is_answered_by_a_letter_and_enter() {
    let mut world = World::open();
    world.show_run(4, asking(), 0);
    world.press("a\n");
    assert!(decisions(&mut world).is_empty(), "a stray Enter says nothing");
    world.press("y\n");
    assert_eq!(decisions(&mut world), [Decision::Answer { step: 2, yes: true, note: None }]);
    world.press("an\n");
    assert_eq!(decisions(&mut world), [Decision::Answer { step: 2, yes: false, note: None }]);
}

#[test]
fn a_held_run_is_retried_or_left_with_a_reason() {
    let mut world = World::open();
    world.show_run(4, holding(), 0);
    world.press("ar\n");
    assert_eq!(decisions(&mut world), [Decision::Retry { step: 0 }]);
    world.press("ax\n");
    assert!(decisions(&mut world).is_empty() && world.notice().contains("reason"));
    world.press("by hand\n");
    assert_eq!(decisions(&mut world), [Decision::Stop { reason: "by hand".into() }]);
}

#[test]
fn letters_of_a_reason_choose_nothing_else() {
    let mut world = World::open();
    world.show_run(4, holding(), 0);
    world.press("asbroken\n");
    assert_eq!(decisions(&mut world), [Decision::Skip { step: 0, reason: "broken".into() }]);
}

#[test]
fn the_live_run_stays_on_watch_after_its_end_until_esc() {
    let mut world = World::open();
    let live = super::world::summary(9, RunPhase::Running);
    world.send(Msg::News(News::Active(Arc::new(vec![live]))));
    assert_eq!(world.model.run.as_ref().map(|run| run.id), Some(RunId(9)));
    world.send(Msg::News(News::Active(Arc::default())));
    assert_eq!(world.model.run.as_ref().map(|run| run.id), Some(RunId(9)));
    world.key(Key::Esc);
    assert!(world.model.run.is_none());
}

#[test]
fn new_runs_do_not_move_the_selection() {
    let mut world = World::open();
    let runs = |ids: &[i64]| {
        let runs = ids.iter().map(|id| super::world::summary(*id, RunPhase::Running)).collect();
        Msg::News(News::Runs { env: "staging".into(), runs: Arc::new(runs) })
    };
    world.send(runs(&[3, 2, 1]));
    world.press("2j");
    assert_eq!(world.model.run.as_ref().map(|run| run.id), Some(RunId(2)));
    world.send(runs(&[4, 3, 2, 1]));
    assert_eq!(world.model.run.as_ref().map(|run| run.id), Some(RunId(2)));
}

#[test]
fn news_of_another_run_or_environment_are_dropped() {
    let mut world = World::open();
    world.show_run(4, RunPhase::Running, 0);
    let other = super::world::detail(5, holding(), 0);
    world.send(Msg::News(News::Run { detail: Arc::new(other), reports: Arc::default() }));
    world.send(Msg::News(News::Runs { env: "production".into(), runs: Arc::default() }));
    assert_eq!(world.model.runs.list.len(), 1);
    assert!(matches!(world.model.run.as_ref().and_then(|run| run.phase()), Some(RunPhase::Running)));
    assert!(!matches!(world.model.overlay, Some(Overlay::Decide(_))));
}
