//! From a clean line of text to what it says: JSON or plain.

use serde_json::{Map, Value};

use super::{Fields, Format, Level, ServiceLine, fingerprint, moment::Said};
use crate::domain::{
    text::{Masker, clean_line},
    time::UnixMs,
};

/// Longest message kept, in characters.
const MESSAGE: usize = 8_000;
/// Longest context kept, in characters.
const CONTEXT: usize = 4_000;
/// Longest id kept, in characters.
const ID: usize = 100;
/// How far into a plain line its level is looked for.
const LEVEL_WITHIN: usize = 160;

/// Reads the lines of one source.
#[derive(Debug, Clone)]
pub struct LineReader {
    service: String,
    format: Format,
    fields: Fields,
    /// Lines are entries of the journal, and their message is the line.
    journal: bool,
    masker: Masker,
    /// The level of the line before: a stack trace belongs to what it follows.
    before: Option<Level>,
    cursor: Option<String>,
}

/// A line that was read, and what its fingerprint needs beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadLine {
    /// The line.
    pub line: ServiceLine,
    /// Set for an error: which it is.
    pub fingerprint: Option<String>,
}

impl LineReader {
    /// For lines of `service` that are written so. `masker` hides what was escaped until it was decoded.
    pub fn new(service: &str, format: Format, fields: Fields, journal: bool, masker: Masker) -> Self {
        Self { service: service.to_owned(), format, fields, journal, masker, before: None, cursor: None }
    }

    /// The journal's cursor of the last entry.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Reads a line that came at `read`; `None` for an empty one.
    pub fn read(&mut self, text: &str, read: UnixMs) -> Option<ReadLine> {
        if text.trim().is_empty() {
            return None;
        }
        if self.journal
            && let Some(entry) = object(text)
        {
            return self.entry(&entry, read);
        }
        Some(self.line(text, read))
    }

    fn line(&mut self, text: &str, read: UnixMs) -> ReadLine {
        let object = if self.format == Format::Plain { None } else { object(text) };
        let (line, frame) = match object {
            Some(object) => self.json(object, read),
            None => (self.plain(text, read), None),
        };
        self.before = line.level;
        let is_error = line.level.is_some_and(Level::is_error) && !is_continuation(text);
        let fingerprint = is_error.then(|| fingerprint(&self.service, &line.message, frame.as_deref()));
        ReadLine { line, fingerprint }
    }

    /// An entry of the journal as `journalctl -o json` prints it.
    fn entry(&mut self, entry: &Map<String, Value>, read: UnixMs) -> Option<ReadLine> {
        let field = |name: &str| entry.get(name).and_then(Value::as_str);
        if let Some(cursor) = field("__CURSOR").filter(|cursor| is_cursor(cursor)) {
            self.cursor = Some(cursor.to_owned());
        }
        let micros = field("__REALTIME_TIMESTAMP").and_then(|text| text.parse::<i64>().ok());
        // Our own journal's clock is ours: its time is when the line was written.
        let written = micros.map_or(read, |micros| Said::believed(Said::of_number(micros as f64), read));
        let message = match entry.get("MESSAGE")? {
            Value::String(text) => text.clone(),
            // Bytes that are not UTF-8 come as numbers.
            Value::Array(bytes) => {
                let bytes: Vec<u8> = bytes.iter().filter_map(|byte| u8::try_from(byte.as_u64()?).ok()).collect();
                String::from_utf8_lossy(&bytes).into_owned()
            }
            _ => return None,
        };
        let message = self.harmless(&message, MESSAGE + CONTEXT);
        if message.is_empty() {
            return None;
        }
        let mut found = self.line(&message, written);
        if found.line.level.is_none() {
            found.line.level = field("PRIORITY").and_then(|text| Level::of_number(text.parse().ok()?));
            if found.line.level.is_some_and(Level::is_error) {
                found.fingerprint = Some(fingerprint(&self.service, &found.line.message, None));
            }
        }
        Some(found)
    }

    fn json(&self, mut object: Map<String, Value>, read: UnixMs) -> (ServiceLine, Option<String>) {
        let fields = &self.fields;
        let said = take(&mut object, &fields.timestamp).and_then(|value| match &value {
            Value::String(text) => Said::of_text(text),
            Value::Number(number) => Said::of_number(number.as_f64()?),
            _ => None,
        });
        let level = take(&mut object, &fields.level).and_then(|value| match &value {
            Value::String(text) => Level::of_word(text.trim()).or_else(|| Level::of_number(text.trim().parse().ok()?)),
            Value::Number(number) => Level::of_number(number.as_i64()?),
            _ => None,
        });
        let message = take(&mut object, &fields.message).map(|value| spoken(&value)).unwrap_or_default();
        let id = |value: Value| Some(self.harmless(&spoken(&value), ID)).filter(|id| !id.is_empty());
        let request = take(&mut object, &fields.request).and_then(id);
        let user = take(&mut object, &fields.user).and_then(id);
        let duration_ms = take(&mut object, &fields.duration).and_then(|value| milliseconds(&value));
        if peek(&object, &fields.service).and_then(Value::as_str) == Some(self.service.as_str()) {
            take(&mut object, &fields.service);
        }
        let stack = peek(&object, &fields.stack).and_then(Value::as_str);
        let frame = stack.and_then(top_frame).or_else(|| top_frame(&message)).map(str::to_owned);
        if let Some(Value::Object(more)) = take(&mut object, &fields.context) {
            object.extend(more);
        }
        let context = if object.is_empty() { String::new() } else { Value::Object(object).to_string() };
        let line = ServiceLine {
            at: Said::believed(said, read),
            level,
            message: self.harmless(&message, MESSAGE),
            request,
            user,
            context: self.harmless(&context, CONTEXT),
            duration_ms,
            note: false,
        };
        (line, frame)
    }

