//! Soak analysis: live figures judged over a while, against limits and a baseline.
//!
//! An evaluation is bad if one of `fail_when` is true; `fail_after` bad ones in a row fail the soak at once. What is not
//! known is neither bad nor good: it ends no row of bad ones and begins none. At the end the soak passes only if enough
//! requests were seen (or, where no series counts them, at least half of the evaluations were known), and the last
//! evaluation was known and good. All else is inconclusive, and that holds for a person.
//!
//! An absolute limit (`error_rate > 0.05`) needs no baseline. A relative one (`error_rate > 2 * baseline.error_rate`) is
//! unknown without one, and says little against a baseline of 0, where one single error is already "more than twice":
//! give it an absolute floor, as in `error_rate > 2 * baseline.error_rate && error_rate > 0.01`. The explanation says so.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    condition::{Condition, Scope},
    format::duration,
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
    bad: u32,
    bad_in_a_row: u16,
    requests: Option<u64>,
}

impl Soak {
    /// Before the first evaluation.
    pub fn new(spec: SoakSpec) -> Self {
        Self { spec, number: 0, known: 0, bad: 0, bad_in_a_row: 0, requests: None }
    }

    /// Evaluates once. `time_is_over`: this was the last one.
    pub fn evaluate(&mut self, facts: &SoakFacts, time_is_over: bool) -> (SoakSample, SoakVerdict) {
        let judgements: Vec<Judgement> = self.spec.fail_when.iter().map(|bad_if| judge(bad_if, facts)).collect();
        let verdict = if judgements.is_empty() && facts.now.0.is_empty() {
            Verdict::Unknown
        } else {
            judgements.iter().fold(Verdict::Pass, |verdict, judgement| verdict.and(judgement.verdict))
        };
        self.count(verdict, facts.requests);
        let sample = SoakSample {
            number: self.number,
            of: self.of().max(self.number),
            verdict,
            judgements,
            bad_in_a_row: self.bad_in_a_row,
        };
        let standing = self.standing(&sample, time_is_over);
        (sample, standing)
    }

    /// Evaluations there will be: duration / every, at least 1.
    pub fn of(&self) -> u32 {
        let every = self.spec.every.as_millis().max(1);
        u32::try_from(self.spec.duration.as_millis() / every).unwrap_or(u32::MAX).max(1)
    }

    fn count(&mut self, verdict: Verdict, requests: Option<u64>) {
        self.number = self.number.saturating_add(1);
        self.requests = self.requests.max(requests);
        match verdict {
            Verdict::Fail => {
                self.known += 1;
                self.bad += 1;
                self.bad_in_a_row = self.bad_in_a_row.saturating_add(1);
            }
            Verdict::Pass => {
                self.known += 1;
                self.bad_in_a_row = 0;
            }
            Verdict::Unknown => {}
        }
    }

    fn standing(&self, sample: &SoakSample, time_is_over: bool) -> SoakVerdict {
        let fail_after = self.spec.fail_after.max(1);
        if sample.verdict == Verdict::Fail && self.bad_in_a_row >= fail_after {
            return SoakVerdict::Fail { why: format!("{}, {}", said(sample), times_in_a_row(self.bad_in_a_row)) };
        }
        if !time_is_over {
            return SoakVerdict::Going;
        }
        match self.missing(sample, fail_after) {
            Some(why) => SoakVerdict::Inconclusive { why },
            None => SoakVerdict::Pass { why: self.passed() },
        }
    }

    /// What keeps a soak whose time is over from passing.
    fn missing(&self, sample: &SoakSample, fail_after: u16) -> Option<String> {
        if self.known == 0 {
            return Some(format!("nothing was known in {} evaluations: {}", self.number, said(sample)));
        }
        match (self.requests, self.spec.min_requests) {
            (Some(seen), least) if seen < least => {
                return Some(format!("{seen} requests were seen, {least} are needed to judge"));
            }
            (None, _) if self.known.saturating_mul(2) < self.number => {
                return Some(format!("only {} of {} evaluations were known", self.known, self.number));
            }
            _ => {}
        }
        if sample.verdict == Verdict::Unknown {
            return Some(format!("at the end it was not known: {}", said(sample)));
        }
        (self.bad_in_a_row > 0).then(|| {
            let bad = times_in_a_row(self.bad_in_a_row);
            format!("it ended badly: {}, {bad}, where {fail_after} would have failed it", said(sample))
        })
    }

