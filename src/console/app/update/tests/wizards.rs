use std::sync::Arc;

use super::world::{World, detail, ended, plan, points};
use crate::{
    console::app::{
        effect::{Effect, Ticket},
        key::Key,
        model::{Options, Screen},
        msg::{Answer, Msg, News, Planned},
        overlay::Overlay,
        wizard::{Reason, Stage},
    },
    domain::{
        environment::{Confirm, Project},
        health::Health,
        id::RunId,
        pipeline::{Pipeline, PipelineKind},
        run::{RunOutcome, RunPhase},
        status::ServiceNow,
    },
};

fn stage(world: &World) -> &Stage {
    &world.model.wizard.as_ref().expect("a wizard is open").stage
}

fn review(confirm: Confirm) -> World {
    let mut world = World::open();
    world.press("d");
    world.answer(Answer::Choices { param: "version".into(), choices: Ok(vec!["1.9.2".into(), "1.9.1".into()]) });
    world.press("\n");
    world.answer_plan(plan(PipelineKind::Deploy, confirm));
    world.take_effects();
    world
}

#[test]
fn a_deploy_asks_for_the_choices_of_its_parameters_first() {
    let mut world = World::open();
    world.press("d");
    assert!(matches!(world.effects.as_slice(), [Effect::Choices { param, .. }] if param.name == "version"));
}

#[test]
fn the_newest_version_is_chosen_by_enter_and_typing_narrows_the_choices() {
    let mut world = World::open();
    world.press("d");
    world.answer(Answer::Choices { param: "version".into(), choices: Ok(vec!["1.9.2".into(), "1.9.1".into()]) });
    world.take_effects();
    world.press("1.9.1\n");
    let effects = world.take_effects();
    assert!(
        matches!(effects.as_slice(), [Effect::Prepare { params, .. }] if params["version"] == "1.9.1"),
        "{effects:?}"
    );
}

#[test]
fn of_several_ways_to_deploy_the_usual_one_is_asked_for_at_once_and_esc_leads_to_the_others() {
    let mut world = World::open();
    let mut project = Project::clone(world.model.project.as_ref().unwrap());
    for environment in &mut project.environments {
        let other = Pipeline { name: "canary".into(), ..environment.pipelines["deploy"].clone() };
        environment.pipelines.insert(other.name.clone(), other);
    }
    world.model.project = Some(Arc::new(project));
    world.press("d");
    assert!(matches!(stage(&world), Stage::Params(form) if form.pipeline == "deploy"), "{:?}", stage(&world));
    world.press("\u{1b}");
    assert!(matches!(stage(&world), Stage::Choose(choice) if choice.rows.len() == 2 && choice.selected == 1));
    world.key(Key::Up);
    world.press("\n");
    assert!(matches!(stage(&world), Stage::Params(form) if form.pipeline == "canary"), "{:?}", stage(&world));
    world.press("\u{1b}\u{1b}");
    assert!(world.model.wizard.is_none());
}

#[test]
fn enter_on_the_plan_starts_it_by_its_hash() {
    let mut world = review(Confirm::Enter);
    world.press("\n");
    let effects = world.take_effects();
    assert!(matches!(effects.as_slice(), [Effect::Start { hash, .. }] if hash == "hash"), "{effects:?}");
}

#[test]
fn a_protected_environment_wants_its_name_typed() {
    let mut world = review(Confirm::TypeName);
    world.press("\nproduction\n");
    assert!(world.effects.is_empty(), "the plan's environment is staging");
    for _ in 0.."production".len() {
        world.key(Key::Backspace);
    }
    world.press("staging\n");
    assert!(matches!(world.take_effects().as_slice(), [Effect::Start { .. }]));
}

