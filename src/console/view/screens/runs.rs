//! Runs: the list, the open run's steps and what it waits for, live health, its log.
//!
//! ```text
//! ┌ Runs ──────────────┐┌ Run #418 deploy 1.9.1 -> 1.9.2 by bob ┐
//! │ ▸ #418 deploy 1.9.2││ ✓ 1 Checks          done         12 s │
//! │ ✓ #417 verify      │├ Log #418 ∙ follow ────────────────────┤
//! └────────────────────┘└───────────────────────────────────────┘
//! ```

use ratatui::layout::Rect;

use crate::{
    console::app::{
        model::Model,
        runs::{OpenRun, RunsFocus},
    },
    domain::{
        health::Health,
        pipeline::StepKind,
        run::{RunDetail, RunSummary, StepState},
    },
};

use super::{
    super::{
        command,
        format::{self, Clock},
        frame::{self, Edge, Title},
        paint::Painter,
        role::Role,
        state,
        steps::{self, Selection},
        table::{self, Column},
        text,
    },
    watch,
};

/// Where everything is; panes without room are empty.
pub struct Layout {
    /// How panes are set apart.
    pub edge: Edge,
    /// The list of runs.
    pub list: Rect,
    /// Steps and findings of the open one.
    pub steps: Rect,
    /// Its log.
    pub log: Rect,
}

const NONE: Rect = Rect { x: 0, y: 0, width: 0, height: 0 };

/// Lays the screen out.
pub fn layout(model: &Model, area: Rect) -> Layout {
    let edge = Edge::of(area);
    let body = frame::body(area);
    let count = |run: &OpenRun| run.detail.as_ref().map_or(4, |detail| detail.state.steps.len());
    let wanted = model.run.as_ref().map_or(4, count) as u16 + edge.rows();
    if body.width >= 100 && body.height >= 24 {
        let left = (body.width * 2 / 5 + 6).min(70);
        let right = Rect { x: left, width: body.width - left, ..body };
        let steps = (wanted + 8).clamp(12, (right.height * 11 / 20).max(12));
        return Layout {
            edge,
            list: Rect { width: left, ..body },
            steps: Rect { height: steps, ..right },
            log: Rect { y: right.y + steps, height: right.height - steps, ..right },
        };
    }
    if body.height >= 20 {
        let list = body.height / 4;
        let steps = (wanted + 2).clamp(6, body.height / 2 - 1);
        return Layout {
            edge,
            list: Rect { height: list, ..body },
            steps: Rect { y: body.y + list, height: steps, ..body },
            log: Rect { y: body.y + list + steps, height: body.height - list - steps, ..body },
        };
    }
    let (list, steps, log) = match model.runs.focus {
        RunsFocus::List => (body, NONE, NONE),
        RunsFocus::Steps => (NONE, body, NONE),
        RunsFocus::Log => (NONE, NONE, body),
    };
    Layout { edge, list, steps, log }
}

/// Draws the screen.
pub fn paint(painter: &mut Painter<'_>, model: &Model) {
    let layout = layout(model, painter.bounds());
    if layout.list.height > 0 {
        list(painter, model, &layout);
    }
    if layout.steps.height > 0 {
        open(painter, model, &layout);
    }
    if layout.log.height > 0 {
        let focus = model.runs.focus == RunsFocus::Log;
        match &model.run {
            Some(run) => watch::log_pane(painter, model, run, layout.log, layout.edge, focus),
            None => {
                frame::pane(painter, layout.log, layout.edge, &Title { left: "Log", focus, ..Title::default() });
            }
        }
    }
}

const COLUMNS: [Column; 6] = [
    Column::number("run", 5, 0),
    Column::text("what", 16, 30, 0),
    Column::text("state", 13, 15, 1),
    Column::text("when", 12, 12, 2),
    Column::number("took", 7, 3),
    Column::text("by", 6, 10, 4),
];

fn list(painter: &mut Painter<'_>, model: &Model, layout: &Layout) {
    let focus = model.runs.focus == RunsFocus::List;
    let runs = &model.runs.list;
    let mut inner = frame::pane(painter, layout.list, layout.edge, &Title { left: "Runs", focus, ..Title::default() });
    if runs.is_empty() {
        let said = if model.runs.loaded { "nothing was run here yet: d starts a deploy" } else { "reading" };
        inner.cut(1, 0, inner.width().saturating_sub(2), said, Role::Dim);
        return;
    }
    let places = table::fit(&COLUMNS, inner.width().saturating_sub(4));
    table::head(&mut inner, 3, 0, &COLUMNS, &places);
    let rows = usize::from(inner.height().saturating_sub(1));
    let selected = model.runs.position();
    let first = table::first_row(selected, runs.len(), rows);
    for (y, (index, run)) in runs.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = y as u16 + 1;
        run_row(&mut inner, y, run, model, &places);
        if index == selected {
            let role = if focus { Role::Selected } else { Role::SelectedElsewhere };
            inner.tint(Rect::new(0, y, inner.width(), 1), role);
        }
    }
}

fn run_row(painter: &mut Painter<'_>, y: u16, run: &RunSummary, model: &Model, places: &[table::Place]) {
    let (glyph, role) = frame::phase(painter, &run.phase);
    let clock = Clock::new(model.project.as_deref(), model.utc);
    painter.text(1, y, glyph, role);
    for (column, x, width) in places {
        let (text, role) = match column {
            0 => (run.id.to_string(), Role::Dim),
            1 => (what(run), Role::Text),
            2 => (frame::phase_word(&run.phase).to_owned(), role),
            3 => (clock.day(run.requested_at, model.now), Role::Dim),
            4 => (format::duration(run.ended_at.unwrap_or(model.now).since(run.requested_at)), Role::Text),
            _ => (run.by.clone(), Role::Dim),
        };
        table::cell(painter, 3 + x, y, *width, COLUMNS[*column], &text, role);
    }
}

