//! Rendering with minijinja: strict, bounded, with secrets and late values as marks.

use std::{collections::BTreeMap, fmt::Write as _, sync::LazyLock};

use minijinja::{
    Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter,
    syntax::SyntaxConfig,
    value::{Serde, Value, ValueKind},
};
use serde_json::Value as Json;

use super::{
    Context, Piece, Rendered, TemplateError,
    mark::{self, Mark},
    scan,
};
use crate::domain::nearest::hint;

/// Instructions one rendering may take.
const FUEL: u64 = 50_000;
/// Longest result, in bytes.
const MAX_OUTPUT: usize = 1 << 20;
/// Functions every template may call; not names of values.
const FUNCTIONS: [&str; 4] = ["secret", "range", "dict", "namespace"];

/// Whether the source can be parsed.
pub(super) fn check(source: &str) -> Result<(), TemplateError> {
    environment().template_from_str(source).map(|_| ()).map_err(|error| refused(&error))
}

/// The dotted names it reads, in the order of the source.
pub(super) fn names(source: &str) -> Vec<String> {
    let environment = environment();
    let Ok(template) = environment.template_from_str(source) else { return Vec::new() };
    let mut names: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    names.retain(|name| !FUNCTIONS.contains(&name.as_str()));
    names.sort_by_cached_key(|name| (source.find(name.as_str()).unwrap_or(usize::MAX), name.clone()));
    names
}

/// Renders a source that is not plain text.
pub(super) fn render(source: &str, context: &Context) -> Result<Rendered, TemplateError> {
    let deciding = scan::scan(source)?.deciding;
    if let Some(word) = deciding.iter().find(|word| *word == "secret" || is_late(word, context)) {
        let what = if word == "secret" { "a secret".to_owned() } else { format!("'{word}'") };
        let message = format!("{what} is known only during the run and can't decide anything in a template");
        return Err(TemplateError { message, offset: source.find(word.as_str()).unwrap_or(0) });
    }
    let environment = environment();
    let template = environment.template_from_str(source).map_err(|error| refused(&error))?;
    let output = template.render(values(context)?).map_err(|error| explain(&error, source, context))?;
    if output.len() > MAX_OUTPUT {
        return Err(TemplateError { message: "the template's result is longer than 1 MiB".into(), offset: 0 });
    }
    mark::split(&output).map(merged).map(Rendered).ok_or_else(|| TemplateError {
        message: "a secret or a value known only during the run can't pass through a filter other than 'sh'".into(),
        offset: 0,
    })
}

fn merged(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (merged.last_mut(), piece) {
            (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
            (_, piece) => merged.push(piece),
        }
    }
    merged
}

/// The one engine: making it costs more than most templates.
fn environment<'s>() -> &'s Environment<'s> {
    static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(engine);
    &ENGINE
}

fn engine() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(64);
    environment.set_debug(true);
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    environment.remove_global("debug");
    environment.set_formatter(|out, state, value| match value.kind() {
        ValueKind::None => Err(Error::new(ErrorKind::InvalidOperation, "it has no value here")),
        _ => escape_formatter(out, state, value),
    });
    environment.add_function("secret", secret);
    environment.add_filter("sh", quote);
    environment.add_filter("urlencode", |value: Value| plain(&value, "urlencode").map(|text| urlencode(&text)));
    environment.add_filter("length", length);
    environment.add_filter("count", length);
    environment.add_filter("tojson", to_json);
    environment
}

fn secret(name: &str) -> Result<Value, Error> {
    let valid = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    if !valid {
        let message = format!("{name:?} is not a secret's name: use letters, digits, '_', '-', '.' and '/'");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(Value::from_object(Mark(Piece::Secret(name.to_owned()))))
}

fn quote(value: &Value) -> Result<Value, Error> {
    let error = |message: &'static str| Err(Error::new(ErrorKind::InvalidOperation, message));
    match value.kind() {
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => return error("it has no value here"),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
            return error("'sh' quotes one value: write {% for item in list %}{{ item | sh }} {% endfor %}");
        }
        _ => {}
    }
    match mark::split(&value.to_string()) {
        Some(pieces) => Ok(Value::from_object(Mark(Piece::Quoted(merged(pieces))))),
        None => error("a secret or a value known only during the run can't pass through another filter before 'sh'"),
    }
}

/// The text of a value without marks.
fn plain(value: &Value, filter: &str) -> Result<String, Error> {
    let text = value.to_string();
    if mark::is_in(&text) {
        let message = format!("a secret or a value known only during the run can't pass through '{filter}'");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(text)
}

fn length(value: &Value) -> Result<usize, Error> {
    plain(value, "length")?;
    value.len().ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "it has no length"))
}

