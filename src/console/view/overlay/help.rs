//! All keys of the action table by place, in as many columns as fit.

use crate::console::app::{action::Action, listing, model::Model};

use super::super::{frame, paint::Painter, role::Role, text};

/// A row of the help.
enum Row {
    Head(&'static str),
    Key(&'static Action),
    Blank,
}

/// Draws the help from the scrolled row on.
pub fn paint(painter: &mut Painter<'_>, model: &Model, scroll: usize) {
    let area = painter.bounds();
    let part = super::place(area, area.width, area.height);
    let mut inner = super::panel(painter, part, "Keys");
    let width = inner.width();
    let columns = (width / 58).clamp(1, 3);
    let column = width / columns;
    let rows = rows(model, usize::from(columns));
    let height = usize::from(inner.height());
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let first = scroll.min(longest.saturating_sub(height));
    for (index, rows) in rows.iter().enumerate() {
        let x = index as u16 * column + 1;
        for (y, row) in rows.iter().skip(first).take(height).enumerate() {
            draw(&mut inner, x, y as u16, column.saturating_sub(2), row);
        }
    }
    let below = longest.saturating_sub(first + height);
    frame::more_below(painter, part, below);
}

fn draw(painter: &mut Painter<'_>, x: u16, y: u16, width: u16, row: &Row) {
    const KEYS: u16 = 11;
    match row {
        Row::Blank => {}
        Row::Head(title) => {
            painter.cut(x, y, width, title, Role::Strong);
        }
        Row::Key(action) => {
            let keys = listing::keys(action);
            painter.cut(x, y, KEYS, &keys, Role::Key);
            let x = x + KEYS + 1;
            let room = width.saturating_sub(KEYS + 1);
            let fits = text::width(action.help) <= usize::from(room);
            painter.cut(
                x,
                y,
                room,
                if fits { action.help } else { action.help.split(['.', ';', ':']).next().unwrap_or("") },
                Role::Text,
            );
        }
    }
}

/// The places, filled into the columns one after the other so that all are about as long.
fn rows(model: &Model, columns: usize) -> Vec<Vec<Row>> {
    let places = listing::help(model.options.read_only);
    // What is in force in several places is told once, in the first of them.
    let mut told = Vec::new();
    let places = places.into_iter().filter_map(|(place, mut actions)| {
        actions.retain(|action| !told.contains(&action.id));
        told.extend(actions.iter().map(|action| action.id));
        (!actions.is_empty()).then_some((place, actions))
    });
    let blocks: Vec<Vec<Row>> = places
        .map(|(place, actions)| {
            let mut block = vec![Row::Head(place.title())];
            block.extend(actions.into_iter().map(Row::Key));
            block.push(Row::Blank);
            block
        })
        .collect();
    let total: usize = blocks.iter().map(Vec::len).sum();
    let each = total.div_ceil(columns);
    let mut filled: Vec<Vec<Row>> = (0..columns).map(|_| Vec::new()).collect();
    let mut at = 0;
    for block in blocks {
        if filled[at].len() + block.len() / 2 > each && at + 1 < columns {
            at += 1;
        }
        filled[at].extend(block);
    }
    filled
}