    fn plain(&self, text: &str, read: UnixMs) -> ServiceLine {
        let (said, rest) = match Said::at_start(text) {
            Some((said, end)) => (Some(said), &text[end..]),
            None => (None, text),
        };
        let said_level = if is_continuation(text) { self.before } else { level_of(rest, &self.fields.level) };
        ServiceLine {
            at: Said::believed(said, read),
            level: said_level,
            message: shortened(text, MESSAGE),
            request: pair(text, &self.fields.request).map(|id| shortened(id, ID)),
            user: pair(text, &self.fields.user).map(|id| shortened(id, ID)),
            ..ServiceLine::default()
        }
    }

    /// What was decoded may hold what the raw text had escaped: secrets and the powers of a terminal.
    fn harmless(&self, text: &str, most: usize) -> String {
        if self.masker.is_empty() { clean_line(text, most) } else { clean_line(&self.masker.mask(text), most) }
    }
}

/// The line as a JSON object, if it is one.
fn object(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim();
    if !(text.starts_with('{') && text.ends_with('}')) {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// Takes the first field that is there out; those with dots are looked for in objects, too.
fn take(object: &mut Map<String, Value>, names: &[String]) -> Option<Value> {
    let name = names.iter().find(|name| peek_one(object, name).is_some_and(|value| !value.is_null()))?;
    if let Some(value) = object.remove(name) {
        return Some(value);
    }
    let (outer, inner) = name.split_once('.')?;
    take(object.get_mut(outer)?.as_object_mut()?, &[inner.to_owned()])
}

fn peek<'v>(object: &'v Map<String, Value>, names: &[String]) -> Option<&'v Value> {
    names.iter().find_map(|name| peek_one(object, name))
}

fn peek_one<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    if let Some(value) = object.get(name) {
        return Some(value);
    }
    let (outer, inner) = name.split_once('.')?;
    peek_one(object.get(outer)?.as_object()?, inner)
}

/// A value as people say it: a string without its quotes.
fn spoken(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A number of milliseconds, or text with a unit: `12ms`, `1.5s`.
fn milliseconds(value: &Value) -> Option<f64> {
    let found = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => {
            let text = text.trim();
            let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            let number: f64 = text[..text.len() - unit.len()].parse().ok()?;
            number
                * match unit.trim() {
                    "" | "ms" => 1.0,
                    "s" => 1e3,
                    "m" => 6e4,
                    "us" | "µs" => 1e-3,
                    "ns" => 1e-6,
                    _ => return None,
                }
        }
        _ => return None,
    };
    (found.is_finite() && found >= 0.0).then_some(found)
}

/// The first line of a trace that names a place in code.
fn top_frame(trace: &str) -> Option<&str> {
    trace
        .lines()
        .flat_map(|line| line.split('⏎'))
        .map(str::trim)
        .find(|line| line.starts_with("at ") || line.starts_with("File \"") || line.starts_with("0:"))
}

/// Whether a plain line goes on with the one before: the frames of a stack trace and what they are joined by.
fn is_continuation(text: &str) -> bool {
    let bare = text.trim_start();
    (bare.len() < text.len() && !bare.starts_with('{'))
        || ["at ", "Caused by:", "... "].iter().any(|start| bare.starts_with(start))
}

/// The level a plain line begins with: `[ERROR]`, `ERROR:`, `error:`, `<3>`, or names with `level=error`.
fn level_of(text: &str, names: &[String]) -> Option<Level> {
    let text = &text[..text.floor_char_boundary(LEVEL_WITHIN)];
    if let Some(level) = pair(text, names).or_else(|| pair(text, &["lvl".to_owned()])).and_then(Level::of_word) {
        return Some(level);
    }
    if let Some((number, _)) = text.trim_start().strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        // The number of syslog holds where it comes from, too.
        return number
            .parse::<i64>()
            .ok()
            .filter(|number| (0..192).contains(number))
            .and_then(|n| Level::of_number(n % 8));
    }
    text.split_whitespace().take(8).find_map(|word| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let marked = bare.len() < word.len() && !word.ends_with(['.', ',', '!', '?', '\'', '"']);
        let shouted = bare.len() > 2 && bare.bytes().all(|byte| byte.is_ascii_uppercase());
        (marked || shouted).then(|| Level::of_word(bare)).flatten()
    })
}

/// The value behind `name=`, for the first name that has one.
fn pair<'t>(text: &'t str, names: &[String]) -> Option<&'t str> {
    memchr::memchr(b'=', text.as_bytes())?;
    names.iter().find_map(|name| {
        text.match_indices(name.as_str()).find_map(|(at, _)| {
            if text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
                return None;
            }
            let value = text[at + name.len()..].strip_prefix('=')?;
            let value = match value.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next()?,
                None => value.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ']' | ')' | '"')).next()?,
            };
            (!value.is_empty()).then_some(value)
        })
    })
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Cursors go onto a command line: only what journald makes is taken.
fn is_cursor(cursor: &str) -> bool {
    !cursor.is_empty()
        && cursor.len() <= 300
        && cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'=' | b';' | b'-' | b'_'))
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
