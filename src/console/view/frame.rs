//! What every screen has: the header, the footer, and panes with their titles.
//!
//! ```text
//!  quarterdeck  Acme Shop   production   1 Watch  2 Runs  3 Releases  6 KPIs   ▸ deploy #418 5/9 Soak 3m12s  watch: daemon  14:02 UTC
//! ┌ Services ──────────────────┐
//! └────────────────────────────┘
//!  d deploy  v verify  r rollback  : commands  ? help
//! ```

use ratatui::layout::Rect;

use crate::{
    console::app::{
        listing,
        model::{Model, Screen},
    },
    domain::{
        health::Health,
        run::{RunPhase, RunSummary},
        status::Tone,
    },
};

use super::{
    format::{self, Clock},
    paint::Painter,
    role::Role,
    skin::Skin,
    state, text,
};

/// The rows between header and footer.
pub fn body(area: Rect) -> Rect {
    Rect { y: 1.min(area.height), height: area.height.saturating_sub(2), ..area }
}

/// The role of a tone.
pub fn tone(tone: Tone) -> Role {
    match tone {
        Tone::Good => Role::Good,
        Tone::Warn => Role::Warn,
        Tone::Bad => Role::Bad,
        Tone::Plain => Role::Text,
    }
}

/// Draws the header into the first row.
pub fn header(painter: &mut Painter<'_>, model: &Model) {
    let width = painter.width();
    let environment = model.environment();
    let env = if model.env.is_empty() { "no environment yet" } else { model.env.as_str() };
    let clock = Clock::new(model.project.as_deref(), model.utc).with_zone(model.now);
    let mut right = width.saturating_sub(1);
    right = painter.right(right, 0, &clock, Role::Text).saturating_sub(3);
    if width >= 100 && !model.watcher.is_empty() {
        let (word, role) = match model.watcher {
            "nobody" => ("nobody", Role::Warn),
            word => (word, Role::Dim),
        };
        right = painter.right(right, 0, word, role);
        right = painter.right(right, 0, "watch: ", Role::Dim).saturating_sub(3);
    }
    right = alerts(painter, right, model);
    let mut x = 1;
    if width >= 120 {
        x = painter.text(x, 0, "quarterdeck", Role::Brand) + 2;
    }
    if let Some(project) = model.project.as_ref().filter(|_| width >= 76) {
        x = painter.cut(x, 0, width / 5, &project.name, Role::Strong) + 2;
    }
    x = painter.text(x, 0, &format!(" {env} "), Skin::environment(environment.and_then(|e| e.color.as_deref()))) + 2;
    x = tabs(painter, x, model, right);
    if model.options.read_only && width >= 100 {
        x = painter.text(x, 0, "read-only", Role::Warn) + 2;
    }
    live(painter, x, right, model);
}

/// What fires, by severity, where the eye falls first on the right.
fn alerts(painter: &mut Painter<'_>, right: u16, model: &Model) -> u16 {
    let firing = model.alerts.board.firing();
    let Some((worst, _)) = firing.first() else { return right };
    let (glyph, _, role) = state::severity(*worst, painter.glyphs());
    let by_severity: Vec<_> = firing.iter().map(|(severity, count)| format!("{count} {}", severity.word())).collect();
    let all: usize = firing.iter().map(|(_, count)| count).sum();
    let shown = match painter.width() {
        120.. => format!("{glyph} alerts {}", by_severity.join(" ")),
        60.. => format!("{glyph} {}", by_severity.first().map_or("", String::as_str)),
        _ => format!("{glyph}{all}"),
    };
    painter.right(right, 0, &shown, role).saturating_sub(3)
}

fn tabs(painter: &mut Painter<'_>, x: u16, model: &Model, right: u16) -> u16 {
    let gap = if painter.width() >= 100 { 3 } else { 2 };
    let columns: u16 = Screen::ALL.iter().map(|screen| screen.word().len() as u16 + 2 + gap).sum();
    let all = x + columns <= right;
    let mut x = x;
    for screen in Screen::ALL {
        let active = screen == model.screen && model.wizard.is_none();
        if (all || active) && x + (screen.word().len() as u16) + 2 <= right {
            x = painter.text(x, 0, &format!("{} ", screen.number()), Role::Key);
            x = painter.text(x, 0, screen.word(), if active { Role::TabActive } else { Role::Tab }) + gap;
        }
    }
    x
}

