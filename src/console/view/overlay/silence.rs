//! The form of a silence, and a playbook.

use crate::{
    console::app::{
        alerts::{LENGTHS, OpenPlaybook, SilenceField, SilenceForm},
        model::Model,
    },
    domain::playbook::PlaybookAct,
};

use super::super::{field, format::Clock, paint::Painter, role::Role, table, text};

/// Draws the form: what, for how long, why.
pub fn paint(painter: &mut Painter<'_>, model: &Model, form: &SilenceForm) {
    let area = painter.bounds();
    let scopes = form.scopes();
    // All choices where there is room, else only those of the field that has the keys.
    let all = area.height >= 24;
    let rows = |field: SilenceField, len: usize| if all || form.field == field { len as u16 } else { 1 };
    let (scope_rows, length_rows) =
        (rows(SilenceField::Scope, scopes.len()), rows(SilenceField::Length, LENGTHS.len()));
    let width = area.width.saturating_sub(4).clamp(20, 76);
    let part = super::place(area, width, scope_rows + length_rows + 9);
    let mut inner = super::panel(painter, part, "Silence: nobody is told while it lasts");
    let words: Vec<&str> = scopes.iter().map(|(_, words)| words.as_str()).collect();
    let mut y = choices(&mut inner, 0, "which", &words, form.scope, form.field == SilenceField::Scope, scope_rows);
    let words: Vec<&str> = LENGTHS.iter().map(|(_, words)| *words).collect();
    y = choices(&mut inner, y + 1, "how long", &words, form.length, form.field == SilenceField::Length, length_rows);
    y += 1;
    let focus = form.field == SilenceField::Reason;
    field::pointer(&mut inner, y, focus);
    inner.text(3, y, "because", if focus { Role::Strong } else { Role::Dim });
    let room = inner.width().saturating_sub(14);
    if focus {
        field::input(&mut inner, 13, y, room, &form.reason);
    } else {
        inner.cut(13, y, room, form.reason.value(), Role::Text);
    }
    let clock = Clock::new(model.project.as_deref(), model.utc);
    let until = format!("until {}; monitoring goes on", clock.day(model.now.after(form.duration()), model.now));
    inner.cut(3, y + 2, inner.width().saturating_sub(4), &until, Role::Dim);
    let next = if focus { " silences" } else { " goes on" };
    let room = inner.width().saturating_sub(4);
    inner.pieces(
        3,
        y + 3,
        room,
        &[("Enter", Role::Key), (next, Role::Dim), ("  Tab", Role::Key), (" next field", Role::Dim)],
    );
}

fn choices(
    painter: &mut Painter<'_>,
    y: u16,
    label: &str,
    all: &[&str],
    selected: usize,
    focus: bool,
    rows: u16,
) -> u16 {
    let first = table::first_row(selected, all.len(), rows.into());
    painter.text(3, y, label, if focus { Role::Strong } else { Role::Dim });
    for (row, (index, words)) in all.iter().enumerate().skip(first).take(rows.into()).enumerate() {
        let y = y + row as u16;
        let here = index == selected;
        painter.cut(13, y, painter.width().saturating_sub(14), words, if here { Role::Strong } else { Role::Text });
        if here {
            let glyph = painter.glyphs().pointer;
            painter.text(if focus { 1 } else { 11 }, y, glyph, if focus { Role::Accent } else { Role::Dim });
            if focus {
                field::tint(painter, y, true);
            }
        }
    }
    y + rows
}

/// Draws a playbook: its steps, and the selected one in full.
pub fn playbook(painter: &mut Painter<'_>, model: &Model, open: &OpenPlaybook) {
    let Some(playbook) = model.environment().and_then(|environment| environment.playbooks.get(&open.name)) else {
        return;
    };
    let area = painter.bounds();
    let width = area.width.saturating_sub(4).clamp(20, 96);
    let room = usize::from(width.saturating_sub(8));
    let selected = open.selected.min(playbook.steps.len().saturating_sub(1));
    let said = match playbook.steps.get(selected).map(|step| &step.act) {
        Some(PlaybookAct::Read { text }) => text.clone(),
        Some(PlaybookAct::Run { shown, .. }) => shown.clone(),
        None => String::new(),
    };
    let said = text::wrapped(&said, room.max(1));
    let about = playbook.about.as_deref().map(|about| text::wrapped(about, room.max(1))).unwrap_or_default();
    let head = if about.is_empty() { 0 } else { about.len() as u16 + 1 };
    let height = head + playbook.steps.len() as u16 + said.len() as u16 + 5;
    let mut inner = super::panel(painter, super::place(area, width, height), &format!("Playbook {}", playbook.name));
    for (y, row) in about.iter().enumerate() {
        inner.text(1, y as u16, row, Role::Dim);
    }
    let rows = inner.height().saturating_sub(head + said.len() as u16 + 3).max(1);
    let first = table::first_row(selected, playbook.steps.len(), rows.into());
    for (row, (index, step)) in playbook.steps.iter().enumerate().skip(first).take(rows.into()).enumerate() {
        let y = head + row as u16;
        let here = index == selected;
        let (word, role) = match step.act {
            PlaybookAct::Read { .. } => ("read", Role::Dim),
            PlaybookAct::Run { .. } => ("run", Role::Key),
        };
        field::pointer(&mut inner, y, here);
        inner.text(3, y, &format!("{:>2}", index + 1), Role::Dim);
        inner.text(6, y, word, role);
        inner.cut(11, y, inner.width().saturating_sub(12), &step.name, if here { Role::Strong } else { Role::Text });
        field::tint(&mut inner, y, here);
    }
    let below = head + (playbook.steps.len() as u16).min(rows) + 1;
    for (y, row) in (below..).zip(&said) {
        inner.text(3, y, row, Role::Text);
    }
    let runs = matches!(playbook.steps.get(selected).map(|step| &step.act), Some(PlaybookAct::Run { .. }));
    let hint =
        if runs { " plans it; nothing runs before you confirm" } else { " does nothing here: this is done by hand" };
    let last = inner.height().saturating_sub(1);
    let room = inner.width().saturating_sub(2);
    inner.pieces(1, last, room, &[("Enter", if runs { Role::Key } else { Role::Disabled }), (hint, Role::Dim)]);
}
