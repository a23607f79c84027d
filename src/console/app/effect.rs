//! What `update` asks the outside to do. Nothing here does anything: `console::effects` carries these out, and each
//! answer comes back as a [`super::msg::Msg`] with the ticket of the question.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use crate::domain::{
    alert::{AlertKey, tell::Matcher},
    decision::Decision,
    environment::Project,
    id::RunId,
    log::Direction,
    pipeline::Param,
    plan::Plan,
    release::RollbackPoint,
    time::UnixMs,
};

/// The number of a question. An answer with another number than the one that is waited for is late, and ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Ticket(pub u64);

/// Something to do outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// End the console. Runs go on.
    Quit,
    /// Restore the terminal and stop the process until somebody continues it.
    Suspend,
    /// Remember a value for this project.
    Remember {
        /// `theme`, `environment`, `zone`.
        name: &'static str,
        /// The value.
        value: String,
    },
    /// Ask for the choices of a parameter. Answer: `Answer::Choices`.
    Choices {
        /// The question's number.
        ticket: Ticket,
        /// The parameter.
        param: Param,
        /// The project it belongs to.
        project: Arc<Project>,
    },
    /// Make the plan of a pipeline. Answer: `Answer::Planned`.
    Prepare {
        /// The question's number.
        ticket: Ticket,
        /// The project.
        project: Arc<Project>,
        /// The environment's name.
        env: String,
        /// The pipeline's name.
        pipeline: String,
        /// Parameter values.
        params: BTreeMap<String, String>,
    },
    /// Make the plan of a suite by itself: a verify run. Answer: `Answer::Planned`.
    PrepareSuite {
        /// The question's number.
        ticket: Ticket,
        /// The project.
        project: Arc<Project>,
        /// The environment's name.
        env: String,
        /// The suite's name.
        suite: String,
    },
    /// Make the plan that goes back to a point. Answer: `Answer::Planned`.
    PrepareRollback {
        /// The question's number.
        ticket: Ticket,
        /// The project.
        project: Arc<Project>,
        /// The environment's name.
        env: String,
        /// Where to.
        point: Box<RollbackPoint>,
    },
    /// Read the rollback points of a target. Answer: `Answer::Points`.
    Points {
        /// The question's number.
        ticket: Ticket,
        /// The project.
        project: Arc<Project>,
        /// The environment's name.
        env: String,
        /// The target.
        target: String,
    },
    /// Start the preflight of a plan. Answer: `Answer::Started`.
    Preflight {
        /// The question's number.
        ticket: Ticket,
        /// The project.
        project: Arc<Project>,
        /// The plan it is for.
        plan: Arc<Plan>,
    },
    /// Start a confirmed plan. Answer: `Answer::Started`.
    Start {
        /// The question's number.
        ticket: Ticket,
        /// The plan that was shown.
        plan: Arc<Plan>,
        /// The hash that was confirmed.
        hash: String,
        /// For a rollback: why.
        reason: Option<String>,
    },
    /// Say something to a run. A failure comes back as `Msg::Trouble`.
    Decide {
        /// Which run.
        run: RunId,
        /// What.
        decision: Decision,
    },
    /// Say that somebody is at an alert. A failure comes back as `Msg::Trouble`.
    Acknowledge {
        /// Which.
        key: AlertKey,
        /// When it began to fire.
        fired_at: UnixMs,
    },
    /// Silence alerts. A failure comes back as `Msg::Trouble`.
    Silence {
        /// The environment's name.
        env: String,
        /// Which.
        matches: Matcher,
        /// From when.
        from: UnixMs,
        /// For how long.
        length: Duration,
        /// Why.
        reason: String,
    },
    /// End a silence. A failure comes back as `Msg::Trouble`.
    EndSilence {
        /// Its number.
        id: i64,
    },
    /// Read a runbook below the project's root. Answer: `Msg::Read`.
    Runbook {
        /// The project's root.
        root: PathBuf,
        /// Where below it.
        path: String,
    },
    /// Look for text in a log; a newer search ends an older one. Answer: `Answer::Found`, and once more when the hits are
    /// counted.
    Find {
        /// The question's number.
        ticket: Ticket,
        /// Whose log.
        run: RunId,
        /// What: any of these.
        needles: Vec<String>,
        /// From which line, inclusive.
        from: u64,
        /// Which way.
        way: Direction,
        /// Go on from the other end if there is nothing.
        around: bool,
        /// Count all hits too (of the first needle).
        count: bool,
    },
    /// Put text on the clipboard, or into a file. Answer: `Msg::Copied`.
    Copy {
        /// The text, lines ended by newlines.
        text: String,
        /// What it is: "1 line".
        what: String,
    },
}
