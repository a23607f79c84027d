//! The Runs screen's data, and the run that is open on whatever screen.

use std::sync::Arc;

use crate::domain::{
    id::RunId,
    run::{RunDetail, RunPhase, RunSummary},
    suite::Report,
};

use super::log_pane::LogPane;

/// The Runs screen.
#[derive(Debug, Clone)]
pub struct Runs {
    /// The newest first; empty until the first news.
    pub list: Arc<Vec<RunSummary>>,
    /// Whether `list` was ever read.
    pub loaded: bool,
    /// The selected one, by number, so that new runs do not move the selection. `None`: the newest.
    pub selected: Option<RunId>,
    /// Which pane has the keys.
    pub focus: RunsFocus,
}

/// The panes of the Runs screen. On a narrow screen only the pane with the focus is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunsFocus {
    /// The list of runs.
    List,
    /// The steps (and findings) of the open run.
    Steps,
    /// Its log.
    Log,
}

impl Default for Runs {
    fn default() -> Self {
        Self { list: Arc::default(), loaded: false, selected: None, focus: RunsFocus::List }
    }
}

impl Runs {
    /// Where the selection is in `list`.
    pub fn position(&self) -> usize {
        self.selected.and_then(|id| self.list.iter().position(|run| run.id == id)).unwrap_or(0)
    }
}

/// A run whose detail and log are read: the selected one on Runs, the live one on Watch, the preflight in a wizard.
#[derive(Debug, Clone)]
pub struct OpenRun {
    /// Which.
    pub id: RunId,
    /// All about it, once read.
    pub detail: Option<Arc<RunDetail>>,
    /// What its suites found so far, by step.
    pub reports: Arc<Vec<(u16, Report)>>,
    /// The selected step.
    pub step: usize,
    /// Its log.
    pub log: LogPane,
}

impl OpenRun {
    /// Before anything was read.
    pub fn new(id: RunId) -> Self {
        Self { id, detail: None, reports: Arc::default(), step: 0, log: LogPane::new(id) }
    }

    /// Where it stands, once read.
    pub fn phase(&self) -> Option<&RunPhase> {
        self.detail.as_ref().map(|detail| &detail.state.phase)
    }

    /// Whether it is known to be over.
    pub fn is_over(&self) -> bool {
        matches!(self.phase(), Some(RunPhase::Ended { .. }))
    }
}
