//! The reference of all options as Markdown, generated from the table of options.

use std::fmt::Write;

use super::options::{ROOT, Section, Shape};
use crate::domain::probe::KINDS;

/// The reference, for `docs/configuration.md`.
pub fn reference() -> String {
    let mut page = String::new();
    let mut told = Vec::new();
    tell(&ROOT, &mut page, &mut told);
    kinds(&mut page);
    page
}

/// Writes the kinds of look with the facts each brings.
fn kinds(page: &mut String) {
    page.push_str(
        "### Kinds of look\n\nEvery look that was answered has `latency_ms`; one that was not has `error`, a short word, instead.\n\n\
         | kind | what it is | without `expect` | facts |\n|---|---|---|---|\n",
    );
    for kind in KINDS {
        let facts: Vec<_> = kind.facts.iter().map(|(name, about)| format!("`{name}`: {about}")).collect();
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            kind.word,
            cell(kind.about),
            kind.passes,
            cell(&facts.join("; "))
        );
    }
    page.push('\n');
}

/// Writes a section, and then those below it that were not told yet.
fn tell(section: &'static Section, page: &mut String, told: &mut Vec<&'static str>) {
    told.push(section.name);
    let title = if section.name.is_empty() { "Top level" } else { section.name };
    // Writing to a string never fails.
    let _ =
        write!(page, "### {title}\n\n{}\n\n| option | value | default | meaning |\n|---|---|---|---|\n", section.about);
    for key in section.keys {
        let default = match key.default {
            "" => String::new(),
            "required" => "**required**".to_owned(),
            default => cell(default),
        };
        let _ = writeln!(page, "| `{}` | {} | {default} | {} |", key.name, cell(&value(&key.shape)), cell(key.about));
    }
    if !section.later.is_empty() {
        let names: Vec<String> = section.later.iter().map(|(name, _)| format!("`{name}`")).collect();
        let _ = write!(page, "\nRefused until something acts on them: {}.\n", names.join(", "));
    }
    page.push('\n');
    for key in section.keys {
        below(&key.shape, &mut |section| {
            if !told.contains(&section.name) {
                tell(section, page, told);
            }
        });
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn below(shape: &Shape, each: &mut dyn FnMut(&'static Section)) {
    match shape {
        Shape::Section(section) | Shape::Named(section) | Shape::Overrides(section) => each(section),
        Shape::List(inner) | Shape::Map(inner) => below(inner, each),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| below(shape, each)),
        _ => {}
    }
}

fn value(shape: &Shape) -> String {
    match shape {
        Shape::Text => "string".into(),
        Shape::Template => "template".into(),
        Shape::Condition => "condition".into(),
        Shape::Duration => "duration".into(),
        Shape::Bool => "true, false".into(),
        Shape::Number => "number".into(),
        Shape::Integer(least, most) => format!("{least} to {most}"),
        Shape::Word(words) => words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", "),
        Shape::List(item) => format!("list of {}", plural(item)),
        Shape::Section(section) | Shape::Named(section) | Shape::Overrides(section) => link(section),
        Shape::Map(inner) => format!("table of {}", plural(inner)),
        Shape::Any => "anything".into(),
        Shape::Either(shapes) => shapes.iter().map(value).collect::<Vec<_>>().join(" or "),
    }
}

fn plural(shape: &Shape) -> String {
    match shape {
        Shape::Text => "strings".into(),
        Shape::Template => "templates".into(),
        Shape::Condition => "conditions".into(),
        Shape::Any => "anything".into(),
        Shape::Integer(least, most) => format!("integers from {least} to {most}"),
        other => value(other),
    }
}

fn link(section: &Section) -> String {
    let anchor: String =
        section.name.to_lowercase().chars().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).collect();
    format!("[{}](#{anchor})", section.name)
}
