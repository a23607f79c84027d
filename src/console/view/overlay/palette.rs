//! Finding anything by its name; and the list of environments.

use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use crate::console::app::{
    model::Model,
    overlay::{Palette, PaletteRow},
    plot::Picker,
};

use super::super::{field, paint::Painter, role::Role, skin::Skin, table, text};

/// Draws the palette.
pub fn paint(painter: &mut Painter<'_>, palette: &Palette) {
    let area = painter.bounds();
    let part =
        super::place(area, 76, (palette.rows.len() as u16).saturating_add(4).max(8).min(area.height.saturating_sub(2)));
    let mut inner = super::panel(painter, part, "Commands");
    let width = inner.width();
    let x = inner.text(1, 0, ":", Role::Key) + 1;
    field::input(&mut inner, x, 0, width.saturating_sub(x + 1), &palette.input);
    if palette.rows.is_empty() {
        inner.text(1, 2, "nothing is called so", Role::Dim);
        return;
    }
    let rows = usize::from(inner.height().saturating_sub(2));
    let first = table::first_row(palette.selected, palette.rows.len(), rows);
    for (y, (index, row)) in palette.rows.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = y as u16 + 2;
        let selected = index == palette.selected;
        field::pointer(&mut inner, y, selected);
        palette_row(&mut inner, y, row);
        field::tint(&mut inner, y, selected);
    }
}

fn palette_row(painter: &mut Painter<'_>, y: u16, row: &PaletteRow) {
    let width = painter.width();
    let mut end = width.saturating_sub(1);
    if let Some(key) = &row.key {
        end = painter.right(end, y, key, Role::Key).saturating_sub(2);
    }
    let plain = if row.disabled.is_some() { Role::Disabled } else { Role::Text };
    let mut x = 3;
    for (index, grapheme) in row.title.graphemes(true).enumerate() {
        if x >= end {
            break;
        }
        let role = if row.matched.contains(&(index as u32)) { Role::Match } else { plain };
        x = painter.text(x, y, grapheme, role);
    }
    if let Some(why) = &row.disabled {
        painter.cut(x + 2, y, end.saturating_sub(x + 2), why, Role::Disabled);
    }
}

/// Draws the list of environments.
pub fn environments(painter: &mut Painter<'_>, model: &Model, selected: usize) {
    let Some(project) = &model.project else { return };
    let area = painter.bounds();
    let part = super::place(area, 60, project.environments.len() as u16 + 2);
    let mut inner = super::panel(painter, part, "Environments");
    let rows = usize::from(inner.height());
    let first = table::first_row(selected, project.environments.len(), rows);
    let wide = project.environments.iter().map(|env| text::width(&env.name)).max().unwrap_or(0) as u16 + 2;
    for (y, (index, environment)) in project.environments.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = y as u16;
        field::tint(&mut inner, y, index == selected);
        field::pointer(&mut inner, y, index == selected);
        inner.text(3, y, &format!(" {} ", environment.name), Skin::environment(environment.color.as_deref()));
        let url = environment.url.as_deref().unwrap_or("no address");
        let room = inner.width().saturating_sub(wide + 5);
        inner.cut(wide + 4, y, room, url, Role::Dim);
        if index == selected {
            let rest = Rect::new(wide + 3, y, inner.width().saturating_sub(wide + 3), 1);
            inner.tint(rest, Role::Selected);
        }
    }
}

/// Draws what a plot can be compared with.
pub fn compare(painter: &mut Painter<'_>, model: &Model, picker: &Picker) {
    let all = picker.rows(&model.runs.list);
    let part = super::place(painter.bounds(), 60, (all.len() as u16).max(1).saturating_add(2));
    let mut inner = super::panel(painter, part, &picker.title());
    if all.is_empty() {
        let none = if model.runs.loaded { "nothing was deployed or run here yet" } else { "reading the runs" };
        inner.text(1, 0, none, Role::Dim);
    }
    let rows = usize::from(inner.height());
    let first = table::first_row(picker.selected, all.len(), rows);
    for (y, (index, (said, _))) in all.iter().enumerate().skip(first).take(rows).enumerate() {
        let (y, selected) = (y as u16, index == picker.selected);
        field::pointer(&mut inner, y, selected);
        let room = inner.width().saturating_sub(4);
        inner.cut(3, y, room, said, if selected { Role::Strong } else { Role::Text });
        field::tint(&mut inner, y, selected);
    }
}
