//! The sentence that explains a verdict: the condition with its values, shortened to the parts that decided.

use super::{
    Scope,
    evaluate::evaluate,
    tree::{Node, Sides},
    value::Known,
};
use crate::domain::format::{number, significant};

/// Longest explanation, in characters.
const MAX_CHARS: usize = 240;
/// Longest value shown, in characters.
const MAX_VALUE: usize = 60;

/// Explains what is so, and thereby what the condition came to: `error_rate 0.081 > 0.05`, and where that is false
/// `error_rate 0.008 <= 0.05`.
pub(super) fn explain(node: &Node, scope: &dyn Scope) -> String {
    cut(&Explanation { scope }.truth(node), MAX_CHARS)
}

struct Explanation<'a> {
    scope: &'a dyn Scope,
}

impl Explanation<'_> {
    fn known(&self, node: &Node) -> Option<bool> {
        evaluate(node, self.scope)?.boolean()
    }

    /// Says a node that is true, false or unknown.
    fn truth(&self, node: &Node) -> String {
        match node {
            Node::And(sides) => self.both(sides, true),
            Node::Or(sides) => self.both(sides, false),
            // The sentence says what is so, whichever way it was asked.
            Node::Not(inner) => self.truth(inner),
            _ => match evaluate(node, self.scope) {
                Some(Known::Bool(_)) => self.sentence(node),
                Some(other) => format!("{} is neither true nor false", self.operand(node, &other)),
                None => self.unknown(node),
            },
        }
    }

    /// The sides of `&&` (or `||`) that made it what it is.
    fn both(&self, sides: &Sides, and: bool) -> String {
        let (left, right) = &**sides;
        let (is_left, is_right) = (self.known(left), self.known(right));
        let decisive = Some(!and);
        if is_left == decisive {
            return self.truth(left);
        }
        if is_right == decisive {
            return self.truth(right);
        }
        match (is_left, is_right) {
            (None, Some(_)) => self.truth(left),
            (Some(_), None) => self.truth(right),
            _ => format!("{} {} {}", self.truth(left), if and { "and" } else { "or" }, self.truth(right)),
        }
    }

    fn sentence(&self, node: &Node) -> String {
        let holds = self.known(node) == Some(true);
        match node {
            Node::Ordered(order, sides) => self.compared(sides, if holds { order.sign() } else { order.opposite() }),
            Node::Equal(sides, negated) => self.compared(sides, if holds == *negated { "!=" } else { "==" }),
            Node::In(sides) => self.compared(sides, if holds { "in" } else { "not in" }),
            Node::Matches(inner, regex) => {
                let matches = if holds { "matches" } else { "does not match" };
                format!("{} {matches} /{}/", self.side(inner), regex.as_str())
            }
            Node::Has(parent, field) => {
                let there = if holds { "is there" } else { "is not there" };
                format!("{}.{field} {there}", written(parent))
            }
            _ => match evaluate(node, self.scope) {
                Some(value) => self.operand(node, &value),
                None => self.unknown(node),
            },
        }
    }

    fn compared(&self, sides: &Sides, sign: &str) -> String {
        let (left, right) = (self.side(&sides.0), self.side(&sides.1));
        if let (Some(Known::Number(a)), Some(Known::Number(b))) =
            (evaluate(&sides.0, self.scope), evaluate(&sides.1, self.scope))
            && a.total_cmp(&b).is_ne()
            && number(a) == number(b)
        {
            // Rounded they look the same; say what made the difference.
            return format!("{left} {sign} {right} ({} and {})", significant(a, 12), significant(b, 12));
        }
        format!("{left} {sign} {right}")
    }

    fn side(&self, node: &Node) -> String {
        evaluate(node, self.scope).map_or_else(|| written(node), |value| self.operand(node, &value))
    }

    /// An operand with its value: `error_rate 0.081`, `1.5 x baseline.p95_ms 110 (165)`, or just `0.05`.
    fn operand(&self, node: &Node, value: &Known<'_>) -> String {
        match node {
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) => shown(value),
            Node::List(_) => written(node),
            Node::Negative(inner) if inner.constant().is_some() => shown(value),
            Node::Arithmetic(..) if node.constant().is_some() => shown(value),
            Node::Arithmetic(..) => format!("{} ({})", self.formula(node), shown(value)),
            _ => format!("{} {}", written(node), shown(value)),
        }
    }

    fn formula(&self, node: &Node) -> String {
        match node {
            Node::Arithmetic(arithmetic, sides) => {
                let part = |node: &Node| match node {
                    Node::Arithmetic(..) if node.constant().is_none() => format!("({})", self.formula(node)),
                    _ => self.side(node),
                };
                format!("{} {} {}", part(&sides.0), arithmetic.sign(), part(&sides.1))
            }
            _ => self.side(node),
        }
    }

    /// The first thing that is not known, or what does not fit together.
    fn unknown(&self, node: &Node) -> String {
        if let Some(missing) = self.missing(node) {
            return format!("{missing} is not known");
        }
        match node {
            Node::Arithmetic(..) => format!("{} has no value", self.formula(node)),
            Node::Ordered(order, sides) => format!("{} can't be compared", self.compared(sides, order.sign())),
            Node::Equal(sides, _) => format!("{} can't be compared", self.compared(sides, "==")),
            _ => format!("{} has no value", written(node)),
        }
    }

    /// The deepest unknown part that has a name.
    fn missing(&self, node: &Node) -> Option<String> {
        if evaluate(node, self.scope).is_some() {
            return None;
        }
        if let Node::Name(_) | Node::Ask { .. } | Node::Over { .. } = node {
            return Some(written(node));
        }
        if let Node::Field(parent, _) | Node::Has(parent, _) = node {
            // What a scope knows field by field has no whole of which something could be missing.
            let whole = matches!(&**parent, Node::Name(name) if self.scope.is_known_by_field(name));
            return if whole { None } else { self.missing(parent) }.or_else(|| Some(written(node)));
        }
        if let Node::Arithmetic(..) = node {
            let mut inner = None;
            node.children(&mut |child| inner = inner.take().or_else(|| self.missing(child)));
            return inner.or_else(|| Some(format!("{} (not a number)", self.formula(node))));
        }
        let mut found = None;
        node.children(&mut |child| found = found.take().or_else(|| self.missing(child)));
        found
    }
}

