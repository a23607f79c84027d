//! What is asked of the world, all the time.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::over::Over;
use crate::domain::{condition::Condition, time::human};

/// How much it matters; the order is by weight, the heaviest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// P0: wake somebody.
    Critical,
    /// P1: soon.
    High,
    /// P2: in working hours.
    Medium,
    /// P3: in the daily summary.
    Low,
}

impl Severity {
    /// All, the heaviest first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// `critical`, as configured and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// One alert: one rule for one subject in one environment. Written `production/High error rate/api`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlertKey {
    /// Environment.
    pub env: String,
    /// The rule's name.
    pub rule: String,
    /// The service it is about; empty for a rule over all of them.
    pub subject: String,
}

impl fmt::Display for AlertKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.env, self.rule)?;
        if self.subject.is_empty() { Ok(()) } else { write!(f, "/{}", self.subject) }
    }
}

/// What happens while a rule can't be judged for want of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// Nothing: the state stays as it was.
    Keep,
    /// A separate alert of this severity after so long.
    Alert {
        /// How long nothing could be judged.
        #[serde(with = "human")]
        after: Duration,
        /// Of that alert.
        severity: Severity,
    },
}

/// What a rule is a part of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "part_of", content = "name")]
pub enum Origin {
    /// It was written as it is.
    Rule,
    /// A level of a threshold table, by the table's name.
    Threshold(String),
    /// A burn rate of an objective, by its name.
    Objective(String),
}

/// A rule (`[[alerts]]`), resolved for one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Unique within an environment.
    pub name: String,
    /// Fires while this is true.
    pub when: Condition,
    /// True for so long before it fires.
    #[serde(rename = "for", with = "human")]
    pub hold: Duration,
    /// Fires on for so long after it was last true.
    #[serde(with = "human")]
    pub keep_firing_for: Duration,
    /// How much it matters.
    pub severity: Severity,
    /// Judged of these services; empty: once, with series named `service.name`.
    pub services: Vec<String>,
    /// Each of them apart, or all together.
    #[serde(default)]
    pub over: Over,
    /// While nothing can be judged.
    pub no_data: NoData,
    /// What it means, for people.
    pub summary: Option<String>,
    /// What to do: a path or an address.
    pub runbook: Option<String>,
    /// Free words for routes and silences.
    pub labels: BTreeMap<String, String>,
    /// Where it comes from.
    pub origin: Origin,
}

/// The mark of the separate alert that a rule can't be judged.
const NO_DATA: &str = " (no data)";

impl Rule {
    /// The subjects it is judged of: services by name, or one empty name for a rule that is judged once.
    pub fn subjects(&self) -> Vec<String> {
        match self.over {
            Over::Each if !self.services.is_empty() => self.services.clone(),
            _ => vec![String::new()],
        }
    }
}

impl AlertKey {
    /// The separate alert that this one can't be judged: `High error rate (no data)`.
    #[must_use]
    pub fn no_data(&self) -> Self {
        Self { rule: format!("{}{NO_DATA}", self.rule), ..self.clone() }
    }

    /// The alert whose judging this one is about, if it is about that.
    pub fn judged(&self) -> Option<Self> {
        let rule = self.rule.strip_suffix(NO_DATA)?;
        Some(Self { rule: rule.to_owned(), ..self.clone() })
    }
}
