//! Judging a look: its expectations, what degrades it, and the sentence that says so.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use serde_json::Value;

use super::{
    condition::{Condition, Scope, judge_all},
    format,
    health::LookSays,
    probe::{KINDS, Outcome, Phase, ProbeKind, ProbeSpec},
    text::clean_line,
    verdict::{Judgement, Verdict},
};

/// Characters shown of the last line a command complained with.
const LONGEST_LINE: usize = 200;

/// What the kinds expect of a look that says nothing else, by source. A test parses them all.
static SUCCESS: LazyLock<HashMap<&'static str, Condition>> = LazyLock::new(|| {
    let sources = KINDS.iter().map(|kind| kind.success).filter(|source| !source.is_empty());
    sources.filter_map(|source| Some((source, Condition::parse(source).ok()?))).collect()
});

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

/// What a look says, without the sentences: cheap enough for every look of thousands.
pub fn says(spec: &ProbeSpec, outcome: &Outcome) -> LookSays {
    let seen = Seen::new(spec, outcome);
    let verdict = match &outcome.error {
        // What could not even be sent says nothing of the other side.
        Some(error) if error.phase == Phase::Prepare => Verdict::Unknown,
        Some(_) if !is_about_errors(spec) => Verdict::Fail,
        _ => expectations(spec)
            .iter()
            .fold(Verdict::Pass, |verdict, condition| verdict.and(condition.verdict(&seen)))
            .and(own_word(spec, outcome)),
    };
    let degraded = verdict == Verdict::Pass && (degrading(spec, &seen).is_some() || says_warn(spec, outcome));
    LookSays { verdict, degraded }
}

/// Judges a look with every sentence.
pub fn judge(spec: &ProbeSpec, outcome: Outcome) -> Judged {
    let says = says(spec, &outcome);
    let seen = Seen::new(spec, &outcome);
    let (_, judgements) = judge_all(expectations(spec), &seen);
    let detail = match (&outcome.error, says.verdict) {
        (Some(error), Verdict::Fail | Verdict::Unknown) => error.message.clone(),
        (_, Verdict::Pass) => match degrading(spec, &seen) {
            Some(condition) => format!("slow or degraded: {}", condition.judge(&seen).explanation),
            None if says.degraded => "it says of itself that it is degraded".into(),
            None => outcome.latency_ms.map_or_else(String::new, format::ms),
        },
        _ => {
            let decisive = judgements.iter().filter(|judgement| judgement.verdict == says.verdict);
            let sentences =
                decisive.map(|judgement| sentence(spec, &outcome, judgement)).collect::<Vec<_>>().join("; ");
            if sentences.is_empty() { own_sentence(&outcome) } else { sentences }
        }
    };
    Judged { outcome, says, judgements, detail }
}

/// The look's own expectations, or those of its kind.
fn expectations(spec: &ProbeSpec) -> &[Condition] {
    match spec.expect.as_slice() {
        [] => SUCCESS.get(spec.kind.words().success).map_or(&[], std::slice::from_ref),
        own => own,
    }
}

fn is_about_errors(spec: &ProbeSpec) -> bool {
    spec.expect.iter().any(|condition| condition.names().iter().any(|name| name == "error"))
}

fn degrading<'a>(spec: &'a ProbeSpec, seen: &Seen<'_>) -> Option<&'a Condition> {
    spec.degraded.iter().find(|condition| condition.verdict(seen) == Verdict::Pass)
}

/// A body that says "fail" is believed even beside a status of 200, unless the look's conditions read it themselves.
fn own_word(spec: &ProbeSpec, outcome: &Outcome) -> Verdict {
    if says_health(outcome, "fail") && !reads_health(spec) { Verdict::Fail } else { Verdict::Pass }
}

fn says_warn(spec: &ProbeSpec, outcome: &Outcome) -> bool {
    says_health(outcome, "warn") && !reads_health(spec)
}

fn says_health(outcome: &Outcome, word: &str) -> bool {
    outcome.facts.get("health").and_then(Value::as_str) == Some(word)
}

fn reads_health(spec: &ProbeSpec) -> bool {
    let mut conditions = spec.expect.iter().chain(&spec.degraded);
    conditions.any(|condition| condition.names().iter().any(|name| name == "health" || name == "json"))
}

/// What did not hold, or why it is not known: "expected status == 200, but it is 503".
fn sentence(spec: &ProbeSpec, outcome: &Outcome, judgement: &Judgement) -> String {
    let Judgement { condition, verdict, explanation } = judgement;
    if *verdict != Verdict::Fail {
        return explanation.clone();
    }
    if spec.expect.is_empty() {
        // The kind's own expectation is nothing anybody wrote.
        return unwritten(spec, outcome).unwrap_or_else(|| explanation.clone());
    }
    // Where none of several held, "it" would be only one of them.
    let one = !explanation.contains(" or ");
    let found = explanation.split_once(" != ").and_then(|(found, _)| found.split_once(' ')).filter(|_| one);
    match found {
        Some((name, value)) if condition.starts_with(name) => format!("expected {condition}, but it is {value}"),
        _ => format!("expected {condition}, but {explanation}"),
    }
}

