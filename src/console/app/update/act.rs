//! Carries out actions of the table.

use crate::domain::{
    log::Direction,
    pipeline::{PipelineKind, StepKind},
    run::{RunDetail, RunPhase},
    status::Tone,
};

use super::{
    super::{
        action::{self, Action},
        alerts::{Alerts, AlertsFocus},
        command::{ActionId, Command},
        effect::Effect,
        kpis::Kpis,
        model::{Model, Screen},
        overlay::{Act, Confirmation, Decide, Message, Overlay, Verb},
        releases::Releases,
        runs::{Runs, RunsFocus},
        watch::{Watch, WatchFocus},
        wizard::Subject,
    },
    alerts, detail,
    go::{self, next_pane, open},
    kpis, log, palette, service_log, start,
    tell::{Step, notice},
    wizard,
};

/// Does it, or says why not.
pub fn perform(model: &mut Model, action: &Action) -> Vec<Effect> {
    if let Some(why) = action::why_not(model, action) {
        notice(model, Tone::Warn, format!("{}: {why}", action.title));
        return Vec::new();
    }
    match action.id {
        ActionId::Deploy => start::open(model, PipelineKind::Deploy),
        ActionId::Verify => start::open(model, PipelineKind::Verify),
        ActionId::Rollback => start::open_rollback(model),
        ActionId::Best => start::take_best(model),
        ActionId::Next => wizard::go_on(model),
        ActionId::Again => wizard::again(model),
        ActionId::Open => open(model),
        ActionId::Search | ActionId::NextHit | ActionId::PreviousHit | ActionId::NextError => seek(model, action.id),
        ActionId::CopyLine => log::copy(model, false),
        ActionId::CopyVisible => log::copy(model, true),
        ActionId::Acknowledge => alerts::acknowledge(model),
        ActionId::EndSilence => alerts::end_silence(model),
        ActionId::Runbook => alerts::open_runbook(model),
        ActionId::RollbackAlert => alerts::roll_back(model),
        ActionId::Theme => next_theme(model),
        ActionId::Zone => {
            model.utc = !model.utc;
            vec![Effect::Remember { name: "zone", value: if model.utc { "utc" } else { "local" }.into() }]
        }
        ActionId::Suspend => vec![Effect::Suspend],
        ActionId::Quit => vec![Effect::Quit],
        id => {
            rearrange(model, id);
            Vec::new()
        }
    }
}

/// Actions that change nothing but what is shown.
fn rearrange(model: &mut Model, id: ActionId) {
    match id {
        ActionId::GoWatch => go::show(model, Screen::Watch),
        ActionId::GoRuns => go::show(model, Screen::Runs),
        ActionId::GoReleases => go::show(model, Screen::Releases),
        ActionId::GoAlerts => go::show(model, Screen::Alerts),
        ActionId::Silence => alerts::open_silence(model),
        ActionId::Playbook => alerts::open_playbook(model),
        ActionId::GoKpis => go::show(model, Screen::Kpis),
        ActionId::Compare if model.plot.is_none() => detail::compare(model),
        ActionId::Compare => kpis::open_compare(model),
        ActionId::Palette => palette::open(model),
        ActionId::Help => model.overlay = Some(Overlay::Help { scroll: 0 }),
        ActionId::Environment => open_environments(model),
        ActionId::AskQuit => ask_quit(model),
        ActionId::Decide => open_decide(model),
        ActionId::Cancel => ask_cancel(model),
        ActionId::NextPane => next_pane(model, true),
        ActionId::PreviousPane => next_pane(model, false),
        ActionId::Up => go::by(model, Step::By(-1)),
        ActionId::Down => go::by(model, Step::By(1)),
        ActionId::PageUp => go::by(model, Step::Pages(-1)),
        ActionId::PageDown => go::by(model, Step::Pages(1)),
        ActionId::Top => go::by(model, Step::First),
        ActionId::Bottom => go::by(model, Step::Last),
        ActionId::Back => back(model),
        ActionId::Leave => leave(model),
        ActionId::Closer if in_detail(model) => detail::change_window(model, false),
        ActionId::Further if in_detail(model) => detail::change_window(model, true),
        ActionId::Closer => model.set_window(model.window().shorter().unwrap_or(model.window())),
        ActionId::Further => model.set_window(model.window().longer().unwrap_or(model.window())),
        _ => rearrange_log(model, id),
    }
}

