//! The wizards: deploy, verify, rollback and task are one, because pipelines are one thing.
//!
//! ```text
//!   deploy, task   Choose -> Params -> (Preflight) -> Review -> Starting -> the Runs screen
//!   verify         Choose -> Params ->                          Starting -> the Runs screen
//!   rollback       Point  -> Reason ->                Review -> Starting -> the Runs screen
//! ```
//!
//! A stage with one possible answer is passed by itself. What was not shown can't be confirmed: a plan is started by its
//! hash, and a changed plan is shown again.

use std::{collections::BTreeMap, sync::Arc};

use tui_input::Input;

use crate::domain::{
    environment::Confirm,
    id::RunId,
    pipeline::{Param, PipelineKind},
    plan::Plan,
    release::RollbackPoint,
};

use super::effect::Ticket;

/// A wizard under way.
#[derive(Debug, Clone)]
pub struct Wizard {
    /// What it leads to.
    pub kind: PipelineKind,
    /// In which environment; fixed when it opens.
    pub env: String,
    /// Whose answers count: answers to an earlier question are ignored.
    pub ticket: Ticket,
    /// Where it stands.
    pub stage: Stage,
}

/// Where a wizard stands.
#[derive(Debug, Clone)]
pub enum Stage {
    /// Which pipeline or suite; passed by itself if there is one only.
    Choose(Choice),
    /// Values of its parameters.
    Params(Form),
    /// Which release to go back to.
    Point(PointChoice),
    /// Why to go back.
    Reason(ReasonChoice),
    /// The plan is being made.
    Preparing(Preparing),
    /// Checks before the gate, live.
    Preflight(Preflight),
    /// The plan and its gate.
    Review(Review),
    /// The run is being created.
    Starting(Review),
    /// It can't go on; Esc goes back.
    Failed(Failed),
}

/// What a wizard can start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A pipeline, by name.
    Pipeline(String),
    /// A suite by itself, by name, run as a verify run.
    Suite(String),
}

impl Subject {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Pipeline(name) | Self::Suite(name) => name,
        }
    }

    /// `pipeline` or `suite`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pipeline(_) => "pipeline",
            Self::Suite(_) => "suite",
        }
    }
}

/// A list to choose from.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The rows: what, and a line about it.
    pub rows: Vec<(Subject, String)>,
    /// The selected row.
    pub selected: usize,
}

/// The values of a pipeline's parameters.
#[derive(Debug, Clone)]
pub struct Form {
    /// The pipeline.
    pub pipeline: String,
    /// In order.
    pub fields: Vec<Field>,
    /// The field that has the keys.
    pub focus: usize,
    /// What is wrong with a value, if it was refused.
    pub refused: Option<String>,
}

/// One parameter's field.
#[derive(Debug, Clone)]
pub struct Field {
    /// The parameter.
    pub param: Param,
    /// What was typed; narrows the choices.
    pub input: Input,
    /// What can be chosen.
    pub choices: FieldChoices,
    /// The selected one of [`Field::matching`].
    pub selected: usize,
}

/// The choices of a field.
#[derive(Debug, Clone)]
pub enum FieldChoices {
    /// Any text.
    Free,
    /// Being asked for.
    Loading,
    /// These, newest first.
    Known(Vec<String>),
    /// They could not be had; any text that matches the pattern will do.
    Unknown {
        /// Why.
        why: String,
    },
}