    fn passed(&self) -> String {
        let good = self.known - self.bad.min(self.known);
        let requests = self.requests.map(|seen| format!(", {seen} requests seen")).unwrap_or_default();
        format!("{good} of {} evaluations were good over {}{requests}", self.number, duration(self.spec.duration))
    }
}

/// Judges one of `fail_when`: if it is true, that is a fail.
fn judge(bad_if: &Condition, facts: &SoakFacts) -> Judgement {
    let mut judgement = bad_if.judge(facts);
    judgement.verdict = match judgement.verdict {
        Verdict::Pass => Verdict::Fail,
        Verdict::Fail => Verdict::Pass,
        Verdict::Unknown => Verdict::Unknown,
    };
    let zero = bad_if.paths_below("baseline").into_iter().find(|path| facts.baseline.0.get(path) == Some(&0.0));
    let floored = bad_if.names().iter().any(|name| bad_if.threshold(name).is_some());
    if let Some(path) = zero
        && !floored
        && judgement.verdict != Verdict::Pass
    {
        judgement.explanation.push_str(" (the baseline is 0: only with an absolute limit on ");
        judgement.explanation.push_str(&path);
        judgement.explanation.push_str(" does this mean much)");
    }
    judgement
}

/// The explanations that made the verdict.
fn said(sample: &SoakSample) -> String {
    let decisive = sample.judgements.iter().filter(|judgement| judgement.verdict == sample.verdict);
    let said: Vec<&str> = decisive.map(|judgement| judgement.explanation.as_str()).collect();
    if said.is_empty() { "no figures".into() } else { said.join("; ") }
}

