//! What comes from the person's side, as the rest of the console takes it.

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A printable character.
    Char(char),
    /// A letter with Ctrl, lower case.
    Ctrl(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

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
