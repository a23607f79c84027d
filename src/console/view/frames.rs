//! Frames of every screen, wizard page and overlay as snapshots: the text, and a summary of its styles.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use tui_input::Input;
use unicode_width::UnicodeWidthStr;

use crate::{
    console::{
        app::{
            alerts::{AlertsFocus, OpenPlaybook, SilenceField, SilenceForm},
            command::{ActionId, Command},
            effect::Ticket,
            key::Size,
            log_pane::{Hit, Position, Search},
            model::{Model, Notice, Screen},
            overlay::{Act, Confirmation, Decide, Message, Overlay, Palette, PaletteRow, Verb},
            runs::RunsFocus,
            service_log::ServiceLog,
            watch::WatchFocus,
            wizard::{
                Choice, Failed, Field, FieldChoices, Form, PointChoice, Preflight, Preparing, ReasonChoice, Review,
                Stage, Subject, Wizard,
            },
        },
        fixture,
    },
    domain::{
        pipeline::PipelineKind,
        run::{RunOutcome, RunPhase, StepEnd, StepState},
        status::Tone,
    },
};

use super::{Depth, Role, Skin, panes, view};

/// The sizes every frame is looked at in.
const SIZES: [(u16, u16); 4] = [(160, 45), (80, 24), (60, 18), (40, 12)];

fn skin(theme: &str) -> Skin {
    Skin::embedded(theme, Depth::True, false).unwrap()
}

/// Draws a model the way the loop does: its panes are told first.
pub fn draw(mut model: Model, skin: &Skin, width: u16, height: u16) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    model.size = Size { width, height };
    model.panes = panes(&model, area);
    let mut buffer = Buffer::empty(area);
    view(&model, skin, area, &mut buffer);
    buffer
}

/// The frame as text, and for each style the places where it stands: `bad: 3:12+8` is row 3, column 12, 8 cells.
fn summary(buffer: &Buffer, skin: &Skin) -> String {
    let width = usize::from(buffer.area.width);
    let mut text = String::new();
    let mut styles: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for row in buffer.content().chunks(width) {
        let mut line = String::new();
        let mut skip = 0;
        let mut before: Option<Style> = None;
        for cell in row {
            if skip == 0 {
                line.push_str(cell.symbol());
                skip = cell.symbol().width().saturating_sub(1);
            } else {
                skip -= 1;
            }
            if cell.symbol() != " " || cell.bg != ratatui::style::Color::Reset {
                let counts = styles.entry(name(cell.style(), skin)).or_default();
                counts.0 += 1;
                counts.1 += usize::from(before != Some(cell.style()));
            }
            before = Some(cell.style());
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push_str("--\n");
    for (name, (cells, runs)) in styles {
        let _ = writeln!(text, "{name}: {cells} in {runs}");
    }
    text
}

/// The first role that looks so; else the style itself.
fn name(style: Style, skin: &Skin) -> String {
    let plain = |style: Style| {
        (
            style.fg.filter(|c| *c != ratatui::style::Color::Reset),
            style.bg.filter(|c| *c != ratatui::style::Color::Reset),
            style.add_modifier,
        )
    };
    let found = Role::ALL.iter().find(|role| plain(skin.style(**role)) == plain(style));
    found.map_or_else(
        || {
            format!(
                "({})",
                [style.fg, style.bg].into_iter().flatten().map(|c| c.to_string()).collect::<Vec<_>>().join(" on ")
            )
        },
        |role| role.name().to_owned(),
    )
}

pub fn check(name: &str, model: &Model) {
    let skin = skin("dark");
    for (width, height) in SIZES {
        let buffer = draw(model.clone(), &skin, width, height);
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{name}-{width}x{height}"), summary(&buffer, &skin));
        });
    }
}

pub const SIZE: Size = Size { width: 160, height: 45 };

/// Every frame there is: its name and its model.
pub fn scenes() -> Vec<(&'static str, Model)> {
    let mut scenes = screens();
    scenes.extend(runs());
    scenes.extend(super::figure_frames::scenes());
    scenes.extend(wizards());
    scenes.extend(overlays());
    scenes
}

