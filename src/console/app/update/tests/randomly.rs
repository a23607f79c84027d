use std::sync::Arc;

use proptest::prelude::*;

use super::world::{World, detail, ended, line, plan, points, summary};
use crate::{
    console::app::{
        effect::Effect,
        interest::interest,
        key::{Key, Panes, Size},
        listing::footer,
        msg::{Answer, Msg, News},
        place::is_typing,
    },
    domain::{
        environment::Confirm,
        id::RunId,
        pipeline::PipelineKind,
        run::{RunOutcome, RunPhase},
        time::UnixMs,
    },
};

/// Something that may happen; answers go to whatever was asked last.
#[derive(Debug, Clone)]
enum Happens {
    Msg(Box<Msg>),
    Answer(Box<Answer>),
    Plan(PipelineKind, Confirm, bool),
    FeedLog,
}

fn key() -> impl Strategy<Value = Key> {
    let usual = "dvrqetu:?123jkgGnNfwcCxTay/+-=Y \u{e9}x".chars().map(Key::Char).collect::<Vec<_>>();
    let others = vec![
        Key::Enter,
        Key::Enter,
        Key::Enter,
        Key::Esc,
        Key::Tab,
        Key::BackTab,
        Key::Backspace,
        Key::Delete,
        Key::Left,
        Key::Right,
        Key::Up,
        Key::Down,
        Key::Home,
        Key::End,
        Key::PageUp,
        Key::PageDown,
        Key::Ctrl('c'),
        Key::Ctrl('u'),
    ];
    prop_oneof![3 => prop::sample::select(usual), 2 => prop::sample::select(others)]
}

fn phase() -> impl Strategy<Value = RunPhase> {
    prop::sample::select(vec![
        RunPhase::Waiting,
        RunPhase::Running,
        RunPhase::Holding { step: 9, why: "exit 1".into() },
        RunPhase::Asking { step: 0, question: "go on?".into() },
        ended(RunOutcome::Succeeded),
        ended(RunOutcome::RollbackFailed),
    ])
}

fn msg() -> impl Strategy<Value = Msg> {
    let env = prop::sample::select(vec!["staging".to_owned(), "production".to_owned(), "gone".to_owned()]);
    prop_oneof![
        12 => key().prop_map(Msg::Key),
        1 => ".{0,20}".prop_map(Msg::Paste),
        1 => (0u16..200, 0u16..60).prop_map(|(width, height)| Msg::Resize(Size { width, height })),
        1 => (0u16..60, 0u16..200).prop_map(|(rows, columns)| {
            Msg::Laid(Panes { log_rows: rows, log_columns: columns, list_rows: rows, chart_columns: columns })
        }),
        1 => any::<i64>().prop_map(|at| Msg::Tick(UnixMs(at))),
        1 => (env.clone(), phase(), 0i64..6).prop_map(|(env, phase, count)| {
            let runs = (0..count).rev().map(|id| summary(id, phase.clone())).collect();
            Msg::News(News::Runs { env, runs: Arc::new(runs) })
        }),
        1 => (phase(), 0i64..3).prop_map(|(phase, count)| {
            Msg::News(News::Active(Arc::new((0..count).map(|id| summary(id, phase.clone())).collect())))
        }),
        2 => (phase(), 0i64..6, 0u64..2_000).prop_map(|(phase, id, lines)| {
            Msg::News(News::Run { detail: Arc::new(detail(id, phase, lines)), reports: Arc::default() })
        }),
        1 => env.prop_map(|env| Msg::News(News::Releases { env, target: "shop".into(), points: points() })),
        1 => Just(Msg::ReloadRefused(vec!["wrong".into()])),
        1 => Just(Msg::Reloaded(Arc::new(super::world::project()))),
    ]
}

