//! `soak` steps, and the soaks between the stages of `traffic`: live figures judged over a while.
//!
//! The evaluations lie on a grid that begins with the attempt's intent. A runner that takes over feeds the analysis with
//! the evaluations of the past again, from the history, and goes on at the next one: nothing is forgiven, nothing is
//! waited for twice.

use std::time::Instant;

use super::{figures::Source, pause::pause};
use crate::{
    domain::{
        id::AttemptKey,
        pipeline::SoakSpec,
        run::{AttemptEnd, RunEvent},
        soak::{Soak, SoakSample, SoakVerdict},
        time::Moment,
        verdict::Verdict,
    },
    run::{
        desk::{Desk, moment},
        error::RunnerError,
    },
};

/// Soaks to a verdict.
pub fn run(desk: &mut Desk, spec: &SoakSpec, key: AttemptKey) -> Result<AttemptEnd, RunnerError> {
    let source = Source::new(desk, &spec.service);
    let baseline = source.baseline(desk, spec.baseline, spec.duration)?;
    let begun = began(desk, key);
    let so_far = moment().since(&begun);
    let clock = Instant::now();
    let said = desk.log_cursor(key)?;
    let mut soak = Soak::new(spec.clone());
    let of = soak.of();
    for number in 1..=of {
        let due = spec.every.saturating_mul(number);
        // By the monotonic clock: a wall clock that jumps shortens no soak.
        let left = due.saturating_sub(so_far + clock.elapsed());
        if !left.is_zero() && !pause(desk, left, false)? {
            return Ok(AttemptEnd::Cancelled);
        }
        // The figures carry the wall clock: where it was set, the soak lies elsewhere on it.
        let begun = moment().as_of_now(&begun);
        let facts = source.facts(desk, &baseline, begun, begun.after(due))?;
        let (sample, verdict) = soak.evaluate(&facts, number == of);
        if u64::from(number) > said {
            desk.append_log(key, u64::from(number), &[desk.line(&line(&sample, spec))])?;
        }
        match verdict {
            SoakVerdict::Going => {}
            SoakVerdict::Pass { why } => return Ok(AttemptEnd::Judged { verdict: Verdict::Pass, why }),
            SoakVerdict::Fail { why } => return Ok(AttemptEnd::Judged { verdict: Verdict::Fail, why }),
            SoakVerdict::Inconclusive { why } => return Ok(AttemptEnd::Judged { verdict: Verdict::Unknown, why }),
        }
    }
    Ok(AttemptEnd::Judged { verdict: Verdict::Unknown, why: "the soak came to no verdict".into() })
}

/// When the attempt began.
pub fn began(desk: &Desk, key: AttemptKey) -> Moment {
    desk.latest(|event| matches!(event, RunEvent::Intent { key: begun } if *begun == key)).unwrap_or_else(moment)
}

/// `sample 7/20  error_rate 0.008 > 0.05: no  p95_ms 180 > 1.5 x 110: FAIL 1/3`
fn line(sample: &SoakSample, spec: &SoakSpec) -> String {
    let mut line = format!("sample {}/{}", sample.number, sample.of);
    for judgement in &sample.judgements {
        let word = match judgement.verdict {
            Verdict::Pass => "pass".to_owned(),
            Verdict::Fail => format!("FAIL {}/{}", sample.bad_in_a_row, spec.fail_after.max(1)),
            Verdict::Unknown => "unknown".to_owned(),
        };
        line.extend(["  ", &judgement.explanation, " ", &word]);
    }
    if sample.judgements.is_empty() {
        line.extend(["  ", sample.verdict.word()]);
    }
    line
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{
        pipeline::{Baseline, Trust},
        verdict::Judgement,
    };

    #[test]
    fn a_bad_sample_says_how_many_in_a_row_fail_the_soak() {
        let spec = SoakSpec {
            service: "api".into(),
            duration: Duration::from_secs(20),
            every: Duration::from_secs(1),
            fail_when: Vec::new(),
            fail_after: 3,
            min_requests: 30,
            baseline: Baseline::None,
            trust: Trust::Act,
        };
        let judgement = |verdict, explanation: &str| Judgement {
            condition: String::new(),
            verdict,
            explanation: explanation.into(),
        };
        let sample = SoakSample {
            number: 7,
            of: 20,
            verdict: Verdict::Fail,
            judgements: vec![
                judgement(Verdict::Pass, "error_rate 0.008 <= 0.05"),
                judgement(Verdict::Fail, "p95_ms 180 > 1.5 x 110"),
            ],
            bad_in_a_row: 1,
        };
        assert_eq!(line(&sample, &spec), "sample 7/20  error_rate 0.008 <= 0.05 pass  p95_ms 180 > 1.5 x 110 FAIL 1/3");
    }
}
