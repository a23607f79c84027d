//! From source to our tree: the `cel` crate's parser, then a conversion that refuses what we don't evaluate.

use cel::{
    common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators as op},
    parser::{ParseErrors, Parser},
};
use regex::RegexBuilder;

use super::{
    ConditionError,
    evaluate::MAX_REGEX,
    tree::{ASKED, Arithmetic, Function, Node, Order, Sides},
};
use crate::domain::nearest::hint;

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
    if size.depth <= SMALL.depth && size.operators <= SMALL.operators {
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

fn refused(message: impl Into<String>, offset: usize) -> ConditionError {
    ConditionError { message: message.into(), offset }
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
        if !receiver && ASKED.contains(&name.as_str()) {
            return Ok(Node::Ask { function: name, arguments });
        }
        let Some((word, function, least, most)) = Function::ALL.into_iter().find(|(word, ..)| *word == name) else {
            return Err(unknown_function(&name, at));
        };
        if arguments.len() < least || arguments.len() > most {
            let message = match least {
                1 => format!("{word}() needs an argument, as in {word}(x)"),
                _ => format!("{word} needs a string and one argument, as in x.{word}('text')"),
            };
            return Err(refused(message, at));
        }
        match (function, arguments.get(1)) {
            (Function::Matches, Some(Node::Text(pattern))) => {
                let regex = RegexBuilder::new(pattern).size_limit(MAX_REGEX).build().map_err(|error| {
                    let why = error.to_string();
                    let why = why.lines().last().unwrap_or("it is not a regular expression");
                    refused(format!("the pattern '{pattern}' can't be used: {why}"), at)
                })?;
                Ok(Node::Matches(Box::new(arguments.swap_remove(0)), Box::new(regex)))
            }
            _ => Ok(Node::Call(function, arguments)),
        }
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

/// The node of an operator; the arguments are taken only if the name is one.
fn operator(name: &str, arguments: &mut Vec<Node>) -> Option<Node> {
    let ordered = |order, sides| Some(Node::Ordered(order, sides));
    let arithmetic = |arithmetic, sides| Some(Node::Arithmetic(arithmetic, sides));
    match (name, arguments.len()) {
        (op::LOGICAL_NOT, 1) => return arguments.pop().map(|inner| Node::Not(Box::new(inner))),
        (op::NEGATE, 1) => {
            return arguments.pop().map(|inner| match inner {
                Node::Number(number) => Node::Number(-number),
                inner => Node::Negative(Box::new(inner)),
            });
        }
        (op::CONDITIONAL, 3) => {
            let (no, yes, test) = (arguments.pop()?, arguments.pop()?, arguments.pop()?);
            return Some(Node::Choice(Box::new((test, yes, no))));
        }
        (_, 2) if name.starts_with('_') || name == op::IN => {}
        _ => return None,
    }
    let (right, left) = (arguments.pop()?, arguments.pop()?);
    let sides: Sides = Box::new((left, right));
    match name {
        op::LOGICAL_AND => Some(Node::And(sides)),
        op::LOGICAL_OR => Some(Node::Or(sides)),
        op::EQUALS => Some(Node::Equal(sides, false)),
        op::NOT_EQUALS => Some(Node::Equal(sides, true)),
        op::LESS => ordered(Order::Less, sides),
        op::LESS_EQUALS => ordered(Order::LessEqual, sides),
        op::GREATER => ordered(Order::Greater, sides),
        op::GREATER_EQUALS => ordered(Order::GreaterEqual, sides),
        op::ADD => arithmetic(Arithmetic::Add, sides),
        op::SUBSTRACT => arithmetic(Arithmetic::Subtract, sides),
        op::MULTIPLY => arithmetic(Arithmetic::Multiply, sides),
        op::DIVIDE => arithmetic(Arithmetic::Divide, sides),
        op::MODULO => arithmetic(Arithmetic::Remainder, sides),
        op::INDEX => Some(Node::Index(sides)),
        op::IN => Some(Node::In(sides)),
        _ => None,
    }
}

fn unknown_function(name: &str, at: usize) -> ConditionError {
    let known = || Function::ALL.into_iter().map(|(word, ..)| word).chain(ASKED).chain(["has", "all", "exists"]);
    let known_list: Vec<_> = known().collect();
    let hint = hint(name, known());
    let message = if hint.is_empty() {
        format!("there is no function '{name}'; there are: {}", known_list.join(", "))
    } else {
        format!("there is no function '{name}'{hint}")
    };
    ConditionError { message, offset: at }
}
