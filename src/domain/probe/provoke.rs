//! Looks that make something happen and wait for what comes of it: what makes it happen.

use serde::{Deserialize, Serialize};

use super::{composite::FlowLook, http::HttpRequest, local::CommandLook, mail::SmtpLook};
use crate::domain::{condition::Condition, template::Rendered};

/// What is done so that something comes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provoke<T = Rendered> {
    /// The deed.
    pub deed: Deed<T>,
    /// Must all hold, else nothing is waited for; empty: what its kind takes for success.
    pub expect: Vec<Condition>,
}

/// A look that is taken for what it causes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed<T = Rendered> {
    /// A request.
    Http(HttpRequest<T>),
    /// A mail.
    Smtp(SmtpLook<T>),
    /// Several requests.
    Flow(FlowLook<T>),
    /// A program.
    Command(CommandLook<T>),
}

impl<T> Provoke<T> {
    /// The keys that name a deed.
    pub const KINDS: [&'static str; 4] = ["http", "smtp", "flow", "command"];

    /// The names that its templates may use beyond those of the look it belongs to.
    pub fn late_names(&self) -> Vec<&str> {
        match &self.deed {
            Deed::Flow(flow) => flow.late_names(),
            _ => Vec::new(),
        }
    }

    /// The same with every text passed through `fill`; stops at its first error.
    pub fn try_map<'t, U, E>(&'t self, fill: &mut dyn FnMut(&'t T) -> Result<U, E>) -> Result<Provoke<U>, E> {
        let deed = match &self.deed {
            Deed::Http(request) => Deed::Http(request.try_map(fill)?),
            Deed::Smtp(look) => Deed::Smtp(look.try_map(fill)?),
            Deed::Flow(look) => Deed::Flow(look.try_map(fill)?),
            Deed::Command(look) => Deed::Command(look.try_map(fill)?),
        };
        Ok(Provoke { deed, expect: self.expect.clone() })
    }
}
