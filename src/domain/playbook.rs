//! Playbooks: what to do when an alert fires, step by step. A step is something to read, or something that runs.
//!
//! What runs is an ordinary pipeline of one step, so it is planned, confirmed, supervised, logged and kept like every other run:
//! a command is a `task` with a target of its own (a deploy under way does not lock anybody out of looking), a check is a
//! `verify`.

use serde::Serialize;

/// A playbook (`[playbooks.NAME]`), resolved for one environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Playbook {
    /// Its name.
    pub name: String,
    /// What it is for, in a line.
    pub about: Option<String>,
    /// Names of the rules whose alerts it is for.
    pub alerts: Vec<String>,
    /// In order.
    pub steps: Vec<PlaybookStep>,
}

/// A step of a playbook.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlaybookStep {
    /// Its name.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub act: PlaybookAct,
}

/// What a step of a playbook is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "act")]
pub enum PlaybookAct {
    /// Something to read, and to do by hand.
    Read {
        /// The text.
        text: String,
    },
    /// Something that runs.
    Run {
        /// The pipeline of this one step.
        pipeline: String,
        /// What it does, in a line.
        shown: String,
    },
}

impl Playbook {
    /// The name of the pipeline of a step; `number` counts from 1. No pipeline of the configuration can be called that.
    pub fn pipeline_of(name: &str, number: usize) -> String {
        format!("{name}/{number}")
    }

    /// What runs of this playbook hold: itself, so that two people don't do the same at the same time.
    pub fn target_of(name: &str) -> String {
        format!("playbook {name}")
    }

    /// Whether it is for alerts of that rule.
    pub fn is_for(&self, rule: &str) -> bool {
        self.alerts.iter().any(|name| name == rule)
    }
}
