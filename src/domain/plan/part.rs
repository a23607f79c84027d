//! A part of a plan as a plan of its own: a run that goes on where another one stopped.

use std::collections::BTreeSet;

use super::{Plan, PlanError, walk};
use crate::domain::{
    pipeline::{Command, PipelineKind, StepKind},
    run::{RunState, StepEnd, StepState},
    template::Rendered,
};

impl Plan {
    /// The steps from that one on (from 0), as they were planned. What came before them is not undone by it.
    pub fn from_step(&self, from: u16) -> Result<Self, PlanError> {
        let from = usize::from(from);
        if from >= self.steps.len() {
            let why = format!("it has {} steps", self.steps.len());
            return Err(PlanError::Part { pipeline: self.pipeline.clone(), why });
        }
        self.part(|step| step >= from)
    }

    /// The steps on machines that failed or were excluded, as a task: the release is there already.
    pub fn on_machines_left(&self, state: &RunState) -> Result<Self, PlanError> {
        let left = |step: usize| {
            let now = state.steps.get(step).map(|now| &now.state);
            let machine = self.steps.get(step).is_some_and(|planned| planned.host.is_some());
            machine && matches!(now, Some(StepState::Ended { end: StepEnd::Failed | StepEnd::Excluded, .. }))
        };
        let part = self.part(left)?;
        if part.steps.is_empty() {
            let why = "no machine of it failed or was excluded".to_owned();
            return Err(PlanError::Part { pipeline: self.pipeline.clone(), why });
        }
        Ok(Self { kind: PipelineKind::Task, preflight: None, ..part })
    }

    fn part(&self, keep: impl Fn(usize) -> bool) -> Result<Self, PlanError> {
        let kept = self.steps.iter().enumerate().filter(|(index, _)| keep(*index));
        let steps: Vec<_> = kept.map(|(_, planned)| planned.clone()).collect();
        let mut taken: BTreeSet<String> = BTreeSet::new();
        for planned in &steps {
            let mut missing = None;
            walk::step(&planned.step, &mut |text: &Rendered| {
                let late = text.late().into_iter().filter_map(|name| name.strip_prefix("captures."));
                missing = missing.take().or(late.filter(|name| !taken.contains(*name)).map(str::to_owned).next());
            });
            let own = match &planned.step.kind {
                StepKind::Command(Command::Http(http)) => http.capture.keys().cloned().collect(),
                StepKind::Flag { flag, .. } => [super::former(flag)].into(),
                _ => BTreeSet::new(),
            };
            if let Some(name) = missing.filter(|name| !own.contains(name)) {
                let why = format!(
                    "the step '{}' needs the value '{name}', which an earlier step took: begin with that one",
                    planned.step.name
                );
                return Err(PlanError::Part { pipeline: self.pipeline.clone(), why });
            }
            taken.extend(own);
        }
        Ok(Self { steps, ..self.clone() })
    }
}