#[test]
fn a_started_run_is_shown_live_on_the_runs_screen() {
    let mut world = review(Confirm::Enter);
    world.press("\n");
    world.answer(Answer::Started(Ok(RunId(7))));
    assert!(world.model.wizard.is_none());
    assert_eq!((world.model.screen, world.model.run.as_ref().map(|run| run.id)), (Screen::Runs, Some(RunId(7))));
}

#[test]
fn a_plan_that_comes_after_its_wizard_was_left_is_late_and_dropped() {
    let mut world = World::open();
    world.press("d");
    world.answer(Answer::Choices { param: "version".into(), choices: Ok(vec!["1.9.2".into()]) });
    world.press("\n");
    let late = world.model.wizard.as_ref().map_or(Ticket(0), |wizard| wizard.ticket);
    world.press("\u{1b}\u{1b}");
    let planned = Planned { plan: Arc::new(plan(PipelineKind::Verify, Confirm::Enter)), hash: "h".into() };
    world.take_effects();
    world.send(Msg::Answered(late, Answer::Planned(Ok(planned))));
    assert!(world.model.wizard.is_none() && world.effects.is_empty());
}

#[test]
fn a_refused_value_goes_back_to_the_form_with_the_reason() {
    let mut world = World::open();
    world.press("d");
    world.answer(Answer::Choices { param: "version".into(), choices: Err("git is not installed".into()) });
    world.press("-x\n");
    world.answer(Answer::Planned(Err("'-x' is not allowed".into())));
    assert!(matches!(stage(&world), Stage::Params(form) if form.refused.as_deref() == Some("'-x' is not allowed")));
}

fn preflight() -> World {
    let mut world = World::open();
    world.press("d");
    world.press("1\n");
    let mut plan = plan(PipelineKind::Deploy, Confirm::Enter);
    plan.preflight = Some("preflight".into());
    world.answer_plan(plan);
    world.take_effects();
    world.answer(Answer::Started(Ok(RunId(8))));
    world
}

#[test]
fn a_plan_with_a_preflight_is_reviewed_only_after_it_passed() {
    let mut world = preflight();
    assert!(matches!(stage(&world), Stage::Preflight(_)));
    assert_eq!(world.model.run.as_ref().map(|run| run.id), Some(RunId(8)), "its findings are watched live");
    let detail = Arc::new(detail(8, ended(RunOutcome::Succeeded), 0));
    world.send(Msg::News(News::Run { detail, reports: Arc::default() }));
    assert!(matches!(stage(&world), Stage::Review(review) if review.preflight == Some(RunId(8))));
}

#[test]
fn a_failed_preflight_can_only_be_run_again_or_left() {
    let mut world = preflight();
    let detail = Arc::new(detail(8, ended(RunOutcome::Failed), 0));
    world.send(Msg::News(News::Run { detail, reports: Arc::default() }));
    world.press("\n");
    assert!(world.effects.is_empty() && world.notice().contains("did not pass"), "{}", world.notice());
    world.press("a");
    assert!(matches!(world.take_effects().as_slice(), [Effect::Preflight { .. }]));
}

#[test]
fn r_r_enter_goes_back_to_the_best_release_by_its_plan() {
    let mut world = World::open();
    world.press("r");
    world.answer(Answer::Points(Ok(points())));
    world.press("r");
    let effects = world.take_effects();
    assert!(matches!(effects.last(), Some(Effect::PrepareRollback { point, .. }) if point.release.version == "1.9.1"));
    world.press("\n");
    assert!(world.effects.is_empty(), "what was not shown can't be confirmed");
    world.answer_plan(plan(PipelineKind::Rollback, Confirm::Enter));
    world.press("\n");
    assert!(matches!(world.take_effects().as_slice(), [Effect::Start { reason: Some(_), .. }]));
}

#[test]
fn r_r_before_the_releases_are_read_waits_for_them() {
    let mut world = World::open();
    world.press("rr");
    world.take_effects();
    world.answer(Answer::Points(Ok(points())));
    assert!(matches!(world.take_effects().as_slice(), [Effect::PrepareRollback { .. }]));
}

