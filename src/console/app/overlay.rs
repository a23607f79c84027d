//! What lies over a screen: help, palette, environments, a decision, a confirmation, a message.

use tui_input::Input;

use crate::domain::id::RunId;

use super::{
    alerts::{OpenPlaybook, SilenceForm},
    command::Command,
    plot::Picker,
};

/// What lies over the screen; at most one at a time.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// All keys of the table, by place.
    Help {
        /// First line shown.
        scroll: usize,
    },
    /// Anything, found by its name.
    Palette(Palette),
    /// Which environment to look at.
    Environments {
        /// Index into the project's environments.
        selected: usize,
    },
    /// What a plot is compared with.
    Compare(Picker),
    /// A run waits for a person.
    Decide(Decide),
    /// Alerts are being silenced.
    Silence(SilenceForm),
    /// What to do about an alert.
    Playbook(OpenPlaybook),
    /// A destructive act wants a second, different one.
    Confirm(Confirmation),
    /// Something to read: Esc closes it.
    Message(Message),
}

/// The command palette.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    /// What was typed.
    pub input: Input,
    /// What matches, best first.
    pub rows: Vec<PaletteRow>,
    /// The selected row.
    pub selected: usize,
}

/// One row of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaletteRow {
    /// `deploy`, `run: inject fault: slow api`.
    pub title: String,
    /// The key that does the same, if one does.
    pub key: Option<String>,
    /// Why it can't be done now, if it can't.
    pub disabled: Option<String>,
    /// What it does.
    pub command: Command,
    /// Characters of `title` that matched.
    pub matched: Vec<u32>,
}

/// Answering a run that waits.
#[derive(Debug, Clone)]
pub struct Decide {
    /// Which run.
    pub run: RunId,
    /// Which step.
    pub step: u16,
    /// Which item of a checklist is next.
    pub item: u16,
    /// The step's question, or why it holds.
    pub question: String,
    /// What can be said.
    pub verbs: Vec<Verb>,
    /// The selected one; `None` until one is chosen, so that a stray Enter says nothing.
    pub selected: Option<usize>,
    /// Why: asked for by skip, roll back and stop. It has the keys while the selected verb needs it.
    pub reason: Input,
}

/// What can be said to a run that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// The answer is yes.
    Yes,
    /// The answer is no: the step fails.
    No,
    /// The next item of the checklist is done.
    Tick,
    /// Try the step again.
    Retry,
    /// Take the step as done.
    Skip,
    /// After a pause: go on.
    Continue,
    /// Leave this machine for later.
    Exclude,
    /// Undo what was done.
    RollBack,
    /// Leave it as it is.
    Stop,
}

impl Verb {
    /// The key that chooses it, and its words.
    pub fn key_and_words(self) -> (char, &'static str) {
        match self {
            Self::Yes => ('y', "yes, go on"),
            Self::Tick => ('t', "tick the item off; what shows it:"),
            Self::No => ('n', "no, fail the step"),
            Self::Retry => ('r', "retry the step"),
            Self::Skip => ('s', "skip: take the step as done"),
            Self::Continue => ('c', "continue after the pause"),
            Self::Exclude => ('e', "exclude this machine for now"),
            Self::RollBack => ('b', "roll back what was done"),
            Self::Stop => ('x', "stop and leave it as it is"),
        }
    }

    /// Whether it wants a reason.
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Tick | Self::Skip | Self::Exclude | Self::RollBack | Self::Stop)
    }
}

impl Decide {
    /// The chosen verb.
    pub fn verb(&self) -> Option<Verb> {
        self.selected.and_then(|index| self.verbs.get(index)).copied()
    }
}

/// A destructive act that waits for a capital Y, or for `yes` typed out; any other key but letters of it leaves.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// `Cancel run #418?`
    pub title: String,
    /// What it will do.
    pub body: String,
    /// What follows.
    pub act: Act,
    /// Letters of `yes` typed so far.
    pub typed: String,
}

/// What a confirmation leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Cancels the run.
    Cancel(RunId),
    /// Ends the console: nothing is lost, so Enter, y, q and ^C will do too.
    Quit,
}

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// One line.
    pub title: String,
    /// The rest.
    pub lines: Vec<String>,
    /// First line shown.
    pub scroll: usize,
}
