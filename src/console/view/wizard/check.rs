//! The checks before the gate, live: each failure with its fix.

use ratatui::layout::Rect;

use crate::{
    console::app::{model::Model, runs::OpenRun, wizard::Preflight},
    domain::run::{RunOutcome, RunPhase},
};

use super::super::{
    frame,
    paint::Painter,
    role::Role,
    steps::{self, Selection},
};

/// Draws the preflight run: its steps, and what its suites found.
pub fn paint(painter: &mut Painter<'_>, model: &Model, preflight: &Preflight) {
    let run = model.run.as_ref().filter(|run| Some(run.id) == preflight.run);
    let Some((run, detail)) = run.and_then(|run| Some((run, run.detail.as_ref()?))) else {
        painter.text(1, 0, "starting the checks", Role::Dim);
        return;
    };
    let bounds = painter.bounds();
    let mut y = steps::verdict(painter, model, &detail.state.phase, 2);
    let part = |y: u16| Rect { y, height: bounds.height.saturating_sub(y), ..bounds };
    if detail.state.steps.len() > 1 || run.reports.is_empty() {
        y += steps::paint(&mut painter.sub(part(y)), detail, model.now, Selection::None) + 1;
    } else if y > 0 {
        y += 1;
    }
    for (_, report) in run.reports.iter() {
        y += steps::findings(&mut painter.sub(part(y)), report) + 1;
    }
}

/// The last row: what can be done now.
pub fn gate(painter: &mut Painter<'_>, model: &Model) {
    let width = painter.width().saturating_sub(2);
    let phase = model.run.as_ref().and_then(OpenRun::phase);
    match phase {
        Some(RunPhase::Ended { outcome: RunOutcome::Succeeded, .. }) => {
            painter.cut(1, 0, width, "passed", Role::Good);
        }
        Some(phase @ RunPhase::Ended { .. }) => {
            let word = frame::phase_word(phase);
            let pieces = [
                (word, Role::Bad),
                (": nothing was changed. ", Role::Text),
                ("a", Role::Key),
                (" runs the checks again", Role::Text),
            ];
            painter.pieces(1, 0, width, &pieces);
        }
        _ => {
            painter.cut(1, 0, width, "checking", Role::Accent);
        }
    }
}
