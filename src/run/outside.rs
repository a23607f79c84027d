//! After a success: looked at once more from outside, whatever the tools' exit codes said.

use std::{thread, time::Duration};

use super::{desk::Desk, error::RunnerError, step::look_at_service};
use crate::domain::{health::Health, run::RunEvent, verdict::Verdict};

/// Looks at a service at most this often, as it may need a moment.
const LOOKS: u32 = 3;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(1_500);

/// Looks at every service the plan reads, and records what was seen. Services without a look leave it unknown.
pub fn check(desk: &mut Desk) -> Result<(Verdict, String), RunnerError> {
    let plan = desk.plan.clone();
    let mut verdict = if plan.services.is_empty() { Verdict::Unknown } else { Verdict::Pass };
    let mut seen = Vec::new();
    for (service, probes) in &plan.services {
        let (one, sentence) = settle(desk, service, probes)?;
        verdict = verdict.and(one);
        seen.push(sentence);
    }
    let why =
        if seen.is_empty() { "the plan reads no service: nothing to look at".to_owned() } else { seen.join(", ") };
    let why = desk.say(&why);
    desk.record(RunEvent::OutsideCheck { verdict, why: why.clone() })?;
    Ok((verdict, why))
}

fn settle(
    desk: &mut Desk,
    service: &str,
    probes: &[crate::domain::probe::ProbeSpec],
) -> Result<(Verdict, String), RunnerError> {
    let mut looked = (Verdict::Unknown, Health::Unknown, String::new());
    for look in 0..LOOKS {
        if look > 0 {
            thread::sleep(PAUSE);
            desk.hear()?;
        }
        looked = look_at_service(desk, probes);
        if looked.0 == Verdict::Pass {
            break;
        }
    }
    let (verdict, health, detail) = looked;
    let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
    Ok((verdict, format!("{service} {}{detail}", health.word())))
}
