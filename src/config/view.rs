//! A cursor over one table: takes typed values out by key, notes what is wrong with each, and at the end what is left.

use std::{cell::RefCell, time::Duration};

use super::{
    options::{Key, Section, Shape},
    reader::{At, Reader},
    source::Place,
    tree::{Node, Table, Value},
};
use crate::domain::{condition::Condition, nearest::nearest, probe::KINDS, template::Template};

/// One table being read.
pub struct View<'a> {
    /// Shared by all views.
    pub reader: &'a Reader<'a>,
    /// What may be written here.
    pub section: &'static Section,
    /// For problems with the table as a whole.
    pub place: Place,
    table: &'a Table,
    taken: RefCell<Vec<&'static str>>,
}

impl<'a> View<'a> {
    /// Begins to read `table`.
    pub fn new(reader: &'a Reader<'a>, section: &'static Section, table: &'a Table, place: Place) -> Self {
        Self { reader, section, place, table, taken: RefCell::default() }
    }

    /// Takes the value of a key, whatever it is.
    pub fn take(&self, key: &'static str) -> Option<&'a Node> {
        debug_assert!(
            self.section.key(key).is_some(),
            "'{key}' is not in the table of options of '{}'",
            self.section.name
        );
        self.taken.borrow_mut().push(key);
        self.table.get(key).map(|entry| &entry.node)
    }

    /// Whether a key is there, without taking it.
    pub fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    /// Where a key is written.
    pub fn place_of(&self, key: &str) -> Place {
        self.table.get(key).map_or(self.place, |entry| entry.place)
    }

    /// Notes that a key is missing.
    pub fn missing(&self, key: &'static str, example: &str) {
        // A key that was likely meant as this one is told by itself.
        let meant = |other: &str| self.section.key(other).is_none() && nearest(other, [key].into_iter()).is_some();
        if self.table.keys().any(meant) {
            return;
        }
        let place =
            if self.section.name.is_empty() { Place { end: self.place.start, ..self.place } } else { self.place };
        let message = match self.section.name {
            "" => format!("'{key}' is missing"),
            name => format!("'{key}' is missing in {name}"),
        };
        self.reader.problem(place, message, format!("write {example}"));
    }

    /// Notes that a value is of the wrong type.
    pub fn wrong(&self, key: &str, node: &Node) {
        let (wanted, example) = self.section.key(key).map_or(("something else", ""), describe);
        let help = (!example.is_empty()).then(|| format!("write {key} = {example}"));
        self.reader.problem(node.place, format!("'{key}' must be {wanted}, not {}", node.value.noun()), help);
    }

    /// Takes a string as it is.
    pub fn text(&self, key: &'static str) -> Option<At<&'a str>> {
        let node = self.take(key)?;
        let text = self.as_text(key, node)?;
        if text.value.trim().is_empty() && key != "default" {
            self.reader.problem(
                node.place,
                format!("'{key}' is empty"),
                "give it a value, or leave the key out".to_owned(),
            );
            return None;
        }
        Some(text)
    }

    /// A node as a string.
    pub fn as_text(&self, key: &str, node: &'a Node) -> Option<At<&'a str>> {
        if let Value::Text(text) = &node.value {
            return Some(At { value: text, place: node.place });
        }
        self.wrong(key, node);
        None
    }

    /// Takes a template.
    pub fn template(&self, key: &'static str) -> Option<At<Template>> {
        let text = self.text(key)?;
        self.reader.template(text).map(|value| At { value, place: text.place })
    }

    /// Takes one of the words that the table of options allows.
    pub fn word(&self, key: &'static str) -> Option<At<&'a str>> {
        let text = self.text(key)?;
        let Some(Key { shape: Shape::Word(words), .. }) = self.section.key(key) else { return Some(text) };
        if words.contains(&text.value) {
            return Some(text);
        }
        let all = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        let help = nearest(text.value, words.iter().copied())
            .map_or_else(|| format!("write one of {all}"), |word| format!("write {key} = \"{word}\" (allowed: {all})"));
        self.reader.problem(text.place, format!("'{}' is not a value of '{key}'", text.value), help);
        None
    }

    /// Takes `true` or `false`; absent is false.
    pub fn flag(&self, key: &'static str) -> bool {
        match self.take(key).map(|node| (node, &node.value)) {
            Some((_, Value::Bool(value))) => *value,
            Some((node, _)) => {
                self.wrong(key, node);
                false
            }
            None => false,
        }
    }

    /// Takes a number.
    pub fn number(&self, key: &'static str) -> Option<At<f64>> {
        let node = self.take(key)?;
        let number = match node.value {
            Value::Integer(number) => number as f64,
            Value::Float(number) => number,
            _ => {
                self.wrong(key, node);
                return None;
            }
        };
        if !number.is_finite() {
            self.reader.problem(node.place, format!("'{key}' must be a finite number"), None);
            return None;
        }
        Some(At { value: number, place: node.place })
    }

    /// Takes an integer within the bounds that the table of options gives.
    pub fn integer(&self, key: &'static str) -> Option<i64> {
        let node = self.take(key)?;
        let bounds = match self.section.key(key).map(|key| &key.shape) {
            Some(Shape::Integer(least, most)) => (*least, *most),
            _ => (i64::MIN, i64::MAX),
        };
        self.as_integer(key, node, bounds)
    }

    /// A node as an integer within bounds.
    pub fn as_integer(&self, key: &str, node: &Node, (least, most): (i64, i64)) -> Option<i64> {
        let Value::Integer(number) = node.value else {
            self.wrong(key, node);
            return None;
        };
        if (least..=most).contains(&number) {
            return Some(number);
        }
        self.reader.problem(node.place, format!("'{key}' must be between {least} and {most}"), None);
        None
    }

    /// Takes a duration of at least `least`.
    pub fn duration(&self, key: &'static str, least: Duration) -> Option<Duration> {
        let text = self.text(key)?;
        let duration = match humantime::parse_duration(text.value) {
            Ok(duration) => duration,
            Err(error) => {
                let help = if text.value.bytes().all(|byte| byte.is_ascii_digit()) {
                    format!("add the unit: {key} = \"{}s\"", text.value)
                } else {
                    format!("write a number with ms, s, m, h or d, as in {key} = \"1m 30s\"")
                };
                self.reader.problem(text.place, format!("'{}' is not a duration: {error}", text.value), help);
                return None;
            }
        };
        if duration < least {
            let least = humantime::format_duration(least);
            self.reader.problem(
                text.place,
                format!("'{key}' must be at least {least}"),
                format!("write {key} = \"{least}\" or more"),
            );
            return None;
        }
        if duration > Duration::from_hours(24 * 365 * 100) {
            self.reader.problem(text.place, format!("'{key}' is longer than a hundred years"), None);
            return None;
        }
        Some(duration)
    }

    /// Takes a list.
    pub fn list(&self, key: &'static str) -> Option<&'a [Node]> {
        let node = self.take(key)?;
        let Value::List(items) = &node.value else {
            self.wrong(key, node);
            return None;
        };
        Some(items)
    }

    /// Takes a list of strings.
    pub fn texts(&self, key: &'static str) -> Vec<At<&'a str>> {
        let items = self.list(key).unwrap_or_default();
        items.iter().filter_map(|item| self.as_item(key, item)).collect()
    }

    /// A node as a list of strings.
    pub fn as_texts(&self, key: &str, node: &'a Node) -> Option<Vec<At<&'a str>>> {
        let Value::List(items) = &node.value else {
            self.wrong(key, node);
            return None;
        };
        Some(items.iter().filter_map(|item| self.as_item(key, item)).collect())
    }

    fn as_item(&self, key: &str, item: &'a Node) -> Option<At<&'a str>> {
        if let Value::Text(text) = &item.value {
            return Some(At { value: text, place: item.place });
        }
        let message = format!("each item of '{key}' must be a string, not {}", item.value.noun());
        let help = match &item.value {
            Value::Integer(number) => Some(format!("write \"{number}\"")),
            Value::Float(number) => Some(format!("write \"{number}\"")),
            _ => None,
        };
        self.reader.problem(item.place, message, help);
        None
    }

    /// Takes a command: a list of templates that is not empty.
    pub fn argv(&self, key: &'static str) -> Option<Vec<At<Template>>> {
        let node = self.take(key)?;
        self.as_argv(key, node)
    }

    /// A node as a command.
    pub fn as_argv(&self, key: &str, node: &'a Node) -> Option<Vec<At<Template>>> {
        let items = match &node.value {
            Value::List(items) => items,
            Value::Text(line) => {
                let words: Vec<String> = line.split_whitespace().map(|word| format!("\"{word}\"")).collect();
                let help = format!("write {key} = [{}]; a shell script goes under 'shell'", words.join(", "));
                self.reader.problem(node.place, format!("'{key}' is a list of words, never a line for a shell"), help);
                return None;
            }
            _ => {
                self.wrong(key, node);
                return None;
            }
        };
        if items.is_empty() {
            let help = format!("write {key} = [\"program\", \"argument\"]");
            self.reader.problem(node.place, format!("'{key}' names no program"), help);
            return None;
        }
        let words: Vec<_> = items
            .iter()
            .filter_map(|item| {
                let text = self.as_item(key, item)?;
                self.reader.template(text).map(|value| At { value, place: text.place })
            })
            .collect();
        (words.len() == items.len()).then_some(words)
    }

    /// Takes a list of conditions.
    pub fn conditions(&self, key: &'static str) -> Vec<At<Condition>> {
        let texts = self.texts(key);
        texts
            .into_iter()
            .filter_map(|text| self.reader.condition(text).map(|value| At { value, place: text.place }))
            .collect()
    }

    /// Takes a table of values by free names: each name with its place and value, in order of appearance.
    pub fn map(&self, key: &'static str) -> &'a Table {
        match self.take(key).map(|node| (node, &node.value)) {
            Some((_, Value::Table(table))) => table,
            Some((node, _)) => {
                self.wrong(key, node);
                &super::reader::NOTHING
            }
            None => &super::reader::NOTHING,
        }
    }

    /// Takes a table of strings by free names.
    pub fn text_map(&self, key: &'static str) -> Vec<(At<&'a str>, At<&'a str>)> {
        let entries = &self.map(key).entries;
        entries
            .iter()
            .filter_map(|entry| {
                let name = At { value: entry.key.as_str(), place: entry.place };
                if let Value::Text(text) = &entry.node.value {
                    return Some((name, At { value: text.as_str(), place: entry.node.place }));
                }
                let message = format!("'{key}.{}' must be a string, not {}", entry.key, entry.node.value.noun());
                self.reader.problem(entry.node.place, message, None);
                None
            })
            .collect()
    }

    /// Takes a table with options of its own.
    pub fn section(&self, key: &'static str, section: &'static Section) -> Option<View<'a>> {
        let node = self.take(key)?;
        self.as_section(key, node, section)
    }

    /// A node as a table with options of its own.
    pub fn as_section(&self, key: &str, node: &'a Node, section: &'static Section) -> Option<View<'a>> {
        let Value::Table(table) = &node.value else {
            self.wrong(key, node);
            return None;
        };
        Some(View::new(self.reader, section, table, node.place))
    }

    /// Takes a table of tables by free names: the name with its place, and a view of each, in order of appearance.
    pub fn named(&self, key: &'static str, section: &'static Section) -> Vec<(At<&'a str>, View<'a>)> {
        named(self.reader, key, self.map(key), section)
    }

    /// Which of some keys is there. None or several are problems, told with `what`.
    pub fn exactly_one(&self, keys: &[&'static str], what: &str) -> Option<&'static str> {
        let mut found = keys.iter().copied().filter(|key| self.has(key));
        let Some(first) = found.next() else {
            if !self.refuses_kind(keys) {
                let all = keys.join(", ");
                self.reader.problem(
                    self.place,
                    format!("{what} needs one of: {all}"),
                    "write exactly one of them".to_owned(),
                );
            }
            return None;
        };
        if let Some(second) = found.next() {
            let message = format!("{what} has both '{first}' and '{second}'; it can be only one thing");
            self.reader.problem(self.place_of(second), message, format!("remove one, or make it two {}", plural(what)));
        }
        for key in keys {
            self.taken.borrow_mut().push(key);
        }
        Some(first)
    }

    /// Whether a key is there that will be a kind later, or was likely meant as one: then it is the one problem to tell.
    fn refuses_kind(&self, keys: &[&str]) -> bool {
        self.table.keys().any(|key| {
            self.section.later(key).is_some()
                || (self.section.key(key).is_none() && nearest(key, keys.iter().copied()).is_some())
        })
    }

    /// Notes every key that was not taken. `what` says what this table turned out to be: `a 'run' step`.
    pub fn finish(&self, what: &str) {
        let taken = self.taken.borrow();
        for entry in self.table.entries.iter().filter(|entry| !taken.contains(&entry.key.as_str())) {
            let (message, help) = strange(self.section, &entry.key)
                .unwrap_or_else(|| (format!("'{}' has no meaning in {what}", entry.key), "remove it".to_owned()));
            self.reader.problem(entry.place, message, help);
        }
    }

    /// Notes only keys that mean nothing anywhere: where it is not known what this table should be.
    pub fn finish_strange(&self) {
        for entry in &self.table.entries {
            if let Some((message, help)) = strange(self.section, &entry.key) {
                self.reader.problem(entry.place, message, help);
            }
        }
    }
}

/// Tables by free names, as views.
pub fn named<'a>(
    reader: &'a Reader<'a>,
    key: &str,
    table: &'a Table,
    section: &'static Section,
) -> Vec<(At<&'a str>, View<'a>)> {
    let mut found = Vec::new();
    for entry in &table.entries {
        let name = At { value: entry.key.as_str(), place: entry.place };
        if let Value::Table(table) = &entry.node.value {
            found.push((name, View::new(reader, section, table, entry.place)));
        } else {
            let message = format!("'{key}.{}' must be a table, not {}", entry.key, entry.node.value.noun());
            reader.problem(entry.node.place, message, format!("write [{key}.{}] and its options below", entry.key));
        }
    }
    found
}

fn plural(what: &str) -> &str {
    what.split_whitespace().nth(1).map_or("things", |noun| match noun {
        "step" => "steps",
        "check" => "checks",
        "probe" => "probes",
        "channel" => "channels",
        _ => "entries",
    })
}

/// The sentence about a key that no version, or only a later one, has here; with its help.
fn strange(section: &Section, key: &str) -> Option<(String, String)> {
    match section.later(key) {
        Some(about) => Some(later(section, key, about)),
        None if section.key(key).is_none() => Some(unknown(section, key)),
        None => None,
    }
}

fn later(section: &Section, key: &str, about: &str) -> (String, String) {
    if about.is_empty() {
        let kind = if section.name.starts_with("services") { "probe" } else { "check" };
        let message = format!("{kind} kind '{key}' is not available in this version");
        let available: Vec<_> = KINDS.iter().map(|kind| kind.word).collect();
        return (message, format!("available: {}", available.join(", ")));
    }
    let message = format!("'{key}' is refused: this version has no {about}");
    (message, "remove it; a key that nothing acts on is never accepted silently".to_owned())
}

/// The sentence about a key that nothing knows.
fn unknown(section: &Section, key: &str) -> (String, String) {
    let message = match section.name {
        "" => format!("unknown key '{key}' at the top level"),
        name => format!("unknown key '{key}' in {name}"),
    };
    let known = || section.keys.iter().map(|key| key.name);
    let help = nearest(key, known()).map_or_else(
        || format!("known keys: {}", known().collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean '{near}'?"),
    );
    (message, help)
}

/// What an option takes, in words, and an example.
fn describe(key: &Key) -> (&'static str, &'static str) {
    match key.shape {
        Shape::Text | Shape::Template | Shape::Word(_) => ("a string", "\"...\""),
        Shape::Condition => ("a string with a condition", "\"status == 200\""),
        Shape::Duration => ("a duration in quotes", "\"10s\""),
        Shape::Bool => ("true or false", "true"),
        Shape::Number => ("a number", ""),
        Shape::Integer(..) => ("an integer", ""),
        Shape::List(Shape::Condition) => ("a list of conditions", "[\"status == 200\"]"),
        Shape::List(Shape::Section(_)) => ("a list of tables", "[{ ... }]"),
        Shape::List(Shape::Integer(..)) => ("a list of integers", "[10, 50, 100]"),
        Shape::List(_) => ("a list of strings", "[\"...\"]"),
        Shape::Section(_) | Shape::Named(_) | Shape::Overrides(_) | Shape::Map(_) => ("a table", ""),
        Shape::Any => ("a value", ""),
        Shape::Either([Shape::Text, Shape::List(_)]) => ("a string or a list of strings", "\"...\""),
        Shape::Either(_) => ("a string or a table", ""),
    }
}
