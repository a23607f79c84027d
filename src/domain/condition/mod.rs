//! Conditions: CEL expressions judged with three values.
//!
//! The `cel` crate parses; evaluation over the syntax tree is ours, because judging is: all numbers are doubles,
//! integer literals mix with them freely, and a missing field, a wrong type or a stale series makes the result
//! unknown, never true and never false. `&&` and `||` follow Kleene logic.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::verdict::{Judgement, Verdict};

/// What a condition may look at.
pub trait Scope {
    /// The value of a bare name (`status`, `json`, `error_rate`, `baseline`), or `None` if it is not known now. Lend
    /// what is kept (`Cow::Borrowed`): a condition that reads one field of a large document must not copy it.
    fn name(&self, name: &str) -> Option<Cow<'_, Value>>;

    /// The result of a function that is not built in (`rate`, `value`, `sum`, `quantile`), or `None` if not known.
    fn call(&self, function: &str, arguments: &[Value]) -> Option<Value> {
        let _ = (function, arguments);
        None
    }
}

/// A parsed condition or numeric expression. Serialises as its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Condition {
    source: String,
}

/// Why an expression was refused, and where in its source (byte offset).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConditionError {
    /// What is wrong and what to write instead.
    pub message: String,
    /// Byte offset in the source.
    pub offset: usize,
}

impl Condition {
    /// Parses an expression; unknown functions are refused here, not at three in the morning.
    pub fn parse(source: &str) -> Result<Self, ConditionError> {
        todo!("{source}")
    }

    /// As written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The bare names it reads, in order of first use, without duplicates. `baseline.p95_ms` counts as `baseline`.
    pub fn names(&self) -> Vec<String> {
        todo!()
    }

    /// The dotted paths it reads below a name: for `baseline.p95_ms`, `paths_below("baseline")` is `["p95_ms"]`.
    pub fn paths_below(&self, name: &str) -> Vec<String> {
        todo!("{name}")
    }

    /// The constant that `name` is compared with by `>`, `>=`, `<` or `<=`, if it is: the line drawn in a chart.
    pub fn threshold(&self, name: &str) -> Option<f64> {
        todo!("{name}")
    }

    /// Evaluates to a JSON value; `None` is unknown. Never panics, never loops, bounded depth.
    pub fn evaluate(&self, scope: &dyn Scope) -> Option<Value> {
        let _ = scope;
        todo!()
    }

    /// Evaluates as a number (`record`).
    pub fn number(&self, scope: &dyn Scope) -> Option<f64> {
        self.evaluate(scope)?.as_f64()
    }

    /// Judges as a condition: true passes, false fails, all else is unknown; with the resolved sentence.
    pub fn judge(&self, scope: &dyn Scope) -> Judgement {
        let _ = (scope, Verdict::Unknown);
        todo!()
    }
}

impl TryFrom<String> for Condition {
    type Error = ConditionError;

    fn try_from(source: String) -> Result<Self, ConditionError> {
        Self::parse(&source)
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.source
    }
}
