//! Evaluation: `None` is unknown. The tree is bounded when it is parsed, so recursion is bounded here.

use std::{borrow::Cow, cmp::Ordering};

use regex::RegexBuilder;
use serde_json::Value;

use super::{
    Scope,
    tree::{Arithmetic, Function, Node, Order, Sides},
    value::Known,
};

/// Longest string an expression may build.
const MAX_TEXT: usize = 64 << 10;
/// Most list items `all` and `exists` look at; beyond that the result is unknown.
const MAX_ITEMS: usize = 1_000;
/// Compiled size of a regular expression.
pub(super) const MAX_REGEX: usize = 256 << 10;

/// The variables of `all` and `exists`, innermost last.
struct Variables<'v> {
    name: &'v str,
    value: &'v Value,
    outer: Option<&'v Variables<'v>>,
}

/// The value of an expression, or `None` if it is not known.
pub(super) fn evaluate<'a>(node: &'a Node, scope: &'a dyn Scope) -> Option<Known<'a>> {
    Evaluation { scope, variables: None }.value(node)
}

#[derive(Clone, Copy)]
struct Evaluation<'a> {
    scope: &'a dyn Scope,
    variables: Option<&'a Variables<'a>>,
}

impl<'a> Evaluation<'a> {
    fn value(self, node: &'a Node) -> Option<Known<'a>> {
        match node {
            Node::Null => Some(Known::Json(Cow::Owned(Value::Null))),
            Node::Bool(value) => Some(Known::Bool(*value)),
            Node::Number(number) => Some(Known::Number(*number)),
            Node::Text(text) => Some(Known::Text(Cow::Borrowed(text))),
            Node::List(items) => self.list(items),
            Node::Name(name) => Known::from_cow(self.scope.name(name)?),
            Node::Variable(name) => self.variable(name),
            Node::Field(parent, field) => self.field(parent, field),
            Node::Has(parent, field) => self.has(parent, field),
            Node::Index(sides) => self.index(sides),
            Node::Not(inner) => Some(Known::Bool(!self.truth(inner)?)),
            Node::Negative(inner) => Known::finite(-self.value(inner)?.number()?),
            Node::And(sides) => kleene(false, self.truth(&sides.0), || self.truth(&sides.1)),
            Node::Or(sides) => kleene(true, self.truth(&sides.0), || self.truth(&sides.1)),
            Node::Equal(sides, negated) => {
                Some(Known::Bool(self.value(&sides.0)?.equals(&self.value(&sides.1)?)? != *negated))
            }
            Node::Ordered(order, sides) => {
                let ordering = self.value(&sides.0)?.compare(&self.value(&sides.1)?)?;
                Some(Known::Bool(order.holds(ordering)))
            }
            Node::Arithmetic(arithmetic, sides) => self.arithmetic(*arithmetic, sides),
            Node::In(sides) => self.membership(sides),
            Node::Choice(parts) => {
                if self.truth(&parts.0)? {
                    self.value(&parts.1)
                } else {
                    self.value(&parts.2)
                }
            }
            Node::Call(function, arguments) => self.call(*function, arguments),
            Node::Matches(inner, regex) => Some(Known::Bool(regex.is_match(self.value(inner)?.text()?))),
            Node::Each { list, variable, test, all } => self.each(list, variable, test, *all),
            Node::Ask { function, arguments } => self.ask(function, arguments),
            Node::Over { function, path, window, .. } => Known::finite(self.scope.over(*function, path, *window)?),
        }
    }

    /// A scope that knows single fields need not lend the whole that they are of.
    fn field(self, parent: &'a Node, field: &str) -> Option<Known<'a>> {
        if let Node::Name(name) = parent
            && let Some(value) = self.scope.field(name, field)
        {
            return Known::from_cow(value);
        }
        self.value(parent)?.field(field)
    }

    fn truth(self, node: &'a Node) -> Option<bool> {
        self.value(node)?.boolean()
    }

    fn variable(self, name: &str) -> Option<Known<'a>> {
        let mut scope = self.variables;
        while let Some(variable) = scope {
            if variable.name == name {
                return Known::lent(variable.value);
            }
            scope = variable.outer;
        }
        None
    }

    fn list(self, items: &'a [Node]) -> Option<Known<'a>> {
        let items = items.iter().map(|item| self.value(item)?.into_json()).collect::<Option<Vec<_>>>()?;
        Some(Known::Json(Cow::Owned(Value::Array(items))))
    }

    /// Known to be absent only if the parent is a map; a parent that is not there itself leaves it unknown.
    fn has(self, parent: &'a Node, field: &str) -> Option<Known<'a>> {
        match self.value(parent)? {
            Known::Json(value) => value.as_object().map(|map| Known::Bool(map.contains_key(field))),
            _ => None,
        }
    }

    fn index(self, sides: &'a Sides) -> Option<Known<'a>> {
        let parent = self.value(&sides.0)?;
        match self.value(&sides.1)? {
            Known::Text(key) => parent.field(&key),
            Known::Number(index) if index >= 0.0 && index.fract() == 0.0 => parent.item(index as usize),
            _ => None,
        }
    }

    fn arithmetic(self, arithmetic: Arithmetic, sides: &'a Sides) -> Option<Known<'a>> {
        match (self.value(&sides.0)?, self.value(&sides.1)?) {
            (Known::Number(left), Known::Number(right)) => arithmetic.apply(left, right).map(Known::Number),
            (Known::Text(left), Known::Text(right)) if arithmetic == Arithmetic::Add => {
                (left.len() + right.len() <= MAX_TEXT).then(|| Known::Text(left + right))
            }
            _ => None,
        }
    }

    /// `in` over a list is an `or` of equalities, so Kleene's; over a map it asks for the key.
    fn membership(self, sides: &'a Sides) -> Option<Known<'a>> {
        let item = self.value(&sides.0)?;
        if let Node::List(literals) = &sides.1 {
            let mut found = Some(false);
            for literal in literals {
                match self.value(literal).and_then(|value| item.equals(&value)) {
                    Some(true) => return Some(Known::Bool(true)),
                    Some(false) => {}
                    None => found = None,
                }
            }
            return found.map(Known::Bool);
        }
        let Known::Json(container) = self.value(&sides.1)? else { return None };
        match &*container {
            Value::Object(map) => Some(Known::Bool(map.contains_key(item.text()?))),
            Value::Array(values) => {
                let mut found = Some(false);
                for value in values {
                    match Known::lent(value).and_then(|value| item.equals(&value)) {
                        Some(true) => return Some(Known::Bool(true)),
                        Some(false) => {}
                        None => found = None,
                    }
                }
                found.map(Known::Bool)
            }
            _ => None,
        }
    }

    /// `all` and `exists`: Kleene's `and` and `or` over the items.
    fn each(self, list: &'a Node, variable: &'a str, test: &'a Node, all: bool) -> Option<Known<'a>> {
        let list = self.value(list)?;
        let items = list.list().filter(|items| items.len() <= MAX_ITEMS)?;
        let mut result = Some(all);
        for item in items {
            let variables = Variables { name: variable, value: item, outer: self.variables };
            let inner = Evaluation { scope: self.scope, variables: Some(&variables) };
            match inner.truth(test) {
                Some(truth) if truth != all => return Some(Known::Bool(!all)),
                Some(_) => {}
                None => result = None,
            }
        }
        result.map(Known::Bool)
    }

    fn call(self, function: Function, arguments: &'a [Node]) -> Option<Known<'a>> {
        let first = self.value(arguments.first()?)?;
        let second = || self.value(arguments.get(1)?);
        match function {
            Function::Size => match &first {
                Known::Text(text) => Known::finite(text.chars().count() as f64),
                Known::Json(value) => match &**value {
                    Value::Array(items) => Known::finite(items.len() as f64),
                    Value::Object(map) => Known::finite(map.len() as f64),
                    _ => None,
                },
                _ => None,
            },
            Function::StartsWith => Some(Known::Bool(first.text()?.starts_with(second()?.text()?))),
            Function::EndsWith => Some(Known::Bool(first.text()?.ends_with(second()?.text()?))),
            Function::Contains => Some(Known::Bool(first.text()?.contains(second()?.text()?))),
            Function::Matches => {
                let regex = RegexBuilder::new(second()?.text()?).size_limit(MAX_REGEX).build().ok()?;
                Some(Known::Bool(regex.is_match(first.text()?)))
            }
            Function::Int => Known::finite(to_number(&first)?.trunc()),
            Function::Double => Known::finite(to_number(&first)?),
            Function::String => match first {
                Known::Bool(value) => Some(Known::Text(Cow::Owned(value.to_string()))),
                Known::Number(number) => Some(Known::Text(Cow::Owned(number.to_string()))),
                Known::Text(_) => Some(first),
                Known::Json(_) => None,
            },
            Function::Abs => Known::finite(first.number()?.abs()),
            Function::Min => self.fold(arguments, f64::min),
            Function::Max => self.fold(arguments, f64::max),
        }
    }

    fn fold(self, arguments: &'a [Node], choose: fn(f64, f64) -> f64) -> Option<Known<'a>> {
        let mut best: Option<f64> = None;
        for argument in arguments {
            let number = self.value(argument)?.number()?;
            best = Some(best.map_or(number, |best| choose(best, number)));
        }
        best.and_then(Known::finite)
    }

    fn ask(self, function: &str, arguments: &'a [Node]) -> Option<Known<'a>> {
        let arguments = arguments.iter().map(|node| self.value(node)?.into_json()).collect::<Option<Vec<_>>>()?;
        Known::owned(self.scope.call(function, &arguments)?)
    }
}

impl Order {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering == Ordering::Less,
            Self::LessEqual => ordering != Ordering::Greater,
            Self::Greater => ordering == Ordering::Greater,
            Self::GreaterEqual => ordering != Ordering::Less,
        }
    }
}

/// Kleene's `and` (decided by `false`) and `or` (decided by `true`).
fn kleene<'a>(decisive: bool, left: Option<bool>, right: impl FnOnce() -> Option<bool>) -> Option<Known<'a>> {
    if left == Some(decisive) {
        return Some(Known::Bool(decisive));
    }
    match (left, right()) {
        (_, Some(right)) if right == decisive => Some(Known::Bool(decisive)),
        (Some(_), Some(right)) => Some(Known::Bool(right)),
        _ => None,
    }
}

fn to_number(value: &Known<'_>) -> Option<f64> {
    match value {
        Known::Number(number) => Some(*number),
        Known::Text(text) => text.trim().parse().ok(),
        Known::Bool(value) => Some(if *value { 1.0 } else { 0.0 }),
        Known::Json(_) => None,
    }
}
