//! Visiting every rendered string of a plan.

use super::Plan;
use crate::domain::{
    pipeline::{Command, Step, StepKind},
    suite::{CheckKind, Suite},
    template::Rendered,
};

impl Plan {
    /// Calls `visit` with every rendered string: steps with their undos, suites, probes of services.
    pub fn each_rendered<'a>(&'a self, visit: &mut dyn FnMut(&'a Rendered)) {
        self.each_of_the_work(visit);
        for one in self.services.values().flatten() {
            one.kind.texts().into_iter().for_each(&mut *visit);
        }
    }

    /// Calls `visit` with the strings of what the run itself does: steps with their undos, and suites.
    pub(super) fn each_of_the_work<'a>(&'a self, visit: &mut dyn FnMut(&'a Rendered)) {
        for planned in &self.steps {
            step(&planned.step, visit);
        }
        for database in self.databases.values() {
            database.texts().into_iter().for_each(&mut *visit);
        }
        for suite in self.suites.values() {
            checks(suite, visit);
        }
    }
}

/// Calls `visit` with every rendered string of a step and its undo.
pub(super) fn step<'a>(step: &'a Step, visit: &mut dyn FnMut(&'a Rendered)) {
    match &step.kind {
        StepKind::Command(one) => command(one, visit),
        StepKind::Traffic { set, .. } => set.iter().for_each(&mut *visit),
        StepKind::Ask { question } => visit(question),
        StepKind::Database { act, .. } => act.text().into_iter().for_each(&mut *visit),
        StepKind::Checklist { items } => items.iter().for_each(&mut *visit),
        StepKind::Flag { get, set, .. } => get.iter().chain(set).for_each(&mut *visit),
        StepKind::Verify { .. } | StepKind::Soak(_) | StepKind::Wait(_) => {}
    }
    if let Some(undo) = &step.undo {
        command(undo, visit);
    }
    step.probe.iter().flatten().for_each(&mut *visit);
    step.env.values().for_each(visit);
}

fn command<'a>(command: &'a Command, visit: &mut dyn FnMut(&'a Rendered)) {
    match command {
        Command::Run(words) => words.iter().for_each(visit),
        Command::Shell(script) => visit(script),
        Command::Http(http) => http.request.texts().into_iter().for_each(visit),
    }
}

fn checks<'a>(suite: &'a Suite<Rendered>, visit: &mut dyn FnMut(&'a Rendered)) {
    for check in &suite.checks {
        match &check.kind {
            CheckKind::Probe(one) => one.kind.texts().into_iter().for_each(&mut *visit),
            CheckKind::Run(words) => words.iter().for_each(&mut *visit),
            CheckKind::Service(_) => {}
        }
    }
}
