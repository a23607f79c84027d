//! From a key to what it means: text first, then the table.

use crate::domain::status::Tone;

use super::{
    super::{
        action,
        command::ActionId,
        effect::Effect,
        key::Key,
        model::Model,
        overlay::{Act, Overlay},
        place::{Place, places},
    },
    act, log, overlay, palette,
    tell::notice,
    text::{edit, field, paste},
    wizard,
};

/// A key was pressed.
pub fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    model.notice = None;
    if !model.size.is_enough() && !leads_out(model, key) {
        // What nobody can see is not done.
        return Vec::new();
    }
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
    let Some(action) = action::resolve(model, key) else {
        unknown(model, key);
        return Vec::new();
    };
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

/// Whether a key ends or suspends the console, or closes what is open.
fn leads_out(model: &Model, key: Key) -> bool {
    let asks_to_quit = matches!(&model.overlay, Some(Overlay::Confirm(asked)) if asked.act == Act::Quit);
    let ways = [ActionId::Quit, ActionId::AskQuit, ActionId::Suspend, ActionId::Back, ActionId::Leave];
    asks_to_quit || action::resolve(model, key).is_some_and(|action| ways.contains(&action.id))
}

/// A key that means nothing where the keys are now: said, with the way to those that do.
fn unknown(model: &mut Model, key: Key) {
    let help = action::action(ActionId::Help).and_then(|help| help.keys.first());
    let way = help.filter(|key| action::resolve(model, **key).is_some_and(|action| action.id == ActionId::Help));
    let way = way.map_or_else(String::new, |key| format!("; {key} lists the keys"));
    notice(model, Tone::Plain, format!("{key} means nothing here{way}"));
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
