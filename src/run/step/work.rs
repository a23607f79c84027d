//! The pieces of work a step is made of, in order.

use crate::domain::{
    pipeline::{Command, DatabaseAct, SoakSpec, StepKind, WaitSpec},
    placement::Host,
    plan::PlannedStep,
    template::Rendered,
};

/// One piece of work: at any time at most one attempt at one piece is open.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// A command or a request.
    Command {
        /// What.
        command: Command,
        /// The stage's weight.
        weight: Option<u8>,
    },
    /// A command on another machine.
    Remote {
        /// What.
        command: Command,
        /// Where.
        host: Host,
    },
    /// A suite.
    Verify(String),
    /// Live figures judged over a while.
    Soak(SoakSpec),
    /// Waiting.
    Wait(WaitSpec),
    /// A person's answer.
    Ask(Rendered),
    /// A database changed or saved.
    Database {
        /// Its name.
        database: String,
        /// What.
        act: DatabaseAct,
    },
    /// People's ticks.
    Checklist(Vec<Rendered>),
    /// What a flag is before it is set.
    Former {
        /// The flag.
        flag: String,
        /// The command that says it.
        get: Vec<Rendered>,
    },
}

impl Work {
    /// Whether it runs under a supervisor, and so outlives its runner.
    pub fn is_supervised(&self) -> bool {
        matches!(
            self,
            Self::Command { command: Command::Run(_) | Command::Shell(_), .. }
                | Self::Remote { .. }
                | Self::Database { .. }
        )
    }

    /// Whether a successor can simply go on with it: it only looks at the history and the clock.
    pub fn can_continue(&self) -> bool {
        matches!(self, Self::Soak(_) | Self::Wait(_) | Self::Ask(_) | Self::Checklist(_))
    }

    /// Whether doing it twice is harmless whatever the step's `effect` says.
    pub fn only_reads(&self) -> bool {
        matches!(self, Self::Verify(_) | Self::Former { .. }) || self.can_continue()
    }
}

/// The pieces of a step.
pub fn pieces(planned: &PlannedStep) -> Vec<Work> {
    match &planned.step.kind {
        StepKind::Command(command) => vec![there(planned, command)],
        StepKind::Verify { suite } => vec![Work::Verify(suite.clone())],
        StepKind::Soak(soak) => vec![Work::Soak(soak.clone())],
        StepKind::Wait(wait) => vec![Work::Wait(wait.clone())],
        StepKind::Ask { question } => vec![Work::Ask(question.clone())],
        StepKind::Database { database, act } => {
            vec![Work::Database { database: database.clone(), act: act.clone() }]
        }
        StepKind::Checklist { items } => vec![Work::Checklist(items.clone())],
        StepKind::Flag { flag, get, set, .. } => vec![
            Work::Former { flag: flag.clone(), get: get.clone() },
            Work::Command { command: Command::Run(set.clone()), weight: None },
        ],
        StepKind::Traffic { weights, set, soak } => weights
            .iter()
            .flat_map(|weight| {
                let command = Work::Command { command: Command::Run(set.clone()), weight: Some(*weight) };
                [Some(command), soak.clone().map(Work::Soak)]
            })
            .flatten()
            .collect(),
    }
}

/// The way back.
pub fn undo(planned: &PlannedStep) -> Option<Work> {
    if planned.step.undoes_itself() {
        return pieces(planned).pop();
    }
    planned.step.undo.as_ref().map(|command| there(planned, command))
}

/// The command on the machine of its step. Requests are sent from here.
fn there(planned: &PlannedStep, command: &Command) -> Work {
    let command = command.clone();
    match &planned.host {
        Some(host) if !matches!(command, Command::Http(_)) => Work::Remote { command, host: host.clone() },
        _ => Work::Command { command, weight: None },
    }
}