fn to_json(value: &Value) -> Result<String, Error> {
    plain(value, "tojson")?;
    serde_json::to_string(value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

fn urlencode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A late name, or the beginning of one.
fn is_late(word: &str, context: &Context) -> bool {
    let below = |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'));
    context.late.iter().any(|late| late == word || below(word, late))
}

/// The context as the engine's values: late ones as marks, put in their places.
fn values(context: &Context) -> Result<Value, TemplateError> {
    let mut top: BTreeMap<String, Value> = BTreeMap::new();
    for (name, value) in &context.values {
        refuse_marks(name, value)?;
        top.insert(name.clone(), Value::from(Serde(value)));
    }
    let late_roots = context.late.iter().map(|late| late.split('.').next().unwrap_or(late));
    for root in late_roots {
        let value = with_late(context.values.get(root), root, &context.late);
        top.insert(root.to_owned(), value);
    }
    Ok(Value::from_pairs(top))
}

/// A value with the late names below `path` put in.
fn with_late(value: Option<&Json>, path: &str, late: &[String]) -> Value {
    if late.iter().any(|name| name == path) {
        return Value::from_object(Mark(Piece::Late(path.to_owned())));
    }
    let prefix = format!("{path}.");
    let mut fields: BTreeMap<String, Value> = BTreeMap::new();
    if let Some(Json::Object(map)) = value {
        fields.extend(map.iter().map(|(key, value)| (key.clone(), Value::from(Serde(value)))));
    }
    for rest in late.iter().filter_map(|name| name.strip_prefix(&prefix)) {
        let field = rest.split('.').next().unwrap_or(rest);
        let below = with_late(value.and_then(|value| value.get(field)), &format!("{prefix}{field}"), late);
        fields.insert(field.to_owned(), below);
    }
    Value::from_pairs(fields)
}

fn refuse_marks(name: &str, value: &Json) -> Result<(), TemplateError> {
    let bad = match value {
        Json::String(text) => mark::is_in(text),
        Json::Array(items) => return items.iter().try_for_each(|item| refuse_marks(name, item)),
        Json::Object(map) => {
            map.values().try_for_each(|item| refuse_marks(name, item))?;
            map.keys().any(|key| mark::is_in(key))
        }
        _ => false,
    };
    if bad {
        let message = format!("'{name}' holds a code point that is no character (U+FDD0)");
        return Err(TemplateError { message, offset: 0 });
    }
    Ok(())
}

fn refused(error: &Error) -> TemplateError {
    let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    TemplateError { message: format!("not a valid template: {why}"), offset: error.range().map_or(0, |at| at.start) }
}

/// A rendering error for people: which name, and which one was probably meant.
fn explain(error: &Error, source: &str, context: &Context) -> TemplateError {
    let range = error.range();
    let offset = range.as_ref().map_or(0, |range| range.start);
    let snippet = range.and_then(|range| source.get(range)).unwrap_or_default().trim();
    if error.kind() == ErrorKind::UndefinedError
        && let Some(name) = names(source).into_iter().find(|name| !is_known(name, context))
    {
        let offset = source.find(&name).unwrap_or(offset);
        return TemplateError { message: unknown_name(&name, context), offset };
    }
    let message = match error.kind() {
        ErrorKind::OutOfFuel => "the template takes too long to render: it loops too often".to_owned(),
        kind => {
            let why = error.detail().map_or_else(|| kind.to_string(), str::to_owned);
            if snippet.is_empty() { why } else { format!("'{snippet}' can't be filled in: {why}") }
        }
    };
    TemplateError { message, offset }
}

fn is_known(name: &str, context: &Context) -> bool {
    if context.late.iter().any(|late| late == name || late.starts_with(&format!("{name}."))) {
        return true;
    }
    let mut parts = name.split('.');
    let mut value = parts.next().and_then(|root| context.values.get(root));
    for part in parts {
        value = value.and_then(|value| value.get(part));
    }
    value.is_some()
}

fn unknown_name(name: &str, context: &Context) -> String {
    let mut known: Vec<String> = context.late.clone();
    for (key, value) in &context.values {
        known.push(key.clone());
        collect_names(key, value, 3, &mut known);
    }
    known.sort();
    let hint = hint(name, known.iter().map(String::as_str));
    if !hint.is_empty() {
        return format!("'{name}' is not known here{hint}");
    }
    let mut roots: Vec<&str> = known.iter().filter_map(|name| name.split('.').next()).collect();
    roots.dedup();
    format!("'{name}' is not known here; known are: {}", roots.join(", "))
}

fn collect_names(prefix: &str, value: &Json, depth: usize, known: &mut Vec<String>) {
    if let (Json::Object(map), 1..) = (value, depth) {
        for (key, value) in map {
            let name = format!("{prefix}.{key}");
            collect_names(&name, value, depth - 1, known);
            known.push(name);
        }
    }
}
