//! Looks that make something happen before they wait for it: the deed is a look of its own, which must pass.

use std::{pin::Pin, time::Instant};

use crate::domain::{
    judge::judge,
    probe::{Outcome, Phase, ProbeError, ProbeSpec, Provoke},
    verdict::Verdict,
};

use super::{dial::Bounds, error::failed};

/// A deed under way.
pub(super) type Attempt<'a> = Pin<Box<dyn Future<Output = Result<(), ProbeError>> + Send + 'a>>;

/// The look that the deed is, within the time that the look around it has left.
pub(super) fn own_spec(provoke: &Provoke, around: &ProbeSpec, bounds: &Bounds<'_>) -> ProbeSpec {
    ProbeSpec {
        expect: provoke.expect.clone(),
        timeout: bounds.deadline.saturating_duration_since(Instant::now()),
        limits: around.limits.clone(),
        ..ProbeSpec::plain("provoke", provoke.deed.clone().into())
    }
}

/// Whether it passed; else nothing is to be waited for.
pub(super) fn went(own: &ProbeSpec, outcome: Outcome) -> Result<(), ProbeError> {
    let phase = outcome.error.as_ref().map_or(Phase::Decode, |error| error.phase);
    let judged = judge(own, outcome);
    match judged.says.verdict {
        Verdict::Pass => Ok(()),
        _ => Err(failed(phase, "not_provoked", format!("what should provoke it failed: {}", judged.detail))),
    }
}