impl Field {
    /// The choices that contain what was typed.
    pub fn matching(&self) -> Vec<&str> {
        let typed = self.input.value().to_lowercase();
        match &self.choices {
            FieldChoices::Known(all) => {
                all.iter().map(String::as_str).filter(|choice| choice.to_lowercase().contains(&typed)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The value it stands for now: the selected choice, else what was typed, else the default.
    pub fn value(&self) -> String {
        if let Some(choice) = self.matching().get(self.selected) {
            return (*choice).to_owned();
        }
        match self.input.value() {
            "" => self.param.default.clone().unwrap_or_default(),
            typed => typed.to_owned(),
        }
    }
}

impl Form {
    /// The values by parameter name, without empty ones.
    pub fn values(&self) -> BTreeMap<String, String> {
        self.fields
            .iter()
            .map(|field| (field.param.name.clone(), field.value()))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }
}

/// The rollback chooser.
#[derive(Debug, Clone)]
pub struct PointChoice {
    /// Whose releases.
    pub target: String,
    /// The newest first; `None` while they are read.
    pub points: Option<Arc<Vec<RollbackPoint>>>,
    /// The selected one; the preferred one at first.
    pub selected: usize,
    /// `r` was pressed again before the points were there: take the preferred one as soon as they are.
    pub fast: bool,
    /// More about why, if it is known already: the alert it began from.
    pub because: String,
}

impl PointChoice {
    /// The selected point, if it may be chosen.
    pub fn chosen(&self) -> Result<&RollbackPoint, String> {
        let points = self.points.as_ref().ok_or("the releases are still being read")?;
        let point = points.get(self.selected).ok_or("nothing was released here yet: there is nothing to go back to")?;
        match &point.refused {
            Some(why) => Err(format!("{} can't be chosen: {why}", point.release.version)),
            None => Ok(point),
        }
    }
}

/// Why a rollback is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A deploy failed half-way.
    FailedDeploy,
    /// A bug that can't wait.
    CriticalBug,
    /// Slow or failing.
    Degradation,
    /// A leak or an attack.
    SecurityIncident,
    /// Somebody asked for it.
    Request,
}

impl Reason {
    /// All, as listed.
    pub const ALL: [Self; 5] =
        [Self::FailedDeploy, Self::CriticalBug, Self::Degradation, Self::SecurityIncident, Self::Request];

    /// As shown and stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::FailedDeploy => "failed deploy",
            Self::CriticalBug => "critical bug",
            Self::Degradation => "degradation",
            Self::SecurityIncident => "security incident",
            Self::Request => "request",
        }
    }
}

/// Choosing why.
#[derive(Debug, Clone)]
pub struct ReasonChoice {
    /// Where to.
    pub point: RollbackPoint,
    /// Index into [`Reason::ALL`].
    pub selected: usize,
    /// More about it, if typed.
    pub note: Input,
}

impl ReasonChoice {
    /// As stored: `critical bug: checkout is empty`.
    pub fn text(&self) -> String {
        let reason = Reason::ALL[self.selected.min(Reason::ALL.len() - 1)].word();
        match self.note.value().trim() {
            "" => reason.to_owned(),
            note => format!("{reason}: {note}"),
        }
    }
}

/// A plan being made.
#[derive(Debug, Clone)]
pub struct Preparing {
    /// What: "deploy 1.9.2".
    pub what: String,
    /// For a rollback: why.
    pub reason: Option<String>,
    /// For a rollback: where to.
    pub point: Option<RollbackPoint>,
    /// The stage to go back to on Esc or failure.
    pub back: Option<Box<Stage>>,
}

/// The checks before the gate. While a run exists it is the model's open run: its steps, findings and log are there.
#[derive(Debug, Clone)]
pub struct Preflight {
    /// What will be reviewed once it passed.
    pub review: Review,
    /// The verify run; `None` while it is being created.
    pub run: Option<RunId>,
}

/// The plan on the screen, and the gate below it.
#[derive(Debug, Clone)]
pub struct Review {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Its hash: what a confirmation is bound to.
    pub hash: String,
    /// For a rollback: why.
    pub reason: Option<String>,
    /// For a rollback: where to, with what will not come back.
    pub point: Option<RollbackPoint>,
    /// The preflight that passed for this plan.
    pub preflight: Option<RunId>,
    /// First line of the plan shown.
    pub scroll: usize,
    /// What was typed at the gate, where the environment's name is asked for.
    pub typed: Input,
    /// The stage to go back to.
    pub back: Option<Box<Stage>>,
}

impl Review {
    /// Whether the gate is open; else what is missing.
    pub fn gate(&self) -> Result<(), String> {
        match self.plan.confirm {
            Confirm::Enter => Ok(()),
            Confirm::TypeName if self.typed.value() == self.plan.env => Ok(()),
            Confirm::TypeName => Err(format!("type {} to start it", self.plan.env)),
        }
    }
}

/// Why a wizard can't go on.
#[derive(Debug, Clone)]
pub struct Failed {
    /// What was tried: "No plan for deploy".
    pub title: String,
    /// Why, and what to do.
    pub why: String,
    /// The stage to go back to; `None` leaves the wizard.
    pub back: Option<Box<Stage>>,
}

impl Wizard {
    /// The names of its stages, for the line at the top, and which of them it is at.
    pub fn progress(&self) -> (&'static [&'static str], usize) {
        let names: &[&str] = match self.kind {
            PipelineKind::Rollback => &["release", "reason", "plan and gate", "run"],
            PipelineKind::Verify => &["suite", "run"],
            PipelineKind::Deploy | PipelineKind::Task => &["parameters", "preflight", "plan and gate", "run"],
        };
        let at = match (&self.stage, self.kind) {
            (Stage::Starting(_), _) => names.len() - 1,
            (Stage::Choose(_) | Stage::Params(_) | Stage::Point(_), _) | (_, PipelineKind::Verify) => 0,
            (Stage::Review(_), _) => 2,
            (Stage::Reason(_) | Stage::Preflight(_) | Stage::Preparing(_) | Stage::Failed(_), _) => 1,
        };
        (names, at)
    }

    /// What it is called: `Deploy`, `Verify`, `Roll back`, `Run`.
    pub fn title(&self) -> &'static str {
        match self.kind {
            PipelineKind::Deploy => "Deploy",
            PipelineKind::Verify => "Verify",
            PipelineKind::Rollback => "Roll back",
            PipelineKind::Task => "Run",
        }
    }
}
