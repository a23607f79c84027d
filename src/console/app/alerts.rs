//! The Alerts screen's data: the board, the story of the selected alert, and the form of a silence.

use std::{sync::Arc, time::Duration};

use tui_input::Input;

use crate::domain::alert::{AlertKey, Board, Posted, Severity, Story, tell::Matcher};

/// The Alerts screen.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    /// The board; read whatever screen is shown, for the header.
    pub board: Arc<Board>,
    /// Whether it was ever read.
    pub loaded: bool,
    /// The selected one, by key, so that new alerts do not move the selection. `None`: the first.
    pub selected: Option<AlertKey>,
    /// Which pane has the keys.
    pub focus: AlertsFocus,
    /// The story of the selected one, or of the one selected before until its own arrives.
    pub story: Option<Arc<Story>>,
    /// First line of the explanation that is shown.
    pub scroll: usize,
}

/// The panes of the Alerts screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AlertsFocus {
    /// The board.
    #[default]
    List,
    /// The selected alert, explained.
    About,
}

impl Alerts {
    /// Where the selection is on the board.
    pub fn position(&self) -> usize {
        let at = |key: &AlertKey| self.board.alerts.iter().position(|posted| posted.standing.key == *key);
        self.selected.as_ref().and_then(at).unwrap_or(0)
    }

    /// The selected alert.
    pub fn current(&self) -> Option<&Posted> {
        self.board.alerts.get(self.position())
    }

    /// The story of the selected alert, once it is read.
    pub fn current_story(&self) -> Option<&Story> {
        let key = &self.current()?.standing.key;
        self.story.as_deref().filter(|story| story.key == *key)
    }
}

/// The form of a silence.
#[derive(Debug, Clone)]
pub struct SilenceForm {
    /// The alert it begins from.
    pub key: AlertKey,
    /// How much that one matters.
    pub severity: Severity,
    /// What it is to match: an index into [`SilenceForm::scopes`].
    pub scope: usize,
    /// For how long: an index into [`LENGTHS`].
    pub length: usize,
    /// Why.
    pub reason: Input,
    /// Which field has the keys.
    pub field: SilenceField,
}

/// The fields of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SilenceField {
    /// What it matches.
    Scope,
    /// For how long.
    Length,
    /// Why.
    Reason,
}

impl SilenceField {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Scope, Self::Length, Self::Reason];
}

/// How long a silence can be, with the words for it.
pub const LENGTHS: [(Duration, &str); 6] = [
    (Duration::from_mins(30), "30 minutes"),
    (Duration::from_hours(1), "1 hour"),
    (Duration::from_hours(2), "2 hours"),
    (Duration::from_hours(4), "4 hours"),
    (Duration::from_hours(8), "8 hours"),
    (Duration::from_hours(24), "24 hours"),
];

impl SilenceForm {
    /// For an alert.
    pub fn new(posted: &Posted) -> Self {
        Self {
            key: posted.standing.key.clone(),
            severity: posted.standing.severity,
            scope: 0,
            length: 1,
            reason: Input::default(),
            field: SilenceField::Scope,
        }
    }

    /// What it can match, the narrowest first, each in words.
    pub fn scopes(&self) -> Vec<(Matcher, String)> {
        let AlertKey { rule, subject, .. } = &self.key;
        let rules = || vec![rule.clone()];
        let services = || vec![subject.clone()];
        if subject.is_empty() {
            return vec![(Matcher { rules: rules(), ..Matcher::default() }, rule.clone())];
        }
        vec![
            (Matcher { rules: rules(), services: services(), ..Matcher::default() }, format!("{rule} of {subject}")),
            (Matcher { services: services(), ..Matcher::default() }, format!("everything of {subject}")),
            (Matcher { rules: rules(), ..Matcher::default() }, format!("{rule} of every service")),
        ]
    }

    /// The chosen one.
    pub fn matcher(&self) -> Matcher {
        let mut scopes = self.scopes();
        scopes.swap_remove(self.scope.min(scopes.len() - 1)).0
    }

    /// For how long.
    pub fn duration(&self) -> Duration {
        LENGTHS[self.length.min(LENGTHS.len() - 1)].0
    }
}

/// A playbook on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPlaybook {
    /// Its name.
    pub name: String,
    /// The selected step.
    pub selected: usize,
}
