//! Pipelines: deploy, verify, rollback and task are one thing, configured differently.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    condition::Condition,
    placement::{Host, Others, Serial},
    probe::HttpRequest,
    template::{Rendered, Template},
    time::human,
    window::Window,
};

/// A pipeline as configured (`[pipelines.deploy]`).
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: PipelineKind,
    /// What it acts on; one active run holds a target of an environment. The project's name unless given.
    pub target: String,
    /// Services that its runs touch; empty: its target, and what its steps judge.
    pub touches: Vec<String>,
    /// One line for people.
    pub description: Option<String>,
    /// In order of appearance.
    pub params: Vec<Param>,
    /// What follows a failed step.
    pub on_failure: OnFailure,
    /// Bound on the whole run.
    pub timeout: Option<Duration>,
    /// A suite that must pass before the gate; its result binds to the plan for 10 minutes.
    pub preflight: Option<String>,
    /// In order.
    pub steps: Vec<Entry>,
}

/// What a pipeline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PipelineKind {
    /// Success writes a release.
    Deploy,
    /// Changes nothing; takes no lock.
    Verify,
    /// Goes back to a chosen release (`point.*`).
    Rollback,
    /// Anything else.
    Task,
}

impl PipelineKind {
    /// As in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Verify => "verify",
            Self::Rollback => "rollback",
            Self::Task => "task",
        }
    }
}

/// What follows a failed step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Undo what was done, in reverse.
    Rollback,
    /// Wait for a person.
    Hold,
    /// Leave it as it is.
    Stop,
}

/// A value asked for before the start (`params.version`).
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name in templates.
    pub name: String,
    /// What the wizard asks.
    pub prompt: String,
    /// Used where nothing is typed.
    pub default: Option<String>,
    /// What can be chosen.
    pub choices: Choices,
    /// A regular expression the whole value must match.
    pub pattern: Option<String>,
}

/// Where the choices of a parameter come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choices {
    /// Any text.
    Free,
    /// One of these.
    List(Vec<String>),
    /// One of the lines a command prints.
    Command(Vec<String>),
}

/// One step. `T` is [`Template`] in a pipeline and [`Rendered`] in a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step<T = Rendered> {
    /// Shown everywhere.
    pub name: String,
    /// What it does.
    pub kind: StepKind<T>,
    /// What running it twice would do.
    pub effect: Effect,
    /// Whether and how to try again.
    pub retry: Option<Retry>,
    /// Bound on one attempt.
    #[serde(with = "human::option")]
    pub timeout: Option<Duration>,
    /// The way back.
    pub undo: Option<Command<T>>,
    /// Asked after a crash whether a `once` step was done: exit 0 done, 1 not done, else unknown.
    pub probe: Option<Vec<T>>,
    /// Can't be skipped.
    pub required: bool,
    /// Environment variables for its command.
    pub env: BTreeMap<String, T>,
}

/// One entry of `steps`.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A step.
    Step(Single),
    /// Several at the same time (`parallel`).
    Parallel {
        /// Stands before the names of its members.
        name: String,
        /// Whether they are needed.
        when: Option<Condition>,
        /// Its members.
        steps: Vec<Single>,
        /// Members under way at once.
        at_most: u16,
        /// What a failing member means for the others.
        others: Others,
    },
    /// One step on several machines (`hosts`), batch by batch.
    Hosts {
        /// The step; `{{ host.name }}` is each machine's.
        step: Single,
        /// The machines, in order.
        hosts: Vec<Host>,
        /// How many are taken at a time.
        serial: Serial,
        /// Under way at once within a batch.
        at_most: u16,
        /// Failed machines that are borne before the step fails.
        max_failures: u16,
        /// A suite that must pass after each batch.
        verify_each: Option<String>,
    },
    /// Another pipeline's steps (`pipeline`).
    Pipeline {
        /// Stands before the names of its steps.
        name: String,
        /// Whether they are needed.
        when: Option<Condition>,
        /// Which pipeline.
        pipeline: String,
        /// Its parameters.
        params: BTreeMap<String, Template>,
    },
}

/// A step, and whether it is needed.
#[derive(Debug, Clone, PartialEq)]
pub struct Single {
    /// The step.
    pub step: Step<Template>,
    /// Judged just before it begins: it is left out if this is false.
    pub when: Option<Condition>,
}

impl From<Step<Template>> for Entry {
    fn from(step: Step<Template>) -> Self {
        Self::Step(Single { step, when: None })
    }
}

impl Entry {
    /// The steps written in it; those of another pipeline stand there.
    pub fn steps(&self) -> Vec<&Step<Template>> {
        match self {
            Self::Step(single) | Self::Hosts { step: single, .. } => vec![&single.step],
            Self::Parallel { steps, .. } => steps.iter().map(|single| &single.step).collect(),
            Self::Pipeline { .. } => Vec::new(),
        }
    }
}

impl Pipeline {
    /// Every step written in it, whatever entry it stands in.
    pub fn each_step(&self) -> impl Iterator<Item = &Step<Template>> {
        self.steps.iter().flat_map(Entry::steps)
    }
}

/// A command: what `run`, `shell` and `http` steps and undos do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command<T = Rendered> {
    /// An argument vector, never a shell line.
    Run(Vec<T>),
    /// A script for `sh -eu`; templated values in it are quoted.
    Shell(T),
    /// A request.
    Http(HttpStep<T>),
}

