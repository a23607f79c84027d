//! The line to the world: whether the others are down, or this machine is cut off.

use super::target::Target;
use crate::domain::{
    alert::tell::{self, GuardLook, Part},
    environment::Project,
    probe::{Outcome, Phase, ProbeKind},
};

/// Follows every look, in the order of the targets.
#[derive(Debug, Default)]
pub struct Line(tell::Line);

impl Line {
    /// Before the first look at these targets.
    pub fn new(project: &Project, targets: &[Target]) -> Self {
        Self(tell::Line::new(targets.iter().map(|target| part(project, target)).collect()))
    }

    /// Whether this machine is cut off, if that is known.
    pub fn is_cut_off(&self) -> Option<bool> {
        self.0.is_cut_off()
    }

    /// Notes whether anything answered. A look that got no answer because this machine is cut off says nothing of the other
    /// side: it is as if it could not have been sent.
    pub fn follow(&mut self, index: usize, outcome: &mut Outcome) {
        let silent = match &outcome.error {
            Some(error) if error.phase == Phase::Prepare => return,
            error => error.is_some(),
        };
        let over_the_line = self.0.note(index, silent);
        if let Some(error) = &mut outcome.error
            && over_the_line
            && self.is_cut_off() == Some(true)
        {
            error.phase = Phase::Prepare;
        }
    }
}

/// What a look is to the guard.
fn part(project: &Project, target: &Target) -> Part {
    let is = |look: &GuardLook| look.service == target.key.service && look.probe == target.key.probe;
    if project.telling.guard.iter().any(is) {
        return Part::Guard;
    }
    let local = match &target.spec.kind {
        ProbeKind::Command(_)
        | ProbeKind::File(_)
        | ProbeKind::Disk(_)
        | ProbeKind::Host
        | ProbeKind::Env { .. }
        | ProbeKind::Webhook(_) => true,
        ProbeKind::Sql(look) => look.database.shown().starts_with("sqlite:"),
        _ => false,
    };
    if local { Part::Local } else { Part::Target }
}
