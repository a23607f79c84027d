//! Names and numbers that identify things.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of a run; written `#418`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// The number the store gives a scheduled look with a fixed list of recorded names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LookId(pub u32);

/// One probe of one service in one environment: `production/api/ready`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LookKey {
    /// Environment name.
    pub env: String,
    /// Service name.
    pub service: String,
    /// Probe name.
    pub probe: String,
}

impl fmt::Display for LookKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.env, self.service, self.probe)
    }
}

/// One recorded number of one probe: `production/api/traffic/p95_ms`. Bare names are unique within a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SeriesKey {
    /// The probe that records it.
    pub look: LookKey,
    /// The name under `record`, or `latency_ms` which every look has.
    pub name: String,
}

impl fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.look, self.name)
    }
}

/// One execution of one step of a run. Undo executions are numbered apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttemptKey {
    /// Index of the step in the plan, from 0.
    pub step: u16,
    /// Whether this executes the step's undo.
    pub undo: bool,
    /// 1 for the first try.
    pub attempt: u16,
}

impl AttemptKey {
    /// The name of the attempt's directory under the run: `03-1`, or `03-1-undo`.
    pub fn dir_name(self) -> String {
        format!("{:02}-{}{}", self.step, self.attempt, if self.undo { "-undo" } else { "" })
    }
}
