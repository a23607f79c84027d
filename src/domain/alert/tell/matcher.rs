//! Which alerts a route, a silence or an inhibition is about.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::domain::{
    alert::{AlertKey, Phase, Rule, Severity, Standing},
    time::UnixMs,
};

/// An alert as it is told: where it stands, and what its rule says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Where it stands.
    pub standing: Standing,
    /// Labels of its rule.
    pub labels: BTreeMap<String, String>,
    /// What it means, for people.
    pub summary: Option<String>,
    /// What to do.
    pub runbook: Option<String>,
}

impl Alert {
    /// A standing with what its rule says, if the rule is still there.
    pub fn new(standing: Standing, rule: Option<&Rule>) -> Self {
        Self {
            standing,
            labels: rule.map(|rule| rule.labels.clone()).unwrap_or_default(),
            summary: rule.and_then(|rule| rule.summary.clone()),
            runbook: rule.and_then(|rule| rule.runbook.clone()),
        }
    }

    /// The same, finding the rule. What is told because a rule can't be judged is its rule's as well.
    pub fn among(standing: Standing, rules: &[Rule]) -> Self {
        let is = |rule: &&Rule| {
            let (own, of) = (rule.name.as_str(), standing.key.rule.as_str());
            of == own || of.strip_prefix(own).is_some_and(|rest| rest.starts_with(" ("))
        };
        let rule = rules.iter().find(is);
        Self::new(standing, rule)
    }

    /// Which.
    pub fn key(&self) -> &AlertKey {
        &self.standing.key
    }

    /// Since when it is true, and when it began to fire; `None` unless it fires.
    pub fn firing(&self) -> Option<(UnixMs, UnixMs)> {
        match self.standing.phase {
            Phase::Firing { since, fired_at, .. } => Some((since, fired_at)),
            _ => None,
        }
    }

    /// The value of a label; `service`, `rule`, `severity` and `env` are always there.
    pub fn label(&self, name: &str) -> &str {
        match name {
            "service" => &self.key().subject,
            "rule" => &self.key().rule,
            "severity" => self.standing.severity.word(),
            "env" => &self.key().env,
            other => self.labels.get(other).map_or("", String::as_str),
        }
    }
}

/// Alerts by what they are. Each list that is empty takes all; labels must all be there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Matcher {
    /// One of these severities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub severity: Vec<Severity>,
    /// About one of these services.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Of one of these rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// In one of these environments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// With all of these labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Matcher {
    /// Whether it takes this alert. One of the console itself is of no environment and no service: neither is asked of it.
    pub fn takes(&self, alert: &Alert) -> bool {
        let key = alert.key();
        let own = key.env.is_empty();
        (self.severity.is_empty() || self.severity.contains(&alert.standing.severity))
            && (own || self.services.is_empty() || self.services.contains(&key.subject))
            && (self.rules.is_empty() || self.rules.contains(&key.rule))
            && (own || self.env.is_empty() || self.env.contains(&key.env))
            && self.labels.iter().all(|(name, value)| alert.label(name) == value)
    }
}

impl fmt::Display for Matcher {
    /// `severity high, service api`; `everything` if nothing is asked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity: Vec<_> = self.severity.iter().map(|one| one.word().to_owned()).collect();
        let labels: Vec<_> = self.labels.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let parts: Vec<String> = [
            ("severity ", &severity),
            ("service ", &self.services),
            ("rule ", &self.rules),
            ("in ", &self.env),
            ("", &labels),
        ]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(what, list)| format!("{what}{}", list.join(" or ")))
        .collect();
        if parts.is_empty() { f.write_str("everything") } else { f.write_str(&parts.join(", ")) }
    }
}
