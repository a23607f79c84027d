//! From a key to what it means: text first, then the table.

use super::{
    super::{
        action,
        command::ActionId,
        effect::Effect,
        key::Key,
        model::Model,
        overlay::Overlay,
        place::{Place, places},
    },
    act, log, overlay, palette,
    text::{edit, field, paste},
    wizard,
};

/// A key was pressed.
pub fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    model.notice = None;
    if key != Key::Ctrl('z') && matches!(model.overlay, Some(Overlay::Confirm(_))) {
        return overlay::confirm(model, key);
    }
    if overlay::choose_verb(model, key) {
        return Vec::new();
    }
    if field(model).is_some_and(|input| edit(input, key)) {
        edited(model);
        return Vec::new();
    }
    let Some(action) = action::resolve(model, key) else { return Vec::new() };
    if action.id == ActionId::Open {
        if model.overlay.is_some() {
            return overlay::open(model);
        }
        if places(model).first() == Some(&Place::SearchField) {
            return log::submit_search(model);
        }
    }
    act::perform(model, action)
}

/// Text was pasted: into the text field that has the keys, or nowhere.
pub fn pasted(model: &mut Model, text: &str) {
    if let Some(input) = field(model) {
        paste(input, text);
        edited(model);
    }
}

fn edited(model: &mut Model) {
    match &model.overlay {
        Some(Overlay::Palette(_)) => palette::typed(model),
        Some(_) => {}
        None => wizard::typed(model),
    }
}
