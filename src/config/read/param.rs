//! Parameters of pipelines.

use regex::Regex;

use crate::{
    config::{names::check_identifier, reader::At, view::View},
    domain::pipeline::{Choices, Param},
};

/// Names that templates have already.
const TAKEN: [&str; 11] =
    ["env", "project", "params", "previous", "point", "run", "weight", "captures", "secret", "host", "steps"];

/// Reads a parameter.
pub fn param(name: At<&str>, view: &View<'_>) -> Param {
    check_identifier(view.reader, "a parameter", name);
    if TAKEN.contains(&name.value) {
        let message =
            format!("'{}' has a meaning of its own in templates and can't be the name of a parameter", name.value);
        view.reader.problem(name.place, message, format!("call it {}_name, for example", name.value));
    }
    let prompt = view.text("prompt").map_or_else(|| name.value.to_owned(), |text| text.value.to_owned());
    let pattern = view.text("pattern").and_then(|text| pattern(view, text));
    let choices = choices(view);
    let default = view.text("default");
    if let Some(default) = &default {
        check_default(view, *default, &choices, pattern.as_ref());
    }
    view.finish("a parameter");
    Param {
        name: name.value.to_owned(),
        prompt,
        default: default.map(|text| text.value.to_owned()),
        choices,
        pattern: pattern.map(|(source, _)| source),
    }
}

/// The pattern as written, and compiled for the whole value.
fn pattern(view: &View<'_>, text: At<&str>) -> Option<(String, Regex)> {
    match Regex::new(&format!("^(?:{})$", text.value)) {
        Ok(regex) => Some((text.value.to_owned(), regex)),
        Err(error) => {
            let why = error.to_string();
            let why = why.lines().last().unwrap_or("it can't be parsed").trim_start_matches("error: ");
            let help = "patterns match the whole value, as in '[0-9]+\\.[0-9]+'".to_owned();
            view.reader.problem(text.place, format!("'pattern' is not a regular expression: {why}"), help);
            None
        }
    }
}

fn choices(view: &View<'_>) -> Choices {
    let list: Vec<String> = view.texts("choices").iter().map(|text| text.value.to_owned()).collect();
    let command: Vec<String> = view.texts("choices_from").iter().map(|text| text.value.to_owned()).collect();
    if view.has("choices") && view.has("choices_from") {
        let place = view.place_of("choices_from");
        view.reader.problem(place, "a parameter has either 'choices' or 'choices_from'", "remove one".to_owned());
    }
    for (key, empty) in [("choices", list.is_empty()), ("choices_from", command.is_empty())] {
        if view.has(key) && empty {
            let help = format!("write {key} = [\"...\"], or leave it out");
            view.reader.problem(view.place_of(key), format!("'{key}' is empty, so nothing could be chosen"), help);
        }
    }
    match (list.is_empty(), command.is_empty()) {
        (false, _) => Choices::List(list),
        (_, false) => Choices::Command(command),
        _ => Choices::Free,
    }
}

fn check_default(view: &View<'_>, default: At<&str>, choices: &Choices, pattern: Option<&(String, Regex)>) {
    if let Choices::List(list) = choices
        && !list.iter().any(|choice| choice == default.value)
    {
        let message = format!("the default '{}' is not one of the choices", default.value);
        view.reader.problem(default.place, message, format!("write one of {}", list.join(", ")));
    }
    if let Some((source, regex)) = pattern
        && !regex.is_match(default.value)
    {
        let message = format!("the default '{}' does not match the pattern {source}", default.value);
        view.reader.problem(default.place, message, "change one of them".to_owned());
    }
}
