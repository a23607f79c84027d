//! Soak analysis: live figures judged over a while, against limits and a baseline.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    condition::Scope,
    pipeline::SoakSpec,
    verdict::{Judgement, Verdict},
};

/// The figures of one service at one moment, by bare series name; stale or missing ones are absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures(pub BTreeMap<String, f64>);

/// What one evaluation looks at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SoakFacts {
    /// Now.
    pub now: Figures,
    /// Means over the baseline window.
    pub baseline: Figures,
    /// Requests seen since the soak began, if a series counts them.
    pub requests: Option<u64>,
}

impl Scope for SoakFacts {
    fn name(&self, name: &str) -> Option<Cow<'_, Value>> {
        if name == "baseline" {
            return serde_json::to_value(&self.baseline.0).ok().map(Cow::Owned);
        }
        self.now.0.get(name).map(|value| Cow::Owned(Value::from(*value)))
    }
}

/// One evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SoakSample {
    /// From 1.
    pub number: u32,
    /// How many there will be.
    pub of: u32,
    /// Fail if one condition is true; unknown if none is and one is unknown.
    pub verdict: Verdict,
    /// Each condition: here a true condition is a `Fail`.
    pub judgements: Vec<Judgement>,
    /// Bad ones in a row so far.
    pub bad_in_a_row: u16,
}

/// Where a soak stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "soak", rename_all = "snake_case")]
pub enum SoakVerdict {
    /// Goes on.
    Going,
    /// The time is over and enough good samples were seen.
    Pass {
        /// One sentence with figures.
        why: String,
    },
    /// A condition held `fail_after` times in a row.
    Fail {
        /// One sentence with figures.
        why: String,
    },
    /// The time is over and too little was known: holds for a person, never passes.
    Inconclusive {
        /// What was missing.
        why: String,
    },
}

/// A soak under way: feed it each evaluation in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Soak {
    spec: SoakSpec,
    number: u32,
    known: u32,
    bad_in_a_row: u16,
    requests: Option<u64>,
}

impl Soak {
    /// Before the first evaluation.
    pub fn new(spec: SoakSpec) -> Self {
        Self { spec, number: 0, known: 0, bad_in_a_row: 0, requests: None }
    }

    /// Evaluates once. `time_is_over`: this was the last one.
    pub fn evaluate(&mut self, facts: &SoakFacts, time_is_over: bool) -> (SoakSample, SoakVerdict) {
        let _ = (facts, time_is_over, &self.spec, self.number, self.known, self.bad_in_a_row, self.requests);
        todo!()
    }

    /// Evaluations there will be: duration / every, at least 1.
    pub fn of(&self) -> u32 {
        todo!()
    }
}
