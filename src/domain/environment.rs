//! The configured world: a project, its environments, and all that lives in each.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    alert::{Rule, Rulebook, Severity, tell::Policy},
    channel::{Channel, Heartbeat, Summary},
    database::Database,
    health::Debounce,
    outlet::{Export, Serve},
    pipeline::Pipeline,
    playbook::Playbook,
    probe::ProbeSpec,
    service_log::LogSource,
    suite::Suite,
    template::{Context, Template},
    time::human,
};

/// Everything a valid configuration says. Overrides under `environments.X` are already applied: each environment
/// holds its own services, suites and pipelines in full.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Shown in the header.
    pub name: String,
    /// For times shown to people.
    pub timezone: Tz,
    /// Explicit `state_dir`, if any.
    pub state_dir: Option<PathBuf>,
    /// In order of appearance; never empty.
    pub environments: Vec<Environment>,
    /// How long history is kept.
    pub retention: Retention,
    /// What is served and exported.
    pub outlets: Outlets,
    /// Who is told of alerts, and what holds them.
    pub telling: Policy,
    /// Alerts of these severities open an incident (`[incidents]`).
    pub open_on: Vec<Severity>,
    /// The directory of the configuration file: relative paths and commands start here.
    pub root: PathBuf,
}

impl Project {
    /// The environment of that name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name == name)
    }
}

/// What leaves this machine, and the secrets that it takes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outlets {
    /// `[serve]`
    pub serve: Option<Serve>,
    /// `[export]`
    pub export: Option<Export>,
    /// `[channels]`, in order of appearance.
    pub channels: Vec<Channel>,
    /// `[heartbeat]`
    pub heartbeat: Option<Heartbeat>,
    /// `[summary]`
    pub summary: Option<Summary>,
    /// `[secrets]` of the top level.
    pub secrets: BTreeMap<String, SecretSource>,
}

/// One environment, complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// `production`.
    pub name: String,
    /// Its public address.
    pub url: Option<String>,
    /// A colour role wherever this environment is named: `red`, `yellow`, `green`, `blue`, `magenta`, `cyan`.
    pub color: Option<String>,
    /// Whether starting a run here asks for the environment's name to be typed.
    pub confirm: Confirm,
    /// Free values for templates: `{{ env.vars.region }}`.
    pub vars: Map<String, Value>,
    /// In order of appearance.
    pub services: Vec<Service>,
    /// By name.
    pub suites: BTreeMap<String, Suite>,
    /// By name.
    pub databases: BTreeMap<String, Database<Template>>,
    /// By name.
    pub pipelines: BTreeMap<String, Pipeline>,
    /// What to do when an alert fires, by name; what they run is among the pipelines.
    pub playbooks: BTreeMap<String, Playbook>,
    /// Where each secret comes from; names not here are looked for in the process environment.
    pub secrets: BTreeMap<String, SecretSource>,
    /// What is judged.
    pub rulebook: Rulebook,
}

impl Environment {
    /// The service of that name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// The alert rule of that name.
    pub fn alert_rule(&self, name: &str) -> Option<&Rule> {
        self.rulebook.rules.iter().find(|rule| rule.name == name)
    }

    /// The playbook for alerts of that rule.
    pub fn playbook_for(&self, rule: &str) -> Option<&Playbook> {
        self.playbooks.values().find(|playbook| playbook.is_for(rule))
    }

    /// The names every template of this environment may use: `env.name`, `env.url`, `env.vars.*`.
    pub fn context(&self, project: &str) -> Context {
        Context::new()
            .with("project", serde_json::json!({ "name": project }))
            .with("env", serde_json::json!({ "name": self.name, "url": self.url, "vars": self.vars }))
    }
}

/// The second, different act before something starts in an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirm {
    /// Press Enter on the plan.
    #[default]
    Enter,
    /// Type the environment's name.
    TypeName,
}

/// Where a secret's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file of mode 0600 or stricter.
    File(PathBuf),
    /// The standard output of a command.
    Command(Vec<String>),
}

/// One service of one environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// `api`.
    pub name: String,
    /// Its address, rendered.
    pub url: Option<String>,
    /// Services it needs.
    pub depends_on: Vec<String>,
    /// Its probes, rendered, in order of appearance.
    pub probes: Vec<ProbeSpec>,
    /// When bad looks make it bad.
    pub debounce: Debounce,
    /// Where its log is followed, in order of appearance.
    pub logs: Vec<LogSource>,
}

/// How long history is kept (`[retention]`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Raw looks (48 h).
    #[serde(with = "human")]
    pub raw: Duration,
    /// 1-minute rollups (30 d).
    #[serde(with = "human")]
    pub minutes: Duration,
    /// 1-hour rollups (400 d).
    #[serde(with = "human")]
    pub hours: Duration,
    /// Runs with their logs (400 d).
    #[serde(with = "human")]
    pub runs: Duration,
    /// Lines of services' logs (48 h) ...
    #[serde(with = "human")]
    pub logs: Duration,
    /// ... and so many megabytes of them at most (512).
    pub logs_mb: u32,
    /// Errors of services, since they were last seen (90 d).
    #[serde(with = "human")]
    pub errors: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        const DAY: u64 = 86_400;
        Self {
            raw: Duration::from_secs(2 * DAY),
            minutes: Duration::from_secs(30 * DAY),
            hours: Duration::from_secs(400 * DAY),
            runs: Duration::from_secs(400 * DAY),
            logs: Duration::from_secs(2 * DAY),
            logs_mb: 512,
            errors: Duration::from_secs(90 * DAY),
        }
    }
}
