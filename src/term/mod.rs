//! The terminal: guard, events, capabilities, clipboard, frame.
//!
//! In: drawn buffers, bytes from the person's side. Out: [`event::Event`]s (keys, pastes, signals, the end of the line) and as few
//! bytes as show the newest frame. Nothing here asks the terminal anything: a terminal that answers no query loses nothing.
//!
//! - [`guard`] takes the terminal and gives it back, on every way out.
//! - [`keys`] turns bytes into keys; [`input`] reads them on a thread; [`signals`] listens on another.
//! - [`frame`] turns two buffers into the bytes between them; [`writer`] writes on a thread of its own, so that a stalled
//!   terminal stalls nothing else: while it writes, newer frames replace each other.
//! - [`clipboard`] and [`capabilities`] say what this terminal can do.
//!
//! May import `domain` only. `crossterm` appears nowhere else.

pub mod bell;
pub mod capabilities;
pub mod clipboard;
pub mod event;
pub mod frame;
pub mod guard;
pub mod input;
pub mod keys;
pub mod signals;
pub mod suspend;
pub mod writer;
