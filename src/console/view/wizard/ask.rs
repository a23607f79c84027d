//! What a wizard asks for: a pipeline or suite, parameters, a reason.

use ratatui::layout::Rect;

use crate::console::app::wizard::{Choice, Field, FieldChoices, Form, Reason, ReasonChoice};

use super::super::{field, paint::Painter, role::Role, table, text};

/// A list of pipelines or suites.
pub fn choose(painter: &mut Painter<'_>, choice: &Choice) {
    let rows = usize::from(painter.height());
    let first = table::first_row(choice.selected, choice.rows.len(), rows);
    let wide = choice.rows.iter().map(|(subject, _)| text::width(subject.name())).max().unwrap_or(0).min(28) as u16;
    for (y, (index, (subject, about))) in choice.rows.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = y as u16;
        let selected = index == choice.selected;
        field::pointer(painter, y, selected);
        painter.cut(3, y, wide, subject.name(), if selected { Role::Strong } else { Role::Text });
        let x = painter.text(wide + 5, y, subject.word(), Role::Dim) + 2;
        painter.cut(x, y, painter.width().saturating_sub(x + 1), about, Role::Dim);
        field::tint(painter, y, selected);
    }
}

/// The fields of a pipeline's parameters; the focused one shows its choices.
pub fn params(painter: &mut Painter<'_>, form: &Form) {
    if form.fields.is_empty() {
        painter.text(1, 0, "nothing to choose", Role::Dim);
        return;
    }
    let mut y = 0;
    for (index, entry) in form.fields.iter().enumerate() {
        if y >= painter.height() {
            return;
        }
        let focused = index == form.focus;
        let prompt = if entry.param.prompt.is_empty() { &entry.param.name } else { &entry.param.prompt };
        field::pointer(painter, y, focused);
        let x = painter.cut(3, y, 28, prompt, if focused { Role::Strong } else { Role::Text }) + 2;
        let room = painter.width().saturating_sub(x + 1);
        if focused {
            field::input(painter, x, y, room, &entry.input);
        } else {
            painter.cut(x, y, room, &entry.value(), Role::Text);
        }
        y += 1;
        if focused {
            let after = (form.fields.len() - index - 1) as u16;
            let height = painter.height().saturating_sub(y + after + 1);
            let part = Rect { x: 3, y, width: painter.width().saturating_sub(4), height };
            y += choices(&mut painter.sub(part), entry) + 1;
        }
    }
}

/// The choices of a field that match what was typed. Returns the rows used.
fn choices(painter: &mut Painter<'_>, field: &Field) -> u16 {
    let default = field.param.default.as_deref().map(|value| format!("empty means {value}"));
    match &field.choices {
        FieldChoices::Free => {
            painter.text(0, 0, default.as_deref().unwrap_or_default(), Role::Dim);
            u16::from(default.is_some())
        }
        FieldChoices::Loading => {
            painter.text(0, 0, "asking for the choices", Role::Dim);
            1
        }
        FieldChoices::Unknown { why } => {
            let said = format!("the choices could not be had, type the value: {why}");
            let rows = text::wrapped(&said, usize::from(painter.width()));
            rows.iter().enumerate().for_each(|(y, row)| {
                painter.text(0, y as u16, row, Role::Warn);
            });
            rows.len() as u16
        }
        FieldChoices::Known(all) => {
            let matching = field.matching();
            let rows = usize::from(painter.height());
            if matching.is_empty() && !all.is_empty() {
                painter.text(0, 0, "none of the choices contains this", Role::Warn);
                return 1;
            }
            let first = table::first_row(field.selected, matching.len(), rows);
            let shown = matching.iter().enumerate().skip(first).take(rows);
            let mut y = 0;
            for (index, choice) in shown {
                let selected = index == field.selected;
                field::pointer(painter, y, selected);
                painter.cut(
                    3,
                    y,
                    painter.width().saturating_sub(4),
                    choice,
                    if selected { Role::Strong } else { Role::Text },
                );
                field::tint(painter, y, selected);
                y += 1;
            }
            y
        }
    }
}

/// Why to go back.
pub fn reason(painter: &mut Painter<'_>, choice: &ReasonChoice) {
    let width = painter.width().saturating_sub(2);
    let back = format!("Back to {}. Why?", choice.point.release.version);
    painter.cut(1, 0, width, &back, Role::Text);
    let top = if painter.height() >= 9 { 2 } else { 1 };
    for (index, reason) in Reason::ALL.into_iter().enumerate() {
        let y = top + index as u16;
        let selected = index == choice.selected;
        field::pointer(painter, y, selected);
        painter.cut(3, y, width, reason.word(), if selected { Role::Strong } else { Role::Text });
        field::tint(painter, y, selected);
    }
    let y = top + Reason::ALL.len() as u16 + u16::from(painter.height() >= 9);
    let x = painter.text(1, y, "more about it", Role::Dim) + 2;
    field::input(painter, x, y, painter.width().saturating_sub(x + 1), &choice.note);
}
