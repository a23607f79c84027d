//! Runs: appended events, and the state they fold into.
//!
//! A runner appends events and decides by the state; whoever adopts its run after a crash folds the same events and
//! finds the same state. Therefore every decision changes the state at once, in [`fold`]: were it only acted on, a
//! crash between the decision and the act would lose it.

mod fold;
mod summary;

pub use self::summary::{RunDetail, RunSummary};

use serde::{Deserialize, Serialize};

use super::{
    actor::Actor,
    decision::{Decision, Edit},
    id::AttemptKey,
    time::{BootTime, Moment, UnixMs},
    verdict::Verdict,
};

/// A process so named that another one with the same pid is never mistaken for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRef {
    /// Process id.
    pub pid: i32,
    /// Start time in clock ticks since boot, from `/proc/PID/stat`.
    pub start_ticks: u64,
    /// The boot it belongs to.
    pub boot_id: String,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum AttemptEnd {
    /// By itself.
    Exited {
        /// Its code.
        code: i32,
    },
    /// By a signal: recorded as the signal, not as "137".
    Signalled {
        /// Its number.
        signal: i32,
    },
    /// Its time was up.
    TimedOut,
    /// A person cancelled.
    Cancelled,
    /// It never started: not found, not executable, secret missing.
    NotStarted {
        /// Why, and what to do.
        why: String,
    },
    /// An in-process step (http, verify, soak, wait, ask, traffic) came to a verdict.
    Judged {
        /// Pass, fail, or unknown for inconclusive.
        verdict: Verdict,
        /// One sentence.
        why: String,
    },
    /// The line to the machine it runs on was lost: it may go on there, and the next attempt joins it.
    LineLost {
        /// What is known.
        why: String,
    },
    /// Nobody saw the end: the supervisor died, or the machine restarted.
    Lost {
        /// What is known.
        why: String,
    },
}

/// What happens in a run, in order. Appended, never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// A person or a command asked for it; plan and lock are in place.
    Requested {
        /// By whom.
        actor: Actor,
        /// What was confirmed.
        plan_hash: String,
        /// Why, for rollbacks.
        reason: Option<String>,
    },
    /// A runner took it in hand.
    RunnerStarted {
        /// Its process.
        process: ProcessRef,
        /// Its lock generation.
        generation: u32,
        /// It replaced one that died.
        adopted: bool,
    },
    /// Work on a step (or on its undo) begins.
    StepStarted {
        /// Index.
        step: u16,
        /// Its undo.
        undo: bool,
    },
    /// About to start a command. Before this: nothing happened.
    Intent {
        /// Which.
        key: AttemptKey,
    },
    /// The command runs.
    Spawned {
        /// Which.
        key: AttemptKey,
        /// Its process.
        process: ProcessRef,
    },
    /// The command ended.
    AttemptEnded {
        /// Which.
        key: AttemptKey,
        /// How.
        end: AttemptEnd,
        /// By the monotonic clock.
        duration_ms: u64,
    },
    /// The step is over.
    StepEnded {
        /// Index.
        step: u16,
        /// Its undo.
        undo: bool,
        /// How.
        state: StepEnd,
        /// One sentence.
        why: String,
        /// From its start, by the monotonic clock.
        duration_ms: u64,
    },
    /// An `ask` step waits for an answer.
    Asked {
        /// Index.
        step: u16,
        /// What is asked.
        question: String,
    },
    /// Nothing goes on without a person.
    Held {
        /// Index of the step concerned.
        step: u16,
        /// Why.
        why: String,
    },
    /// A decision was taken in.
    Decided {
        /// The row's number.
        id: i64,
        /// By whom.
        actor: Actor,
        /// What.
        decision: Decision,
    },
    /// Undoing begins.
    RollbackStarted {
        /// Why.
        why: String,
        /// By the rules, not by a person.
        automatic: bool,
    },
    /// What was saved before the rollback: last log lines, health bodies, figures. A JSON document.
    Evidence {
        /// The document.
        body: serde_json::Value,
    },
    /// After a success: what probing from outside said.
    OutsideCheck {
        /// Its verdict.
        verdict: Verdict,
        /// One sentence.
        why: String,
    },
    /// It is over.
    Ended {
        /// How.
        outcome: RunOutcome,
        /// One sentence.
        why: String,
    },
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepEnd {
    /// Done.
    Succeeded,
    /// Not done, or judged bad.
    Failed,
    /// Too little was known to judge.
    Inconclusive,
    /// Nobody knows whether it was done.
    Unknown,
    /// A person took it as done.
    Skipped,
    /// Its condition was false: it was not needed, and not begun.
    LeftOut,
    /// A person left this machine for later: nothing is said about it.
    Excluded,
    /// Ended by a cancel.
    Cancelled,
}

impl StepEnd {
    /// Whether what comes after the step may begin.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Succeeded | Self::Skipped | Self::LeftOut | Self::Excluded)
    }

    /// As conditions read it: `steps['Build'] == 'succeeded'`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Inconclusive => "inconclusive",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
            Self::LeftOut => "left_out",
            Self::Excluded => "excluded",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// All steps done.
    Succeeded,
    /// Failed and left as it is.
    Failed,
    /// Preflight refused it; nothing was executed.
    Refused,
    /// Undone.
    RolledBack,
    /// Undoing failed: call someone.
    RollbackFailed,
    /// Ended without a verdict.
    Inconclusive,
    /// A person cancelled.
    Cancelled,
}

