//! What people say to alerts: be silent for so long, or somebody is at it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rule::{AlertKey, Severity};
use crate::domain::time::UnixMs;

/// Which alerts are meant: all that is said must fit, and what is not said fits all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matches {
    /// The rule's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The service it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// How much it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Labels of the rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Matches {
    /// Whether an alert of that severity, whose rule has these labels, is meant.
    pub fn fits(&self, key: &AlertKey, severity: Severity, labels: &BTreeMap<String, String>) -> bool {
        self.rule.as_ref().is_none_or(|rule| *rule == key.rule)
            && self.service.as_ref().is_none_or(|service| *service == key.subject)
            && self.severity.is_none_or(|one| one == severity)
            && self.labels.iter().all(|(name, value)| labels.get(name) == Some(value))
    }
}

/// Nobody is told of these alerts until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Its number.
    pub id: i64,
    /// Environment.
    pub env: String,
    /// Which alerts.
    pub matches: Matches,
    /// Who said so.
    pub author: String,
    /// Why.
    pub reason: String,
    /// From when.
    pub from: UnixMs,
    /// Until when.
    pub until: UnixMs,
    /// When somebody ended it early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<UnixMs>,
}

impl Silence {
    /// Whether it is in force.
    pub fn holds(&self, now: UnixMs) -> bool {
        self.from <= now && now < self.ended.map_or(self.until, |ended| ended.min(self.until))
    }
}

/// Somebody is at an alert: repeats and escalation stop, until it fires anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// When.
    pub at: UnixMs,
    /// Which alert.
    pub key: AlertKey,
    /// Which firing of it: when that began.
    pub fired_at: UnixMs,
    /// Who.
    pub author: String,
    /// What they said; empty if nothing.
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> AlertKey {
        AlertKey { env: "production".into(), rule: "High error rate".into(), subject: "api".into() }
    }

    #[test]
    fn all_that_a_silence_says_must_fit() {
        let labels = BTreeMap::from([("team".to_owned(), "shop".to_owned())]);
        let fits = |matches: Matches| matches.fits(&key(), Severity::High, &labels);
        assert!(fits(Matches::default()));
        assert!(fits(Matches {
            rule: Some("High error rate".into()),
            service: Some("api".into()),
            ..Matches::default()
        }));
        assert!(!fits(Matches {
            rule: Some("High error rate".into()),
            service: Some("db".into()),
            ..Matches::default()
        }));
        assert!(!fits(Matches { severity: Some(Severity::Critical), ..Matches::default() }));
        assert!(fits(Matches { labels: labels.clone(), ..Matches::default() }));
        let other = BTreeMap::from([("team".to_owned(), "web".to_owned())]);
        assert!(!fits(Matches { labels: other, ..Matches::default() }));
    }

    #[test]
    fn a_silence_holds_until_its_end_or_until_it_is_ended() {
        let silence = Silence {
            id: 1,
            env: "production".into(),
            matches: Matches::default(),
            author: "alice".into(),
            reason: "known".into(),
            from: UnixMs(10),
            until: UnixMs(20),
            ended: None,
        };
        assert!(!silence.holds(UnixMs(9)) && silence.holds(UnixMs(10)) && silence.holds(UnixMs(19)));
        assert!(!silence.holds(UnixMs(20)), "its end is not part of it");
        let ended = Silence { ended: Some(UnixMs(15)), ..silence };
        assert!(ended.holds(UnixMs(14)) && !ended.holds(UnixMs(15)));
    }
}
