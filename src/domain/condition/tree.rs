//! The syntax tree of a condition: small, owned, without what CEL has and we don't.

use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use super::over::OverTime;

/// Two operands.
pub(super) type Sides = Box<(Node, Node)>;

/// An expression.
#[derive(Debug)]
pub(super) enum Node {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// `200`, `0.05`.
    Number(f64),
    /// `'ok'`.
    Text(String),
    /// `[1, 2]`.
    List(Vec<Node>),
    /// `status`.
    Name(String),
    /// `json.status`.
    Field(Box<Node>, String),
    /// `has(json.status)`.
    Has(Box<Node>, String),
    /// `json.checks[0]`.
    Index(Sides),
    /// `!a`.
    Not(Box<Node>),
    /// `-a`.
    Negative(Box<Node>),
    /// `a && b`.
    And(Sides),
    /// `a || b`.
    Or(Sides),
    /// `a == b`; with `true`, `a != b`.
    Equal(Sides, bool),
    /// `a < b` and its like.
    Ordered(Order, Sides),
    /// `a + b` and its like.
    Arithmetic(Arithmetic, Sides),
    /// `a in b`.
    In(Sides),
    /// `a ? b : c`.
    Choice(Box<(Node, Node, Node)>),
    /// A built-in function.
    Call(Function, Vec<Node>),
    /// `a.matches('literal')`, compiled.
    Matches(Box<Node>, Box<Regex>),
    /// `list.all(item, test)`; with `false`, `exists`.
    Each {
        /// The list.
        list: Box<Node>,
        /// The variable's name in `test`.
        variable: String,
        /// Said of each item.
        test: Box<Node>,
        /// `all` rather than `exists`.
        all: bool,
    },
    /// The variable of the innermost [`Node::Each`] of that name.
    Variable(String),
    /// A function that the scope answers.
    Ask {
        /// Its name.
        function: String,
        /// Its arguments.
        arguments: Vec<Node>,
    },
    /// `avg_over(error_rate, '5m')`: what a series came to over a while, which the scope answers.
    Over {
        /// Which function.
        function: OverTime,
        /// A name, or a field of one.
        series: Box<Node>,
        /// That dotted.
        path: String,
        /// How far back.
        window: Duration,
    },
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

impl Order {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
        }
    }

    /// The sign of what is so where this is not.
    pub(super) fn opposite(self) -> &'static str {
        match self {
            Self::Less => ">=",
            Self::LessEqual => ">",
            Self::Greater => "<=",
            Self::GreaterEqual => "<",
        }
    }
}

/// Calculations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    /// `+`, also of strings.
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

impl Arithmetic {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "x",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// Built-in functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// `size(x)`: characters of a string, items of a list or map.
    Size,
    /// `s.startsWith(t)`
    StartsWith,
    /// `s.endsWith(t)`
    EndsWith,
    /// `s.contains(t)`
    Contains,
    /// `s.matches(pattern)`, the pattern not a literal.
    Matches,
    /// `int(x)`: towards zero.
    Int,
    /// `double(x)`
    Double,
    /// `string(x)`
    String,
    /// `abs(x)`
    Abs,
    /// `min(x, y, ...)`
    Min,
    /// `max(x, y, ...)`
    Max,
}

impl Function {
    /// Each with its name and the least and greatest number of its arguments, the receiver included.
    pub(super) const ALL: [(&'static str, Self, usize, usize); 11] = [
        ("size", Self::Size, 1, 1),
        ("startsWith", Self::StartsWith, 2, 2),
        ("endsWith", Self::EndsWith, 2, 2),
        ("contains", Self::Contains, 2, 2),
        ("matches", Self::Matches, 2, 2),
        ("int", Self::Int, 1, 1),
        ("double", Self::Double, 1, 1),
        ("string", Self::String, 1, 1),
        ("abs", Self::Abs, 1, 1),
        ("min", Self::Min, 1, 16),
        ("max", Self::Max, 1, 16),
    ];

    pub(super) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, function, ..)| *function == self).map_or("", |(name, ..)| name)
    }
}