fn screens() -> Vec<(&'static str, Model)> {
    let first = Model::new(crate::console::app::model::Options::default(), "dark", SIZE, fixture::NOW);
    let mut releases = fixture::calm(SIZE);
    releases.screen = Screen::Releases;
    let mut happenings = fixture::live(SIZE, Screen::Watch);
    happenings.watch.focus = WatchFocus::Happenings;
    happenings.notice = Some(Notice { text: "copied 1 line to the clipboard".into(), tone: Tone::Plain });
    let mut explained = fixture::alerts::firing(SIZE);
    explained.alerts.selected = explained.alerts.board.alerts.get(1).map(|posted| posted.standing.key.clone());
    explained.alerts.focus = AlertsFocus::About;
    let mut marked = fixture::alerts::firing(SIZE);
    marked.screen = Screen::Watch;
    let mut none = fixture::calm(SIZE);
    none.screen = Screen::Alerts;
    none.alerts.loaded = true;
    let mut many = fixture::many(SIZE, 1000);
    many.watch.selected = 500;
    many.standing = Some("the changed configuration has errors: the one before stays in force".into());
    vec![
        ("first", first),
        ("watch", fixture::calm(SIZE)),
        ("watch-live", fixture::live(SIZE, Screen::Watch)),
        ("watch-happenings", happenings),
        ("watch-many", many),
        ("watch-log", service_log(false)),
        ("watch-request", service_log(true)),
        ("releases", releases),
        ("alerts", fixture::alerts::firing(SIZE)),
        ("alerts-explained", explained),
        ("alerts-none", none),
        ("watch-alerts", marked),
    ]
}

/// The log of a service, or all lines of one request.
fn service_log(request: bool) -> Model {
    let mut model = fixture::calm(SIZE);
    let mut log = ServiceLog { all: request, ..ServiceLog::default() };
    log.wanted.service = (!request).then(|| model.service().map(|service| service.name.clone())).flatten();
    log.wanted.filter.request = request.then(|| "3f2a91".to_owned());
    log.take(1, fixture::watched::service_log());
    log.pane.position = Position::At { top: 1, cursor: 3 };
    model.watch.service_log = Some(log);
    model.watch.focus = WatchFocus::Happenings;
    model
}

fn runs() -> Vec<(&'static str, Model)> {
    let calm = || fixture::calm(SIZE);
    let run = |detail| fixture::with_run(calm(), Screen::Runs, detail);
    let mut log = run(fixture::detail(RunPhase::Running));
    log.runs.focus = RunsFocus::Log;
    if let Some(run) = &mut log.run {
        run.log.total = 1_000_000;
        run.log.held = fixture::log(990_020, 60);
        run.log.position = Position::At { top: 989_996, cursor: 990_000 };
        run.log.timestamps = true;
        let hit = Hit { line: 990_000, number: 3, of: 12, more: false };
        run.log.search = Search::Done { needle: "pool".into(), hit: Some(hit) };
    }
    let mut failed = run(fixture::detail(RunPhase::Ended {
        outcome: RunOutcome::Failed,
        why: "step 6 Soak: error_rate 0.081 > 0.05, 3 times in a row".into(),
    }));
    failed.runs.focus = RunsFocus::Steps;
    if let Some(detail) = failed.run.as_mut().and_then(|run| run.detail.as_mut()) {
        let why = "error_rate 0.081 > 0.05, 3 times in a row".into();
        Arc::make_mut(detail).state.steps[5].state =
            StepState::Ended { end: StepEnd::Failed, why, duration_ms: 192_000 };
    }
    if let Some(run) = &mut failed.run {
        run.reports = Arc::new(vec![(5, fixture::runs::report(true))]);
    }
    let holding = RunPhase::Holding { step: 5, why: "only 12 of 30 requests were seen: inconclusive".into() };
    let asking = RunPhase::Asking { step: 7, question: "Has QA signed off 1.9.2?".into() };
    vec![
        ("runs-live", run(fixture::detail(RunPhase::Running))),
        ("runs-holding", run(fixture::detail(holding))),
        ("runs-asking", run(fixture::detail(asking))),
        ("runs-rolling-back", run(fixture::runs::rolling_back())),
        ("runs-failed", failed),
        ("runs-log", log),
    ]
}

