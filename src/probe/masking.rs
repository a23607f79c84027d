//! Masking what the other side says by the secrets of the look: whoever was given one may echo it.

use std::borrow::Cow;

use serde_json::Value;

use crate::domain::{
    probe::ProbeSpec,
    text::mask::{MASK, Masker},
};

use super::lookup::SecretLookup;

/// The secrets of a look, ready to be masked. Short ones are masked literally.
pub(super) struct Mask {
    masker: Option<Masker>,
    short: Vec<String>,
}

impl Mask {
    /// Of every secret the spec names.
    pub(super) fn of(spec: &ProbeSpec, secrets: SecretLookup<'_>) -> Self {
        let values = spec.kind.secret_names().into_iter().filter_map(|name| Some((secrets(&name)?, name)));
        Self::new(values.map(|(value, name)| (name, value)))
    }

    /// Of names and values.
    pub(super) fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut short = Vec::new();
        let mut long = Vec::new();
        for (name, value) in values.into_iter().filter(|(_, value)| !value.trim().is_empty()) {
            match Masker::new([(name.as_str(), value.as_str())]) {
                Ok(_) => long.push((name, value)),
                Err(_) => short.push(value.trim().to_owned()),
            }
        }
        let masker = Masker::new(long.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        Self { masker: masker.ok().filter(|masker| !masker.is_empty()), short }
    }

    /// A text without them.
    pub(super) fn text(&self, text: &str) -> String {
        let masked = self.masker.as_ref().map_or(Cow::Borrowed(text), |masker| masker.mask(text));
        self.short.iter().fold(masked.into_owned(), |text, value| text.replace(value.as_str(), MASK))
    }

    /// A value in which no string holds them.
    pub(super) fn value(&self, value: &mut Value) {
        if self.masker.is_none() && self.short.is_empty() {
            return;
        }
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(map) => map.values_mut().for_each(|item| self.value(item)),
            _ => {}
        }
    }
}