/// An HTTP request as a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpStep<T = Rendered> {
    /// What is sent.
    pub request: HttpRequest<T>,
    /// Must all hold (default: status 200 to 299).
    pub expect: Vec<Condition>,
    /// Late values taken from the answer, by name: `captures.NAME`.
    pub capture: BTreeMap<String, Condition>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind<T = Rendered> {
    /// Runs a command under a supervisor, or sends a request.
    Command(Command<T>),
    /// Runs a suite.
    Verify {
        /// Its name.
        suite: String,
    },
    /// Moves traffic in stages, each followed by a soak where one is given.
    Traffic {
        /// Percentages, ascending.
        weights: Vec<u8>,
        /// The command that sets one; `{{ weight }}` is late.
        set: Vec<T>,
        /// How the stage is judged before the next.
        soak: Option<SoakSpec>,
    },
    /// Watches the live figures for a while and judges them.
    Soak(SoakSpec),
    /// Waits.
    Wait(WaitSpec),
    /// Items that people tick off.
    Checklist {
        /// In order.
        items: Vec<T>,
    },
    /// Gives a feature flag to a part of the users; its way back is the part that had it before.
    Flag {
        /// Its name: `{{ flag }}`.
        flag: String,
        /// The part, in percent: `{{ percent }}`.
        percent: u8,
        /// The command whose last line says the part now.
        get: Vec<T>,
        /// The command that sets it.
        set: Vec<T>,
    },
    /// Asks a person.
    Ask {
        /// What is asked.
        question: T,
    },
    /// Changes a database, or saves it.
    Database {
        /// Its name.
        database: String,
        /// What is done with it.
        act: DatabaseAct<T>,
    },
}

/// What a step does with a database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseAct<T = Rendered> {
    /// Changes its schema.
    Migrate {
        /// The migration that is the last afterwards; all are applied with `None`.
        to: Option<T>,
        /// Files of applied migrations may be missing: an older version is put back, and the schema stays.
        stays: bool,
    },
    /// Makes a backup.
    Backup,
    /// Puts one back.
    Restore {
        /// Its id; the newest good one with `None`.
        from: Option<T>,
        /// Makes a backup of what is there now before.
        keep_present: bool,
    },
}

impl<T> DatabaseAct<T> {
    /// The key that names it in the configuration.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Migrate { .. } => "migrate",
            Self::Backup => "backup",
            Self::Restore { .. } => "restore",
        }
    }

    /// The template in it.
    pub fn text(&self) -> Option<&T> {
        match self {
            Self::Migrate { to: text, .. } | Self::Restore { from: text, .. } => text.as_ref(),
            Self::Backup => None,
        }
    }
}

impl DatabaseAct<Rendered> {
    /// What it does with that database.
    pub fn sentence(&self, database: &str) -> String {
        match self {
            Self::Migrate { to: Some(to), .. } => format!("migrates {database} to {}", to.shown()),
            Self::Migrate { to: None, .. } => format!("applies what is pending in {database}"),
            Self::Backup => format!("backs up {database}"),
            Self::Restore { from, keep_present } => {
                let from = from.as_ref().map_or_else(|| "the newest good backup".to_owned(), Rendered::shown);
                let kept = if *keep_present { ", after a backup of what is there" } else { "" };
                format!("restores {database} from {from}{kept}")
            }
        }
    }
}

impl<T> Step<T> {
    /// Whether it takes itself back: what a migration applied it knows best itself.
    pub fn undoes_itself(&self) -> bool {
        matches!(&self.kind, StepKind::Database { act: DatabaseAct::Migrate { .. }, .. })
    }

    /// Whether anything can take it back.
    pub fn has_undo(&self) -> bool {
        self.undo.is_some() || self.undoes_itself()
    }
}

impl<T> StepKind<T> {
    /// The key that names the kind in the configuration.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Command(Command::Run(_)) => "run",
            Self::Command(Command::Shell(_)) => "shell",
            Self::Command(Command::Http(_)) => "http",
            Self::Verify { .. } => "verify",
            Self::Traffic { .. } => "traffic",
            Self::Soak(_) => "soak",
            Self::Wait(_) => "wait",
            Self::Ask { .. } => "ask",
            Self::Database { act, .. } => act.word(),
            Self::Checklist { .. } => "checklist",
            Self::Flag { .. } => "flag",
        }
    }
}

/// What running a step twice would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Twice is as once.
    Idempotent,
    /// Must not happen twice; after a crash its result is unknown.
    Once,
}

/// How to try again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Further attempts after the first.
    pub times: u16,
    /// Pause before the first of them; doubles each time, with jitter.
    #[serde(with = "human")]
    pub backoff: Duration,
    /// Only after these exit codes; empty: any.
    pub exits: Vec<i32>,
}

/// How live figures are judged over a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SoakSpec {
    /// Whose figures.
    pub service: String,
    /// How long.
    #[serde(with = "human")]
    pub duration: Duration,
    /// Time between two evaluations.
    #[serde(with = "human")]
    pub every: Duration,
    /// One of these true is a bad evaluation. May use `baseline.NAME`.
    pub fail_when: Vec<Condition>,
    /// Bad evaluations in a row that fail the soak (default 3).
    pub fail_after: u16,
    /// Requests that must have been seen for a pass (default 30).
    pub min_requests: u64,
    /// What the baseline is.
    pub baseline: Baseline,
    /// What a failed soak may do by itself.
    pub trust: Trust,
}

/// What live figures are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// The same length of time just before the run started.
    #[default]
    BeforeRun,
    /// None: only absolute limits.
    None,
}

/// What a failed soak may do by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Fails the step at once.
    #[default]
    Act,
    /// Holds for a person.
    Ask,
}

/// How a `wait` step ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaitSpec {
    /// At the latest, or exactly if there is no condition.
    #[serde(with = "human")]
    pub at_most: Duration,
    /// As soon as all of these hold for `service`; if they never do the step fails.
    pub until: Vec<Condition>,
    /// Whose figures `until` reads.
    pub service: Option<String>,
    /// Hours in which it may go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}