/// A node as it could be written, for names and calls.
pub(super) fn written(node: &Node) -> String {
    match node {
        Node::Null => "null".into(),
        Node::Bool(value) => value.to_string(),
        Node::Number(value) => number(*value),
        Node::Text(text) => quoted(text),
        Node::Name(name) | Node::Variable(name) => name.clone(),
        Node::Field(parent, field) => format!("{}.{field}", written(parent)),
        Node::Has(parent, field) => format!("has({}.{field})", written(parent)),
        Node::Index(sides) => format!("{}[{}]", written(&sides.0), written(&sides.1)),
        Node::List(items) => format!("[{}]", list(items)),
        Node::Not(inner) => format!("!{}", written(inner)),
        Node::Negative(inner) => format!("-{}", written(inner)),
        Node::Call(function, arguments) => format!("{}({})", function.word(), list(arguments)),
        Node::Ask { function, arguments } => format!("{function}({})", list(arguments)),
        Node::Over { function, path, window, .. } => {
            format!("{}({path}, '{}')", function.word(), humantime::format_duration(*window))
        }
        Node::Matches(inner, regex) => format!("{}.matches({})", written(inner), quoted(regex.as_str())),
        Node::Each { list, variable, all, .. } => {
            format!("{}.{}({variable}, ...)", written(list), if *all { "all" } else { "exists" })
        }
        Node::And(sides) => pair(sides, "&&"),
        Node::Or(sides) => pair(sides, "||"),
        Node::Equal(sides, negated) => pair(sides, if *negated { "!=" } else { "==" }),
        Node::Ordered(order, sides) => pair(sides, order.sign()),
        Node::Arithmetic(arithmetic, sides) => pair(sides, arithmetic.sign()),
        Node::In(sides) => pair(sides, "in"),
        Node::Choice(parts) => format!("{} ? {} : {}", written(&parts.0), written(&parts.1), written(&parts.2)),
    }
}

fn pair(sides: &Sides, sign: &str) -> String {
    format!("{} {sign} {}", written(&sides.0), written(&sides.1))
}

fn list(items: &[Node]) -> String {
    items.iter().map(written).collect::<Vec<_>>().join(", ")
}

fn shown(value: &Known<'_>) -> String {
    match value {
        Known::Bool(value) => value.to_string(),
        Known::Number(value) => number(*value),
        Known::Text(text) => quoted(text),
        Known::Json(value) if value.is_null() => "null".into(),
        Known::Json(value) => match (value.as_array(), value.as_object()) {
            (Some(items), _) if items.len() > 8 => format!("a list of {}", items.len()),
            (_, Some(map)) => format!("a map of {}", map.len()),
            _ => cut(&value.to_string(), MAX_VALUE),
        },
    }
}

/// A string in quotes, control characters escaped, shortened.
fn quoted(text: &str) -> String {
    let mut chars = text.chars();
    let head: String = chars.by_ref().take(MAX_VALUE).collect();
    let more = if chars.next().is_some() { "..." } else { "" };
    format!("{head:?}{more}")
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}
