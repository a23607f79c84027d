//! Log lines: text that was sanitised and masked before anyone stored it.

use serde::{Deserialize, Serialize};

use super::time::UnixMs;

/// One line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Its number within the run, from 1, without gaps.
    pub seq: u64,
    /// When it was read from the command.
    pub at: UnixMs,
    /// Index of the step.
    pub step: u16,
    /// From an undo.
    pub undo: bool,
    /// Attempt number.
    pub attempt: u16,
    /// Where it came from.
    pub stream: Stream,
    /// Safe to print: no control characters, no invisible ones, no secret.
    pub text: String,
    /// Styled parts of `text`, ascending, not overlapping; unstyled text has no span.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
    /// Quarterdeck itself: soak samples, findings, notes.
    Deck,
}

/// A styled part of a line: byte range and style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Bytes.
    pub len: u32,
    /// How.
    pub style: Style,
}

/// What remains of SGR: colours and attributes, never concealment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a terminal's attributes are independent switches")]
pub struct Style {
    /// Foreground.
    pub fg: Option<Colour>,
    /// Background.
    pub bg: Option<Colour>,
    /// Bold.
    pub bold: bool,
    /// Dim.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Reversed.
    pub reverse: bool,
    /// A visible mark that Quarterdeck put in for something unprintable, or the mask of a secret.
    pub mark: bool,
}

/// A colour a command asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// One of the 256.
    Indexed(u8),
    /// 24 bits.
    Rgb(u8, u8, u8),
}

/// A finished line as the pipeline puts it out, before it is numbered within the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanLine {
    /// When its last byte was read.
    pub at: UnixMs,
    /// Where it came from.
    pub stream: Stream,
    /// As in [`LogLine`].
    pub text: String,
    /// As in [`LogLine`].
    pub spans: Vec<Span>,
}

/// Which way to look for a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To higher numbers.
    Forward,
    /// To lower numbers.
    Backward,
}
