//! Plans: a pipeline with everything filled in, immutable from the start of the run.
//!
//! [`Plan::build`] is pure: the same configuration, parameters and releases give the same plan and the same hash, so a
//! confirmation can be bound to it. It checks the parameters ([`params`]), fills in the steps with their undos
//! ([`render`]), one after the other whatever entry they stand in ([`expand`]), and takes in every suite and probe the
//! run will need; [`walk`] visits all rendered strings in it.

mod build;
mod expand;
mod params;
mod part;
mod render;
mod walk;

pub use self::render::former;

use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    database::Database,
    environment::{Confirm, Environment, Project, SecretSource},
    pipeline::{OnFailure, Pipeline, PipelineKind, Step, StepKind},
    placement::{Batch, Host, When},
    probe::ProbeSpec,
    release::ReleaseRef,
    suite::Suite,
    template::Rendered,
    time::human,
};

/// Everything a runner needs; it never reads the configuration. Secrets are names, late values are declared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The project's name.
    pub project: String,
    /// Relative paths and commands start here.
    pub root: PathBuf,
    /// The environment's name.
    pub env: String,
    /// What is locked.
    pub target: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// Services it touches, if it says so: their alerts are expected meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub touches: Vec<String>,
    /// Its kind.
    pub kind: PipelineKind,
    /// Parameters as given.
    pub params: BTreeMap<String, String>,
    /// What will be live after a success: `params.version`, the chosen point's version, or `None` for `run-<id>`.
    pub version: Option<String>,
    /// What is live now, if anything was ever released.
    pub previous: Option<ReleaseRef>,
    /// For a rollback: where to.
    pub point: Option<ReleaseRef>,
    /// What follows a failed step.
    pub on_failure: OnFailure,
    /// Bound on the whole run.
    #[serde(with = "human::option")]
    pub timeout: Option<Duration>,
    /// The suite that must pass before the start.
    pub preflight: Option<String>,
    /// The second act asked of a person.
    pub confirm: Confirm,
    /// In order.
    pub steps: Vec<PlannedStep>,
    /// All suites the steps use, by name, rendered.
    pub suites: BTreeMap<String, Suite<Rendered>>,
    /// The probes of every service the steps read, by service.
    pub services: BTreeMap<String, Vec<ProbeSpec>>,
    /// The databases that the steps change or save, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub databases: BTreeMap<String, Database>,
    /// What the files of their migrations were when the plan was made.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub migrations: BTreeMap<String, PlannedMigrations>,
    /// Where each secret named in the plan comes from; absent: the process environment.
    pub secrets: BTreeMap<String, SecretSource>,
}

/// A step with its templates filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// The step.
    #[serde(flatten)]
    pub step: Step<Rendered>,
    /// Why there is no way back, where there is none: "no undo is configured", "the first deploy has no previous version".
    pub no_way_back: Option<String>,
    /// Judged just before it begins: it is left out if this is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// The steps beside it; neighbours with the same number run at the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
    /// The machine its commands run on, if not this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Host>,
}

/// The files of a database's migrations, as they were when a plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedMigrations {
    /// SHA-256 over all of them: what was confirmed.
    pub digest: String,
    /// The last in order.
    pub newest: Option<String>,
    /// Those without a way back, and why.
    pub without_way_back: Vec<String>,
}

/// What a plan is built from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanInput {
    /// Parameter values by name; those not given take their default.
    pub params: BTreeMap<String, String>,
    /// The release that is live now.
    pub previous: Option<ReleaseRef>,
    /// For a rollback: where to.
    pub point: Option<ReleaseRef>,
    /// The files of migrations, by database.
    pub migrations: BTreeMap<String, PlannedMigrations>,
    /// A deploy goes back to an older version: the schema stays as it is.
    pub schema_stays: bool,
}