/// `deploy 1.9.2`: the version before stands in the open run.
fn what(run: &RunSummary) -> String {
    run.version.as_ref().map_or_else(|| run.pipeline.clone(), |version| format!("{} {version}", run.pipeline))
}

fn open(painter: &mut Painter<'_>, model: &Model, layout: &Layout) {
    let focus = model.runs.focus == RunsFocus::Steps;
    let left = model.run.as_ref().map_or_else(|| "Run".to_owned(), steps::title);
    let elapsed = model.run.as_ref().and_then(|run| run.detail.as_ref()).map(|detail| {
        let end = detail.state.ended_at.or(detail.summary.ended_at).unwrap_or(model.now);
        format::duration(end.since(detail.summary.requested_at))
    });
    let right = [(elapsed.as_deref().unwrap_or_default(), Role::Dim)];
    let right = if elapsed.is_some() { &right[..] } else { &[] };
    let title = Title { left: &left, right, focus, ..Title::default() };
    let mut inner = frame::pane(painter, layout.steps, layout.edge, &title);
    let Some(run) = &model.run else {
        inner.text(1, 0, "no run is open", Role::Dim);
        return;
    };
    let Some(detail) = &run.detail else {
        inner.text(1, 0, "reading", Role::Dim);
        return;
    };
    run_pane(&mut inner, model, run, detail, focus);
}

/// What the run waits for, live health, the steps, and below them all about the selected one.
fn run_pane(painter: &mut Painter<'_>, model: &Model, run: &OpenRun, detail: &RunDetail, focus: bool) {
    let height = painter.height();
    let mut y = steps::verdict(painter, model, &detail.state.phase, (height / 3).clamp(1, 4));
    if height >= 8 && y > 0 && painter.width() >= 80 {
        y += 1;
    }
    let count = detail.state.steps.len() as u16;
    if height > y + count && !run.is_over() && !model.watch.services.is_empty() {
        strip(&mut painter.sub(Rect::new(0, height - 1, painter.width(), 1)), model, detail);
    }
    let live = u16::from(height > y + count && !run.is_over() && !model.watch.services.is_empty());
    let selection = if focus { Selection::Focused(run.step) } else { Selection::Elsewhere(run.step) };
    let room = height.saturating_sub(y + live);
    let all = painter.bounds();
    y += steps::paint(&mut painter.sub(Rect { y, height: room, ..all }), detail, model.now, selection);
    let rest = Rect { y: y + 1, height: height.saturating_sub(y + 1 + live), ..all };
    about_step(&mut painter.sub(rest), run, detail);
}

/// How the services are while the run goes on, the ones it reads first.
fn strip(painter: &mut Painter<'_>, model: &Model, detail: &RunDetail) {
    let mut x = painter.text(1, 0, "now", Role::Dim) + 2;
    let named = |name: &str| detail.plan.services.contains_key(name);
    let mut services: Vec<_> = model.watch.services.iter().collect();
    services.sort_by_key(|service| (!named(&service.service), service.health == Health::Up));
    for service in services.into_iter().take(12) {
        let (glyph, word, role) = state::health(service.health, painter.glyphs());
        let figures = match (service.p95_ms, service.error_rate) {
            (None, None) => String::new(),
            (p95, errors) => format!(" p95 {} err {}", format::ms(p95), format::percent(errors)),
        };
        let wide = text::width(&service.service) + text::width(word) + text::width(&figures) + 3;
        if usize::from(x) + wide + 1 > usize::from(painter.width()) {
            break;
        }
        x = painter.text(x, 0, &format!("{} ", service.service), Role::Text);
        x = painter.text(x, 0, &format!("{glyph} {word}"), role);
        x = painter.text(x, 0, &figures, Role::Dim) + 3;
    }
}

/// The selected step: what it does, how it ended, what its suite found.
fn about_step(painter: &mut Painter<'_>, run: &OpenRun, detail: &RunDetail) {
    let Some(step) = detail.state.steps.get(run.step) else { return };
    let room = painter.width().saturating_sub(4);
    let mut y = 0;
    let mut say = |painter: &mut Painter<'_>, head: &str, said: &str, role: Role| {
        let indent = 3 + head.len() as u16;
        for (index, row) in
            text::wrapped(said, usize::from(room.saturating_sub(head.len() as u16))).into_iter().enumerate()
        {
            if index == 0 {
                painter.text(3, y, head, Role::Dim);
            }
            painter.text(indent, y, row, role);
            y += 1;
        }
    };
    if let Some(planned) = detail.plan.steps.get(run.step) {
        let said = command::step(&planned.step.kind);
        let head = if matches!(planned.step.kind, StepKind::Command(_)) { "$ " } else { "" };
        say(painter, head, said.lines().next().unwrap_or_default(), Role::Dim);
    }
    if let StepState::Ended { why, .. } = &step.state
        && !why.is_empty()
    {
        say(painter, "", why, state::step(step, painter.glyphs()).2);
    }
    if let StepState::Ended { why, .. } = &step.undo
        && !why.is_empty()
    {
        say(painter, "undo: ", why, Role::Text);
    }
    if let Some((_, report)) = run.reports.iter().rev().find(|(step, _)| usize::from(*step) == run.step) {
        let rest = Rect { y, height: painter.height().saturating_sub(y), ..painter.bounds() };
        steps::findings(&mut painter.sub(rest), report);
    }
}
