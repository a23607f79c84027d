//! The wizards: a panel in the middle of a large screen, the whole body of a small one. At its top the stages, and where
//! it stands; at its bottom what Enter does, or why it does nothing.

mod ask;
mod check;
mod plan;

use ratatui::layout::Rect;

use crate::console::app::{
    model::Model,
    wizard::{Failed, Preparing, Stage, Wizard},
};

use super::{
    frame::{self, Edge, Title},
    paint::Painter,
    points,
    role::Role,
    skin::Skin,
    text,
};

/// The panel of a wizard.
pub fn layout(wizard: &Wizard, area: Rect) -> (Rect, Edge) {
    let body = frame::body(area);
    if area.width < 100 || area.height < 30 {
        return (body, Edge::Rule);
    }
    let tall = matches!(wizard.stage, Stage::Review(_) | Stage::Starting(_) | Stage::Preflight(_) | Stage::Point(_));
    let width = body.width.saturating_sub(8).min(if tall { 116 } else { 92 });
    let height = if tall { body.height - 2 } else { body.height * 3 / 5 };
    let (x, y) = ((body.width - width) / 2, body.y + (body.height - height) / 3);
    (Rect { x, y, width, height }, Edge::Box)
}

/// Rows a list in the wizard has.
pub fn list_rows(wizard: &Wizard, area: Rect) -> u16 {
    let (panel, edge) = layout(wizard, area);
    let rows = edge.inner(panel).height.saturating_sub(head_rows(panel) + FOOT);
    match &wizard.stage {
        // The lower half tells about the selected point, and the first row is the heading.
        Stage::Point(_) => point_rows(rows).saturating_sub(1),
        _ => rows,
    }
}

/// Rows at the bottom: one empty, one for the gate.
const FOOT: u16 = 2;

fn head_rows(panel: Rect) -> u16 {
    if panel.height >= 16 { 2 } else { 1 }
}

/// Draws the wizard.
pub fn paint(painter: &mut Painter<'_>, model: &Model, wizard: &Wizard) {
    let (panel, edge) = layout(wizard, painter.bounds());
    let environment = model.project.as_ref().and_then(|project| project.environment(&wizard.env));
    let colour = Skin::environment(environment.and_then(|environment| environment.color.as_deref()));
    let env = format!(" {} ", wizard.env);
    let title = Title { left: wizard.title(), more: &[(&env, colour)], focus: true, ..Title::default() };
    let mut inner = frame::pane(painter, panel, edge, &title);
    let head = head_rows(panel);
    breadcrumb(&mut inner, wizard);
    let height = inner.height();
    let all = inner.bounds();
    let page = Rect { y: head, height: height.saturating_sub(head + FOOT), ..all };
    let mut below = 0;
    {
        let page = &mut inner.sub(page);
        match &wizard.stage {
            Stage::Choose(choice) => ask::choose(page, choice),
            Stage::Params(form) => ask::params(page, form),
            Stage::Point(choice) => point(page, model, choice),
            Stage::Reason(choice) => ask::reason(page, choice),
            Stage::Preparing(preparing) => self::preparing(page, preparing),
            Stage::Preflight(preflight) => check::paint(page, model, preflight),
            Stage::Review(review) | Stage::Starting(review) => below = plan::paint(page, model, review),
            Stage::Failed(failed) => self::failed(page, failed),
        }
    }
    frame::more_below(&mut inner, Rect { height: height.saturating_sub(1), ..all }, below);
    let foot = Rect { y: height.saturating_sub(1), height: 1.min(height), ..all };
    gate(&mut inner.sub(foot), model, wizard);
}

/// The stages, and which of them it is at: `✓ parameters   ▸ preflight   ◦ plan and gate   ◦ run`.
fn breadcrumb(painter: &mut Painter<'_>, wizard: &Wizard) {
    let (names, at) = wizard.progress();
    let glyphs = painter.glyphs();
    let mut x = 1;
    for (index, name) in names.iter().enumerate() {
        let (glyph, role) = match index.cmp(&at) {
            std::cmp::Ordering::Less => (glyphs.good, Role::Good),
            std::cmp::Ordering::Equal => (glyphs.running, Role::Accent),
            std::cmp::Ordering::Greater => (glyphs.waiting, Role::Dim),
        };
        let name_role = if index == at { Role::Strong } else { Role::Dim };
        x = painter.text(x, 0, glyph, role) + 1;
        x = painter.text(x, 0, name, name_role) + 3;
    }
}

