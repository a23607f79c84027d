//! The part of PromQL that rule tests mostly are made of: selectors, comparisons, arithmetic, `and`, `or`, `unless` between
//! equal labels, and functions over time.

use std::{cmp::Ordering, collections::BTreeMap, time::Duration};

use promql_parser::{
    label::Matchers,
    parser::{BinaryExpr, Call, Expr, VectorSelector},
};

use crate::domain::time::UnixMs;

/// How far back the newest sample of a series may lie.
const LOOKBACK: Duration = Duration::from_mins(5);

/// Labels of a series, its name among them.
pub type Labels = BTreeMap<String, String>;

/// A made-up series: `None` where it is marked stale.
#[derive(Debug)]
pub struct Series {
    /// Its labels.
    pub labels: Labels,
    /// In order of time.
    pub points: Vec<(UnixMs, Option<f64>)>,
}

/// All of them.
#[derive(Debug)]
pub struct World {
    /// In any order.
    pub series: Vec<Series>,
}

/// What an expression comes to.
#[derive(Debug)]
pub enum Outcome {
    /// A number.
    Scalar(f64),
    /// Series with a value each.
    Vector(Vec<(Labels, f64)>),
}

impl Outcome {
    /// The series.
    pub fn into_vector(self) -> Option<Vec<(Labels, f64)>> {
        match self {
            Self::Vector(vector) => Some(vector),
            Self::Scalar(_) => None,
        }
    }
}

/// Labels as PromQL writes them.
pub fn shown(labels: &Labels) -> String {
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", labels.join(","))
}

/// The labels of a series as it is written in a test.
pub fn labels(series: &str) -> Result<Labels, String> {
    let parsed = promql_parser::parser::parse(series).map_err(|why| format!("'{series}': {why}"))?;
    let Expr::VectorSelector(selector) = parsed else { return Err(format!("'{series}' is no series")) };
    let mut labels: Labels =
        selector.matchers.matchers.iter().map(|matcher| (matcher.name.clone(), matcher.value.clone())).collect();
    labels.extend(selector.name.map(|name| ("__name__".to_owned(), name)));
    Ok(labels)
}

/// Evaluates at a moment.
pub fn evaluate(expression: &Expr, world: &World, now: UnixMs) -> Result<Outcome, String> {
    match expression {
        Expr::NumberLiteral(number) => Ok(Outcome::Scalar(number.val)),
        Expr::Paren(inner) => evaluate(&inner.expr, world, now),
        Expr::Unary(inner) => Ok(match evaluate(&inner.expr, world, now)? {
            Outcome::Scalar(value) => Outcome::Scalar(-value),
            Outcome::Vector(vector) => {
                Outcome::Vector(vector.into_iter().map(|(labels, value)| (nameless(labels), -value)).collect())
            }
        }),
        Expr::VectorSelector(selector) => instant(selector, world, now),
        Expr::Binary(binary) => combine(binary, world, now),
        Expr::Call(call) => over_time(call, world, now),
        other => Err(not_understood(&other.to_string())),
    }
}

fn not_understood(what: &str) -> String {
    format!("'{what}' is beyond the PromQL that is understood here: leave it to promtool")
}

fn nameless(mut labels: Labels) -> Labels {
    labels.remove("__name__");
    labels
}

fn selected<'w>(selector: &VectorSelector, world: &'w World) -> Result<Vec<&'w Series>, String> {
    if selector.offset.is_some() || selector.at.is_some() || !selector.matchers.or_matchers.is_empty() {
        return Err(not_understood(&selector.to_string()));
    }
    let fits = |series: &&Series| {
        let name = series.labels.get("__name__");
        selector.name.as_ref().is_none_or(|wanted| name == Some(wanted)) && matches(&selector.matchers, &series.labels)
    };
    Ok(world.series.iter().filter(fits).collect())
}

fn matches(matchers: &Matchers, labels: &Labels) -> bool {
    matchers.matchers.iter().all(|matcher| matcher.is_match(labels.get(&matcher.name).map_or("", String::as_str)))
}

/// The newest sample of each series, unless it is marked stale or too old.
fn instant(selector: &VectorSelector, world: &World, now: UnixMs) -> Result<Outcome, String> {
    let newest = |series: &&Series| {
        let (at, value) = series.points.iter().rev().find(|(at, _)| *at <= now)?;
        let value = value.filter(|_| now.since(*at) <= LOOKBACK)?;
        Some((series.labels.clone(), value))
    };
    Ok(Outcome::Vector(selected(selector, world)?.iter().filter_map(newest).collect()))
}