fn wizard(kind: PipelineKind, stage: Stage) -> Model {
    let mut model = fixture::calm(SIZE);
    model.wizard = Some(Wizard { kind, env: "production".into(), ticket: Ticket(1), stage });
    model
}

fn review(kind: PipelineKind, typed: &str) -> Review {
    let mut plan = fixture::plan::plan();
    let points = fixture::points();
    let rollback = kind == PipelineKind::Rollback;
    if rollback {
        let plan = Arc::make_mut(&mut plan);
        plan.kind = kind;
        plan.pipeline = "rollback".into();
        plan.version = Some("1.9.1".into());
        plan.confirm = crate::domain::environment::Confirm::Enter;
        plan.steps.drain(..3);
    }
    Review {
        plan,
        hash: "5d1c".into(),
        reason: rollback.then(|| "degradation: p95 is 4 times what it was".into()),
        point: rollback.then(|| points[2].clone()),
        preflight: (!rollback).then_some(crate::domain::id::RunId(419)),
        scroll: 0,
        typed: Input::from(typed),
        back: None,
    }
}

fn wizards() -> Vec<(&'static str, Model)> {
    let subject = |name: &str, about: &str| (Subject::Pipeline(name.into()), about.to_owned());
    let choice = Choice {
        rows: vec![
            subject("deploy", "Roll a version out behind the gateway"),
            subject("deploy-web", "Only the web front, no migration"),
            (Subject::Suite("smoke".into()), "12 checks".into()),
        ],
        selected: 1,
    };
    let choices = ["1.9.2", "1.9.1", "1.9.0", "1.8.7"].map(str::to_owned).to_vec();
    let field =
        |typed: &str, choices| Field { param: fixture::plan::param(), input: Input::from(typed), choices, selected: 0 };
    let form = Form {
        pipeline: "deploy".into(),
        fields: vec![field("1.9", FieldChoices::Known(choices)), field("", FieldChoices::Free)],
        focus: 0,
        refused: Some("'1.9' is not allowed for the parameter 'version': it must match ^\\d+\\.\\d+\\.\\d+$".into()),
    };
    let points = Some(Arc::new(fixture::points()));
    let point = PointChoice { target: "shop".into(), points, selected: 2, fast: false, because: String::new() };
    let reason =
        ReasonChoice { point: fixture::points().remove(2), selected: 2, note: Input::from("checkout is slow") };
    let run = crate::domain::id::RunId(418);
    let preflight = Preflight { review: review(PipelineKind::Deploy, ""), run: Some(run) };
    let ended = RunPhase::Ended { outcome: RunOutcome::Refused, why: "1 of 3 checks failed".into() };
    let mut checks = wizard(PipelineKind::Deploy, Stage::Preflight(preflight));
    let opened = fixture::with_run(fixture::calm(SIZE), Screen::Watch, fixture::detail(ended)).run;
    checks.run = opened.map(|mut run| {
        run.reports = Arc::new(vec![(0, fixture::runs::report(true))]);
        run
    });
    let preparing = Preparing { what: "deploy 1.9.2".into(), reason: None, point: None, back: None };
    let failed = Failed {
        title: "No plan for deploy".into(),
        why: "step 3 'Migrate': undefined value 'databse.url'; did you mean 'database.url'?".into(),
        back: None,
    };
    vec![
        ("wizard-choose", wizard(PipelineKind::Deploy, Stage::Choose(choice))),
        ("wizard-params", wizard(PipelineKind::Deploy, Stage::Params(form))),
        ("wizard-point", wizard(PipelineKind::Rollback, Stage::Point(point))),
        ("wizard-reason", wizard(PipelineKind::Rollback, Stage::Reason(reason))),
        ("wizard-preparing", wizard(PipelineKind::Deploy, Stage::Preparing(preparing))),
        ("wizard-preflight", checks),
        ("wizard-plan", wizard(PipelineKind::Deploy, Stage::Review(review(PipelineKind::Deploy, "product")))),
        ("wizard-rollback", wizard(PipelineKind::Rollback, Stage::Review(review(PipelineKind::Rollback, "")))),
        ("wizard-failed", wizard(PipelineKind::Deploy, Stage::Failed(failed))),
    ]
}

