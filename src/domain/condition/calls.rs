//! Operators and calls by name, as nodes of the tree: what both parsers build with.

use cel::common::ast::operators as op;
use regex::RegexBuilder;

use super::{
    ConditionError,
    evaluate::MAX_REGEX,
    over::{self, OverTime},
    tree::{ASKED, Arithmetic, Function, Node, Order, Sides},
};
use crate::domain::nearest::hint;

pub(super) fn refused(message: impl Into<String>, offset: usize) -> ConditionError {
    ConditionError { message: message.into(), offset }
}

/// The node of an operator; the arguments are taken only if the name is one.
pub(super) fn operator(name: &str, arguments: &mut Vec<Node>) -> Option<Node> {
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

/// A call of one of our functions; the receiver, if there is one, is the first argument.
pub(super) fn call(name: &str, receiver: bool, mut arguments: Vec<Node>, at: usize) -> Result<Node, ConditionError> {
    if !receiver && ASKED.contains(&name) {
        return Ok(Node::Ask { function: name.to_owned(), arguments });
    }
    if !receiver && let Some(function) = OverTime::named(name) {
        return over_time(function, arguments, at);
    }
    let Some((word, function, least, most)) = Function::ALL.into_iter().find(|(word, ..)| *word == name) else {
        return Err(unknown_function(name, at));
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

fn unknown_function(name: &str, at: usize) -> ConditionError {
    let over = || OverTime::ALL.into_iter().map(OverTime::word);
    let known =
        || Function::ALL.into_iter().map(|(word, ..)| word).chain(ASKED).chain(["has", "all", "exists"]).chain(over());
    let known_list: Vec<_> = known().collect();
    let hint = hint(name, known());
    let message = if hint.is_empty() {
        format!("there is no function '{name}'; there are: {}", known_list.join(", "))
    } else {
        format!("there is no function '{name}'{hint}")
    };
    ConditionError { message, offset: at }
}

/// The node of a function over time.
fn over_time(function: OverTime, mut arguments: Vec<Node>, at: usize) -> Result<Node, ConditionError> {
    let word = function.word();
    let usage = format!("write it as in {word}(error_rate, '5m')");
    let (Some(Node::Text(window)), Some(series), true) = (arguments.pop(), arguments.pop(), arguments.is_empty())
    else {
        return Err(refused(format!("{word}() needs a series and a time in quotes: {usage}"), at));
    };
    let Some(path) = series.path() else {
        return Err(refused(format!("{word}() looks back on a recorded series, not on an expression: {usage}"), at));
    };
    let window = humantime::parse_duration(&window)
        .map_err(|error| refused(format!("'{window}' is not a time to look back: {error}; {usage}"), at))?;
    if window < over::LEAST || window > over::MOST {
        return Err(refused(
            format!("{word}() looks back between 1s and 24h; for longer there are objectives (slo)"),
            at,
        ));
    }
    Ok(Node::Over { function, series: Box::new(series), path, window })
}