/// Functions that the scope answers.
pub(super) const ASKED: [&str; 4] = ["rate", "value", "sum", "quantile"];

impl Node {
    /// Visits this node and all below, in the order of the source.
    pub(super) fn walk(&self, visit: &mut dyn FnMut(&Self)) {
        visit(self);
        self.children(&mut |child| child.walk(visit));
    }

    /// Calls `each` with each direct child.
    pub(super) fn children<'a>(&'a self, each: &mut dyn FnMut(&'a Self)) {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Name(_) | Self::Variable(_) => {}
            Self::List(items) => items.iter().for_each(each),
            Self::Call(_, arguments) | Self::Ask { arguments, .. } => arguments.iter().for_each(each),
            Self::Field(inner, _)
            | Self::Has(inner, _)
            | Self::Not(inner)
            | Self::Negative(inner)
            | Self::Matches(inner, _)
            | Self::Over { series: inner, .. } => each(inner),
            Self::Index(sides)
            | Self::And(sides)
            | Self::Or(sides)
            | Self::Equal(sides, _)
            | Self::Ordered(_, sides)
            | Self::Arithmetic(_, sides)
            | Self::In(sides) => {
                each(&sides.0);
                each(&sides.1);
            }
            Self::Choice(parts) => {
                each(&parts.0);
                each(&parts.1);
                each(&parts.2);
            }
            Self::Each { list, test, .. } => {
                each(list);
                each(test);
            }
        }
    }

    /// The dotted path of a name and the fields selected from it: `baseline.p95_ms`.
    pub(super) fn path(&self) -> Option<String> {
        match self {
            Self::Name(name) | Self::Variable(name) => Some(name.clone()),
            Self::Field(parent, field) => parent.path().map(|path| format!("{path}.{field}")),
            _ => None,
        }
    }

    /// Adds the longest dotted paths read below `name`.
    pub(super) fn collect_paths(&self, name: &str, paths: &mut Vec<String>) {
        if let Self::Field(parent, field) | Self::Has(parent, field) = self
            && let Some(path) = parent.path().map(|path| format!("{path}.{field}"))
        {
            if let Some(below) = path.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'))
                && !paths.iter().any(|known| known == below)
            {
                paths.push(below.to_owned());
            }
            return;
        }
        self.children(&mut |child| child.collect_paths(name, paths));
    }

    /// Adds the longest dotted paths read, but for those that functions over time look back on.
    pub(super) fn collect_series(&self, paths: &mut Vec<String>) {
        match self {
            Self::Over { .. } => {}
            Self::Name(_) | Self::Field(..) if self.path().is_some() => {
                paths.extend(self.path().filter(|path| !paths.contains(path)));
            }
            _ => self.children(&mut |child| child.collect_series(paths)),
        }
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(self, Self::Name(own) if own == name)
    }

    /// The value of an expression of number literals only.
    pub(super) fn constant(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Negative(inner) => inner.constant().map(|number| -number),
            Self::Arithmetic(arithmetic, sides) => arithmetic.apply(sides.0.constant()?, sides.1.constant()?),
            _ => None,
        }
    }

    /// The JSON value of a literal.
    pub(super) fn literal(&self) -> Option<Value> {
        match self {
            Self::Null => Some(Value::Null),
            Self::Bool(value) => Some(Value::Bool(*value)),
            Self::Text(text) => Some(Value::String(text.clone())),
            _ => self.constant().map(Value::from),
        }
    }
}

impl Arithmetic {
    /// The result, if it is a number.
    pub(super) fn apply(self, left: f64, right: f64) -> Option<f64> {
        let result = match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Remainder => left % right,
        };
        result.is_finite().then_some(result)
    }
}
