//! States as people see them: a shape, a word and a role for each, so that colour is never alone.

use crate::domain::{
    alert::{Severity, State},
    health::Health,
    release::ReleaseState,
    run::{StepEnd, StepNow, StepState},
    verdict::Verdict,
};

use super::{glyph::Glyphs, role::Role};

/// A shape, a word and a role.
pub type Shown = (&'static str, &'static str, Role);

/// Of a service or a look.
pub fn health(health: Health, glyphs: &Glyphs) -> Shown {
    let (glyph, role) = match health {
        Health::Up => (glyphs.good, Role::Good),
        Health::Degraded => (glyphs.warn, Role::Warn),
        Health::Down => (glyphs.bad, Role::Bad),
        Health::Unknown => (glyphs.unknown, Role::Unknown),
        Health::Maintenance => (glyphs.waiting, Role::Accent),
    };
    (glyph, health.word(), role)
}

/// Of a judgement.
pub fn verdict(verdict: Verdict, glyphs: &Glyphs) -> Shown {
    let (glyph, role) = match verdict {
        Verdict::Pass => (glyphs.good, Role::Good),
        Verdict::Fail => (glyphs.bad, Role::Bad),
        Verdict::Unknown => (glyphs.unknown, Role::Unknown),
    };
    (glyph, verdict.word(), role)
}

/// Of a step; once its undo has begun, of its undo.
pub fn step(step: &StepNow, glyphs: &Glyphs) -> Shown {
    match &step.undo {
        StepState::Running => return (glyphs.undone, "undoing", Role::Warn),
        StepState::Ended { end: StepEnd::Succeeded | StepEnd::Skipped, .. } => {
            return (glyphs.undone, "undone", Role::Warn);
        }
        StepState::Ended { end: StepEnd::Unknown, .. } => return (glyphs.unknown, "undo unknown", Role::Bad),
        StepState::Ended { .. } => return (glyphs.bad, "UNDO FAILED", Role::Bad),
        StepState::Waiting => {}
    }
    match &step.state {
        StepState::Waiting => (glyphs.waiting, "waiting", Role::Dim),
        StepState::Running => (glyphs.running, "running", Role::Accent),
        StepState::Ended { end, .. } => match end {
            StepEnd::Succeeded => (glyphs.good, "done", Role::Good),
            StepEnd::Failed => (glyphs.bad, "FAILED", Role::Bad),
            StepEnd::Inconclusive => (glyphs.unknown, "inconclusive", Role::Unknown),
            StepEnd::Unknown => (glyphs.unknown, "UNKNOWN", Role::Unknown),
            StepEnd::Skipped => (glyphs.skipped, "skipped", Role::Dim),
            StepEnd::LeftOut => (glyphs.skipped, "left out", Role::Dim),
            StepEnd::Excluded => (glyphs.warn, "EXCLUDED", Role::Warn),
            StepEnd::Cancelled => (glyphs.cancelled, "cancelled", Role::Dim),
        },
    }
}

/// Of a release.
pub fn release(state: ReleaseState, bad: bool, glyphs: &Glyphs) -> Shown {
    match state {
        ReleaseState::Live if bad => (glyphs.warn, "LIVE, bad", Role::Bad),
        ReleaseState::Live => (glyphs.good, "live", Role::Good),
        _ if bad => (glyphs.bad, "bad", Role::Bad),
        ReleaseState::Replaced => (glyphs.waiting, "replaced", Role::Text),
        ReleaseState::RolledBack => (glyphs.undone, "rolled back", Role::Warn),
        ReleaseState::Failed => (glyphs.bad, "failed", Role::Bad),
    }
}

/// Of a severity.
pub fn severity(severity: Severity, glyphs: &Glyphs) -> Shown {
    let (glyph, role) = match severity {
        Severity::Critical => (glyphs.bad, Role::Bad),
        Severity::High => (glyphs.warn, Role::Bad),
        Severity::Medium => (glyphs.warn, Role::Warn),
        Severity::Low => (glyphs.dot, Role::Text),
    };
    (glyph, severity.word(), role)
}

/// Of an alert.
pub fn alert(state: &State, glyphs: &Glyphs) -> Shown {
    match state {
        State::Firing => (glyphs.bad, "FIRING", Role::Bad),
        State::Held { .. } => (glyphs.waiting, "held", Role::Warn),
        State::Silenced { .. } => (glyphs.cancelled, "silenced", Role::Dim),
        State::Pending => (glyphs.waiting, "pending", Role::Warn),
        State::Resolved { .. } => (glyphs.good, "ended", Role::Good),
    }
}
