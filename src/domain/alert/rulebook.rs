//! What is judged: rules, thresholds and objectives, resolved for one environment.

use std::time::Duration;

use super::{rule::Rule, sla::Thresholds, slo::Objective};

/// Everything that is judged in one environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Rulebook {
    /// How often.
    pub every: Duration,
    /// Rules as written, then those of thresholds and of objectives.
    pub rules: Vec<Rule>,
    /// Figures with thresholds.
    pub thresholds: Vec<Thresholds>,
    /// Objectives.
    pub objectives: Vec<Objective>,
}

impl Default for Rulebook {
    fn default() -> Self {
        Self { every: Duration::from_secs(10), rules: Vec::new(), thresholds: Vec::new(), objectives: Vec::new() }
    }
}