/// What a look came to that did not meet what its kind takes for success.
fn unwritten(spec: &ProbeSpec, outcome: &Outcome) -> Option<String> {
    let fact = |name: &str| outcome.facts.get(name);
    Some(match &spec.kind {
        ProbeKind::Command(_) => {
            let said = fact("stderr").and_then(Value::as_str).unwrap_or_default();
            let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
            let last = last.map_or_else(String::new, |line| format!(": {}", clean_line(line, LONGEST_LINE)));
            format!("exit code {}{last}", fact("exit_code")?)
        }
        ProbeKind::Bench(_) => {
            let first = fact("first_error").and_then(Value::as_str).unwrap_or_default();
            let first = clean_line(first, LONGEST_LINE);
            format!("{} of {} requests failed, the first with: {first}", fact("errors")?, fact("requests")?)
        }
        ProbeKind::File(look) => format!("there is no {}", look.path.shown()),
        ProbeKind::Env { name } => format!("{name} is not set or empty, neither as a variable nor as a secret"),
        _ => match fact("reason").and_then(Value::as_str) {
            Some(reason) => reason.to_owned(),
            None => format!("status {}", fact("status")?),
        },
    })
}

fn own_sentence(outcome: &Outcome) -> String {
    match outcome.facts.get("status").and_then(Value::as_u64) {
        Some(status @ 200..=299) => format!("status {status}, but the body says that it fails"),
        _ => "the body says that it fails".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{
        fact::Facts,
        probe::{HttpRequest, Limits, PageDetails, Phases, ProbeError},
        template::Rendered,
        time::UnixMs,
    };

    fn spec(expect: &[&str]) -> ProbeSpec {
        ProbeSpec {
            name: "ready".into(),
            kind: ProbeKind::Http(HttpRequest::get(Rendered::text("http://127.0.0.1/"))),
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
        let error = if let Some(status) = status {
            facts.set("status", status);
            None
        } else {
            facts.set("error", "connect_refused");
            let message = "connection refused".into();
            Some(ProbeError { phase: Phase::Connect, kind: "connect_refused".into(), message })
        };
        let latency_ms = Some(latency_ms);
        Outcome {
            at: UnixMs(0),
            latency_ms,
            phases: Phases::default(),
            facts,
            values: Vec::new(),
            page: PageDetails::default(),
            error,
        }
    }

    #[test]
    fn without_expectations_any_2xx_is_a_pass_and_nothing_else() {
        assert_eq!(judge(&spec(&[]), outcome(Some(204), 5.0)).says.verdict, Verdict::Pass);
        assert_eq!(judge(&spec(&[]), outcome(Some(302), 5.0)).says.verdict, Verdict::Fail);
        assert_eq!(judge(&spec(&[]), outcome(None, 5.0)).says.verdict, Verdict::Fail);
    }

    #[test]
    fn what_every_kind_expects_by_itself_can_be_read_and_reads_its_own_facts() {
        for kind in KINDS.iter().filter(|kind| !kind.success.is_empty()) {
            for name in SUCCESS[kind.success].names() {
                assert!(kind.facts.iter().any(|(fact, _)| *fact == name), "{} has no {name}", kind.word);
            }
        }
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

    #[test]
    fn a_200_that_says_fail_is_not_healthy_and_one_that_says_warn_is_degraded() {
        let mut failing = outcome(Some(200), 5.0);
        failing.facts.set("health", "fail");
        assert_eq!(judge(&spec(&[]), failing).says.verdict, Verdict::Fail);
        let mut warning = outcome(Some(200), 5.0);
        warning.facts.set("health", "warn");
        let quiet = ProbeSpec { degraded: Vec::new(), ..spec(&[]) };
        assert_eq!(judge(&quiet, warning).says, LookSays { verdict: Verdict::Pass, degraded: true });
    }

    #[test]
    fn the_body_is_believed_beside_other_expectations_but_not_against_its_own() {
        let mut failing = outcome(Some(200), 5.0);
        failing.facts.set("health", "fail");
        failing.facts.set("json", serde_json::json!({ "status": "DOWN" }));
        let judged = judge(&spec(&["status == 200"]), failing.clone());
        assert_eq!(judged.says.verdict, Verdict::Fail);
        assert_eq!(judged.detail, "status 200, but the body says that it fails");
        assert_eq!(judge(&spec(&["json.status == 'DOWN'"]), failing).says.verdict, Verdict::Pass);
    }

    #[test]
    fn what_failed_is_said_with_its_value() {
        let detail = |expect: &[&str], status| judge(&spec(expect), outcome(Some(status), 5.0)).detail;
        assert_eq!(detail(&[], 503), "status 503");
        assert_eq!(detail(&["status == 200"], 503), "expected status == 200, but it is 503");
        assert_eq!(detail(&["latency_ms < 2", "status == 200"], 200), "expected latency_ms < 2, but latency_ms 5 >= 2");
        assert_eq!(
            detail(&["status == 429 || latency_ms < 2"], 200),
            "expected status == 429 || latency_ms < 2, but status 200 != 429 or latency_ms 5 >= 2"
        );
        assert_eq!(detail(&["json.up"], 200), "json is not known");
    }

    #[test]
    fn what_could_not_be_sent_says_nothing_and_down_is_not_degraded() {
        let mut unsent = outcome(None, 5.0);
        unsent.error.as_mut().unwrap().phase = Phase::Prepare;
        assert_eq!(judge(&spec(&[]), unsent).says.verdict, Verdict::Unknown);
        let slow_and_failing = judge(&spec(&["status == 200"]), outcome(Some(500), 800.0));
        assert_eq!(slow_and_failing.says, LookSays { verdict: Verdict::Fail, degraded: false });
    }
}
