//! From source to our tree: the `cel` crate's parser, then a conversion that refuses what we don't evaluate.

use cel::{
    common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators as op},
    parser::{ParseErrors, Parser},
};

use super::{
    ConditionError,
    calls::{self, operator, refused},
    everyday,
    tree::Node,
};

/// Longest source accepted, in bytes.
const MAX_SOURCE: usize = 8 << 10;
/// Deepest nesting of brackets accepted.
const MAX_DEPTH: u16 = 24;
/// Most operators and brackets accepted: each may cost the parser a level of its stack.
const MAX_OPERATORS: usize = 160;
/// What is parsed on the caller's own stack.
const SMALL: Size = Size { depth: 3, operators: 24 };
/// The stack for larger ones.
const PARSER_STACK: usize = 32 << 20;
/// Deepest nesting of `all` and `exists`.
const MAX_EACH: usize = 2;

/// Parses a source into a tree.
pub(super) fn parse(source: &str) -> Result<Node, ConditionError> {
    if source.trim().is_empty() {
        return Err(refused("the condition is empty", 0));
    }
    if source.len() > MAX_SOURCE {
        return Err(refused(format!("the condition is longer than {} KiB", MAX_SOURCE >> 10), MAX_SOURCE));
    }
    let size = measure(source)?;
    if let Some(node) = everyday::parse(source) {
        return Ok(node);
    }
    if size.is_small() {
        return parse_here(source);
    }
    // The generated parser takes tens of kilobytes of stack for each bracket; the caller's may be small.
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(PARSER_STACK)
            .spawn_scoped(scope, || parse_here(source))
            .ok()
            .and_then(|parser| parser.join().ok())
            .unwrap_or_else(|| Err(refused("the condition is too large to be parsed: split it into several", 0)))
    })
}

fn parse_here(source: &str) -> Result<Node, ConditionError> {
    let parser = Parser::new().error_recovery_limit(4);
    let (expression, places) = parser.parse_with_source_info(source).map_err(|errors| syntax_error(source, &errors))?;
    Conversion { source, places, variables: Vec::new() }.node(expression)
}

/// Bounds the parser's recursion before it begins, and with it the depth of every tree.
fn measure(source: &str) -> Result<Size, ConditionError> {
    let mut operators = source.split_whitespace().filter(|word| *word == "in").count();
    let mut depth = 0_u16;
    let mut deepest = 0;
    let mut quote = None;
    let mut escaped = false;
    for (at, sign) in source.char_indices() {
        if let Some(open) = quote {
            if !escaped && sign == open {
                quote = None;
            }
            escaped = !escaped && sign == '\\';
            continue;
        }
        match sign {
            '\'' | '"' => {
                quote = Some(sign);
                operators += 1;
            }
            '(' | '[' | '{' => {
                depth += 1;
                deepest = deepest.max(depth);
                operators += 1;
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '+' | '-' | '*' | '/' | '%' | '!' | '<' | '>' | '=' | '&' | '|' | '?' | '.' | ',' => operators += 1,
            _ => {}
        }
        if depth > MAX_DEPTH || operators > MAX_OPERATORS {
            return Err(refused("the condition is too large: split it into several", at));
        }
    }
    Ok(Size { depth: deepest, operators })
}

struct Size {
    depth: u16,
    operators: usize,
}

impl Size {
    fn is_small(&self) -> bool {
        self.depth <= SMALL.depth && self.operators <= SMALL.operators
    }
}

/// The parser's first complaint, shortened, with a hint for what people type out of habit.
fn syntax_error(source: &str, errors: &ParseErrors) -> ConditionError {
    let (message, (line, column)) =
        errors.errors.first().map_or(("it can't be read", (1, 1)), |error| (error.msg.as_str(), error.pos));
    let offset = offset_of(source, line, column);
    let first = message.lines().next().unwrap_or_default().trim_start_matches("Syntax error: ");
    let short = first.split(" expecting").next().unwrap_or(first).trim();
    let short = if short.contains("<EOF>") { "it ends too early" } else { short };
    let habit = habit(source).map(|habit| format!("; {habit}")).unwrap_or_default();
    refused(format!("not a valid condition: {short}{habit}"), offset)
}

fn habit(source: &str) -> Option<&'static str> {
    let bytes = source.as_bytes();
    let lone = |sign: u8, also: &[u8]| {
        bytes.iter().enumerate().any(|(at, byte)| {
            let beside = |other: Option<&u8>| other.is_some_and(|other| *other == sign || also.contains(other));
            *byte == sign && !beside(bytes.get(at + 1)) && !beside(at.checked_sub(1).and_then(|at| bytes.get(at)))
        })
    };
    let word = |wanted: &str| source.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == wanted);
    if lone(b'=', b"!<>") {
        Some("write == to compare")
    } else if word("and") || lone(b'&', b"") {
        Some("write && for 'and'")
    } else if word("or") || lone(b'|', b"") {
        Some("write || for 'or'")
    } else if word("not") {
        Some("write ! for 'not'")
    } else {
        None
    }
}

