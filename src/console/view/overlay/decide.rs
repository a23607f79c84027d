//! Answering a run that waits, and the second act a destructive key asks for.

use crate::console::app::overlay::{Confirmation, Decide};

use super::super::{field, paint::Painter, role::Role, text};

/// Draws the question, what can be said, and the reason where one is needed.
pub fn paint(painter: &mut Painter<'_>, decide: &Decide) {
    let area = painter.bounds();
    let width = area.width.saturating_sub(4).clamp(20, 76);
    let question = text::wrapped(&decide.question, usize::from(width.saturating_sub(4)));
    let needs_reason = decide.verb().is_some_and(crate::console::app::overlay::Verb::needs_reason);
    let height = question.len() as u16 + decide.verbs.len() as u16 + 5 + 2 * u16::from(needs_reason);
    let title = format!("Run {} waits at step {}", decide.run, decide.step + 1);
    let mut inner = super::panel(painter, super::place(area, width, height), &title);
    let mut y = 0;
    for row in question {
        inner.text(1, y, row, Role::Strong);
        y += 1;
    }
    y += 1;
    for (index, verb) in decide.verbs.iter().enumerate() {
        let selected = decide.selected == Some(index);
        let (key, words) = verb.key_and_words();
        field::pointer(&mut inner, y, selected);
        inner.text(3, y, &key.to_string(), Role::Key);
        inner.text(6, y, words, if selected { Role::Strong } else { Role::Text });
        field::tint(&mut inner, y, selected);
        y += 1;
    }
    y += 1;
    if needs_reason {
        let x = inner.text(1, y, "because", Role::Dim) + 1;
        let room = inner.width().saturating_sub(x + 1);
        field::input(&mut inner, x, y, room, &decide.reason);
        y += 2;
    }
    let said = if decide.selected.is_some() { " says it" } else { " says nothing until one is chosen" };
    let role = if decide.selected.is_some() { Role::Key } else { Role::Disabled };
    let room = inner.width().saturating_sub(2);
    inner.pieces(1, y, room, &[("Enter", role), (said, Role::Dim)]);
}

/// Draws a confirmation.
pub fn confirm(painter: &mut Painter<'_>, confirmation: &Confirmation) {
    let area = painter.bounds();
    let width = area.width.saturating_sub(4).clamp(20, 70);
    let body = text::wrapped(&confirmation.body, usize::from(width.saturating_sub(4)));
    let part = super::place(area, width, body.len() as u16 + 4);
    let mut inner = super::panel(painter, part, &confirmation.title);
    let mut y = 0;
    for row in body {
        inner.text(1, y, row, Role::Text);
        y += 1;
    }
    y += 1;
    let room = inner.width().saturating_sub(2);
    let typed = format!(" {}", confirmation.typed);
    let pieces = [
        ("Y", Role::Key),
        (" or ", Role::Dim),
        ("yes", Role::Key),
        (" does it, any other key leaves", Role::Dim),
        (typed.as_str(), Role::Accent),
    ];
    inner.pieces(1, y, room, &pieces);
}