fn overlays() -> Vec<(&'static str, Model)> {
    let over = |overlay| {
        let mut model = fixture::live(SIZE, Screen::Watch);
        model.overlay = Some(overlay);
        model
    };
    let row = |title: &str, key: Option<&str>, disabled: Option<&str>, matched: &[u32]| PaletteRow {
        title: title.into(),
        key: key.map(str::to_owned),
        disabled: disabled.map(str::to_owned),
        command: Command::Act(ActionId::Deploy),
        matched: matched.to_vec(),
    };
    let palette = Palette {
        input: Input::from("dep"),
        rows: vec![
            row("deploy", Some("d"), None, &[0, 1, 2]),
            row("run: deploy-web", None, None, &[5, 6, 7]),
            row("decide", Some("a"), Some("this run does not wait for anybody"), &[0, 1]),
        ],
        selected: 1,
    };
    let decide = Decide {
        run: crate::domain::id::RunId(418),
        step: 5,
        item: 0,
        question: "only 12 of 30 requests were seen: inconclusive".into(),
        verbs: vec![Verb::Retry, Verb::Skip, Verb::RollBack, Verb::Stop],
        selected: Some(2),
        reason: Input::from("QA says no"),
    };
    let confirm = Confirmation {
        title: "Cancel run #418?".into(),
        body: "Its command is ended. What it did is left as it is.".into(),
        act: Act::Cancel(crate::domain::id::RunId(418)),
        typed: "ye".into(),
    };
    let silence = |field| {
        let mut model = fixture::alerts::firing(SIZE);
        let mut form = SilenceForm::new(&model.alerts.board.alerts[0]);
        (form.field, form.length, form.reason) = (field, 3, Input::from("bob mends it"));
        model.overlay = Some(Overlay::Silence(form));
        model
    };
    let mut playbook = fixture::alerts::firing(SIZE);
    playbook.overlay = Some(Overlay::Playbook(OpenPlaybook { name: "error-rate".into(), selected: 1 }));
    let message = Message {
        title: "The changed configuration has errors".into(),
        lines: vec![
            "error: unknown key 'expekt'".into(),
            "  --> quarterdeck.toml:41:1".into(),
            "   = help: did you mean 'expect'?".into(),
        ],
        scroll: 0,
    };
    vec![
        ("help", over(Overlay::Help { scroll: 0 })),
        ("palette", over(Overlay::Palette(palette))),
        ("environments", over(Overlay::Environments { selected: 1 })),
        ("decide", over(Overlay::Decide(decide))),
        ("silence", silence(SilenceField::Scope)),
        ("silence-reason", silence(SilenceField::Reason)),
        ("playbook", playbook),
        ("confirm", over(Overlay::Confirm(confirm))),
        ("message", over(Overlay::Message(message))),
    ]
}

#[test]
fn every_screen_looks_as_it_did() {
    for (name, model) in screens() {
        check(name, &model);
    }
}

#[test]
fn every_state_of_a_run_looks_as_it_did() {
    for (name, model) in runs() {
        check(name, &model);
    }
}

#[test]
fn every_wizard_page_looks_as_it_did() {
    for (name, model) in wizards() {
        check(name, &model);
    }
}

#[test]
fn every_overlay_looks_as_it_did() {
    for (name, model) in overlays() {
        check(name, &model);
    }
}