/// Whether keys act on the detail of a service.
fn in_detail(model: &Model) -> bool {
    model.detail.is_some() && model.plot.is_none()
}

fn rearrange_log(model: &mut Model, id: ActionId) {
    let rows = model.panes.log_rows;
    match id {
        ActionId::ServiceLog => return service_log::toggle(model),
        ActionId::LogLevel => return service_log::next_level(model),
        ActionId::FollowRequest => return service_log::follow_request(model),
        ActionId::FollowUser => return service_log::follow_user(model),
        ActionId::AllServices => return service_log::toggle_all(model),
        _ => {}
    }
    let Some(log) = model.log_mut() else { return };
    match id {
        ActionId::Follow => log.toggle_follow(rows),
        ActionId::Wrap => log.toggle_wrap(),
        ActionId::Timestamps => log.timestamps = !log.timestamps,
        ActionId::ColumnLeft => log.shift(Direction::Backward),
        ActionId::ColumnRight => log.shift(Direction::Forward),
        _ => {}
    }
}

fn seek(model: &mut Model, id: ActionId) -> Vec<Effect> {
    match id {
        ActionId::NextHit => log::next_hit(model, Direction::Forward),
        ActionId::PreviousHit => log::next_hit(model, Direction::Backward),
        ActionId::NextError => log::next_error(model),
        _ => {
            log::open_search(model);
            Vec::new()
        }
    }
}

/// A row of the palette.
pub fn run_command(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Act(id) => action::action(id).map(|action| perform(model, action)).unwrap_or_default(),
        Command::Run { pipeline } => {
            let kind = model.environment().and_then(|env| env.pipelines.get(&pipeline)).map(|found| found.kind);
            kind.map(|kind| start::choose(model, kind, &Subject::Pipeline(pipeline))).unwrap_or_default()
        }
        Command::Suite { suite } => start::choose(model, PipelineKind::Verify, &Subject::Suite(suite)),
        Command::Environment { name } => switch_environment(model, &name),
        Command::Figure { at } => {
            go::show(model, Screen::Kpis);
            model.kpis.selected = at;
            kpis::open_plot(model);
            Vec::new()
        }
        Command::Service { name } => {
            let place = model.environment().and_then(|env| env.services.iter().position(|one| one.name == name));
            if let Some(place) = place {
                go::show(model, Screen::Watch);
                model.watch.selected = place;
                model.watch.focus = WatchFocus::Services;
            }
            Vec::new()
        }
    }
}

/// Looks at another environment; what was read of the one before is gone from the screen at once.
pub fn switch_environment(model: &mut Model, name: &str) -> Vec<Effect> {
    if model.env == name {
        return Vec::new();
    }
    name.clone_into(&mut model.env);
    let window = model.watch.window;
    model.watch = Watch { window, ..Watch::default() };
    model.runs = Runs::default();
    model.releases = Releases::default();
    model.alerts = Alerts::default();
    model.kpis = Kpis::over(model.kpis.window);
    (model.detail, model.plot, model.plotted) = (None, None, None);
    model.run = None;
    vec![Effect::Remember { name: "environment", value: name.to_owned() }]
}

fn next_theme(model: &mut Model) -> Vec<Effect> {
    let themes = &model.options.themes;
    let now = themes.iter().position(|theme| *theme == model.theme).unwrap_or(0);
    let Some(next) = themes.get((now + 1) % themes.len().max(1)).cloned() else { return Vec::new() };
    model.theme.clone_from(&next);
    notice(model, Tone::Plain, format!("theme {next}"));
    vec![Effect::Remember { name: "theme", value: next }]
}

fn open_environments(model: &mut Model) {
    let Some(project) = &model.project else { return };
    let now = project.environments.iter().position(|environment| environment.name == model.env).unwrap_or(0);
    // The other one is what is wanted, most of all where there are two.
    let selected = (now + 1) % project.environments.len().max(1);
    model.overlay = Some(Overlay::Environments { selected });
}

fn ask_quit(model: &mut Model) {
    let going = model.active.len();
    let body = match going {
        0 => "Nothing is running.".to_owned(),
        1 => "The run that is going goes on without the console.".to_owned(),
        many => format!("The {many} runs that are going go on without the console."),
    };
    let title = "End the console?".to_owned();
    model.overlay = Some(Overlay::Confirm(Confirmation { title, body, act: Act::Quit, typed: String::new() }));
}

