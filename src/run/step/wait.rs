//! `wait` steps: for a while, or until the figures of a service say so.

use std::time::{Duration, Instant};

use super::{figures::Source, pause::pause, soak::began};
use crate::{
    domain::{
        condition::judge_all, format, id::AttemptKey, pipeline::WaitSpec, run::AttemptEnd, soak::SoakFacts,
        verdict::Verdict,
    },
    run::{
        desk::{Desk, moment, now},
        error::RunnerError,
    },
};

/// Between two looks at the figures.
const EVERY: Duration = Duration::from_secs(1);

/// Waits; a successor waits for what is left.
pub fn run(desk: &mut Desk, spec: &WaitSpec, key: AttemptKey) -> Result<AttemptEnd, RunnerError> {
    let source = spec.service.as_deref().map(|service| Source::new(desk, service));
    let so_far = moment().since(&began(desk, key));
    let clock = Instant::now();
    if so_far < EVERY {
        desk.note(key, &announce(spec))?;
    }
    loop {
        let left = spec.at_most.saturating_sub(so_far + clock.elapsed());
        let mut missing = Vec::new();
        if let (Some(source), false) = (&source, spec.until.is_empty()) {
            let facts = SoakFacts { now: source.at(desk, now())?, ..SoakFacts::default() };
            let (verdict, judgements) = judge_all(&spec.until, &facts);
            let open = spec.window.as_ref().is_none_or(|window| {
                chrono::DateTime::from_timestamp_millis(now().0).is_some_and(|at| window.contains(at))
            });
            if verdict == Verdict::Pass && open {
                let why = judgements.into_iter().map(|judgement| judgement.explanation).collect::<Vec<_>>().join("; ");
                return Ok(AttemptEnd::Judged { verdict, why });
            }
            missing.extend(judgements.into_iter().filter(|one| one.verdict != Verdict::Pass));
        }
        if let Some(window) = &spec.window {
            let open = chrono::DateTime::from_timestamp_millis(now().0).is_some_and(|at| window.contains(at));
            if open && missing.is_empty() && spec.until.is_empty() {
                return Ok(AttemptEnd::Judged { verdict: Verdict::Pass, why: format!("it is within {window}") });
            }
            if left.is_zero() && !open {
                let why = format!("within {} it never was {window}", format::duration(spec.at_most));
                return Ok(AttemptEnd::Judged { verdict: Verdict::Fail, why });
            }
        }
        if left.is_zero() {
            let waited = format::duration(spec.at_most);
            return Ok(match missing.first() {
                None => AttemptEnd::Judged { verdict: Verdict::Pass, why: format!("waited {waited}") },
                Some(first) => {
                    let why = format!("within {waited} it never came true: {}", first.explanation);
                    AttemptEnd::Judged { verdict: Verdict::Fail, why }
                }
            });
        }
        let looks = !spec.until.is_empty() || spec.window.is_some();
        let until_next = if looks { left.min(EVERY) } else { left };
        if !pause(desk, until_next, false)? {
            return Ok(AttemptEnd::Cancelled);
        }
    }
}

fn announce(spec: &WaitSpec) -> String {
    let at_most = format::duration(spec.at_most);
    let window = spec.window.as_ref().map(|window| format!("it is {window}"));
    let until: Vec<_> = spec.until.iter().map(|one| one.source().to_owned()).chain(window).collect();
    if until.is_empty() {
        format!("waiting {at_most}")
    } else {
        format!("waiting at most {at_most} until {}", until.join(" and "))
    }
}
