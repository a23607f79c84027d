//! The steps of a run: state, duration against the usual one, attempts, undo; and what the run waits for.
//!
//! ```text
//!  ✓  1  Pre-deployment checks   done          12 s  usually 11 s
//!  ▸  5  Soak                    running      3m12s  usually 10m00s
//! ```

use std::time::Duration;

use ratatui::layout::Rect;

use crate::{
    console::app::{action, command::ActionId, model::Model, runs::OpenRun},
    domain::{
        run::{RunDetail, RunPhase, StepNow, StepState},
        suite::Report,
        time::UnixMs,
    },
};

use super::{
    format, frame,
    paint::Painter,
    role::Role,
    state,
    table::{self, Column},
    text,
};

const COLUMNS: [Column; 5] = [
    Column::number("", 2, 0),
    Column::text("step", 8, 30, 0),
    Column::text("state", 12, 16, 2),
    Column::number("took", 7, 1),
    Column::text("", 15, 15, 3),
];

/// How the selected step is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// Not at all.
    None,
    /// The pane has the keys.
    Focused(usize),
    /// Another pane has the keys.
    Elsewhere(usize),
}

impl Selection {
    fn index(self) -> Option<usize> {
        match self {
            Self::None => None,
            Self::Focused(index) | Self::Elsewhere(index) => Some(index),
        }
    }
}

/// Draws the steps; returns the rows used.
pub fn paint(painter: &mut Painter<'_>, detail: &RunDetail, now: UnixMs, selection: Selection) -> u16 {
    let steps = &detail.state.steps;
    let rows = usize::from(painter.height());
    let at = selection.index().or(detail.state.current.map(usize::from)).unwrap_or(0);
    let first = table::first_row(at.min(steps.len().saturating_sub(1)), steps.len(), rows);
    let places = table::fit(&COLUMNS, painter.width().saturating_sub(4));
    let mut y = 0;
    for (index, step) in steps.iter().enumerate().skip(first).take(rows) {
        row(painter, y, detail, index, step, now, &places);
        let role = match selection {
            Selection::Focused(selected) if selected == index => Some(Role::Selected),
            Selection::Elsewhere(selected) if selected == index => Some(Role::SelectedElsewhere),
            _ => None,
        };
        if let Some(role) = role {
            painter.tint(Rect::new(0, y, painter.width(), 1), role);
        }
        y += 1;
    }
    y
}

fn row(
    painter: &mut Painter<'_>,
    y: u16,
    detail: &RunDetail,
    index: usize,
    step: &StepNow,
    now: UnixMs,
    places: &[table::Place],
) {
    let (glyph, word, role) = state::step(step, painter.glyphs());
    let name = detail.plan.steps.get(index).map_or("", |planned| planned.step.name.as_str());
    let undoing = !matches!(step.undo, StepState::Waiting);
    let attempts = if undoing { step.undo_attempts } else { step.attempts };
    let state = if attempts > 1 { format!("{word}, try {attempts}") } else { word.to_owned() };
    let waiting = matches!(step.state, StepState::Waiting);
    let name_role = match step.state {
        StepState::Waiting => Role::Dim,
        StepState::Running => Role::Strong,
        StepState::Ended { .. } => Role::Text,
    };
    painter.text(1, y, glyph, role);
    for (column, x, width) in places {
        let (text, role) = match column {
            0 => ((index + 1).to_string(), Role::Dim),
            1 => (name.to_owned(), name_role),
            2 => (state.clone(), role),
            3 => (took(step, now).map(format::duration).unwrap_or_default(), Role::Text),
            _ => {
                let usual = detail.usual_ms.get(index).copied().flatten().map(Duration::from_millis);
                let usual = usual.map(|usual| format!("usually {}", format::duration(usual))).unwrap_or_default();
                (usual, if waiting { Role::Disabled } else { Role::Dim })
            }
        };
        table::cell(painter, 3 + x, y, *width, COLUMNS[*column], &text, role);
    }
}

