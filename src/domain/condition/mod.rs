//! Conditions: CEL expressions judged with three values.
//!
//! The `cel` crate parses ([`parse`]), but for [`everyday`] ones; the syntax tree is ours ([`tree`]) and so is evaluation ([`evaluate`]), because
//! judging is: all numbers are doubles and integer literals mix with them freely, and a missing field, a wrong type, a
//! division by zero or a stale series makes the result unknown, never true and never false. `&&` and `||` follow Kleene
//! logic: `false && unknown` is false, `true || unknown` is true. [`explain`] says the verdict with its values.
//!
//! Built in: `size`, `startsWith`, `endsWith`, `contains`, `matches`, `has`, `int`, `double`, `string`, `abs`, `min`,
//! `max`, and `all` and `exists` over lists. `rate`, `value`, `sum` and `quantile` are asked of the [`Scope`], and so are the
//! functions over time ([`OverTime`]).

mod calls;
mod evaluate;
mod everyday;
mod explain;
mod over;
mod parse;
mod tree;
mod value;

use std::{borrow::Cow, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::tree::{Node, Order};
use super::verdict::{Judgement, Verdict};

pub use over::{OverTime, WindowCall};

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

    /// The value of a field of a bare name, where single fields are known without the whole: `api.error_rate`. `None`: ask
    /// for the whole.
    fn field(&self, name: &str, field: &str) -> Option<Cow<'_, Value>> {
        let _ = (name, field);
        None
    }

    /// Whether what lies below a name is known by [`field`](Self::field) alone.
    fn is_known_by_field(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// What a series, dotted as written, came to over a while, or `None` if that is not known.
    fn over(&self, function: OverTime, series: &str, window: Duration) -> Option<f64> {
        let _ = (function, series, window);
        None
    }
}

/// A parsed condition or numeric expression. Serialises as its source; cheap to clone.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Condition {
    source: Arc<str>,
    tree: Arc<Node>,
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Condition({:?})", self.source)
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Condition {}

/// Why an expression was refused, and where in its source (byte offset).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConditionError {
    /// What is wrong and what to write instead.
    pub message: String,
    /// Byte offset in the source.
    pub offset: usize,
}

/// A call of a function that the scope answers, as written: for checking selectors before the first look.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeCall {
    /// `rate`, `value`, `sum` or `quantile`.
    pub function: String,
    /// Its arguments; `None` where one is not a literal.
    pub arguments: Vec<Option<Value>>,
}

impl Condition {
    /// Parses an expression; unknown functions are refused here, not at three in the morning.
    pub fn parse(source: &str) -> Result<Self, ConditionError> {
        Ok(Self { tree: Arc::new(parse::parse(source)?), source: source.into() })
    }

    /// One that is never known, to stand where none could be read.
    pub fn nothing() -> Self {
        Self { tree: Arc::new(Node::Null), source: "null".into() }
    }

    /// Whether it comes to a number or a text, and so is never true.
    pub fn is_figure(&self) -> bool {
        matches!(
            &*self.tree,
            Node::Number(_) | Node::Text(_) | Node::Arithmetic(..) | Node::Negative(_) | Node::Over { .. }
        ) || matches!(&*self.tree, Node::Name(_) | Node::Field(..))
    }

