//! Looks made of several requests: a flow, and a bench.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{http::HttpRequest, words::KindWords};
use crate::domain::{condition::Condition, template::Rendered, time::human};

/// `flow`
pub const FLOW: KindWords = KindWords {
    word: "flow",
    about: "Requests one after the other, as a user makes them. A later one may use what an earlier one captured; \
            `{{ look.id }}` is new for each look.",
    facts: &[
        ("steps", "how many requests passed"),
        ("step_ms", "how long each took, as a list"),
        ("failed_step", "the name of the one that failed"),
        ("cleaned", "whether every request of `cleanup` that could be sent passed"),
    ],
    passes: "every request passed",
    success: "",
};

/// `bench`
pub const BENCH: KindWords = KindWords {
    word: "bench",
    about: "A URL that is asked for many times at once. Its `latency_ms` is the median.",
    facts: &[
        ("requests", "how many were made"),
        ("errors", "how many had no answer, or one with a status of 400 and more"),
        ("error_rate", "their share, 0 to 1"),
        ("p50_ms", "median latency of the answers"),
        ("p95_ms", "95th percentile"),
        ("p99_ms", "99th percentile"),
        ("max_ms", "the slowest"),
        ("rps", "requests per second"),
        ("first_error", "what the first error was"),
    ],
    passes: "no errors",
    success: "errors == 0",
};

/// Several requests. `T` is a template until its context is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowLook<T = Rendered> {
    /// In order; the first that fails ends the flow.
    pub steps: Vec<FlowStep<T>>,
    /// Sent at the end however it went, unless they need what was not captured.
    pub cleanup: Vec<FlowStep<T>>,
}

/// One request of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowStep<T = Rendered> {
    /// How errors call it.
    pub name: String,
    /// What is sent.
    pub request: HttpRequest<T>,
    /// Must all hold, else it fails; empty: a status from 200 to 299.
    pub expect: Vec<Condition>,
    /// What later requests may use.
    pub capture: Vec<Capture>,
}

/// A value of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// Its name in later templates.
    pub name: String,
    /// How to find it among the facts of the answer.
    pub value: Condition,
    /// Masked wherever it would show.
    pub secret: bool,
}

/// Many requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchLook<T = Rendered> {
    /// What is sent each time.
    pub request: HttpRequest<T>,
    /// How many.
    pub requests: u32,
    /// How many at once, each over a connection of its own.
    pub concurrency: u32,
    /// No new ones after that.
    #[serde(with = "human::option")]
    pub duration: Option<Duration>,
}

impl<T> FlowLook<T> {
    /// The names that templates of the flow may use beyond others: `look.id`, and all captures.
    pub fn late_names(&self) -> Vec<&str> {
        let captures = self.steps.iter().flat_map(|step| &step.capture).map(|capture| capture.name.as_str());
        ["look.id"].into_iter().chain(captures).collect()
    }

    /// The same with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<FlowLook<U>, E> {
        let mut all = |steps: &'t [FlowStep<T>]| steps.iter().map(|step| step.try_map(fill)).collect::<Result<_, E>>();
        Ok(FlowLook { steps: all(&self.steps)?, cleanup: all(&self.cleanup)? })
    }
}

impl<T> FlowStep<T> {
    fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<FlowStep<U>, E> {
        Ok(FlowStep {
            name: self.name.clone(),
            request: self.request.try_map(fill)?,
            expect: self.expect.clone(),
            capture: self.capture.clone(),
        })
    }
}

impl<T> BenchLook<T> {
    /// The same with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<BenchLook<U>, E> {
        Ok(BenchLook {
            request: self.request.try_map(fill)?,
            requests: self.requests,
            concurrency: self.concurrency,
            duration: self.duration,
        })
    }
}
