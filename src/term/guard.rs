//! Taking the terminal, and giving it back: on quit, on a panic, on SIGTERM and SIGHUP, when the line drops, on Ctrl-Z.
//!
//! What was changed is remembered for the whole process, so that a panic in any thread can give it back.

use std::{
    io::{self, IsTerminal, Write},
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    time::Duration,
};

use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetwinsize, tcsetattr};

/// Alternate screen, cursor hidden, bracketed paste.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h";
/// The end of a frame that may have been cut, then all of [`ENTER`] undone, in reverse.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l";
/// A terminal that takes nothing for this long gets its modes back but no bytes.
const PATIENCE: Duration = Duration::from_millis(500);

/// The modes before the terminal was taken; `None` while it is not taken.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Why the terminal can't be taken.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// Input or output is a file or a pipe.
    #[error("the console needs a terminal for input and output; without one use `quarterdeck status`")]
    None,
    /// It can't place text.
    #[error(
        "TERM={0} can't place text on a screen: set TERM to what your terminal is, or use `quarterdeck status --plain`"
    )]
    Dumb(String),
    /// A call failed.
    #[error("the terminal can't be {doing}: {source}")]
    Io {
        /// "taken", "written to".
        doing: &'static str,
        /// Why.
        source: io::Error,
    },
}

/// The terminal while it is ours; dropping gives it back.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Raw mode, alternate screen, no cursor, bracketed paste. Asks the terminal nothing.
    pub fn take() -> Result<Self, TerminalError> {
        check()?;
        enter().map_err(|source| TerminalError::Io { doing: "taken", source })?;
        Ok(Self(()))
    }

    /// Takes it again after [`give_back`].
    pub fn retake(&self) -> io::Result<()> {
        enter()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whether there is a terminal to be taken.
pub fn check() -> Result<(), TerminalError> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() { Ok(()) } else { Err(TerminalError::None) }
}

fn enter() -> io::Result<()> {
    let modes = tcgetattr(io::stdin())?;
    let mut raw = modes.clone();
    raw.make_raw();
    lock().get_or_insert(modes);
    tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(ENTER)?;
    stdout.flush()
}

/// Gives the terminal back; does nothing if it was given back before. Never waits long: the bytes are written by a thread
/// that is left behind if the terminal takes nothing.
pub fn give_back() {
    let Some(modes) = lock().take() else { return };
    let (done, written) = mpsc::channel();
    let writing = std::thread::Builder::new().name("restore".into()).spawn(move || {
        let result = rustix::io::write(io::stdout(), LEAVE);
        // Nobody waits any more if this took too long.
        let _ = done.send(result.is_ok());
    });
    if writing.is_ok() && written.recv_timeout(PATIENCE / 2) == Err(RecvTimeoutError::Timeout) {
        // What was not taken yet is an old frame: drop it, and let the bytes that matter through.
        let _ = tcflush(io::stdout(), QueueSelector::OFlush);
        let _ = written.recv_timeout(PATIENCE / 2);
    }
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
}

/// Whether the terminal is ours now: after [`give_back`] nothing may be drawn on it any more.
pub fn is_taken() -> bool {
    lock().is_some()
}

/// Gives the terminal back before a panic is reported, whichever thread panics.
pub fn restore_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        give_back();
        report(info);
    }));
}

/// Columns and rows; what the terminal does not know is as it was on the first ones: 80 columns, 24 rows.
pub fn size() -> (u16, u16) {
    let (columns, rows) = tcgetwinsize(io::stdout()).map(|size| (size.ws_col, size.ws_row)).unwrap_or_default();
    (if columns == 0 { 80 } else { columns }, if rows == 0 { 24 } else { rows })
}

/// A panic while the lock was held leaves a value as good as any.
fn lock() -> MutexGuard<'static, Option<Termios>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}
