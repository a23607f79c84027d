//! A look taken now and judged: what `http` steps, suites and the outside check have in common.

use std::borrow::Cow;

use serde_json::Value;

use crate::{
    domain::{
        condition::{Condition, Scope, judge_all},
        format,
        health::LookSays,
        probe::{Outcome, ProbeKind, ProbeSpec},
        verdict::{Judgement, Verdict},
    },
    run::desk::Desk,
};

/// A look and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What it brought.
    pub outcome: Outcome,
    /// Of its expectations, and whether it passed slowly.
    pub says: LookSays,
    /// Each expectation.
    pub judgements: Vec<Judgement>,
    /// One sentence.
    pub detail: String,
}

/// Takes the look now, with a memory of its own.
pub fn take(desk: &Desk, spec: &ProbeSpec) -> Judged {
    judge(spec, desk.look(spec))
}

/// What the conditions of a look may use: its facts, and what it recorded.
pub struct Seen<'a> {
    outcome: &'a Outcome,
    recorded: Vec<(&'a str, Value)>,
}

impl<'a> Seen<'a> {
    /// Of this outcome.
    pub fn new(spec: &'a ProbeSpec, outcome: &'a Outcome) -> Self {
        let values = spec.record.iter().zip(&outcome.values);
        let recorded = values.filter_map(|(recording, value)| Some((recording.name.as_str(), Value::from((*value)?))));
        Self { outcome, recorded: recorded.collect() }
    }
}

impl Scope for Seen<'_> {
    fn name(&self, name: &str) -> Option<Cow<'_, Value>> {
        let recorded = || self.recorded.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        self.outcome.facts.get(name).or_else(recorded).map(Cow::Borrowed)
    }
}

fn judge(spec: &ProbeSpec, outcome: Outcome) -> Judged {
    let seen = Seen::new(spec, &outcome);
    let (mut verdict, judgements) = match spec.expect.as_slice() {
        [] => default_verdict(spec, &outcome, &seen),
        expect => judge_all(expect, &seen),
    };
    let about_errors = spec.expect.iter().any(|condition| condition.names().iter().any(|name| name == "error"));
    if outcome.error.is_some() && !about_errors {
        verdict = Verdict::Fail;
    }
    let degraded = spec.degraded.iter().find(|condition| condition.verdict(&seen) == Verdict::Pass);
    let detail = match (&outcome.error, verdict) {
        (Some(error), Verdict::Fail | Verdict::Unknown) => error.message.clone(),
        (_, Verdict::Pass) => match degraded {
            Some(condition) => format!("slow or degraded: {}", condition.judge(&seen).explanation),
            None => outcome.latency_ms.map_or_else(String::new, format::ms),
        },
        _ => {
            let decisive = judgements.iter().filter(|judgement| judgement.verdict == verdict);
            decisive.map(|judgement| judgement.explanation.as_str()).collect::<Vec<_>>().join("; ")
        }
    };
    let says = LookSays { verdict, degraded: degraded.is_some() };
    Judged { outcome, says, judgements, detail }
}

/// Without expectations: an HTTP answer is a success, a connection was made.
fn default_verdict(spec: &ProbeSpec, outcome: &Outcome, seen: &Seen<'_>) -> (Verdict, Vec<Judgement>) {
    let answered = if outcome.error.is_none() { Verdict::Pass } else { Verdict::Fail };
    if matches!(spec.kind, ProbeKind::Tcp { .. }) {
        return (answered, Vec::new());
    }
    match Condition::parse("status >= 200 && status < 300") {
        Ok(success) if outcome.error.is_none() => judge_all(&[success], seen),
        _ => (answered, Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{
        fact::Facts,
        probe::{HttpRequest, Limits, Phase, Phases, ProbeError},
        template::Rendered,
        time::UnixMs,
    };

    fn spec(expect: &[&str]) -> ProbeSpec {
        ProbeSpec {
            name: "ready".into(),
            kind: ProbeKind::Http(HttpRequest {
                method: "GET".into(),
                url: Rendered::text("http://127.0.0.1/"),
                headers: Vec::new(),
                body: None,
                redirects: 0,
            }),
            every: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            expect: expect.iter().map(|source| Condition::parse(source).unwrap()).collect(),
            degraded: vec![Condition::parse("latency_ms > 500").unwrap()],
            record: Vec::new(),
            kpi: Vec::new(),
            limits: Limits::health(),
        }
    }

    fn outcome(status: Option<u16>, latency_ms: f64) -> Outcome {
        let mut facts = Facts::default();
        facts.set("latency_ms", latency_ms);
        let error = match status {
            Some(status) => {
                facts.set("status", status);
                None
            }
            None => {
                facts.set("error", "connect_refused");
                let message = "connection refused".into();
                Some(ProbeError { phase: Phase::Connect, kind: "connect_refused".into(), message })
            }
        };
        let latency_ms = Some(latency_ms);
        Outcome { at: UnixMs(0), latency_ms, phases: Phases::default(), facts, values: Vec::new(), error }
    }

    #[test]
    fn without_expectations_any_2xx_is_a_pass_and_nothing_else() {
        assert_eq!(judge(&spec(&[]), outcome(Some(204), 5.0)).says.verdict, Verdict::Pass);
        assert_eq!(judge(&spec(&[]), outcome(Some(302), 5.0)).says.verdict, Verdict::Fail);
        assert_eq!(judge(&spec(&[]), outcome(None, 5.0)).says.verdict, Verdict::Fail);
    }

    #[test]
    fn a_failed_look_is_a_fail_with_its_reason_even_if_the_expectation_is_unknown() {
        let judged = judge(&spec(&["status == 200"]), outcome(None, 5.0));
        assert_eq!((judged.says.verdict, judged.detail.as_str()), (Verdict::Fail, "connection refused"));
    }

    #[test]
    fn an_expected_error_is_a_pass() {
        assert_eq!(judge(&spec(&["error == 'connect_refused'"]), outcome(None, 5.0)).says.verdict, Verdict::Pass);
    }

    #[test]
    fn slow_is_degraded_and_not_down() {
        let judged = judge(&spec(&["status == 200"]), outcome(Some(200), 800.0));
        assert_eq!(judged.says, LookSays { verdict: Verdict::Pass, degraded: true });
        assert!(judged.detail.contains("800"), "{}", judged.detail);
    }
}
