//! What comes from the person's side, as the rest of the console takes it.

use crate::domain::key::Key;

/// What comes from the person's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A key.
    Key(Key),
    /// Pasted text, as it was pasted.
    Paste(String),
    /// The terminal may have another size.
    Resized,
    /// SIGTERM or SIGINT: end now.
    Terminated,
    /// Someone asked the process to stop (SIGTSTP).
    Stopped,
    /// The process was continued.
    Continued,
    /// The line is gone: end of input, an error, or SIGHUP.
    Gone,
}