/// Why no plan could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A parameter without a value.
    #[error("the parameter '{name}' has no value: give it with --param {name}=VALUE")]
    MissingParam {
        /// Its name.
        name: String,
    },
    /// A value that is not allowed.
    #[error("'{value}' is not allowed for the parameter '{name}': {why}")]
    BadParam {
        /// The parameter.
        name: String,
        /// What was given.
        value: String,
        /// What is allowed.
        why: String,
    },
    /// A parameter the pipeline does not have.
    #[error("the pipeline '{pipeline}' has no parameter '{name}'; it has: {known}")]
    UnknownParam {
        /// The pipeline.
        pipeline: String,
        /// What was given.
        name: String,
        /// What exists.
        known: String,
    },
    /// A template of a step could not be filled in.
    #[error("step {number} '{step}': {why}")]
    Template {
        /// From 1.
        number: usize,
        /// The step's name.
        step: String,
        /// The template's error.
        why: String,
    },
    /// A pipeline within the pipeline that can't be.
    #[error("the pipeline '{pipeline}' can't be a step here: {why}")]
    Nested {
        /// Its name.
        pipeline: String,
        /// Why.
        why: String,
    },
    /// A part of a plan that can't stand alone.
    #[error("no run of that part of '{pipeline}' can be made: {why}")]
    Part {
        /// The pipeline.
        pipeline: String,
        /// Why.
        why: String,
    },
    /// More steps than a run can have.
    #[error("the plan would have more than 65,535 steps")]
    TooLong,
    /// A suite could not be filled in, or does not exist.
    #[error("the suite '{suite}': {why}")]
    Suite {
        /// Its name.
        suite: String,
        /// Why.
        why: String,
    },
}

impl Plan {
    /// Fills in a pipeline. Pure: the same input gives the same plan and the same hash. Parameters with a leading dash,
    /// a newline or NUL are refused unless their pattern allows them. An undo whose template needs `previous` on a first
    /// deploy is left out and said in `no_way_back`. Context: `env`, `project`, `params.*` and each parameter by its
    /// bare name, `version`, `previous.*`, `point.*`; late: `run.id`, `weight`, `captures.*`.
    pub fn build(
        project: &Project,
        environment: &Environment,
        pipeline: &Pipeline,
        input: &PlanInput,
    ) -> Result<Self, PlanError> {
        build::build(project, environment, pipeline, input)
    }

    /// SHA-256 in hex over the canonical JSON of the whole plan: what a confirmation is bound to.
    pub fn hash(&self) -> String {
        let mut text = String::new();
        canonical(&serde_json::to_value(self).unwrap_or_default(), &mut text);
        Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// The names of all secrets used anywhere in the plan, sorted, without duplicates.
    pub fn secret_names(&self) -> Vec<String> {
        let mut names = std::collections::BTreeSet::new();
        self.each_rendered(&mut |rendered: &Rendered| names.extend(rendered.secrets().into_iter().map(str::to_owned)));
        names.into_iter().collect()
    }

    /// Of [`Self::secret_names`], those the run can't do without: of its steps, undos and suites. What only looks at the
    /// services from outside need is not among them.
    pub fn needed_secret_names(&self) -> Vec<String> {
        let mut names = std::collections::BTreeSet::new();
        let mut take = |rendered: &Rendered| names.extend(rendered.secrets().into_iter().map(str::to_owned));
        self.each_of_the_work(&mut take);
        names.into_iter().collect()
    }

    /// The batch a step belongs to.
    pub fn batch_of(&self, step: u16) -> Option<&Batch> {
        self.steps.get(usize::from(step))?.batch.as_ref()
    }

    /// Whether the run takes the lock of its target (all but verify).
    pub fn locks(&self) -> bool {
        self.kind != PipelineKind::Verify
    }

    /// The least time until a success, as known before the start: the sum of soaks and fixed waits.
    pub fn soonest(&self) -> Duration {
        self.steps.iter().map(|planned| planned.step.kind.least()).sum()
    }
}

impl<T> StepKind<T> {
    /// The least time a success takes.
    fn least(&self) -> Duration {
        match self {
            Self::Soak(soak) => soak.duration,
            Self::Traffic { weights, soak: Some(soak), .. } => {
                soak.duration.saturating_mul(u32::try_from(weights.len()).unwrap_or(u32::MAX))
            }
            Self::Wait(wait) if wait.until.is_empty() && wait.window.is_none() => wait.at_most,
            _ => Duration::ZERO,
        }
    }
}

/// JSON with sorted keys and no spaces: the same document gives the same text whatever the map's order.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            text.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                canonical(value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                canonical(item, text);
            }
            text.push(']');
        }
        leaf => text.push_str(&leaf.to_string()),
    }
}

#[cfg(test)]
mod tests;
