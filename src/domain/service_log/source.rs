//! Where the lines of a service come from, and how they are to be read.

use std::path::PathBuf;

/// One source of a service's log (`[services.NAME.logs.SOURCE]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSource {
    /// Its name, unique within the service.
    pub name: String,
    /// Where the lines come from.
    pub kind: SourceKind,
    /// How they are written.
    pub format: Format,
    /// Names of fields.
    pub fields: Fields,
}

/// Where lines come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A command that follows a log and prints it.
    Command(Vec<String>),
    /// A file, or all files that a pattern with `*` and `?` names; absolute.
    File(PathBuf),
    /// The journal of a systemd unit.
    Journal(String),
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Each line as it looks.
    #[default]
    Auto,
    /// JSON objects; what is none is plain.
    Json,
    /// Text, even where it looks like JSON.
    Plain,
}

/// The names under which JSON lines hold what is known of them; the first that is there counts. A name with dots goes into
/// objects within the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// When.
    pub timestamp: Vec<String>,
    /// How bad.
    pub level: Vec<String>,
    /// What.
    pub message: Vec<String>,
    /// The request.
    pub request: Vec<String>,
    /// The user.
    pub user: Vec<String>,
    /// Who wrote it: left out where it is the service it was read for.
    pub service: Vec<String>,
    /// An object with more.
    pub context: Vec<String>,
    /// How long something took: a number of milliseconds, or text such as `12ms`.
    pub duration: Vec<String>,
    /// A stack trace.
    pub stack: Vec<String>,
}

impl Default for Fields {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            timestamp: names(&["timestamp", "time", "ts", "@timestamp"]),
            level: names(&["level", "severity"]),
            message: names(&["message", "msg"]),
            request: names(&["requestId", "request_id", "trace_id"]),
            user: names(&["userId", "user_id"]),
            service: names(&["service"]),
            context: names(&["context"]),
            duration: names(&["duration", "duration_ms"]),
            stack: names(&["stack", "error.stack", "err.stack", "exception"]),
        }
    }
}
