//! What is listed from the action table: the footer, the help, `docs/keys.md`.

use std::fmt::Write;

use super::{
    action::{Action, TABLE, action, resolve, why_not},
    command::ActionId,
    key::Key,
    model::Model,
    place::{Place, is_typing, places},
};

/// A key in the footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// `d`, `Enter`.
    pub key: String,
    /// `deploy`.
    pub title: &'static str,
    /// It can't be done now.
    pub disabled: bool,
}

/// The footer: what can be done here, in the table's order; what a pane or wizard knows comes before what its screen knows,
/// and what a run under way waits for before everything else of the screen. What `--read-only` forbids is not there at all.
pub fn footer(model: &Model) -> Vec<Hint> {
    let mut hints: Vec<Hint> = Vec::new();
    let places = places(model);
    let (inner, screen) = places.split_at(places.iter().position(|place| place.is_screen()).unwrap_or(places.len()));
    for places in inner.chunks(1).chain([screen]) {
        let here = |action: &&Action| action.footer && action.places.iter().any(|place| places.contains(place));
        let mut actions: Vec<&Action> = TABLE.iter().filter(here).collect();
        let pressing = |action: &Action| {
            matches!(action.id, ActionId::Decide | ActionId::Cancel) && why_not(model, action).is_none()
        };
        actions.sort_by_key(|action| !pressing(action));
        for action in actions {
            let hidden = action.destructive && model.options.read_only;
            // A key of an outer place that an inner place took is not in force.
            let taken =
                action.keys.first().is_some_and(|key| resolve(model, *key).is_none_or(|other| other.id != action.id));
            let hint = hint_of(model, action);
            if !hidden && !taken && !hints.contains(&hint) {
                hints.push(hint);
            }
        }
    }
    if is_typing(model) {
        // Letters are text there; the way out is always shown.
        hints.retain(|hint| hint.key.chars().count() > 1);
        hints.extend(action(ActionId::Back).map(|back| hint_of(model, back)));
    }
    hints
}

fn hint_of(model: &Model, action: &Action) -> Hint {
    Hint {
        key: action.keys.first().map(Key::to_string).unwrap_or_default(),
        title: action.title,
        disabled: why_not(model, action).is_some(),
    }
}

/// The help: each place with its actions.
pub fn help(read_only: bool) -> Vec<(Place, Vec<&'static Action>)> {
    Place::ALL
        .into_iter()
        .map(|place| {
            let rows = TABLE
                .iter()
                // What is in force everywhere is listed once.
                .filter(|action| place == Place::Screens || action.places.len() < Place::ALL.len())
                .filter(|action| action.places.contains(&place) && !(read_only && action.destructive))
                .collect();
            (place, rows)
        })
        .collect()
}

/// The keys of an action as written in help and docs: `j Down`.
pub fn keys(action: &Action) -> String {
    action.keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

/// `docs/keys.md`, generated.
pub fn keys_page() -> String {
    let mut page = String::from(
        "# Keys\n\nGenerated from the action table in `src/console/app/action.rs`. A text field takes printable keys before\n\
         anything else; pasted text goes into text fields and never acts as keys. Actions marked `!` change something\n\
         outside the console: `--read-only` removes them.\n",
    );
    for (place, actions) in help(false) {
        // Writing to a String can't fail.
        let _ = write!(page, "\n## {}\n\n| keys | action | what it does |\n|---|---|---|\n", place.title());
        for action in actions {
            let mark = if action.destructive { " `!`" } else { "" };
            let keys = action.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" ");
            let _ = writeln!(page, "| {} | {}{mark} | {} |", keys.replace('|', "\\|"), action.title, action.help);
        }
    }
    page
}
