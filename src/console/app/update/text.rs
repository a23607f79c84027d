//! Text fields: the one place where printable keys and pasted text become text.

use tui_input::{Input, InputRequest};

use crate::domain::environment::Confirm;

use super::super::{
    alerts::SilenceField,
    key::Key,
    log_pane::Search,
    model::Model,
    overlay::{Overlay, Verb},
    wizard::Stage,
};

/// More than anybody types; a paste is cut here.
const LONGEST: usize = 500;

/// The text field that has the keys, if one has.
pub fn field(model: &mut Model) -> Option<&mut Input> {
    let (log_has_focus, service_log_has_focus) = (model.log_has_focus(), model.service_log_has_focus());
    match &mut model.overlay {
        Some(Overlay::Palette(palette)) => return Some(&mut palette.input),
        Some(Overlay::Decide(decide)) if decide.verb().is_some_and(Verb::needs_reason) => {
            return Some(&mut decide.reason);
        }
        Some(Overlay::Silence(form)) if form.field == SilenceField::Reason => return Some(&mut form.reason),
        Some(_) => return None,
        None => {}
    }
    if let Some(wizard) = &mut model.wizard {
        return match &mut wizard.stage {
            Stage::Params(form) => form.fields.get_mut(form.focus).map(|field| &mut field.input),
            Stage::Reason(choice) => Some(&mut choice.note),
            Stage::Review(review) if review.plan.confirm == Confirm::TypeName => Some(&mut review.typed),
            _ => None,
        };
    }
    let log = if service_log_has_focus {
        model.watch.service_log.as_mut().map(|log| &mut log.pane)
    } else {
        model.run.as_mut().map(|run| &mut run.log)
    };
    match log {
        Some(log) if log_has_focus => match &mut log.search {
            Search::Typing(input) => Some(input),
            _ => None,
        },
        _ => None,
    }
}

/// Edits the text; whether the key was one for text.
pub fn edit(input: &mut Input, key: Key) -> bool {
    let request = match key {
        Key::Char(c) if input.value().chars().count() < LONGEST => InputRequest::InsertChar(c),
        Key::Char(_) => return true,
        Key::Backspace => InputRequest::DeletePrevChar,
        Key::Delete => InputRequest::DeleteNextChar,
        Key::Left => InputRequest::GoToPrevChar,
        Key::Right => InputRequest::GoToNextChar,
        Key::Home | Key::Ctrl('a') => InputRequest::GoToStart,
        Key::End | Key::Ctrl('e') => InputRequest::GoToEnd,
        Key::Ctrl('w') => InputRequest::DeletePrevWord,
        Key::Ctrl('u') => InputRequest::DeleteFromStart,
        Key::Ctrl('k') => InputRequest::DeleteTillEnd,
        _ => return false,
    };
    input.handle(request);
    true
}

/// Inserts pasted text as one line: line ends and tabs become spaces, other control characters go.
pub fn paste(input: &mut Input, text: &str) {
    let room = LONGEST.saturating_sub(input.value().chars().count());
    let line = text.trim_end_matches(['\r', '\n']).chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    for c in line.filter(|c| !c.is_control()).take(room) {
        input.handle(InputRequest::InsertChar(c));
    }
}
