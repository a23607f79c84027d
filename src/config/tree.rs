//! TOML as a tree in which every key and value knows its place.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::source::Place;

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it is written.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// A TOML value.
#[derive(Debug, Clone)]
pub enum Value {
    /// A string.
    Text(String),
    /// An integer that fits.
    Integer(i64),
    /// A float, or an integer that doesn't fit.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// A date or time: nothing here takes one.
    Date(String),
    /// An array.
    List(Vec<Node>),
    /// A table, inline or not.
    Table(Table),
}

/// A table, in order of appearance.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Keys and values.
    pub entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key is written.
    pub place: Place,
    /// Its value.
    pub node: Node,
}

impl Table {
    /// The entry of that key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        self.entries.iter().map(|entry| entry.key.as_str())
    }

    /// Lays `over` on this table: tables merge, anything else replaces. A replaced value is told to `replaced` with
    /// the entry it had and the one it gets.
    pub fn merge(&mut self, over: &Self, replaced: &mut dyn FnMut(&Entry, &Entry)) {
        for entry in &over.entries {
            match self.entries.iter_mut().find(|own| own.key == entry.key) {
                None => self.entries.push(entry.clone()),
                Some(own) => {
                    if let (Value::Table(below), Value::Table(above)) = (&mut own.node.value, &entry.node.value) {
                        below.merge(above, replaced);
                    } else {
                        replaced(own, entry);
                        own.place = entry.place;
                        own.node = entry.node.clone();
                    }
                }
            }
        }
    }
}

impl Value {
    /// What it is, with its article: `a string`.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    /// As JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) | Self::Date(text) => text.as_str().into(),
            Self::Integer(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Bool(value) => (*value).into(),
            Self::List(items) => items.iter().map(|item| item.value.to_json()).collect(),
            Self::Table(table) => serde_json::Value::Object(
                table.entries.iter().map(|entry| (entry.key.clone(), entry.node.value.to_json())).collect(),
            ),
        }
    }
}

/// Parses one file; every syntax error comes back with its range and message, and what could be understood is kept.
pub fn parse(file: usize, text: &str) -> (Table, Vec<(Place, String)>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let errors = errors
        .iter()
        .map(|error| {
            let span = error.span().unwrap_or(0..0);
            (Place { file, start: span.start, end: span.end }, error.message().to_owned())
        })
        .collect();
    (convert_table(file, table.get_ref()), errors)
}

fn convert_table(file: usize, table: &DeTable<'_>) -> Table {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            place: place(file, key),
            node: Node { place: place(file, value), value: convert(file, value.get_ref()) },
        })
        .collect();
    entries.sort_by_key(|entry| entry.place.start);
    Table { entries }
}

fn convert(file: usize, value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::Float(number.as_str().parse().unwrap_or(f64::MAX)), Value::Integer),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => Value::List(
            items.iter().map(|item| Node { place: place(file, item), value: convert(file, item.get_ref()) }).collect(),
        ),
        DeValue::Table(table) => Value::Table(convert_table(file, table)),
    }
}

fn place<T>(file: usize, spanned: &Spanned<T>) -> Place {
    let span = spanned.span();
    Place { file, start: span.start, end: span.end }
}