fn times_in_a_row(times: u16) -> String {
    if times == 1 { "once".into() } else { format!("{times} times in a row") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::pipeline::{Baseline, Trust};

    fn soak(fail_when: &[&str]) -> Soak {
        Soak::new(SoakSpec {
            service: "api".into(),
            duration: Duration::from_mins(1),
            every: Duration::from_secs(10),
            fail_when: fail_when.iter().map(|source| Condition::parse(source).unwrap()).collect(),
            fail_after: 3,
            min_requests: 30,
            baseline: Baseline::BeforeRun,
            trust: Trust::Act,
        })
    }

    fn figures(values: &[(&str, f64)]) -> Figures {
        Figures(values.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect())
    }

    fn facts(error_rate: Option<f64>, requests: Option<u64>) -> SoakFacts {
        let now = error_rate.map(|rate| figures(&[("error_rate", rate)])).unwrap_or_default();
        SoakFacts { now, baseline: Figures::default(), requests }
    }

    /// Feeds evaluations written as letters (`g`ood, `b`ad, `u`nknown); the last one ends the time.
    fn run(looks: &str, requests: Option<u64>) -> SoakVerdict {
        let mut soak = soak(&["error_rate > 0.05"]);
        let mut verdict = SoakVerdict::Going;
        for (index, look) in looks.chars().enumerate() {
            let rate = match look {
                'g' => Some(0.01),
                'b' => Some(0.081),
                _ => None,
            };
            verdict = soak.evaluate(&facts(rate, requests), index + 1 == looks.len()).1;
            if verdict != SoakVerdict::Going {
                break;
            }
        }
        verdict
    }

    #[test]
    fn good_figures_and_enough_requests_pass() {
        let SoakVerdict::Pass { why } = run("gggggg", Some(412)) else { panic!() };
        assert_eq!(why, "6 of 6 evaluations were good over 1m, 412 requests seen");
        assert!(matches!(run("gbgbgg", Some(412)), SoakVerdict::Pass { .. }), "bad ones apart are noise");
    }

    #[test]
    fn three_bad_in_a_row_fail_at_once_with_their_figures() {
        let SoakVerdict::Fail { why } = run("gbbbgg", Some(412)) else { panic!() };
        assert_eq!(why, "error_rate 0.081 > 0.05, 3 times in a row");
    }

    #[test]
    fn unknown_is_neither_bad_nor_good() {
        assert!(matches!(run("bubub", Some(412)), SoakVerdict::Fail { .. }));
        assert!(matches!(run("uuuuug", Some(412)), SoakVerdict::Pass { .. }));
    }

    #[test]
    fn no_data_is_inconclusive_and_never_passes() {
        let SoakVerdict::Inconclusive { why } = run("uuuuuu", None) else { panic!() };
        assert_eq!(why, "nothing was known in 6 evaluations: error_rate is not known");
        assert!(matches!(run("uuuuuu", Some(1000)), SoakVerdict::Inconclusive { .. }));
    }

    #[test]
    fn too_few_requests_are_inconclusive() {
        let SoakVerdict::Inconclusive { why } = run("gggggg", Some(12)) else { panic!() };
        assert_eq!(why, "12 requests were seen, 30 are needed to judge");
    }

    #[test]
    fn without_a_count_of_requests_half_the_evaluations_must_be_known() {
        assert!(matches!(run("guguug", None), SoakVerdict::Pass { .. }));
        assert!(matches!(run("guuuug", None), SoakVerdict::Inconclusive { .. }));
    }

    #[test]
    fn what_is_unknown_or_bad_at_the_end_does_not_pass() {
        assert!(matches!(run("gggggu", Some(412)), SoakVerdict::Inconclusive { .. }));
        let SoakVerdict::Inconclusive { why } = run("ggggbb", Some(412)) else { panic!() };
        assert!(why.contains("2 times in a row, where 3 would have failed"), "{why}");
    }

    #[test]
    fn an_absolute_limit_fails_without_a_baseline_and_a_relative_one_is_unknown() {
        let mut soak = soak(&["error_rate > 0.05", "p95_ms > 1.5 * baseline.p95_ms"]);
        let mut facts = facts(Some(0.2), Some(100));
        facts.now.0.insert("p95_ms".into(), 180.0);
        let (sample, _) = soak.evaluate(&facts, false);
        assert_eq!(sample.verdict, Verdict::Fail);
        assert_eq!(sample.judgements[1].verdict, Verdict::Unknown);
        assert_eq!(sample.judgements[1].explanation, "baseline.p95_ms is not known");
        facts.baseline = figures(&[("p95_ms", 110.0)]);
        let (sample, _) = soak.evaluate(&facts, false);
        assert_eq!(sample.judgements[1].explanation, "p95_ms 180 > 1.5 x baseline.p95_ms 110 (165)");
    }

    #[test]
    fn a_baseline_of_zero_is_said() {
        let relative = "error_rate > 2 * baseline.error_rate";
        let floored = "error_rate > 2 * baseline.error_rate && error_rate > 0.01";
        let mut soak = soak(&[relative, floored]);
        let mut facts = facts(Some(0.02), Some(100));
        facts.baseline = figures(&[("error_rate", 0.0)]);
        let (sample, _) = soak.evaluate(&facts, false);
        assert!(sample.judgements[0].explanation.contains("the baseline is 0"), "{:?}", sample.judgements);
        assert!(!sample.judgements[1].explanation.contains("the baseline is 0"), "{:?}", sample.judgements);
        assert_eq!(sample.judgements[1].verdict, Verdict::Fail, "real errors don't pass against a zero baseline");
    }

    #[test]
    fn samples_count_from_one_and_a_soak_survives_a_restart() {
        let mut soak = soak(&["error_rate > 0.05"]);
        assert_eq!(soak.of(), 6);
        let (sample, _) = soak.evaluate(&facts(Some(0.1), None), false);
        assert_eq!((sample.number, sample.of, sample.bad_in_a_row), (1, 6, 1));
        let text = serde_json::to_string(&soak).unwrap();
        assert_eq!(serde_json::from_str::<Soak>(&text).unwrap(), soak);
    }

    proptest::proptest! {
        #[test]
        fn a_soak_that_passes_ended_good_with_enough_requests(looks in "[gbu]{1,12}", requests in 0..60_u64) {
            if let SoakVerdict::Pass { .. } = run(&looks, Some(requests)) {
                proptest::prop_assert!(requests >= 30 && looks.ends_with('g') && !looks.contains("bbb"));
            }
        }
    }
}