impl RunOutcome {
    /// The exit code of headless commands: 0 ok, 1 failed, 3 refused, 6 rolled back, 7 rollback failed, 8 inconclusive,
    /// 130 cancelled.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Failed => 1,
            Self::Refused => 3,
            Self::RolledBack => 6,
            Self::RollbackFailed => 7,
            Self::Inconclusive => 8,
            Self::Cancelled => 130,
        }
    }

    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::RolledBack => "rolled back",
            Self::RollbackFailed => "ROLLBACK FAILED",
            Self::Inconclusive => "inconclusive",
            Self::Cancelled => "cancelled",
        }
    }
}

/// An event as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// Its number within the run, from 1.
    pub seq: u32,
    /// When.
    pub at: UnixMs,
    /// When by the boot clock, for measuring; older rows have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<BootTime>,
    /// What.
    #[serde(flatten)]
    pub event: RunEvent,
}

impl EventRow {
    /// When, by both clocks.
    pub fn moment(&self) -> Moment {
        Moment { at: self.at, boot: self.boot.clone() }
    }
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum RunPhase {
    /// Asked for; no runner yet.
    Waiting,
    /// Going forward.
    Running,
    /// Waits for a person.
    Holding {
        /// Step concerned.
        step: u16,
        /// Why.
        why: String,
    },
    /// Waits for an answer.
    Asking {
        /// Step concerned.
        step: u16,
        /// What is asked.
        question: String,
    },
    /// Undoing.
    RollingBack {
        /// Why.
        why: String,
    },
    /// Over.
    Ended {
        /// How.
        outcome: RunOutcome,
        /// One sentence.
        why: String,
    },
}

/// One step of a run as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepNow {
    /// State of the step itself.
    pub state: StepState,
    /// State of its undo, once undoing reached it.
    pub undo: StepState,
    /// Attempts begun (without undo).
    pub attempts: u16,
    /// Attempts of the undo begun.
    pub undo_attempts: u16,
    /// When it began.
    pub started_at: Option<UnixMs>,
}

/// State of a step or of an undo.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    #[default]
    Waiting,
    /// Begun.
    Running,
    /// Over.
    Ended {
        /// How.
        end: StepEnd,
        /// One sentence.
        why: String,
        /// How long.
        duration_ms: u64,
    },
}

/// Where a run stands: a fold over its events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    /// The whole.
    pub phase: RunPhase,
    /// Each step of the plan.
    pub steps: Vec<StepNow>,
    /// The step at work, forward or undo.
    pub current: Option<u16>,
    /// Attempts whose end has not been seen: several at most while steps run side by side.
    #[serde(default)]
    pub open_attempts: Vec<OpenAttempt>,
    /// The generation of the runner in charge.
    pub generation: u32,
    /// Decisions taken in up to this number.
    pub decided: i64,
    /// A cancel was taken in.
    pub cancelling: bool,
    /// A person said to leave it as it is, and why: the run ends as failed.
    #[serde(default)]
    pub stopping: Option<String>,
    /// Items of checklists that were ticked off: step and item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticked: Vec<(u16, u16)>,
    /// A person said to hold before the next step, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pausing: Option<String>,
    /// What people changed in steps before they were tried again, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<(u16, Edit)>,
    /// Undoing was decided, and why; stays through holds during the undoing.
    #[serde(default)]
    pub rolling_back: Option<String>,
    /// When a runner first took it in hand.
    pub started_at: Option<UnixMs>,
    /// When it ended.
    pub ended_at: Option<UnixMs>,
}

/// An attempt between intent and end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenAttempt {
    /// Which.
    pub key: AttemptKey,
    /// When the intent was written.
    pub at: UnixMs,
    /// Its process, once known.
    pub process: Option<ProcessRef>,
}

impl RunState {
    /// Before the first event.
    pub fn new(steps: usize) -> Self {
        let step = StepNow {
            state: StepState::Waiting,
            undo: StepState::Waiting,
            attempts: 0,
            undo_attempts: 0,
            started_at: None,
        };
        Self {
            phase: RunPhase::Waiting,
            steps: vec![step; steps],
            current: None,
            open_attempts: Vec::new(),
            generation: 0,
            decided: 0,
            cancelling: false,
            stopping: None,
            ticked: Vec::new(),
            pausing: None,
            edits: Vec::new(),
            rolling_back: None,
            started_at: None,
            ended_at: None,
        }
    }

    /// Folds all events.
    pub fn fold(steps: usize, events: &[EventRow]) -> Self {
        let mut state = Self::new(steps);
        for row in events {
            state.apply(row.at, &row.event);
        }
        state
    }

    /// The open attempt of that key.
    pub fn open(&self, key: AttemptKey) -> Option<&OpenAttempt> {
        self.open_attempts.iter().find(|open| open.key == key)
    }

    /// How it ended, if it did.
    pub fn outcome(&self) -> Option<RunOutcome> {
        match &self.phase {
            RunPhase::Ended { outcome, .. } => Some(*outcome),
            _ => None,
        }
    }
}