/// The byte offset of a line (from 1) and column (from 1, in characters).
fn offset_of(source: &str, line: isize, column: isize) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let start: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = source.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

struct Conversion<'s> {
    source: &'s str,
    places: SourceInfo,
    variables: Vec<String>,
}

impl Conversion<'_> {
    fn offset(&self, id: u64) -> usize {
        let mut at = self.places.offset_for(id).map_or(0, |(start, _)| start as usize).min(self.source.len());
        while !self.source.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn node(&mut self, expression: IdedExpr) -> Result<Node, ConditionError> {
        let at = self.offset(expression.id);
        match expression.expr {
            Expr::Literal(literal) => convert_literal(literal, at),
            Expr::Ident(name) if self.variables.contains(&name) => Ok(Node::Variable(name)),
            Expr::Ident(name) => Ok(Node::Name(name)),
            Expr::Select(select) => {
                let parent = Box::new(self.node(*select.operand)?);
                Ok(if select.test { Node::Has(parent, select.field) } else { Node::Field(parent, select.field) })
            }
            Expr::List(list) => {
                Ok(Node::List(list.elements.into_iter().map(|item| self.node(item)).collect::<Result<_, _>>()?))
            }
            Expr::Call(call) => self.call(call, at),
            Expr::Comprehension(comprehension) => self.each(*comprehension, at),
            Expr::Map(_) => Err(refused("map literals can't be used in conditions", at)),
            Expr::Struct(_) => Err(refused("message literals can't be used in conditions", at)),
            Expr::Unspecified => Err(refused("not a valid condition", at)),
        }
    }

    fn call(&mut self, call: CallExpr, at: usize) -> Result<Node, ConditionError> {
        let CallExpr { func_name: name, target, args } = call;
        let mut arguments = Vec::with_capacity(args.len() + 1);
        let receiver = target.is_some();
        for argument in target.map(|target| *target).into_iter().chain(args) {
            arguments.push(self.node(argument)?);
        }
        if !receiver && let Some(node) = operator(&name, &mut arguments) {
            return Ok(node);
        }
        calls::call(&name, receiver, arguments, at)
    }

    /// The parser turns `all` and `exists` into a loop with an accumulator; we want the test back.
    fn each(&mut self, comprehension: ComprehensionExpr, at: usize) -> Result<Node, ConditionError> {
        const ONLY: &str = "of the list functions only all() and exists() can be used: list.all(item, item.ok)";
        let ComprehensionExpr { iter_range, iter_var, accu_init, loop_step, .. } = comprehension;
        let (Expr::Literal(LiteralValue::Boolean(_)), Expr::Call(mut step)) = (accu_init.expr, loop_step.expr) else {
            return Err(refused(ONLY, at));
        };
        let all = match step.func_name.as_str() {
            op::LOGICAL_AND => true,
            op::LOGICAL_OR => false,
            _ => return Err(refused(ONLY, at)),
        };
        let Some(test) = step.args.pop() else { return Err(refused(ONLY, at)) };
        if self.variables.len() >= MAX_EACH {
            return Err(refused("all() and exists() can be nested only twice", at));
        }
        let list = Box::new(self.node(iter_range)?);
        self.variables.push(iter_var.clone());
        let test = self.node(test);
        self.variables.pop();
        Ok(Node::Each { list, variable: iter_var, test: Box::new(test?), all })
    }
}

