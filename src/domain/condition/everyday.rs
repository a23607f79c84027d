//! The everyday part of the language, read by hand: names, fields, literals, lists, calls, operators. It is what nearly all
//! conditions are written in, and takes a microsecond where the whole language's parser takes a hundred. Whatever it does not
//! know (`?:`, macros, escapes, hexadecimal, anything wrong) it leaves to that parser, which also says what is wrong; what
//! it does know becomes the same tree, which a test compares.

use cel::common::ast::operators as op;

use super::{
    calls::{call, operator},
    tree::Node,
};

/// Words that are no names; macros too, as they are no calls.
const RESERVED: [&str; 25] = [
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
    "has",
    "all",
    "exists",
    "exists_one",
    "existsOne",
    "map",
    "filter",
];

/// The comparisons, longer signs first; `in` is a word.
const COMPARISONS: [(&str, &str); 6] = [
    ("<=", op::LESS_EQUALS),
    (">=", op::GREATER_EQUALS),
    ("==", op::EQUALS),
    ("!=", op::NOT_EQUALS),
    ("<", op::LESS),
    (">", op::GREATER),
];
const SUMS: [(&str, &str); 2] = [("+", op::ADD), ("-", op::SUBSTRACT)];
const PRODUCTS: [(&str, &str); 3] = [("*", op::MULTIPLY), ("/", op::DIVIDE), ("%", op::MODULO)];

/// The tree of a source whose size was bounded before; `None` if it is not an everyday one.
pub(super) fn parse(source: &str) -> Option<Node> {
    let mut rest = Rest(source);
    let node = rest.either()?;
    rest.space();
    rest.0.is_empty().then_some(node)
}

/// What is left to read.
struct Rest<'s>(&'s str);

impl<'s> Rest<'s> {
    fn space(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
    }

    /// Takes a sign if it comes next.
    fn sign(&mut self, sign: &str) -> bool {
        self.space();
        let after = self.0.strip_prefix(sign);
        self.0 = after.unwrap_or(self.0);
        after.is_some()
    }

