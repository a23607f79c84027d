//! Who did it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A person or process as the operating system vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Login name, or `uid 1000` where there is none.
    pub name: String,
    /// Effective user id.
    pub uid: u32,
    /// The user behind sudo, from `SUDO_UID`/`SUDO_USER`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
}

impl Actor {
    /// Quarterdeck itself, for decisions that follow from the plan.
    pub fn quarterdeck() -> Self {
        Self { name: "quarterdeck".into(), uid: 0, sudo_user: None }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sudo_user {
            Some(person) if *person != self.name => write!(f, "{person} (as {})", self.name),
            _ => f.write_str(&self.name),
        }
    }
}
