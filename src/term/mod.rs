//! The terminal: guard, events, capabilities, clipboard, frame.
//!
//! May import `domain` only. `crossterm` appears nowhere else.
