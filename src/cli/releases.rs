//! `releases`: what can be gone back to, how each behaved, and why not.

use super::{
    args::Global,
    deck::Deck,
    exit, format,
    output::{Failure, Mode, Outcome, Output},
};
use crate::{
    domain::{
        id::RunId,
        pipeline::PipelineKind,
        release::{ReleaseState, RollbackPoint},
        time::UnixMs,
    },
    run::launch,
};

pub fn list(global: &Global, target: Option<&str>, limit: usize) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.environment()?;
    let target = target
        .map(str::to_owned)
        .or_else(|| {
            let deploys = environment.pipelines.values().find(|pipeline| pipeline.kind == PipelineKind::Deploy);
            deploys.map(|pipeline| pipeline.target.clone())
        })
        .ok_or_else(|| Failure::usage("no deploy pipeline is configured: give --target NAME"))?;
    let mut points = launch::rollback_points(&deck.reader()?, environment, &target)?;
    points.truncate(limit);
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&points)?;
        return Ok(exit::OK);
    }
    if points.is_empty() && output.mode == Mode::Human {
        output
            .line(format_args!("nothing was released to {} yet: start with `quarterdeck deploy`", environment.name))?;
        return Ok(exit::OK);
    }
    let now = UnixMs::from(chrono::Utc::now());
    let rows: Vec<_> = points.iter().map(|point| row(point, now)).collect();
    output.table(&["", "version", "run", "age", "by", "state", "available", "errors", "p95 ms", "remark"], &rows)?;
    Ok(exit::OK)
}

fn row(point: &RollbackPoint, now: UnixMs) -> Vec<String> {
    let release = &point.release;
    let state = match release.state {
        ReleaseState::Live => "live",
        ReleaseState::Replaced => "replaced",
        ReleaseState::RolledBack => "rolled back",
        ReleaseState::Failed => "failed",
    };
    vec![
        if point.preferred { "*" } else { "" }.into(),
        release.version.clone(),
        release.run.to_string(),
        format::duration(now.since(release.at)),
        release.by.clone(),
        state.into(),
        format::percent(release.behaviour.availability),
        format::percent(release.behaviour.error_rate),
        format::figure(release.behaviour.p95_ms, ""),
        point.refused.as_ref().map_or_else(
            || if point.preferred { "the default of `quarterdeck rollback`".into() } else { String::new() },
            |why| format!("not possible: {why}"),
        ),
    ]
}

pub fn mark_bad(global: &Global, run: i64, reason: &str) -> Outcome {
    let deck = Deck::load(global)?;
    let said = format!("{reason} ({})", launch::current_actor());
    deck.store()?.mark_release(RunId(run), Some(said)).wait()?;
    Output::new(global).line(format_args!("the release of run {} is marked bad: {reason}", RunId(run)))?;
    Ok(exit::OK)
}