#[test]
fn other_themes_and_ascii_look_as_they_did() {
    for (theme, ascii) in [("16-colour", false), ("mono", false), ("light", false), ("dark", true)] {
        let skin = Skin::embedded(theme, Depth::True, ascii).unwrap();
        for (name, model) in [
            ("watch-live", fixture::live(SIZE, Screen::Watch)),
            ("alerts", fixture::alerts::firing(SIZE)),
            ("runs-rolling-back", fixture::with_run(fixture::calm(SIZE), Screen::Runs, fixture::runs::rolling_back())),
        ] {
            let buffer = draw(model, &skin, 80, 24);
            let theme = if ascii { "ascii" } else { theme };
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(format!("{name}-{theme}"), summary(&buffer, &skin));
            });
        }
    }
}

#[test]
fn ascii_means_ascii_in_every_frame() {
    let skin = Skin::embedded("dark", Depth::True, true).unwrap();
    for (name, mut model) in scenes() {
        // The mask of a secret in a log is the log's own text.
        model.run.iter_mut().for_each(|run| run.log.held = Arc::default());
        for (width, height) in SIZES {
            let buffer = draw(model.clone(), &skin, width, height);
            let odd =
                buffer.content().iter().find(|cell| !cell.symbol().is_ascii() && !cell.symbol().contains('\u{2022}'));
            assert_eq!(odd, None, "{name} at {width}x{height}");
        }
    }
}

#[test]
fn no_frame_holds_a_character_of_doubtful_width() {
    let skin = skin("dark");
    for (name, model) in scenes() {
        let buffer = draw(model, &skin, 120, 40);
        for cell in buffer.content() {
            let lines = cell.symbol().chars().all(|c| ('\u{2500}'..='\u{257f}').contains(&c));
            let mask = cell.symbol() == "\u{2022}";
            assert!(lines || mask || cell.symbol().width_cjk() == 1, "{name}: {:?}", cell.symbol());
        }
    }
}

#[test]
fn a_terminal_that_is_too_small_is_told_what_is_needed() {
    for (width, height) in [(10, 5), (39, 30), (80, 9), (1, 1), (0, 0)] {
        let buffer = draw(fixture::live(SIZE, Screen::Watch), &skin("dark"), width, height);
        let text: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        let expected = format!("{width}x{height}");
        let seen = text.split_whitespace().collect::<String>().contains(&expected);
        assert!(seen || width * height < 40, "{width}x{height}: {text}");
    }
}

#[test]
fn a_second_without_news_changes_nothing() {
    let skin = skin("dark");
    let model = fixture::calm(SIZE);
    let before = draw(model.clone(), &skin, 120, 40);
    let mut later = model;
    later.now = later.now.after(std::time::Duration::from_secs(1));
    let after = draw(later, &skin, 120, 40);
    assert_eq!(before.diff(&after).len(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_model_in_any_size_never_panics(
        scene in 0usize..1000, width in 0u16..200, height in 0u16..60, selected in 0usize..2000, scroll in 0usize..100,
        focus in 0usize..3, theme in 0usize..6, offset in -3_000_000_000i64..3_000_000_000,
    ) {
        let mut scenes = scenes();
        let index = scene % scenes.len();
        let (_, mut model) = scenes.swap_remove(index);
        model.watch.selected = selected;
        model.watch.scrolled = scroll;
        model.watch.focus = [WatchFocus::Services, WatchFocus::Happenings, WatchFocus::Log][focus];
        model.runs.focus = [RunsFocus::List, RunsFocus::Steps, RunsFocus::Log][focus];
        model.releases.selected = selected;
        model.alerts.scroll = scroll;
        model.alerts.focus = [AlertsFocus::List, AlertsFocus::About][focus % 2];
        model.kpis.selected = selected.min(model.kpis.list.len().saturating_sub(1));
        model.now = crate::domain::time::UnixMs(model.now.0 + offset);
        if let Some(run) = &mut model.run {
            run.step = selected;
        }
        if let Some(Overlay::Help { scroll: at }) = &mut model.overlay {
            *at = scroll;
        }
        draw(model, &skin(super::THEMES[theme].0), width, height);
    }
}
