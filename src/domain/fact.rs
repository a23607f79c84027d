//! What a look brought back, before anyone judges it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Facts by name, as JSON. Numbers are read as doubles wherever a condition uses them.
///
/// Every HTTP look has `status`, `latency_ms`, `body_bytes`, `headers` (lower-case names) if a condition reads them, `health`
/// (`pass`, `warn`, `fail`) and `version` if the body says so in a known dialect, and `json` if the body is
/// JSON; every look that failed before an answer has `error` (a short kind such as `connect_refused`) instead.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(pub Map<String, Value>);

impl Facts {
    /// Sets a fact, replacing one of the same name.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// The fact of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}
