//! Logs of services: what a line says, how errors are told apart, and what a person looks for.
//!
//! In: bytes of a source (a command, a file, the journal). Out: [`ServiceLine`]s that are safe to store and to show, each with
//! its level, its time and the ids of request and user, and [`Sighting`]s of errors.
//!
//! The way of a source: [`Intake`] cuts its bytes into lines of bounded length, sends them through the masks and the terminal's
//! state machine of [`super::text`], and reads each as JSON or plain text ([`LineReader`]). What JSON had escaped
//! is masked and sanitised once more after it was decoded. [`fingerprint()`] tells errors apart, and [`ErrorGroup`] is the fold
//! over what was seen of one and what people said about it.

mod errors;
mod filter;
mod fingerprint;
mod intake;
mod level;
mod lines;
mod moment;
mod source;

pub use self::{
    errors::{ErrorGroup, ErrorNote, ErrorState, ErrorWord, MOST_GROUPS, OVERFLOW, Sighting, sightings},
    filter::LogFilter,
    fingerprint::fingerprint,
    intake::{Intake, LINE_BYTES, Taken},
    level::Level,
    lines::{LineReader, ReadLine},
    source::{Fields, Format, LogSource, SourceKind},
};

use super::time::UnixMs;
use serde::{Deserialize, Serialize};

/// One line of a service's log, safe to store and to show.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ServiceLine {
    /// When it was written, as it says itself; when it was read, if it says nothing believable.
    pub at: UnixMs,
    /// How bad, if it says so.
    pub level: Option<Level>,
    /// What it says: the message of a JSON line, all of a plain one.
    pub message: String,
    /// The request it belongs to.
    pub request: Option<String>,
    /// The user it belongs to.
    pub user: Option<String>,
    /// What else a JSON line holds, as one JSON object; empty if nothing.
    pub context: String,
    /// How long something took.
    pub duration_ms: Option<f64>,
    /// It is a remark of Quarterdeck's own: lines were dropped, a source was started again.
    pub note: bool,
}

/// A stored line: whose it is and its number.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLine {
    /// The service.
    pub service: String,
    /// Its number among the service's lines, from 1 and ascending.
    pub seq: u64,
    /// The line.
    pub line: ServiceLine,
}

impl ServiceLine {
    /// A remark of Quarterdeck's own; `text` must be safe to show.
    pub fn note(text: impl Into<String>, at: UnixMs) -> Self {
        Self { at, message: text.into(), note: true, ..Self::default() }
    }

    /// Bytes it takes, about: for bounds.
    pub fn weight(&self) -> usize {
        let ids = self.request.as_ref().map_or(0, String::len) + self.user.as_ref().map_or(0, String::len);
        self.message.len() + self.context.len() + ids + 16
    }
}