#[test]
fn a_release_that_is_refused_says_why() {
    let mut world = World::open();
    world.press("r");
    world.answer(Answer::Points(Ok(points())));
    world.press("k\n");
    assert!(world.notice().contains("live now"), "{}", world.notice());
    assert!(matches!(stage(&world), Stage::Point(_)));
}

#[test]
fn the_likely_reason_of_a_rollback_is_what_is_seen() {
    let mut world = World::open();
    let sick = ServiceNow {
        service: "api".into(),
        health: Health::Degraded,
        since: None,
        p50_ms: None,
        p95_ms: None,
        p99_ms: None,
        ceiling_ms: None,
        error_rate: None,
        rps: None,
        trend: Vec::new(),
        version: None,
        looks: Vec::new(),
    };
    world.send(Msg::News(News::Status { env: "staging".into(), services: Arc::new(vec![sick]) }));
    world.press("r");
    world.answer(Answer::Points(Ok(points())));
    world.press("\n");
    assert!(matches!(stage(&world), Stage::Reason(choice) if Reason::ALL[choice.selected] == Reason::Degradation));
    world.press("checkout\n");
    let effects = world.take_effects();
    assert!(matches!(effects.last(), Some(Effect::PrepareRollback { .. })));
    world.answer_plan(plan(PipelineKind::Rollback, Confirm::Enter));
    assert!(
        matches!(stage(&world), Stage::Review(review) if review.reason.as_deref() == Some("degradation: checkout"))
    );
}

#[test]
fn a_suite_is_verified_without_a_gate() {
    let mut world = World::open();
    world.press("v");
    assert!(matches!(world.take_effects().as_slice(), [Effect::PrepareSuite { suite, .. }] if suite == "smoke"));
    world.answer_plan(plan(PipelineKind::Verify, Confirm::TypeName));
    assert!(matches!(world.take_effects().as_slice(), [Effect::Start { .. }]));
}

#[test]
fn a_task_is_found_in_the_palette_by_what_it_does() {
    let mut world = World::open();
    world.press(":slow api\n");
    let effects = world.take_effects();
    assert!(
        matches!(effects.as_slice(), [Effect::Prepare { pipeline, .. }] if pipeline == "fault-slow"),
        "{effects:?}"
    );
}

#[test]
fn a_paste_fills_a_field_and_confirms_nothing() {
    let mut world = review(Confirm::TypeName);
    world.send(Msg::Paste("staging\r\n".into()));
    assert!(world.effects.is_empty());
    assert!(matches!(stage(&world), Stage::Review(review) if review.gate().is_ok()));
    let mut world = review_by_enter();
    world.send(Msg::Paste("\r\nYyes\r\n".into()));
    assert!(world.effects.is_empty());
}

fn review_by_enter() -> World {
    review(Confirm::Enter)
}

#[test]
fn a_read_only_console_starts_nothing_and_says_so() {
    let mut world = World::with(Options { read_only: true, ..Options::default() });
    for key in ["d", "v", "r"] {
        world.press(key);
        assert!(world.notice().contains("read-only"), "{key}: {}", world.notice());
    }
    assert!(world.effects.is_empty() && world.model.wizard.is_none());
    world.press(":");
    let Some(Overlay::Palette(palette)) = &world.model.overlay else { panic!("the palette is open") };
    assert!(!palette.rows.iter().any(|row| row.title.contains("deploy")), "what is forbidden is not listed");
}

#[test]
fn a_run_that_goes_on_blocks_no_other_wizard() {
    let mut world = World::open();
    let running = super::world::summary(5, RunPhase::Running);
    world.send(Msg::News(News::Active(Arc::new(vec![running]))));
    world.press("d");
    assert!(world.model.wizard.is_some(), "the plan says who holds the lock; the store decides");
    assert_eq!(world.model.holder("shop").map(|run| run.id), Some(RunId(5)));
}