/// The live run, or else how the services are, between the tabs and the clock.
fn live(painter: &mut Painter<'_>, x: u16, right: u16, model: &Model) {
    let room = right.saturating_sub(x);
    let glyphs = painter.glyphs();
    if let Some(run) = model.live_run() {
        let (glyph, role) = phase(painter, &run.phase);
        let elapsed = format::duration(model.now.since(run.requested_at));
        let step = run.current.as_ref().map(|(index, name)| (index + 1, name.as_str()));
        let waits = matches!(run.phase, RunPhase::Holding { .. } | RunPhase::Asking { .. });
        let word = if waits { " needs you" } else { "" };
        let steps = run.step_count;
        let mut forms = Vec::new();
        if let Some((number, name)) = step {
            forms.push(format!("{glyph} {} {}{word} step {number}/{steps} {name} {elapsed}", run.pipeline, run.id));
            forms.push(format!("{glyph} {} {}{word} {number}/{steps} {elapsed}", run.pipeline, run.id));
            forms.push(format!("{glyph} {}{word} {number}/{steps}", run.id));
        }
        forms.push(format!("{glyph} {}{word} {elapsed}", run.id));
        forms.extend(step.map(|(number, _)| format!("{glyph} {number}/{steps}")));
        forms.push(format!("{glyph} {}", run.id));
        forms.push(glyph.to_owned());
        if let Some(form) = forms.iter().find(|form| text::width(form) <= usize::from(room)) {
            painter.right(right, 0, form, role);
        }
        return;
    }
    let count = |health: Health| model.watch.services.iter().filter(|service| service.health == health).count();
    let (down, degraded) = (count(Health::Down), count(Health::Degraded));
    let (shown, role) = match (down, degraded) {
        (0, 0) if model.watch.services.is_empty() => return,
        (0, 0) => (format!("{} all up", glyphs.good), Role::Good),
        (0, degraded) => (format!("{} {degraded} degraded", glyphs.warn), Role::Warn),
        (down, 0) => (format!("{} {down} down", glyphs.bad), Role::Bad),
        (down, degraded) => (format!("{} {down} down, {degraded} degraded", glyphs.bad), Role::Bad),
    };
    let (shown, role) = match count(Health::Unknown) {
        unknown if unknown > 0 && role == Role::Good => {
            (format!("{} {unknown} unknown", glyphs.unknown), Role::Unknown)
        }
        _ => (shown, role),
    };
    if text::width(&shown) <= usize::from(room) {
        painter.right(right, 0, &shown, role);
    }
}

/// Shape and role of a run's phase.
pub fn phase(painter: &Painter<'_>, phase: &RunPhase) -> (&'static str, Role) {
    use crate::domain::run::RunOutcome;
    let glyphs = painter.glyphs();
    match phase {
        RunPhase::Waiting => (glyphs.waiting, Role::Dim),
        RunPhase::Running => (glyphs.running, Role::Accent),
        RunPhase::Holding { .. } | RunPhase::Asking { .. } => (glyphs.warn, Role::Warn),
        RunPhase::RollingBack { .. } => (glyphs.undone, Role::Warn),
        RunPhase::Ended { outcome, .. } => match outcome {
            RunOutcome::Succeeded => (glyphs.good, Role::Good),
            RunOutcome::Failed | RunOutcome::RollbackFailed | RunOutcome::Refused => (glyphs.bad, Role::Bad),
            RunOutcome::RolledBack => (glyphs.undone, Role::Warn),
            RunOutcome::Inconclusive => (glyphs.unknown, Role::Unknown),
            RunOutcome::Cancelled => (glyphs.cancelled, Role::Dim),
        },
    }
}

/// The word of a run's phase.
pub fn phase_word(phase: &RunPhase) -> &'static str {
    match phase {
        RunPhase::Waiting => "waiting",
        RunPhase::Running => "running",
        RunPhase::Holding { .. } => "HOLDS",
        RunPhase::Asking { .. } => "ASKS",
        RunPhase::RollingBack { .. } => "rolling back",
        RunPhase::Ended { outcome, .. } => outcome.word(),
    }
}

/// What a run brings: `deploy 1.9.1 -> 1.9.2`.
pub fn run_words(run: &RunSummary) -> String {
    match (&run.previous, &run.version) {
        (Some(previous), Some(version)) => format!("{} {previous} -> {version}", run.pipeline),
        (None, Some(version)) => format!("{} {version}", run.pipeline),
        _ => run.pipeline.clone(),
    }
}