fn ask_cancel(model: &mut Model) {
    let Some(run) = &model.run else { return };
    let title = format!("Cancel run {}?", run.id);
    let body = match run.detail.as_ref().map(|detail| &detail.summary) {
        Some(summary) => format!(
            "{} {} in {}: the command at work gets SIGTERM, then SIGKILL; what was done stays done.",
            summary.pipeline,
            summary.version.as_deref().unwrap_or_default(),
            summary.env
        ),
        None => "The command at work gets SIGTERM, then SIGKILL; what was done stays done.".to_owned(),
    };
    model.overlay =
        Some(Overlay::Confirm(Confirmation { title, body, act: Act::Cancel(run.id), typed: String::new() }));
}

fn open_decide(model: &mut Model) {
    let Some(run) = &model.run else { return };
    let required = |step: u16| {
        run.detail
            .as_ref()
            .and_then(|detail| detail.plan.steps.get(usize::from(step)))
            .is_some_and(|one| one.step.required)
    };
    let mut item = None;
    let (step, question, verbs) = match run.phase() {
        Some(RunPhase::Asking { step, question }) => {
            item = run.detail.as_ref().and_then(|detail| next_item(detail, *step));
            let yes = if item.is_some() { Verb::Tick } else { Verb::Yes };
            (*step, question.clone(), vec![yes, Verb::No])
        }
        Some(RunPhase::Holding { step, why }) => {
            let detail = run.detail.as_ref();
            let paused = detail.is_some_and(|detail| detail.state.is_paused());
            let machine = detail.and_then(|detail| detail.plan.steps.get(usize::from(*step)));
            let machine = machine.is_some_and(|planned| planned.host.is_some()) && !paused;
            let first = if paused { Verb::Continue } else { Verb::Retry };
            let mut verbs = vec![first, Verb::Skip];
            verbs.extend(machine.then_some(Verb::Exclude));
            verbs.extend([Verb::RollBack, Verb::Stop]);
            verbs.retain(|verb| *verb != Verb::Skip || !required(*step));
            (*step, why.clone(), verbs)
        }
        _ => return,
    };
    let item = item.unwrap_or_default();
    let decide =
        Decide { run: run.id, step, item, question, verbs, selected: None, reason: tui_input::Input::default() };
    model.overlay = Some(Overlay::Decide(decide));
}

/// The first item of a checklist that nobody ticked off.
fn next_item(detail: &RunDetail, step: u16) -> Option<u16> {
    let StepKind::Checklist { items } = &detail.plan.steps.get(usize::from(step))?.step.kind else { return None };
    (0..u16::try_from(items.len()).ok()?).find(|item| !detail.state.ticked.contains(&(step, *item)))
}

/// Esc.
fn back(model: &mut Model) {
    if kpis::pick_before(model) || model.overlay.take().is_some() {
        return;
    }
    if model.wizard.is_some() {
        wizard::go_back(model);
        return;
    }
    if model.log_has_focus() && log::close_search(model) {
        return;
    }
    if model.service_log_has_focus() && service_log::ask_less(model) {
        return;
    }
    if kpis::close_plot(model) || model.detail.take().is_some() {
        return;
    }
    match model.screen {
        Screen::Watch if model.watch.focus == WatchFocus::Services => model.watch.followed = None,
        Screen::Watch => model.watch.focus = WatchFocus::Services,
        Screen::Runs if model.runs.focus == RunsFocus::List => go::show(model, Screen::Watch),
        Screen::Runs => model.runs.focus = RunsFocus::List,
        Screen::Alerts if model.alerts.focus == AlertsFocus::About => model.alerts.focus = AlertsFocus::List,
        Screen::Releases | Screen::Alerts | Screen::Kpis => go::show(model, Screen::Watch),
    }
}

fn leave(model: &mut Model) {
    if model.overlay.take().is_none() {
        wizard::leave(model);
    }
}

/// Something to read over the screen.
pub fn message(model: &mut Model, title: String, lines: Vec<String>) {
    model.overlay = Some(Overlay::Message(Message { title, lines, scroll: 0 }));
}
