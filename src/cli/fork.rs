//! `runs fork`: a new run of a part of an old one's plan.

use super::{
    args::{Global, StartArguments},
    deck::Deck,
    exit,
    output::{Failure, Outcome},
    runs, start,
};
use crate::domain::{id::RunId, release::ReleaseRef};

/// Which part.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// From this step on, counted from 1.
    From(u16),
    /// The machines that failed or were excluded.
    Machines,
}

/// Starts a run of a part of run `run`'s plan, as it was planned then.
pub fn fork(global: &Global, run: i64, part: Part, arguments: &StartArguments) -> Outcome {
    if arguments.pipeline.is_some() || !arguments.param.is_empty() {
        let why = "a fork takes the steps as they were planned: --pipeline and --param would change them";
        return Err(Failure::usage(why));
    }
    let deck = Deck::load(global)?;
    let reader = deck.reader()?;
    let detail = runs::find(&reader, RunId(run))?;
    if detail.state.outcome().is_none() {
        return Err(Failure::with(
            exit::LOCKED,
            format_args!("run {} is under way: decide about it there", RunId(run)),
        ));
    }
    let refused = |error: crate::domain::plan::PlanError| Failure::usage(error);
    let (mut plan, which) = match part {
        Part::From(from) => {
            let index = from.checked_sub(1).ok_or_else(|| Failure::usage("steps are counted from 1"))?;
            (detail.plan.from_step(index).map_err(refused)?, format!("from step {from} on"))
        }
        Part::Machines => (detail.plan.on_machines_left(&detail.state).map_err(refused)?, "machines left".to_owned()),
    };
    if matches!(part, Part::Machines) {
        // Its own release may be the one that is live; the ways back are as they were planned.
        let live = reader.live_release(&plan.env, &plan.target)?;
        plan.previous = live.map(|live| ReleaseRef {
            run: live.run,
            version: live.version,
            databases: std::collections::BTreeMap::new(),
        });
    }
    let env = plan.env.clone();
    let global = Global { env: Some(env), ..global.clone() };
    start::planned(&global, plan, Some(format!("fork of run {}, {which}", RunId(run))), arguments)
}
