//! The one table of options: what may be written where, and what it means.
//!
//! Everything that speaks about options reads this table: unknown keys find their nearest name in it, the JSON Schema
//! and the reference in `docs/configuration.md` are generated from it, and a key that a reader takes without being
//! listed here fails the tests. Keys of later versions are listed too, so that they are refused with a clear sentence
//! instead of being called unknown.

mod alerts;
mod channels;
mod databases;
mod incidents;
mod looks;
mod outlets;
mod pipelines;
mod project;
mod services;
mod telling;

pub use alerts::{ALERT, BURN, NO_DATA, SLO, SLOS};
pub use channels::{
    CHANNEL, COMMAND, DISCORD, EMAIL, HEARTBEAT, NTFY, OPSGENIE, PAGERDUTY, SLACK, SMS, SUMMARY, SYSLOG, TEAMS, WEBHOOK,
};
pub use databases::{BACKUP, DATABASE, MIGRATE_WITH};
pub use incidents::{INCIDENTS, PLAYBOOK, PLAYBOOK_READ};
pub use looks::{AUTH, CHECK, FLOW_STEP, LETTER, LIMITS, PROBE, PROVOKE, SIGNATURE};
pub use outlets::{EXPORT, SERVE};
pub use pipelines::{HTTP_STEP, MEMBER, PARAM, PIPELINE, RETRY, STEP, UNDO};
pub use project::{ENVIRONMENT, PROJECT, PROTECTION, RETENTION, ROOT, SECRET};
pub use services::{DEBOUNCE, LOG, LOG_FIELDS, SERVICE, SUITE};
pub use telling::{ALERTS_BY, ESCALATION, EXPECTED, GUARD, INHIBIT, LIMIT, MAINTENANCE, ROUTE};

/// A table of the configuration.
#[derive(Debug)]
pub struct Section {
    /// Its heading: `services.NAME`.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// What may be written in it.
    pub keys: &'static [Key],
    /// Keys of later versions, with what they will be.
    pub later: &'static [(&'static str, &'static str)],
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// What holds if it is absent, as written; `required` if it must be there; empty if there is none.
    pub default: &'static str,
    /// What it means, in a sentence.
    pub about: &'static str,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A string, taken as it is.
    Text,
    /// A string with `{{ ... }}`.
    Template,
    /// A string with a condition or a numeric expression.
    Condition,
    /// A string such as `"1m 30s"`.
    Duration,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// An integer between two bounds.
    Integer(i64, i64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list.
    List(&'static Shape),
    /// A table with options of its own.
    Section(&'static Section),
    /// A table of such tables by names that are chosen freely.
    Named(&'static Section),
    /// The same, where each lays over one of the top level: nothing in it is required.
    Overrides(&'static Section),
    /// A table of values by names that are chosen freely.
    Map(&'static Shape),
    /// Anything.
    Any,
    /// One of these.
    Either(&'static [Shape]),
}

impl Section {
    /// The option of that name.
    pub fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// What a key of a later version will be.
    pub fn later(&self, name: &str) -> Option<&'static str> {
        self.later.iter().find(|(key, _)| *key == name).map(|(_, about)| *about)
    }
}

/// A list of commands' words.
const ARGV: Shape = Shape::List(&Shape::Template);

/// A list of conditions.
const CONDITIONS: Shape = Shape::List(&Shape::Condition);

const fn key(name: &'static str, shape: Shape, default: &'static str, about: &'static str) -> Key {
    Key { name, shape, default, about }
}

/// One list of options after the other.
const fn join<const A: usize, const B: usize, const ALL: usize>(first: [Key; A], then: [Key; B]) -> [Key; ALL] {
    assert!(A + B == ALL, "the sum of both lengths");
    let mut all = [key("", Shape::Any, "", ""); ALL];
    let mut at = 0;
    while at < ALL {
        all[at] = if at < A { first[at] } else { then[at - A] };
        at += 1;
    }
    all
}