fn convert_literal(literal: LiteralValue, at: usize) -> Result<Node, ConditionError> {
    Ok(match literal {
        LiteralValue::Null => Node::Null,
        LiteralValue::Boolean(value) => Node::Bool(value.into_inner()),
        LiteralValue::Int(value) => Node::Number(value.into_inner() as f64),
        LiteralValue::UInt(value) => Node::Number(value.into_inner() as f64),
        LiteralValue::Double(value) if value.inner().is_finite() => Node::Number(value.into_inner()),
        LiteralValue::Double(_) => return Err(refused("the number is too large", at)),
        LiteralValue::String(value) => Node::Text(value.into_inner()),
        LiteralValue::Bytes(_) => return Err(refused("byte strings can't be used in conditions: drop the b", at)),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(source: &str) {
        let Some(ours) = everyday::parse(source) else { return };
        let theirs = parse_here(source).unwrap_or_else(|error| panic!("only we take {source:?}: {error}"));
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "{source}");
    }

    #[test]
    fn what_people_write_is_everyday() {
        for source in [
            "status == 200",
            "status in [200, 204] && latency_ms < 500",
            "json.status == 'ok'",
            "json.checks[0].up || !json.degraded",
            "error_rate <= 0.05 && p95_ms <= baseline.p95_ms * 1.5 + 20 && p99_ms < 900",
            "sum('requests_total{job=\"api\"}')",
            "100 * rate('errors') / (rate('requests') + 1)",
            "quantile(0.95, 'latency_bucket') * 1000",
            "body.contains(\"up\") && version.startsWith('1.') && name.matches('^a+$')",
            "max(a, -b, 3) > abs(-2.5)",
            "headers['content-type'] == \"text/html\"",
            "a && b && c && d && e || f && g",
        ] {
            assert!(everyday::parse(source).is_some(), "{source}");
            same(source);
        }
    }

    #[test]
    fn what_is_not_everyday_is_left_to_the_whole_parser() {
        for source in [
            "a ? b : c",
            "has(json.a)",
            "json.checks.all(c, c.up)",
            "'a\\'b'",
            "r'a'",
            "0x10",
            "5u",
            "1e3",
            "1.",
            "--a",
            "!!a",
            "-0",
            "-1[0]",
            "1 .a",
            "a.?b",
            "a[?0]",
            "[1, 2,]",
            "{'a': 1}",
            "a = b",
            "a and b",
            "'open",
            "nothing(1)",
            "size()",
            "a.matches('(')",
            "9223372036854775808",
            "'''a'''",
            "a // b",
            ".a",
            "",
        ] {
            assert!(everyday::parse(source).is_none(), "{source}");
        }
    }

    fn expression() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "[a-d]",
            Just("status".to_owned()),
            Just("in".to_owned()),
            Just("true".to_owned()),
            Just("null".to_owned()),
            "[0-9]{1,3}",
            "[0-9]{0,2}\\.[0-9]{0,2}",
            "'[a-z ]{0,3}'",
            "\"[a-z]{0,2}\"",
        ];
        leaf.prop_recursive(5, 40, 4, |inner| {
            let sign = prop::sample::select(vec![
                "&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", " in ", ".", "?", "",
            ]);
            prop_oneof![
                4 => (inner.clone(), sign, inner.clone()).prop_map(|(a, sign, b)| format!("{a} {sign} {b}")),
                1 => inner.clone().prop_map(|a| format!("({a})")),
                1 => inner.clone().prop_map(|a| format!("!{a}")),
                1 => inner.clone().prop_map(|a| format!("-{a}")),
                1 => inner.clone().prop_map(|a| format!("{a}.size()")),
                1 => inner.clone().prop_map(|a| format!("{a}.field")),
                1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}[{b}]")),
                1 => prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
                1 => prop::collection::vec(inner, 0..3).prop_map(|items| format!("max({})", items.join(","))),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn both_parsers_make_the_same_tree(source in expression()) {
            if measure(&source).is_ok_and(|size| size.is_small()) {
                same(&source);
            }
        }
    }
}
