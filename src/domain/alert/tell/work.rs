//! Runs as the cause of alerts: what a run works on just now is expected to misbehave, and what misbehaves after a deploy has a
//! likely reason.

use std::{collections::BTreeSet, time::Duration};

use super::{held::Held, matcher::Alert, policy::Expected};
use crate::domain::{
    id::RunId,
    pipeline::{PipelineKind, StepKind},
    plan::Plan,
    run::{EventRow, RunEvent},
    time::UnixMs,
};

/// A deploy that is longer ago explains nothing.
const LATELY: Duration = Duration::from_hours(2);

/// A run that changes something: when it did, and to which services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Its number.
    pub run: RunId,
    /// Its pipeline.
    pub pipeline: String,
    /// The environment.
    pub env: String,
    /// What it brings.
    pub version: Option<String>,
    /// The services it touches.
    pub services: BTreeSet<String>,
    /// It brings or takes back a release.
    pub releases: bool,
    /// When it was asked for.
    pub began: UnixMs,
    /// Steps that act, in order. The last may still be at it.
    pub acts: Vec<Act>,
}

/// A step that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// Its start.
    pub from: UnixMs,
    /// Its end; `None` while it is at it.
    pub until: Option<UnixMs>,
}

impl Work {
    /// What a run did so far. `None` for one that changes nothing. `alive`: a runner is in charge of it; without one the last
    /// sign of life is the end of what it was at.
    pub fn of(run: RunId, plan: &Plan, events: &[EventRow], alive: bool) -> Option<Self> {
        if plan.kind == PipelineKind::Verify {
            return None;
        }
        let mut acts: Vec<Act> = Vec::new();
        // Steps at it, several while they go side by side: which, and where its act is.
        let mut open: Vec<((u16, bool), usize)> = Vec::new();
        for row in events {
            let is_over = |of: (u16, bool)| match &row.event {
                RunEvent::StepStarted { step, undo } | RunEvent::StepEnded { step, undo, .. } => of == (*step, *undo),
                RunEvent::Held { .. } | RunEvent::Ended { .. } => true,
                _ => false,
            };
            for (_, act) in open.extract_if(.., |(of, _)| is_over(*of)) {
                acts[act].until = Some(row.at);
            }
            if let RunEvent::StepStarted { step, undo } = &row.event
                && plan.steps.get(usize::from(*step)).is_some_and(|planned| *undo || acts_on_world(&planned.step.kind))
            {
                open.push(((*step, *undo), acts.len()));
                acts.push(Act { from: row.at, until: None });
            }
        }
        if !alive && let Some(last_sign) = events.last() {
            acts.iter_mut().filter(|act| act.until.is_none()).for_each(|act| act.until = Some(last_sign.at));
        }
        Some(Self {
            run,
            pipeline: plan.pipeline.clone(),
            env: plan.env.clone(),
            version: plan.version.clone().or_else(|| plan.point.as_ref().map(|point| point.version.clone())),
            services: touched(plan),
            releases: matches!(plan.kind, PipelineKind::Deploy | PipelineKind::Rollback),
            began: events.first().map_or(UnixMs(0), |row| row.at),
            acts,
        })
    }

    fn touches(&self, alert: &Alert) -> bool {
        self.env == alert.key().env && self.services.contains(&alert.key().subject)
    }

    /// Whether what it does explains an alert that has been true since then.
    fn explains(&self, since: UnixMs, now: UnixMs, expected: Expected) -> bool {
        self.acts.iter().any(|act| {
            let end = match act.until {
                Some(until) => until.after(expected.grace),
                None => act.from.after(expected.at_most),
            };
            act.from <= since && since < end && now < end
        })
    }

    /// `3 min after deploy #418 (1.9.2)`, if it was lately.
    fn said(&self, since: UnixMs) -> Option<(UnixMs, String)> {
        let act = self.acts.iter().rev().find(|act| act.from <= since)?;
        let version = self.version.as_ref().map(|version| format!(" ({version})")).unwrap_or_default();
        let name = format!("{} {}{version}", self.pipeline, self.run);
        match act.until.filter(|until| *until <= since) {
            None => Some((act.from, format!("during {name}"))),
            Some(until) if since.since(until) <= LATELY => {
                Some((act.from, format!("{} after {name}", in_words(since.since(until)))))
            }
            Some(_) => None,
        }
    }
}

/// The run that works on the service just now, if that explains the alert: one that was true before is no consequence.
pub fn expected(works: &[Work], alert: &Alert, now: UnixMs, limits: Expected) -> Option<Held> {
    let (since, _) = alert.firing()?;
    let work = works.iter().rev().find(|work| work.touches(alert) && work.explains(since, now, limits))?;
    Some(Held::Expected { run: work.run, pipeline: work.pipeline.clone() })
}

/// The release before the alert, if there was one lately: `3 min after deploy #418 (1.9.2)`.
pub fn last_deploy(works: &[Work], alert: &Alert) -> Option<String> {
    let (since, _) = alert.firing()?;
    let found = works.iter().filter(|work| work.releases && work.touches(alert)).filter_map(|work| work.said(since));
    found.max_by_key(|(from, _)| *from).map(|(_, said)| said)
}

/// Whether a step changes the world, or only looks and waits.
fn acts_on_world<T>(kind: &StepKind<T>) -> bool {
    matches!(kind, StepKind::Command(_) | StepKind::Traffic { .. })
}

/// What a run touches: as its pipeline says; else its target if that is a service, and what its steps judge; else every
/// service of the environment.
fn touched(plan: &Plan) -> BTreeSet<String> {
    if !plan.touches.is_empty() {
        return plan.touches.iter().cloned().collect();
    }
    let judged = plan.steps.iter().filter_map(|planned| match &planned.step.kind {
        StepKind::Soak(soak) | StepKind::Traffic { soak: Some(soak), .. } => Some(&soak.service),
        StepKind::Wait(wait) => wait.service.as_ref(),
        _ => None,
    });
    let target = plan.services.contains_key(&plan.target).then_some(&plan.target);
    let named: BTreeSet<String> = judged.chain(target).cloned().collect();
    if named.is_empty() { plan.services.keys().cloned().collect() } else { named }
}

/// `40 s`, `3 min`, `1 h 20 min`.
pub fn in_words(duration: Duration) -> String {
    let (seconds, minutes) = (duration.as_secs(), duration.as_secs() / 60);
    match minutes {
        0 => format!("{seconds} s"),
        1..60 => format!("{minutes} min"),
        _ if minutes.is_multiple_of(60) => format!("{} h", minutes / 60),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}
