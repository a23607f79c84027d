//! What a query came to.

use serde_json::{Map, Number, Value};

use crate::domain::{
    fact::Facts,
    probe::{Phase, ProbeError},
};

use crate::probe::{error::failed, masking::Mask};

/// Rows of one query at most: who wants more should count them in SQL.
const MOST_ROWS: u64 = 1_000;

/// Rows as they come: the first is kept, the others counted.
pub(super) struct Rows {
    first: Option<Map<String, Value>>,
    value: Option<Value>,
    count: u64,
    bytes_left: usize,
    limit: usize,
}

impl Rows {
    /// Of at most so many bytes.
    pub(super) fn within(limit: usize) -> Self {
        Self { first: None, value: None, count: 0, bytes_left: limit, limit }
    }

    /// Takes a row in, by names and values of its columns. Of two columns of one name the last counts.
    pub(super) fn push(&mut self, row: impl Iterator<Item = (String, Value)>) -> Result<(), ProbeError> {
        self.count += 1;
        if self.count > MOST_ROWS {
            let why = "the query returns more than 1,000 rows: count or limit them in SQL";
            return Err(failed(Phase::Transfer, "too_many_rows", why));
        }
        let row: Vec<_> = row.collect();
        let size = row.iter().map(|(_, value)| size(value)).sum();
        self.bytes_left = self.bytes_left.checked_sub(size).ok_or_else(|| too_large(self.limit))?;
        if self.first.is_none() {
            self.value = row.first().map(|(_, value)| value.clone());
            self.first = Some(row.into_iter().collect());
        }
        Ok(())
    }

    /// As facts, without anything secret.
    pub(super) fn tell(self, mask: &Mask, facts: &mut Facts) {
        facts.set("rows", self.count);
        if let Some(mut value) = self.value {
            mask.value(&mut value);
            facts.set("value", value);
        }
        if let Some(row) = self.first {
            let mut row = Value::Object(row);
            mask.value(&mut row);
            facts.set("row", row);
        }
    }
}

/// The answer is larger than a look may read.
pub(super) fn too_large(limit: usize) -> ProbeError {
    let why = format!("the server sends more than {limit} bytes (limits.body_bytes): the rest was not read");
    failed(Phase::Transfer, "body_too_large", why)
}

fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum(),
        _ => 8,
    }
}

/// A number written out; text if it is none a double can hold.
pub(super) fn number(text: &str) -> Value {
    if let Ok(integer) = text.parse::<i64>() {
        return integer.into();
    }
    let double = text.parse::<f64>().ok().and_then(Number::from_f64);
    double.map_or_else(|| text.into(), Value::Number)
}