/// `avg_over_time(series[5m])` and its like.
fn over_time(call: &Call, world: &World, now: UnixMs) -> Result<Outcome, String> {
    let [argument] = &call.args.args[..] else { return Err(not_understood(&call.to_string())) };
    let Expr::MatrixSelector(matrix) = &**argument else { return Err(not_understood(&call.to_string())) };
    let function: fn(&[f64]) -> f64 = match call.func.name {
        "avg_over_time" => |values| values.iter().sum::<f64>() / values.len() as f64,
        "min_over_time" => |values| values.iter().copied().fold(f64::INFINITY, f64::min),
        "max_over_time" => |values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "sum_over_time" => |values| values.iter().sum(),
        "count_over_time" => |values| values.len() as f64,
        "last_over_time" => |values| values.last().copied().unwrap_or_default(),
        "changes" => |values| values.windows(2).filter(|two| two[0].total_cmp(&two[1]).is_ne()).count() as f64,
        _ => return Err(not_understood(&call.to_string())),
    };
    let oldest = now.before(matrix.range);
    let of = |series: &&Series| {
        let within = series.points.iter().filter(|(at, _)| *at > oldest && *at <= now);
        let values: Vec<f64> = within.filter_map(|(_, value)| *value).collect();
        (!values.is_empty()).then(|| (nameless(series.labels.clone()), function(&values)))
    };
    Ok(Outcome::Vector(selected(&matrix.vs, world)?.iter().filter_map(of).collect()))
}

fn combine(binary: &BinaryExpr, world: &World, now: UnixMs) -> Result<Outcome, String> {
    if binary.modifier.as_ref().is_some_and(|modifier| modifier.return_bool || modifier.matching.is_some()) {
        return Err(not_understood(&binary.to_string()));
    }
    let sign = binary.op.to_string();
    let (left, right) = (evaluate(&binary.lhs, world, now)?, evaluate(&binary.rhs, world, now)?);
    let find = |vector: &[(Labels, f64)], labels: &Labels| {
        let wanted = nameless(labels.clone());
        vector.iter().find(|(labels, _)| nameless(labels.clone()) == wanted).map(|(_, value)| *value)
    };
    // Each series with its two operands, and the one that a comparison keeps.
    let pairs: Vec<(Labels, f64, f64, f64)> = match (left, right) {
        (Outcome::Vector(left), Outcome::Vector(right)) => {
            if let Some(kept) = set_operation(&sign, &left, &right, find) {
                return Ok(Outcome::Vector(kept));
            }
            let partner = |(labels, value): (Labels, f64)| {
                let other = find(&right, &labels)?;
                Some((labels, value, other, value))
            };
            left.into_iter().filter_map(partner).collect()
        }
        (Outcome::Vector(left), Outcome::Scalar(right)) => {
            left.into_iter().map(|(labels, value)| (labels, value, right, value)).collect()
        }
        (Outcome::Scalar(left), Outcome::Vector(right)) => {
            right.into_iter().map(|(labels, value)| (labels, left, value, value)).collect()
        }
        (Outcome::Scalar(left), Outcome::Scalar(right)) => {
            return apply(&sign, left, right, left)?.map(Outcome::Scalar).ok_or_else(|| not_understood(&sign));
        }
    };
    let mut kept = Vec::new();
    for (labels, left, right, value) in pairs {
        if let Some(value) = apply(&sign, left, right, value)? {
            // A comparison keeps the name, arithmetic makes something else of it.
            let is_arithmetic = matches!(sign.as_str(), "+" | "-" | "*" | "/" | "%");
            kept.push((if is_arithmetic { nameless(labels) } else { labels }, value));
        }
    }
    Ok(Outcome::Vector(kept))
}

/// `and`, `or`, `unless`; `None` if it is another operator.
fn set_operation(
    sign: &str,
    left: &[(Labels, f64)],
    right: &[(Labels, f64)],
    find: impl Fn(&[(Labels, f64)], &Labels) -> Option<f64>,
) -> Option<Vec<(Labels, f64)>> {
    let those = |of: &[(Labels, f64)], other: &[(Labels, f64)], wanted: bool| -> Vec<(Labels, f64)> {
        of.iter().filter(|(labels, _)| find(other, labels).is_some() == wanted).cloned().collect()
    };
    Some(match sign {
        "and" => those(left, right, true),
        "unless" => those(left, right, false),
        "or" => [left.to_vec(), those(right, left, false)].concat(),
        _ => return None,
    })
}

/// A comparison that holds leaves `kept`, one that does not leaves nothing; arithmetic has a result.
fn apply(sign: &str, left: f64, right: f64, kept: f64) -> Result<Option<f64>, String> {
    let order = left.partial_cmp(&right);
    let holds = match sign {
        ">" => order.is_some_and(Ordering::is_gt),
        "<" => order.is_some_and(Ordering::is_lt),
        ">=" => order.is_some_and(Ordering::is_ge),
        "<=" => order.is_some_and(Ordering::is_le),
        "==" => order == Some(Ordering::Equal),
        "!=" => order != Some(Ordering::Equal),
        "+" => return Ok(Some(left + right)),
        "-" => return Ok(Some(left - right)),
        "*" => return Ok(Some(left * right)),
        "/" => return Ok(Some(left / right)),
        "%" => return Ok(Some(left % right)),
        _ => return Err(not_understood(sign)),
    };
    Ok(holds.then_some(kept))
}
