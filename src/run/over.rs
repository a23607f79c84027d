//! The end of a run: the release it leaves behind, and the last event.

use std::{collections::BTreeMap, fs};

use super::{
    desk::{Desk, now},
    error::RunnerError,
    step::reports,
};
use crate::{
    domain::{
        pipeline::PipelineKind,
        release::{BackupMark, Behaviour, DatabaseMark, Release, ReleaseState},
        run::{AttemptEnd, RunEvent, RunOutcome},
        verdict::Verdict,
    },
    proc::crash,
};

/// Ends the run: the release first, because the last event frees the target.
pub fn over(desk: &mut Desk, outcome: RunOutcome, why: &str) -> Result<(), RunnerError> {
    let why = desk.say(why);
    let left = match (desk.plan.kind, outcome) {
        (PipelineKind::Verify | PipelineKind::Task, _) => None,
        (_, RunOutcome::Succeeded) => Some((ReleaseState::Live, None)),
        (PipelineKind::Rollback, _) => None,
        _ if !executed(desk) => None,
        (_, RunOutcome::RolledBack) => Some((ReleaseState::RolledBack, Some(why.clone()))),
        (_, RunOutcome::Cancelled) => Some((ReleaseState::Failed, None)),
        _ => Some((ReleaseState::Failed, Some(why.clone()))),
    };
    if let Some((state, bad)) = left {
        release(desk, state, bad)?;
    }
    end(desk, outcome, why)
}

/// Ends a run whose steps are all done but which is not well from outside: its release is live, and marked bad.
pub fn over_unwell(desk: &mut Desk, why: &str) -> Result<(), RunnerError> {
    let why = desk.say(why);
    if matches!(desk.plan.kind, PipelineKind::Deploy | PipelineKind::Rollback) {
        release(desk, ReleaseState::Live, Some(why.clone()))?;
    }
    end(desk, RunOutcome::Failed, why)
}

fn end(desk: &mut Desk, outcome: RunOutcome, why: String) -> Result<(), RunnerError> {
    crash::point("runner.before_over");
    desk.record(RunEvent::Ended { outcome, why })?;
    tracing::info!(run = desk.run.0, outcome = outcome.word(), "run over");
    super::step::close_lines(desk);
    // Spools and captured values: everything in them that is to be kept is in the history.
    let _ = fs::remove_dir_all(desk.state_dir().run_dir(desk.run));
    Ok(())
}

/// Whether any command or request was about to be sent.
fn executed(desk: &Desk) -> bool {
    desk.events.iter().any(|row| matches!(row.event, RunEvent::Intent { .. }))
}

fn release(desk: &Desk, state: ReleaseState, marked_bad: Option<String>) -> Result<(), RunnerError> {
    let plan = &desk.plan;
    let known = desk.reader.releases(&plan.env, &plan.target, 50)?;
    // An earlier runner of this run may have died between the release and the last event.
    if known.iter().any(|release| release.run == desk.run) {
        return Ok(());
    }
    let (by, plan_hash) = desk
        .events
        .iter()
        .find_map(|row| match &row.event {
            RunEvent::Requested { actor, plan_hash, .. } => Some((actor.to_string(), plan_hash.clone())),
            _ => None,
        })
        .unwrap_or_default();
    let release = Release {
        run: desk.run,
        env: plan.env.clone(),
        target: plan.target.clone(),
        version: plan.version.clone().unwrap_or_else(|| format!("run-{}", desk.run.0)),
        at: now(),
        replaced_at: None,
        by,
        state,
        plan_hash,
        marked_bad,
        behaviour: Behaviour { soak: last_judgement(desk), ..Behaviour::default() },
        databases: marks(desk, &known),
    };
    let previous_becomes = match plan.kind {
        PipelineKind::Rollback => ReleaseState::RolledBack,
        _ => ReleaseState::Replaced,
    };
    desk.store.add_release(desk.generation(), release, previous_becomes).wait()?;
    Ok(())
}

/// What the run left of each database. What it did not touch is as the release before left it.
fn marks(desk: &Desk, known: &[Release]) -> BTreeMap<String, DatabaseMark> {
    let live = known.iter().find(|release| release.state == ReleaseState::Live);
    let mut marks: BTreeMap<String, DatabaseMark> = live
        .into_iter()
        .flat_map(|live| &live.databases)
        .map(|(name, mark)| (name.clone(), DatabaseMark { schema: mark.schema.clone(), ..DatabaseMark::default() }))
        .collect();
    for report in reports(desk) {
        let mark = marks.entry(report.database.clone()).or_default();
        mark.schema = report.schema.clone().or(mark.schema.take());
        mark.applied.extend(report.applied.iter().cloned());
        mark.applied.retain(|(id, _)| !report.undone.contains(id));
        // The first is of the time before; what a restore put back is not the run's own.
        if let Some(made) = report.backup.as_ref().filter(|made| mark.backup.is_none() && made.run == desk.run_name()) {
            mark.backup = Some(BackupMark {
                id: made.id.clone(),
                at: made.at,
                schema: made.schema.clone(),
                proven: made.is_proven(),
            });
        }
    }
    marks
}

/// The verdict of the last soak in one sentence.
fn last_judgement(desk: &Desk) -> Option<String> {
    use crate::domain::pipeline::StepKind;
    desk.events.iter().rev().find_map(|row| match &row.event {
        RunEvent::AttemptEnded { key, end: AttemptEnd::Judged { verdict, why }, .. } => {
            let step = desk.plan.steps.get(usize::from(key.step))?;
            let soaks = matches!(step.step.kind, StepKind::Soak(_) | StepKind::Traffic { soak: Some(_), .. });
            let word = match verdict {
                Verdict::Pass => "passed",
                Verdict::Fail => "failed",
                Verdict::Unknown => "inconclusive",
            };
            soaks.then(|| format!("{word}: {why}"))
        }
        _ => None,
    })
}
