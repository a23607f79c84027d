//! What a person says to a run: rows that its runner reads, never signals.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    actor::Actor,
    id::RunId,
    pipeline::{Command, Step, StepKind},
    template::Rendered,
    time::UnixMs,
};

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// Answers the question of an `ask` step.
    Answer {
        /// Step index.
        step: u16,
        /// Yes goes on, no fails the step.
        yes: bool,
        /// Free text.
        note: Option<String>,
    },
    /// In a `checklist` step: this item is done.
    Tick {
        /// Step index.
        step: u16,
        /// Item index.
        item: u16,
        /// What shows it.
        evidence: Option<String>,
    },
    /// In a hold: try the step again.
    Retry {
        /// Step index.
        step: u16,
    },
    /// In a hold: try the step again with other words or variables.
    RetryEdited {
        /// Step index.
        step: u16,
        /// What is changed.
        edit: Edit,
    },
    /// In a hold: take the step as done (also: an unknown step is known to be done).
    Skip {
        /// Step index.
        step: u16,
        /// Why.
        reason: String,
    },
    /// In a hold over a machine: go on without it; it is reconciled later.
    Exclude {
        /// Step index.
        step: u16,
        /// Why.
        reason: String,
    },
    /// In a hold, or any time: undo what was done.
    RollBack {
        /// Why.
        reason: String,
    },
    /// In a hold: leave it as it is.
    Stop {
        /// Why.
        reason: String,
    },
    /// Any time: hold before the next step begins.
    Pause {
        /// Why.
        reason: String,
    },
    /// After a pause: go on.
    Continue {
        /// Step index.
        step: u16,
    },
    /// Any time: end the current command; the run ends cancelled.
    Cancel {
        /// Why.
        reason: String,
    },
}

/// What a person changed in a step before it is tried again. Kept with the run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Edit {
    /// Words of its command, in place of the planned ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<EditedWord>,
    /// Environment variables, in place of the planned ones or beside them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
}

/// One word of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedWord {
    /// Which, from 0: the program.
    pub at: u16,
    /// What stands there now.
    pub text: String,
}

impl Edit {
    /// Changes the step; the error says what can't be changed.
    pub fn apply(&self, step: &mut Step) -> Result<(), String> {
        for EditedWord { at, text } in &self.words {
            let StepKind::Command(Command::Run(words)) = &mut step.kind else {
                return Err(format!("a '{}' step has no words to change", step.kind.word()));
            };
            let of = words.len();
            let word = words.get_mut(usize::from(*at));
            *word.ok_or_else(|| format!("its command has no word {at}: they are counted from 0 to {}", of - 1))? =
                Rendered::text(text);
        }
        if !self.env.is_empty() && !matches!(step.kind, StepKind::Command(Command::Run(_) | Command::Shell(_))) {
            return Err(format!("a '{}' step has no environment variables", step.kind.word()));
        }
        if self.words.iter().map(|word| &word.text).chain(self.env.values()).any(|text| text.contains('\0')) {
            return Err("no word and no variable can hold a NUL byte".into());
        }
        if let Some(name) = self.env.keys().find(|name| name.is_empty() || name.contains(['=', '\0'])) {
            return Err(format!("'{}' can't be the name of an environment variable", name.escape_debug()));
        }
        step.env.extend(self.env.iter().map(|(name, value)| (name.clone(), Rendered::text(value))));
        Ok(())
    }

    /// What is changed, for people: planned and new.
    pub fn said(&self, step: &Step) -> String {
        let planned = |at: u16| match &step.kind {
            StepKind::Command(Command::Run(words)) => words.get(usize::from(at)).map(Rendered::shown),
            _ => None,
        };
        let words = self
            .words
            .iter()
            .map(|word| format!("word {}: {} -> {}", word.at, planned(word.at).unwrap_or_default(), word.text));
        let env = self.env.iter().map(|(name, value)| {
            let before = step.env.get(name).map_or_else(|| "nothing".to_owned(), Rendered::shown);
            format!("{name}: {before} -> {value}")
        });
        words.chain(env).collect::<Vec<_>>().join("; ")
    }
}

/// A decision as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRow {
    /// Its number, ascending.
    pub id: i64,
    /// To whom.
    pub run: RunId,
    /// When.
    pub at: UnixMs,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub decision: Decision,
}