/// Draws the footer into the last row: a notice or a standing trouble first, then keys, most useful first.
pub fn footer(painter: &mut Painter<'_>, model: &Model) {
    let Some(y) = painter.height().checked_sub(1) else { return };
    let width = painter.width();
    let mut end = width.saturating_sub(1);
    if let Some(notice) = &model.notice {
        painter.cut(1, y, width.saturating_sub(2), &notice.text, tone(notice.tone));
        return;
    }
    if let Some(standing) = &model.standing {
        let shown = text::cut(standing, usize::from(width / 2), painter.glyphs().cut);
        end = painter.right(end, y, &shown, Role::Bad).saturating_sub(2);
    }
    let hints = listing::footer(model);
    // Help must always be found: it keeps its place at the end.
    let (last, mut rest): (Vec<_>, Vec<_>) = hints.iter().partition(|hint| hint.key == "?" || hint.key == ":");
    rest.sort_by_key(|hint| hint.disabled);
    let columns = |hint: &listing::Hint| (text::width(&hint.key) + 1 + text::width(hint.title)) as u16 + 2;
    let reserved: u16 = last.iter().map(|hint| columns(hint)).sum();
    let mut x = 1;
    let draw = |painter: &mut Painter<'_>, hint: &listing::Hint, x: u16| {
        let (key, title) = if hint.disabled { (Role::Disabled, Role::Disabled) } else { (Role::Key, Role::Dim) };
        let x = painter.text(x, y, &hint.key, key) + 1;
        painter.text(x, y, hint.title, title) + 2
    };
    for hint in rest {
        if x + columns(hint) + reserved > end + 2 {
            continue;
        }
        x = draw(painter, hint, x);
    }
    for hint in last {
        if x + columns(hint) <= end + 2 {
            x = draw(painter, hint, x);
        }
    }
}

/// How a pane is set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// A border all round.
    Box,
    /// A line above, with the title.
    Rule,
}

impl Edge {
    /// Boxes where there is room, lines where rows are dear.
    pub fn of(area: Rect) -> Self {
        if area.width >= 100 && area.height >= 30 { Self::Box } else { Self::Rule }
    }

    /// What is left inside.
    pub fn inner(self, pane: Rect) -> Rect {
        match self {
            Self::Box => Rect {
                x: pane.x + 1.min(pane.width),
                y: pane.y + 1.min(pane.height),
                width: pane.width.saturating_sub(2),
                height: pane.height.saturating_sub(2),
            },
            Self::Rule => Rect { y: pane.y + 1.min(pane.height), height: pane.height.saturating_sub(1), ..pane },
        }
    }

    /// Rows the edge itself takes.
    pub fn rows(self) -> u16 {
        match self {
            Self::Box => 2,
            Self::Rule => 1,
        }
    }
}

/// A pane's title: what stands at its left, and what at its right.
#[derive(Default)]
pub struct Title<'a> {
    /// At the left.
    pub left: &'a str,
    /// After it, in pieces with roles of their own.
    pub more: &'a [(&'a str, Role)],
    /// At the right, if there is room.
    pub right: &'a [(&'a str, Role)],
    /// The pane has the keys.
    pub focus: bool,
}

/// Draws a pane's edge and title, and gives the inside back.
pub fn pane<'a>(painter: &'a mut Painter<'_>, area: Rect, edge: Edge, title: &Title<'_>) -> Painter<'a> {
    {
        let mut painter = painter.sub(area);
        let (border, name) =
            if title.focus { (Role::BorderFocus, Role::TitleFocus) } else { (Role::Border, Role::Title) };
        let (width, height) = (painter.width(), painter.height());
        let glyphs = painter.glyphs();
        painter.line(0, 0, width, glyphs.horizontal, border);
        if edge == Edge::Box && width >= 2 && height >= 2 {
            let style = painter.skin().style(border);
            painter.line(0, height - 1, width, glyphs.horizontal, border);
            for y in 1..height - 1 {
                painter.put(0, y, glyphs.vertical, style);
                painter.put(width - 1, y, glyphs.vertical, style);
            }
            for (index, (x, y)) in
                [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)].into_iter().enumerate()
            {
                painter.put(x, y, glyphs.corners[index], style);
            }
        }
        let mut x = 1;
        let mut part = |painter: &mut Painter<'_>, text: &str, role: Role| {
            if !text.is_empty() && x + 2 < width {
                x = painter.text(x, 0, " ", border);
                x = painter.cut(x, 0, width.saturating_sub(x + 2), text, role);
            }
        };
        part(&mut painter, title.left, name);
        for (text, role) in title.more {
            part(&mut painter, text, *role);
        }
        if x > 1 {
            x = painter.text(x, 0, " ", border);
        }
        let wide: u16 = title.right.iter().map(|(text, _)| text::width(text) as u16 + 2).sum();
        if wide > 0 && x + wide + 2 <= width {
            let mut x = painter.text(width - wide - 1, 0, " ", border);
            for (index, (text, role)) in title.right.iter().enumerate() {
                x = painter.text(x, 0, text, *role);
                x = painter.text(x, 0, if index + 1 < title.right.len() { "  " } else { " " }, border);
            }
        }
    }
    painter.sub(edge.inner(area))
}

/// Says on the lower border of a pane how much of it lies below.
pub fn more_below(painter: &mut Painter<'_>, pane: Rect, rows: usize) {
    if rows > 0 && pane.height > 0 {
        let end = (pane.x + pane.width).saturating_sub(2);
        painter.right(end, pane.y + pane.height - 1, &format!(" {rows} more below "), Role::Accent);
    }
}
