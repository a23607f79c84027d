//! Keys of figures and their plots.

use std::sync::Arc;

use crate::domain::{query::Against, status::Tone};

use super::{
    super::{
        model::{Model, Screen},
        overlay::Overlay,
        plot::{Choice, OpenPlot, Picker, Picking},
    },
    tell::{Step, notice},
};

/// The list follows environment and configuration; a plot whose figure is gone closes.
pub fn settle(model: &mut Model) {
    let Some(project) = &model.project else { return };
    model.kpis.list_of(project, &model.env);
    if model.plot.as_ref().is_some_and(|plot| plot.figure().is_none()) {
        model.plot = None;
    }
}

/// Moves through the figures.
pub fn go(model: &mut Model, step: Step) {
    let page = model.panes.list_rows;
    match &mut model.plot {
        Some(plot) => plot.at = step.apply(plot.at, plot.list.len(), page),
        None => model.kpis.selected = step.apply(model.kpis.selected, model.kpis.list.len(), page),
    }
}

/// Draws the selected figure over the whole screen.
pub fn open_plot(model: &mut Model) {
    let list = Arc::clone(&model.kpis.list);
    let (at, window) = (model.kpis.selected.min(list.len().saturating_sub(1)), model.kpis.window);
    model.plot = (!list.is_empty()).then_some(OpenPlot { list, at, window, against: None });
}

/// Esc in a plot: first without the comparison, then back to where it was opened. Whether there was a plot.
pub fn close_plot(model: &mut Model) -> bool {
    let Some(plot) = &mut model.plot else { return false };
    if plot.against.take().is_some() {
        return true;
    }
    let (at, window) = (plot.at, plot.window);
    if model.screen == Screen::Kpis && Arc::ptr_eq(&plot.list, &model.kpis.list) {
        (model.kpis.selected, model.kpis.window) = (at, window);
    }
    model.plot = None;
    true
}

/// Asks what to compare with.
pub fn open_compare(model: &mut Model) {
    model.overlay = Some(Overlay::Compare(Picker::opened()));
}

/// A row of the picker was chosen.
pub fn pick(model: &mut Model, mut picker: Picker) {
    let rows = picker.rows(&model.runs.list);
    let Some((_, choice)) = rows.into_iter().nth(picker.selected) else {
        notice(model, Tone::Warn, "no run to choose: nothing was deployed or run here yet");
        return;
    };
    let against = match (choice, &picker.stage) {
        (Choice::Nothing, _) => None,
        (Choice::With(against), _) => Some(against),
        (Choice::TwoRuns, _) => {
            picker = Picker { stage: Picking::Run, selected: 0 };
            model.overlay = Some(Overlay::Compare(picker));
            return;
        }
        (Choice::Run(then), Picking::Other(now)) => Some(Against::Runs { now: now.clone(), then }),
        (Choice::Run(first), _) => {
            picker = Picker { stage: Picking::Other(first), selected: 0 };
            model.overlay = Some(Overlay::Compare(picker));
            return;
        }
    };
    if let Some(plot) = &mut model.plot {
        plot.against = against;
    }
}

/// Esc in the picker: to the question before. Whether there was one.
pub fn pick_before(model: &mut Model) -> bool {
    let Some(Overlay::Compare(picker)) = &mut model.overlay else { return false };
    match &picker.stage {
        Picking::What => return false,
        Picking::Run => *picker = Picker::opened(),
        Picking::Other(_) => *picker = Picker { stage: Picking::Run, selected: 0 },
    }
    true
}