    /// As written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The bare names it reads, in order of first use, without duplicates. `baseline.p95_ms` counts as `baseline`.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        self.tree.walk(&mut |node| {
            if let Node::Name(name) = node
                && !names.contains(name)
            {
                names.push(name.clone());
            }
        });
        names
    }

    /// The dotted paths it reads below a name: for `baseline.p95_ms`, `paths_below("baseline")` is `["p95_ms"]`.
    pub fn paths_below(&self, name: &str) -> Vec<String> {
        let mut paths: Vec<String> = Vec::new();
        self.tree.collect_paths(name, &mut paths);
        paths
    }

    /// The calls it makes that its scope must answer.
    pub fn calls(&self) -> Vec<ScopeCall> {
        let mut calls = Vec::new();
        self.tree.walk(&mut |node| {
            if let Node::Ask { function, arguments } = node {
                let arguments = arguments.iter().map(Node::literal).collect();
                calls.push(ScopeCall { function: function.clone(), arguments });
            }
        });
        calls
    }

    /// What it asks of series over time.
    pub fn windows(&self) -> Vec<WindowCall> {
        let mut calls = Vec::new();
        self.tree.walk(&mut |node| {
            if let Node::Over { function, path, window, .. } = node {
                calls.push(WindowCall { function: *function, series: path.clone(), window: *window });
            }
        });
        calls
    }

    /// The names it reads by themselves, with fields below them dotted, in order of first use: `error_rate`,
    /// `api.error_rate`. Not those that only functions over time look back on.
    pub fn series(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.tree.collect_series(&mut paths);
        paths
    }

    /// The texts that a bare name or a field of one, dotted, is compared with by `==`, `!=` or `in`.
    pub fn compared_texts(&self, path: &str) -> Vec<String> {
        let mut texts = Vec::new();
        self.tree.walk(&mut |node| {
            let (Node::Equal(sides, _) | Node::In(sides)) = node else { return };
            for (one, other) in [(&sides.0, &sides.1), (&sides.1, &sides.0)] {
                if one.path().as_deref() == Some(path) {
                    other.walk(&mut |node| {
                        texts.extend(matches!(node, Node::Text(_)).then(|| node.literal()).flatten());
                    });
                }
            }
        });
        texts.into_iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    }

    /// The figure it is about, its value now and what it is held against: of the first comparison with a constant that is
    /// known.
    pub fn measured(&self, scope: &dyn Scope) -> Option<(String, f64, f64)> {
        let mut found = None;
        self.tree.walk(&mut |node| {
            let Node::Ordered(_, sides) = node else { return };
            for (one, other) in [(&sides.0, &sides.1), (&sides.1, &sides.0)] {
                if let (None, Some(threshold), None) = (one.constant(), other.constant(), &found)
                    && let Some(value) = evaluate::evaluate(one, scope).and_then(|value| value.number())
                {
                    found = Some((explain::written(one), value, threshold));
                }
            }
        });
        found
    }

    /// The constant that `name` is compared with by `>`, `>=`, `<` or `<=`, if it is: the line drawn in a chart.
    pub fn threshold(&self, name: &str) -> Option<f64> {
        self.tree.threshold(name)
    }

    /// Evaluates to a JSON value; `None` is unknown. Never panics, never loops, bounded depth.
    pub fn evaluate(&self, scope: &dyn Scope) -> Option<Value> {
        evaluate::evaluate(&self.tree, scope)?.into_json()
    }

    /// Evaluates as a number (`record`).
    pub fn number(&self, scope: &dyn Scope) -> Option<f64> {
        evaluate::evaluate(&self.tree, scope)?.number()
    }

    /// The verdict alone: true passes, false fails, all else is unknown.
    pub fn verdict(&self, scope: &dyn Scope) -> Verdict {
        match evaluate::evaluate(&self.tree, scope).and_then(|value| value.boolean()) {
            Some(true) => Verdict::Pass,
            Some(false) => Verdict::Fail,
            None => Verdict::Unknown,
        }
    }

    /// Judges as a condition: true passes, false fails, all else is unknown; with the resolved sentence.
    pub fn judge(&self, scope: &dyn Scope) -> Judgement {
        Judgement {
            condition: self.source.to_string(),
            verdict: self.verdict(scope),
            explanation: explain::explain(&self.tree, scope),
        }
    }
}

/// Judges conditions that must all hold (`expect`).
pub fn judge_all(expect: &[Condition], scope: &dyn Scope) -> (Verdict, Vec<Judgement>) {
    let judgements: Vec<_> = expect.iter().map(|condition| condition.judge(scope)).collect();
    let verdict = judgements.iter().fold(Verdict::Pass, |verdict, one| verdict.and(one.verdict));
    (verdict, judgements)
}

impl Node {
    fn threshold(&self, name: &str) -> Option<f64> {
        match self {
            Self::Ordered(Order::Less | Order::LessEqual | Order::Greater | Order::GreaterEqual, sides) => {
                let (left, right) = &**sides;
                match (left.is_name(name), right.is_name(name)) {
                    (true, false) => right.constant(),
                    (false, true) => left.constant(),
                    _ => None,
                }
            }
            Self::And(sides) | Self::Or(sides) => sides.0.threshold(name).or_else(|| sides.1.threshold(name)),
            Self::Not(inner) => inner.threshold(name),
            _ => None,
        }
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
        condition.source.to_string()
    }
}

#[cfg(test)]
mod tests;
