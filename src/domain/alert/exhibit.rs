//! A rule held against what is known: what it comes to, why, and by what.

use std::sync::Arc;

use super::{
    book::{Book, Desk},
    over::Over,
    rule::{Origin, Rule},
};
use crate::domain::{
    condition::{Condition, Scope},
    time::UnixMs,
    verdict::Verdict,
};

/// Services named in one explanation.
const NAMED: usize = 3;

/// A condition and everything it was judged by.
#[derive(Debug, Clone, PartialEq)]
pub struct Exhibit {
    /// The rule.
    pub rule: Arc<Rule>,
    /// What it comes to now.
    pub verdict: Verdict,
    /// Why.
    pub explanation: String,
    /// What it reads.
    pub inputs: Vec<Input>,
}

/// One thing a condition reads.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Input {
    /// As written, with the service it is of: `api.error_rate`.
    pub name: String,
    /// Its value; `None` if it is not known.
    pub value: Option<serde_json::Value>,
    /// When it was last looked at.
    pub looked_at: Option<UnixMs>,
    /// Of a function over time: how many samples it is made of.
    pub samples: Option<u64>,
}

/// Everything a condition reads.
pub fn inputs_of(desk: &Desk<'_>, condition: &Condition) -> Vec<Input> {
    let service = desk.subject.map(|shelf| desk.book.service(shelf));
    let full = |path: &str| match service {
        Some(service) if desk.book.find(path.split('.').next().unwrap_or(path)).is_none() => {
            format!("{service}.{path}")
        }
        _ => path.to_owned(),
    };
    let mut inputs = Vec::new();
    for path in condition.series() {
        let value = Condition::parse(&path).ok().and_then(|bare| bare.evaluate(desk));
        inputs.push(Input { name: full(&path), value, looked_at: desk.looked_at(&path), samples: None });
    }
    for call in condition.windows() {
        let window = humantime::format_duration(call.window);
        let name = format!("{}({}, '{window}')", call.function.word(), full(&call.series));
        let kept = desk.book.series(desk.subject, &call.series, call.window);
        let samples = kept.and_then(|kept| Some(desk.window(&kept)?.samples(desk.now)));
        let value = desk.over(call.function, &call.series, call.window);
        let looked_at = desk.looked_at(&call.series);
        inputs.push(Input { name, value: value.map(serde_json::Value::from), looked_at, samples });
    }
    inputs
}

/// From where a rule looks for a subject.
pub fn seen_from(book: &Book, rule: &Rule, subject: &str) -> Vec<usize> {
    match (&rule.origin, rule.over) {
        (Origin::Objective(name), _) => book.find(name).into_iter().collect(),
        (_, Over::Each) => book.find(subject).into_iter().collect(),
        (_, Over::Any | Over::All) => rule.services.iter().filter_map(|service| book.find(service)).collect(),
    }
}

/// What a rule comes to for a subject seen from these services.
pub fn verdict(book: &Book, rule: &Rule, from: &[usize], now: UnixMs) -> Verdict {
    let seen_from = |subject: Option<usize>| rule.when.verdict(&Desk { book, subject, now });
    match (from, rule.over) {
        ([], _) => seen_from(None),
        ([only], _) => seen_from(Some(*only)),
        (many, Over::Each | Over::Any) => {
            // Of several, one that is true decides: the opposite of all that must not be.
            not(many.iter().map(|shelf| not(seen_from(Some(*shelf)))).fold(Verdict::Pass, Verdict::and))
        }
        (many, Over::All) => many.iter().map(|shelf| seen_from(Some(*shelf))).fold(Verdict::Pass, Verdict::and),
    }
}

fn not(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Pass => Verdict::Fail,
        Verdict::Fail => Verdict::Pass,
        Verdict::Unknown => Verdict::Unknown,
    }
}

/// What is so: of several services, those that decided.
pub fn explanation(book: &Book, rule: &Rule, from: &[usize], came_to: Verdict, now: UnixMs) -> String {
    let judged = |subject: Option<usize>| rule.when.judge(&Desk { book, subject, now });
    match from {
        [] => judged(None).explanation,
        [only] => judged(Some(*only)).explanation,
        many => {
            let each = many.iter().map(|shelf| (book.service(*shelf), judged(Some(*shelf))));
            let decided: Vec<String> = each
                .filter(|(_, judgement)| judgement.verdict == came_to)
                .map(|(service, judgement)| format!("{service}: {}", judgement.explanation))
                .collect();
            let more = decided.len().saturating_sub(NAMED);
            let mut said = decided[..decided.len() - more].join("; ");
            if more > 0 {
                said.push_str("; and ");
                said.push_str(&more.to_string());
                said.push_str(" more");
            }
            said
        }
    }
}
