//! Moving about: screens, panes, selections, and opening what is selected.

use super::{
    super::{
        alerts::AlertsFocus,
        effect::Effect,
        model::{Model, Screen},
        overlay::{Message, Overlay},
        runs::RunsFocus,
        watch::WatchFocus,
    },
    alerts, detail, kpis, log,
    tell::{Step, around},
    wizard,
};

/// Shows a screen.
pub fn show(model: &mut Model, screen: Screen) {
    if screen == Screen::Runs && model.screen == Screen::Watch {
        // The run on Watch is the one a person has in mind.
        if let Some(run) = &model.run {
            model.runs.selected = Some(run.id);
        }
    }
    model.screen = screen;
    (model.plot, model.detail) = (None, None);
}

/// Tab.
pub fn next_pane(model: &mut Model, forward: bool) {
    if model.wizard.is_some() {
        wizard::next_field(model, forward);
        return;
    }
    if let Some(Overlay::Silence(form)) = &mut model.overlay {
        alerts::next_field(form, forward);
        return;
    }
    if model.is_covered() {
        if model.plot.is_none() {
            detail::next_page(model, forward);
        }
        return;
    }
    match model.screen {
        Screen::Watch => {
            let mut panes = vec![WatchFocus::Services, WatchFocus::Happenings];
            if model.run.is_some() {
                panes.push(WatchFocus::Log);
            }
            model.watch.focus = around(&panes, model.watch.focus, forward);
        }
        Screen::Runs => {
            let panes = [RunsFocus::List, RunsFocus::Steps, RunsFocus::Log];
            model.runs.focus = around(&panes, model.runs.focus, forward);
        }
        Screen::Alerts => {
            model.alerts.focus = around(&[AlertsFocus::List, AlertsFocus::About], model.alerts.focus, forward);
        }
        Screen::Releases | Screen::Kpis => {}
    }
}

/// Arrows, pages, first and last, wherever they are in force.
pub fn by(model: &mut Model, step: Step) {
    let page = model.panes.list_rows;
    let environments = model.project.as_ref().map_or(0, |project| project.environments.len());
    let steps = alerts::open_steps(model);
    match &mut model.overlay {
        // The view stops scrolling at the real end.
        Some(Overlay::Help { scroll }) => *scroll = step.apply(*scroll, super::super::action::TABLE.len() * 2, page),
        Some(Overlay::Message(Message { scroll, lines, .. })) => *scroll = step.apply(*scroll, lines.len(), page),
        Some(Overlay::Palette(palette)) => palette.selected = step.apply(palette.selected, palette.rows.len(), page),
        Some(Overlay::Environments { selected }) => *selected = step.apply(*selected, environments, page),
        Some(Overlay::Silence(form)) => alerts::go_in_silence(form, step, page),
        Some(Overlay::Playbook(open)) => open.selected = step.apply(open.selected, steps, page),
        Some(Overlay::Compare(picker)) => {
            let rows = picker.rows(&model.runs.list).len();
            picker.selected = step.apply(picker.selected, rows, page);
        }
        Some(Overlay::Decide(decide)) => {
            // Nothing is chosen until a person does: the first key chooses the first row.
            decide.selected = Some(decide.selected.map_or(0, |from| step.apply(from, decide.verbs.len(), page)));
        }
        Some(Overlay::Confirm(_)) => {}
        None if model.wizard.is_some() => wizard::go(model, step),
        None if model.plot.is_some() => kpis::go(model, step),
        None if model.detail.is_some() => detail::go(model, step),
        None => on_screen(model, step),
    }
}

fn on_screen(model: &mut Model, step: Step) {
    let page = model.panes.list_rows;
    if model.log_has_focus() {
        log::go(model, step);
        return;
    }
    match (model.screen, model.watch.focus, model.runs.focus) {
        (Screen::Watch, WatchFocus::Happenings, _) => {
            let len = model.watch.happenings.len();
            // Scrolled counts upward from the newest, keys go downward.
            let from = len.saturating_sub(1).saturating_sub(model.watch.scrolled);
            model.watch.scrolled = len.saturating_sub(1).saturating_sub(step.apply(from, len, page));
        }
        (Screen::Watch, ..) => {
            let len = model.environment().map_or(0, |environment| environment.services.len());
            model.watch.selected = step.apply(model.watch.selected, len, page);
        }
        (Screen::Runs, _, RunsFocus::Steps) => {
            if let Some(run) = &mut model.run {
                let steps = run.detail.as_ref().map_or(0, |detail| detail.plan.steps.len());
                run.step = step.apply(run.step, steps, page);
            }
        }
        (Screen::Runs, ..) => {
            let to = step.apply(model.runs.position(), model.runs.list.len(), page);
            model.runs.selected = model.runs.list.get(to).map(|run| run.id);
        }
        (Screen::Alerts, ..) => alerts::go(model, step),
        (Screen::Kpis, ..) => kpis::go(model, step),
        (Screen::Releases, ..) => {
            let len = model.releases.points.as_ref().map_or(0, |points| points.len());
            model.releases.selected = step.apply(model.releases.selected, len, page);
        }
    }
}

/// Enter on a screen.
pub fn open(model: &mut Model) -> Vec<Effect> {
    match model.screen {
        _ if model.detail.is_some() => detail::open_plot(model),
        Screen::Watch if model.watch.focus == WatchFocus::Log => {
            show(model, Screen::Runs);
            model.runs.focus = RunsFocus::Log;
        }
        Screen::Watch => detail::open(model),
        Screen::Runs => {
            model.runs.focus = match model.runs.focus {
                RunsFocus::List => RunsFocus::Steps,
                RunsFocus::Steps | RunsFocus::Log => RunsFocus::Log,
            };
        }
        Screen::Alerts => model.alerts.focus = AlertsFocus::About,
        Screen::Kpis => kpis::open_plot(model),
        Screen::Releases => {
            let selected = model.releases.selected;
            let run =
                model.releases.points.as_ref().and_then(|points| points.get(selected)).map(|point| point.release.run);
            if let Some(run) = run {
                show(model, Screen::Runs);
                model.runs.selected = Some(run);
                model.runs.focus = RunsFocus::Steps;
            }
        }
    }
    Vec::new()
}