/// How long a step (or its undo) took, or has been running.
fn took(step: &StepNow, now: UnixMs) -> Option<Duration> {
    match (&step.undo, &step.state) {
        (StepState::Ended { duration_ms, .. }, _) | (StepState::Waiting, StepState::Ended { duration_ms, .. }) => {
            Some(Duration::from_millis(*duration_ms))
        }
        (StepState::Waiting, StepState::Running) => step.started_at.map(|at| now.since(at)),
        _ => None,
    }
}

/// The title of a run's pane: `Run #418 deploy 1.9.1 -> 1.9.2 by bob`.
pub fn title(run: &OpenRun) -> String {
    run.detail.as_ref().map_or_else(
        || format!("Run {}", run.id),
        |detail| format!("Run {} {} by {}", run.id, frame::run_words(&detail.summary), detail.summary.by),
    )
}

/// How the run stands, in one or more rows: what it waits for with the keys that answer it, why it undoes, how it ended.
/// Returns the rows used.
pub fn verdict(painter: &mut Painter<'_>, model: &Model, phase: &RunPhase, limit: u16) -> u16 {
    let (glyph, role) = frame::phase(painter, phase);
    let name = |step: u16| {
        let detail = model.run.as_ref().and_then(|run| run.detail.as_ref());
        let name =
            detail.and_then(|detail| detail.plan.steps.get(usize::from(step))).map(|step| step.step.name.as_str());
        format!("step {} {}", step + 1, name.unwrap_or_default())
    };
    let (said, what) = match phase {
        RunPhase::Waiting => ("Its runner is being started.".to_owned(), None),
        RunPhase::Running => return 0,
        RunPhase::Holding { step, why } => {
            (format!("HOLDS at {}: {why}", name(*step)), Some("retry, skip, roll back or stop"))
        }
        RunPhase::Asking { step, question } => (format!("ASKS at {}: {question}", name(*step)), Some("yes or no")),
        RunPhase::RollingBack { why } => (format!("Rolling back: {why}"), None),
        RunPhase::Ended { outcome, why } if why.is_empty() => (outcome.word().to_owned(), None),
        RunPhase::Ended { outcome, why } => (format!("{}: {why}", outcome.word()), None),
    };
    let room = painter.width().saturating_sub(4);
    let mut y = 0;
    painter.text(1, y, glyph, role);
    let rows = text::wrapped(&said, usize::from(room));
    let answer = u16::from(what.is_some());
    for row in rows.into_iter().take(usize::from(limit.saturating_sub(answer)).max(1)) {
        painter.text(3, y, row, role);
        y += 1;
    }
    if let Some(what) = what.filter(|_| y < limit) {
        let key = action::action(ActionId::Decide).and_then(|action| action.keys.first());
        let key = key.map(ToString::to_string).unwrap_or_default();
        if model.options.read_only {
            painter.text(3, y, "this console is read-only: another one must answer", Role::Dim);
        } else {
            painter.pieces(3, y, room, &[(&key, Role::Key), (" answer: ", Role::Text), (what, Role::Text)]);
        }
        y += 1;
    }
    y
}

/// Findings of a suite: each with its fix. Returns the rows used.
pub fn findings(painter: &mut Painter<'_>, report: &Report) -> u16 {
    let room = painter.width().saturating_sub(4);
    let mut y = 0;
    for finding in &report.findings {
        if y >= painter.height() {
            break;
        }
        let (glyph, word, role) = state::verdict(finding.verdict, painter.glyphs());
        painter.text(1, y, glyph, role);
        let optional = if finding.optional { " (optional)" } else { "" };
        let x = painter.cut(3, y, room, &format!("{}{optional}", finding.check), Role::Text) + 2;
        let x = painter.text(x, y, word, role) + 2;
        painter.cut(x, y, (room + 3).saturating_sub(x), &finding.detail, Role::Dim);
        y += 1;
        if let Some(fix) = finding.fix.as_ref().filter(|_| role != Role::Good) {
            painter.pieces(5, y, room.saturating_sub(2), &[("fix: ", Role::Accent), (fix, Role::Text)]);
            y += 1;
        }
    }
    y
}
