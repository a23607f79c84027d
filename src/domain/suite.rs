//! Suites of checks, what they find, and the report.

use serde::{Deserialize, Serialize};

use super::{
    probe::{Phases, ProbeKind, ProbeSpec},
    template::{Context, Rendered, Template, TemplateError},
    time::UnixMs,
    verdict::{Judgement, Verdict},
};

/// A named list of checks (`[suites.smoke]`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suite<T = Template> {
    /// Its name.
    pub name: String,
    /// In order.
    pub checks: Vec<Check<T>>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check<T = Template> {
    /// Shown in the report.
    pub name: String,
    /// What is done.
    pub kind: CheckKind<T>,
    /// What to do when it fails.
    pub fix: Option<String>,
    /// A failure is reported but does not fail the suite.
    pub optional: bool,
}

/// What a check does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "StoredKind<T>")]
pub enum CheckKind<T = Template> {
    /// Takes a look now.
    Probe(Box<ProbeSpec<T>>),
    /// A service of this environment is up or degraded now, by a fresh look of each of its probes.
    Service(String),
    /// A command ends with exit code 0.
    Run(Vec<T>),
}

/// A check as a plan may hold it: those of earlier versions knew `env` as a kind of check, not of look.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredKind<T> {
    Probe(Box<ProbeSpec<T>>),
    Env(String),
    Service(String),
    Run(Vec<T>),
}

impl<T> From<StoredKind<T>> for CheckKind<T> {
    fn from(stored: StoredKind<T>) -> Self {
        match stored {
            StoredKind::Probe(spec) => Self::Probe(spec),
            StoredKind::Env(name) => {
                Self::Probe(Box::new(ProbeSpec::plain(&name, ProbeKind::Env { name: name.clone() })))
            }
            StoredKind::Service(service) => Self::Service(service),
            StoredKind::Run(words) => Self::Run(words),
        }
    }
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The check's name.
    pub check: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// A failure that does not fail the suite.
    pub optional: bool,
    /// One sentence: what was seen.
    pub detail: String,
    /// What to do about it.
    pub fix: Option<String>,
    /// Each expectation.
    pub judgements: Vec<Judgement>,
    /// How long it took.
    pub duration_ms: f64,
    /// Where the time went, if it was a look over the network.
    pub phases: Option<Phases>,
}

/// What a suite found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The suite's name.
    pub suite: String,
    /// When it began.
    pub at: UnixMs,
    /// Fail if a check that is not optional failed, unknown if one is unknown.
    pub verdict: Verdict,
    /// In order of the checks.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The verdict of a suite from its findings: fail if a check that is not optional failed, unknown if one of those is
    /// unknown. A suite that found nothing out is unknown, never a pass.
    pub fn verdict_of(findings: &[Finding]) -> Verdict {
        if findings.is_empty() {
            return Verdict::Unknown;
        }
        let required = findings.iter().filter(|finding| !finding.optional);
        required.fold(Verdict::Pass, |verdict, finding| verdict.and(finding.verdict))
    }
}

impl Suite<Template> {
    /// Fills in the templates.
    pub fn render(&self, context: &Context) -> Result<Suite<Rendered>, TemplateError> {
        let checks = self.checks.iter().map(|check| check.render(context)).collect::<Result<_, _>>()?;
        Ok(Suite { name: self.name.clone(), checks })
    }
}

impl Check<Template> {
    fn render(&self, context: &Context) -> Result<Check<Rendered>, TemplateError> {
        let kind = match &self.kind {
            CheckKind::Probe(probe) => CheckKind::Probe(Box::new(probe.render(context)?)),
            CheckKind::Service(name) => CheckKind::Service(name.clone()),
            CheckKind::Run(argv) => {
                CheckKind::Run(argv.iter().map(|word| word.render(context)).collect::<Result<_, _>>()?)
            }
        };
        Ok(Check { name: self.name.clone(), kind, fix: self.fix.clone(), optional: self.optional })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_env_check_of_an_earlier_versions_plan_is_read_as_a_look() {
        let kind: CheckKind<Rendered> = serde_json::from_str(r#"{"env":"DATABASE_URL"}"#).unwrap();
        let CheckKind::Probe(spec) = &kind else { panic!("{kind:?}") };
        assert_eq!(spec.kind, ProbeKind::Env { name: "DATABASE_URL".into() });
        let again: CheckKind<Rendered> = serde_json::from_str(&serde_json::to_string(&kind).unwrap()).unwrap();
        assert_eq!(again, kind);
    }

    fn finding(verdict: Verdict, optional: bool) -> Finding {
        Finding {
            check: "c".into(),
            verdict,
            optional,
            detail: String::new(),
            fix: None,
            judgements: Vec::new(),
            duration_ms: 1.0,
            phases: None,
        }
    }

    #[test]
    fn a_required_failure_fails_the_suite_and_an_optional_one_does_not() {
        use Verdict::{Fail, Pass, Unknown};
        let verdict = |findings: &[(Verdict, bool)]| {
            let findings: Vec<_> = findings.iter().map(|(verdict, optional)| finding(*verdict, *optional)).collect();
            Report::verdict_of(&findings)
        };
        assert_eq!(verdict(&[(Pass, false), (Fail, true)]), Pass);
        assert_eq!(verdict(&[(Pass, false), (Unknown, false), (Fail, false)]), Fail);
        assert_eq!(verdict(&[(Pass, false), (Unknown, false)]), Unknown);
        assert_eq!(verdict(&[(Pass, false), (Unknown, true)]), Pass);
        assert_eq!(verdict(&[]), Unknown);
    }
}