    /// The next word, which is not taken.
    fn peek(&mut self) -> &'s str {
        self.space();
        let first = |c: char| c.is_ascii_alphabetic() || c == '_';
        let end = self.0.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.0.len());
        if self.0.starts_with(first) { &self.0[..end] } else { "" }
    }

    /// Takes a name; literals and reserved words are none.
    fn name(&mut self) -> Option<&'s str> {
        let word = self.peek();
        let fine = !word.is_empty() && !RESERVED.contains(&word) && !matches!(word, "true" | "false" | "null");
        self.0 = &self.0[word.len()..];
        fine.then_some(word)
    }

    fn either(&mut self) -> Option<Node> {
        let mut terms = vec![self.both()?];
        while self.sign("||") {
            terms.push(self.both()?);
        }
        balanced(op::LOGICAL_OR, terms)
    }

    fn both(&mut self) -> Option<Node> {
        let mut terms = vec![self.comparison()?];
        while self.sign("&&") {
            terms.push(self.comparison()?);
        }
        balanced(op::LOGICAL_AND, terms)
    }

    fn comparison(&mut self) -> Option<Node> {
        let mut left = self.sum()?;
        loop {
            let name = if self.peek() == "in" {
                self.0 = &self.0["in".len()..];
                op::IN
            } else if let Some(name) = self.one_of(&COMPARISONS) {
                name
            } else {
                return Some(left);
            };
            let right = self.sum()?;
            left = operator(name, &mut vec![left, right])?;
        }
    }

    fn sum(&mut self) -> Option<Node> {
        self.chain(&SUMS, Self::product)
    }

    fn product(&mut self) -> Option<Node> {
        self.chain(&PRODUCTS, Self::signed)
    }

    /// Operands with operators of one rank between them, from left to right.
    fn chain(&mut self, ranks: &[(&str, &'static str)], operand: fn(&mut Self) -> Option<Node>) -> Option<Node> {
        let mut left = operand(self)?;
        while let Some(name) = self.one_of(ranks) {
            let right = operand(self)?;
            left = operator(name, &mut vec![left, right])?;
        }
        Some(left)
    }

    fn one_of(&mut self, signs: &[(&str, &'static str)]) -> Option<&'static str> {
        signs.iter().find(|(sign, _)| self.sign(sign)).map(|(_, name)| *name)
    }

    fn signed(&mut self) -> Option<Node> {
        let name = match () {
            () if self.sign("!") => op::LOGICAL_NOT,
            () if self.sign("-") => op::NEGATE,
            () => return self.member(),
        };
        self.space();
        // Two signs cancel each other over there, and a literal's sign is part of it: `-0`, `-1.x`.
        if self.0.starts_with(['!', '-']) || (name == op::NEGATE && self.0.starts_with(['0', '.'])) {
            return None;
        }
        let inner = self.member()?;
        operator(name, &mut vec![inner])
    }

    fn member(&mut self) -> Option<Node> {
        let mut node = self.primary()?;
        loop {
            self.space();
            // Nothing lies below a number, and its sign would bind closer than this: `-1[0]`.
            if matches!(node, Node::Number(_)) && self.0.starts_with(['.', '[']) {
                return None;
            }
            if self.sign(".") {
                let field = self.name()?;
                node = if self.sign("(") {
                    let arguments = self.list(")", vec![node])?;
                    call(field, true, arguments, 0).ok()?
                } else {
                    Node::Field(Box::new(node), field.to_owned())
                };
            } else if self.sign("[") {
                let index = self.either()?;
                if !self.sign("]") {
                    return None;
                }
                node = operator(op::INDEX, &mut vec![node, index])?;
            } else {
                return Some(node);
            }
        }
    }

    fn primary(&mut self) -> Option<Node> {
        if self.sign("(") {
            let inner = self.either()?;
            return self.sign(")").then_some(inner);
        }
        if self.sign("[") {
            return self.list("]", Vec::new()).map(Node::List);
        }
        match self.0.as_bytes().first()? {
            quote @ (b'\'' | b'"') => self.text(char::from(*quote)),
            b'0'..=b'9' => self.number(),
            _ => self.word(),
        }
    }

    /// Expressions up to a closing bracket, behind those that are there already.
    fn list(&mut self, close: &str, mut items: Vec<Node>) -> Option<Vec<Node>> {
        if self.sign(close) {
            return Some(items);
        }
        loop {
            items.push(self.either()?);
            if self.sign(close) {
                return Some(items);
            }
            if !self.sign(",") {
                return None;
            }
        }
    }

    fn word(&mut self) -> Option<Node> {
        let literal = match self.peek() {
            "true" => Some(Node::Bool(true)),
            "false" => Some(Node::Bool(false)),
            "null" => Some(Node::Null),
            _ => None,
        };
        if let Some(literal) = literal {
            self.0 = &self.0[self.peek().len()..];
            return Some(literal);
        }
        let name = self.name()?;
        if self.0.starts_with(['\'', '"']) {
            return None;
        }
        if self.sign("(") {
            let arguments = self.list(")", Vec::new())?;
            return call(name, false, arguments, 0).ok();
        }
        Some(Node::Name(name.to_owned()))
    }

    /// A string without escapes, on one line, in single quotes or double ones.
    fn text(&mut self, quote: char) -> Option<Node> {
        let inner = &self.0[1..];
        let end = inner.find(quote)?;
        let (text, after) = (&inner[..end], &inner[end + 1..]);
        if text.contains(['\\', '\n', '\r']) || after.starts_with(quote) {
            return None;
        }
        self.0 = after;
        Some(Node::Text(text.to_owned()))
    }

    /// A decimal number.
    fn number(&mut self) -> Option<Node> {
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let whole = digits(self.0);
        let fraction = self.0[whole..].strip_prefix('.').map_or(0, digits);
        let end = if fraction > 0 { whole + 1 + fraction } else { whole };
        let (number, after) = self.0.split_at(end);
        if after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.') {
            return None;
        }
        self.0 = after;
        let value = if fraction > 0 { number.parse().ok()? } else { number.parse::<i64>().ok()? as f64 };
        f64::is_finite(value).then_some(Node::Number(value))
    }
}

/// Terms of one operator as a tree of least depth: as the whole language's parser builds it.
fn balanced(name: &str, mut terms: Vec<Node>) -> Option<Node> {
    if terms.len() == 1 {
        return terms.pop();
    }
    let right = terms.split_off((terms.len() - 2).div_ceil(2) + 1);
    let sides = [balanced(name, terms)?, balanced(name, right)?];
    operator(name, &mut sides.into())
}
