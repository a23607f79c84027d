//! `alerts`: what stands, why, what would have, and whether rules do what they should.

mod explain;
mod list;
mod prometheus;
mod replay;
mod series;
mod sla;
mod test;
mod tested;

use super::{
    alerts_args::{AlertsAction, AlertsArguments},
    args::Global,
    output::Outcome,
};

/// Does what was asked.
pub fn run(global: &Global, arguments: &AlertsArguments) -> Outcome {
    match &arguments.action {
        None => list::run(global, arguments.all, arguments.check),
        Some(AlertsAction::Explain { name, subject, limit }) => explain::run(global, name, subject.as_deref(), *limit),
        Some(AlertsAction::Sla) => sla::run(global),
        Some(AlertsAction::Replay { since, until, rule }) => {
            replay::run(global, since, until.as_deref(), rule.as_deref())
        }
        Some(AlertsAction::Test { files }) => test::run(global, files),
    }
}