fn preparing(painter: &mut Painter<'_>, preparing: &Preparing) {
    painter.cut(1, 0, painter.width().saturating_sub(2), &format!("making the plan: {}", preparing.what), Role::Dim);
}

fn failed(painter: &mut Painter<'_>, failed: &Failed) {
    let glyph = painter.glyphs().bad;
    painter.text(1, 0, glyph, Role::Bad);
    painter.cut(3, 0, painter.width().saturating_sub(4), &failed.title, Role::Bad);
    let room = usize::from(painter.width().saturating_sub(4));
    for (y, row) in failed.why.lines().flat_map(|line| text::wrapped(line, room)).enumerate() {
        painter.text(3, y as u16 + 2, row, Role::Text);
    }
}

/// Rows for the table of points; the rest tells about the selected one.
fn point_rows(rows: u16) -> u16 {
    if rows >= 18 { (rows / 2).min(14) } else { rows.saturating_sub(7).max(rows.min(4)) }
}

fn point(painter: &mut Painter<'_>, model: &Model, choice: &crate::console::app::wizard::PointChoice) {
    let Some(all) = &choice.points else {
        painter.cut(
            1,
            0,
            painter.width().saturating_sub(2),
            &format!("reading the releases of {}", choice.target),
            Role::Dim,
        );
        return;
    };
    if all.is_empty() {
        painter.text(1, 0, "nothing was released here yet: there is nothing to go back to", Role::Dim);
        return;
    }
    let bounds = painter.bounds();
    let rows = point_rows(bounds.height).min(all.len() as u16 + 1);
    points::table(&mut painter.sub(Rect { height: rows, ..bounds }), model, all, choice.selected, true);
    let y = rows + 1;
    let rest = Rect { y, height: bounds.height.saturating_sub(y), ..bounds };
    if let Some(point) = all.get(choice.selected) {
        points::about(&mut painter.sub(rest), model, point);
    }
}

/// The last row: what Enter does now, or why it does nothing.
fn gate(painter: &mut Painter<'_>, model: &Model, wizard: &Wizard) {
    let width = painter.width().saturating_sub(2);
    match &wizard.stage {
        Stage::Review(review) => plan::gate(painter, review),
        Stage::Starting(_) => {
            painter.cut(1, 0, width, "starting", Role::Accent);
        }
        Stage::Failed(failed) => {
            let word = if failed.back.is_some() { " goes back" } else { " leaves" };
            painter.pieces(1, 0, width, &[("Esc", Role::Key), (word, Role::Text)]);
        }
        Stage::Point(choice) => {
            if let Err(why) = choice.chosen() {
                painter.cut(1, 0, width, &why, Role::Warn);
            } else {
                painter.pieces(1, 0, width, &[("Enter", Role::Key), (" takes this release", Role::Text)]);
            }
        }
        Stage::Preflight(_) => check::gate(painter, model),
        Stage::Params(form) if form.refused.is_some() => {
            painter.cut(1, 0, width, form.refused.as_deref().unwrap_or_default(), Role::Bad);
        }
        Stage::Params(_) if model.pipelines(wizard.kind).count() > 1 => {
            let pieces = [
                ("Enter", Role::Key),
                (" goes on", Role::Text),
                ("   Esc", Role::Key),
                (" shows the other ways", Role::Text),
            ];
            painter.pieces(1, 0, width, &pieces);
        }
        Stage::Choose(_) | Stage::Params(_) | Stage::Reason(_) => {
            painter.pieces(1, 0, width, &[("Enter", Role::Key), (" goes on", Role::Text)]);
        }
        Stage::Preparing(_) => {}
    }
}
