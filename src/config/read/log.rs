//! Sources of services' logs.

use super::world::{World, plain};
use crate::{
    config::{
        names::{Words, check_name},
        options::{LOG, LOG_FIELDS},
        reader::At,
        tree::Value,
        view::View,
    },
    domain::{
        service_log::{Fields, Format, LogSource, SourceKind},
        template::{Context, Template},
    },
};

/// Reads the sources of a service's log.
pub fn logs(world: &World<'_>, service: &str, url: Option<&str>, view: &View<'_>) -> Vec<LogSource> {
    let (words, context) = world.below(service, url, view.has("url"));
    let mut sources = Vec::new();
    for (name, view) in view.named("logs", &LOG) {
        check_name(view.reader, "a source of a log", name);
        let kind = kind(world, &view, &words, &context);
        let format = match view.word("format").map(|word| word.value) {
            Some("json") => Format::Json,
            Some("plain") => Format::Plain,
            _ => Format::Auto,
        };
        let fields = view.section("fields", &LOG_FIELDS).map_or_else(Fields::default, |view| fields(&view));
        view.finish("a source of a log");
        if let Some(kind) = kind {
            sources.push(LogSource { name: name.value.to_owned(), kind, format, fields });
        }
    }
    sources
}

fn kind(world: &World<'_>, view: &View<'_>, words: &Words, context: &Context) -> Option<SourceKind> {
    let key = view.exactly_one(&["command", "file", "journal"], "a source of a log")?;
    let text = |template: At<Template>| rendered(view, words, context, &template);
    match key {
        "command" => {
            let argv: Option<Vec<String>> = view.argv("command")?.into_iter().map(text).collect();
            argv.map(SourceKind::Command)
        }
        "file" => {
            let path = text(view.template("file")?)?;
            Some(SourceKind::File(world.root.join(path)))
        }
        _ => {
            let template = view.template("journal")?;
            let place = template.place;
            let unit = text(template)?;
            if unit.is_empty() || unit.starts_with('-') || unit.contains(char::is_whitespace) {
                let help = "write the name of a unit: \"api.service\"".to_owned();
                view.reader.problem(place, format!("'{unit}' is no unit of systemd"), help);
                return None;
            }
            Some(SourceKind::Journal(unit))
        }
    }
}

fn rendered(view: &View<'_>, words: &Words, context: &Context, template: &At<Template>) -> Option<String> {
    words.check(view.reader, template);
    let rendered = template.value.render(context).ok()?;
    let text = plain(&rendered);
    if text.is_none() {
        let help = "let the command read it from a file or from its environment".to_owned();
        view.reader.problem(template.place, "a source of a log can't hold a secret", help);
    }
    text
}

fn fields(view: &View<'_>) -> Fields {
    let default = Fields::default();
    let names = |key: &'static str, default: Vec<String>| -> Vec<String> {
        let names: Vec<String> = match view.take(key).map(|node| (node, &node.value)) {
            None => return default,
            Some((_, Value::Text(name))) => vec![name.clone()],
            Some((_, Value::List(_))) => view.texts(key).iter().map(|name| name.value.to_owned()).collect(),
            Some((node, _)) => {
                view.wrong(key, node);
                return default;
            }
        };
        if names.is_empty() || names.iter().any(String::is_empty) {
            let help = "write a name, or leave the key away for the usual ones".to_owned();
            view.reader.problem(view.place_of(key), format!("'{key}' names no field"), help);
        }
        names
    };
    let fields = Fields {
        timestamp: names("timestamp", default.timestamp),
        level: names("level", default.level),
        message: names("message", default.message),
        request: names("request", default.request),
        user: names("user", default.user),
        service: names("service", default.service),
        context: names("context", default.context),
        duration: names("duration", default.duration),
        stack: names("stack", default.stack),
    };
    view.finish("fields");
    fields
}