fn happens() -> impl Strategy<Value = Happens> {
    let kinds = vec![PipelineKind::Deploy, PipelineKind::Verify, PipelineKind::Rollback, PipelineKind::Task];
    prop_oneof![
        12 => msg().prop_map(|msg| Happens::Msg(Box::new(msg))),
        1 => Just(Happens::FeedLog),
        1 => (0i64..6).prop_map(|id| Happens::Answer(Box::new(Answer::Started(Ok(RunId(id)))))),
        1 => Just(Happens::Answer(Box::new(Answer::Started(Err("locked".into()))))),
        1 => Just(Happens::Answer(Box::new(Answer::Planned(Err("no".into()))))),
        1 => Just(Happens::Answer(Box::new(Answer::Points(Ok(points()))))),
        1 => Just(Happens::Answer(Box::new(Answer::Points(Ok(Arc::default()))))),
        2 => (prop::sample::select(kinds), any::<bool>(), any::<bool>()).prop_map(|(kind, typed, preflight)| {
            Happens::Plan(kind, if typed { Confirm::TypeName } else { Confirm::Enter }, preflight)
        }),
    ]
}

fn happen(world: &mut World, happens: Happens) {
    match happens {
        Happens::Msg(msg) => world.send(*msg),
        Happens::Answer(answer) => world.answer(*answer),
        Happens::FeedLog => world.feed_log(),
        Happens::Plan(kind, confirm, preflight) => {
            let mut plan = plan(kind, confirm);
            plan.preflight = preflight.then(|| "smoke".into());
            world.answer_plan(plan);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_happens_panics_and_the_model_stays_sound(all in prop::collection::vec(happens(), 0..120)) {
        let mut world = World::open();
        for one in all {
            happen(&mut world, one);
            let model = &world.model;
            prop_assert_eq!(model.run.as_ref().map(|run| run.id), model.wanted_run());
            prop_assert!(model.environment().is_some(), "an environment is always on the screen");
            if let Some(run) = &model.run {
                let rows = usize::from(model.panes.log_rows);
                prop_assert!(run.log.shown(rows).len() <= rows);
                prop_assert!(run.log.cursor() <= run.log.total.max(1));
            }
            let _ = (footer(model), interest(model));
            let typing = is_typing(model);
            prop_assert_eq!(typing, super::super::text::field(&mut world.model).is_some());
        }
    }

    #[test]
    fn pasted_text_starts_answers_and_ends_nothing(
        before in prop::collection::vec(happens(), 0..60),
        text in ".{0,40}",
    ) {
        let mut world = World::open();
        for one in before {
            happen(&mut world, one);
        }
        world.take_effects();
        world.send(Msg::Paste(text));
        prop_assert!(world.effects.is_empty(), "{:?}", world.effects);
    }

    #[test]
    fn a_read_only_console_changes_nothing_outside(all in prop::collection::vec(happens(), 0..120)) {
        let options = crate::console::app::model::Options { read_only: true, ..Default::default() };
        let mut world = World::with(options);
        for one in all {
            happen(&mut world, one);
        }
        let acts = |effect: &Effect| {
            matches!(effect, Effect::Start { .. } | Effect::Preflight { .. } | Effect::Decide { .. })
        };
        prop_assert!(!world.effects.iter().any(acts), "{:?}", world.effects);
    }

    #[test]
    fn a_log_of_any_length_is_walked_without_leaving_it(
        total in 0u64..5_000,
        rows in 1u16..60,
        keys in prop::collection::vec(prop::sample::select(vec!["j", "k", "g", "G", " ", "f", "w"]), 0..60),
    ) {
        let mut world = World::open();
        world.send(Msg::Laid(Panes { log_rows: rows, log_columns: 80, list_rows: rows, chart_columns: 40 }));
        world.show_run(1, RunPhase::Running, total);
        world.press("\n\n");
        for key in keys {
            world.press(key);
            world.feed_log();
            let Some(run) = &world.model.run else { return Ok(()) };
            let shown: Vec<u64> = run.log.shown(rows.into()).iter().map(|line| line.seq).collect();
            prop_assert!(total == 0 || shown.contains(&run.log.cursor()), "{:?} {shown:?}", run.log.position);
            prop_assert!(shown.iter().all(|seq| line(*seq).seq <= total));
        }
    }
}
