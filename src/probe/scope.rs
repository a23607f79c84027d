//! What the `record` expressions of a look may read: its facts, the numbers recorded before, and its scrapes.

use std::borrow::Cow;

use serde_json::Value;

use crate::domain::{condition::Scope, fact::Facts, probe::ProbeSpec};

use super::prometheus::Scrapes;

struct Recorded<'a> {
    spec: &'a ProbeSpec,
    facts: &'a Facts,
    values: &'a [Option<f64>],
    scrapes: &'a Scrapes,
}

impl Scope for Recorded<'_> {
    fn name(&self, name: &str) -> Option<Cow<'_, Value>> {
        let before = self.spec.record.iter().zip(self.values).find(|(record, _)| record.name == name);
        match before {
            Some((_, value)) => value.map(|value| Cow::Owned(value.into())),
            None => self.facts.get(name).map(Cow::Borrowed),
        }
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Option<Value> {
        self.scrapes.answer(function, arguments).filter(|value| value.is_finite()).map(Value::from)
    }
}

/// The recorded numbers in their order. What is infinite or not a number is a gap.
pub(super) fn record(spec: &ProbeSpec, facts: &Facts, scrapes: &Scrapes) -> Vec<Option<f64>> {
    let mut values = Vec::with_capacity(spec.record.len());
    for record in &spec.record {
        let value = record.value.number(&Recorded { spec, facts, values: &values, scrapes });
        // An empty sum is a negative zero, which nobody wants to read.
        values.push(value.filter(|value| value.is_finite()).map(|value| value + 0.0));
    }
    values
}
