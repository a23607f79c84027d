//! Printing: tables for people, plain lines, or JSON; and errors with their exit code.

use std::{
    borrow::Cow,
    fmt::Display,
    io::{self, IsTerminal, Write},
};

use serde::Serialize;

use super::{args::Global, exit};

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Columns.
    Human,
    /// One fact a line.
    Plain,
    /// One JSON document.
    Json,
}

/// Where a subcommand prints to.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// How.
    pub mode: Mode,
}

/// Why a subcommand ended without success.
#[derive(Debug)]
pub struct Failure {
    /// The process's exit code.
    pub code: u8,
    /// What to tell; `None` if all was said.
    pub error: Option<anyhow::Error>,
}

/// What a subcommand returns.
pub type Outcome = Result<u8, Failure>;

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        // The reader of a pipe went away: not our failure.
        let gone = error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        if gone { Self { code: exit::OK, error: None } } else { Self { code: exit::FAILED, error: Some(error) } }
    }
}

impl Failure {
    /// A failure of wrong arguments or configuration.
    pub fn usage(message: impl Display) -> Self {
        Self::with(exit::USAGE, message)
    }

    /// A failure with that exit code.
    pub fn with(code: u8, message: impl Display) -> Self {
        Self { code, error: Some(anyhow::anyhow!("{message}")) }
    }
}

impl Output {
    /// As the global options say.
    pub fn new(global: &Global) -> Self {
        let mode = match (global.json, global.plain) {
            (true, _) => Mode::Json,
            (_, true) => Mode::Plain,
            _ => Mode::Human,
        };
        Self { mode }
    }

    /// One line.
    #[expect(clippy::unused_self, reason = "printing goes through the output, whatever its mode")]
    pub fn line(self, line: impl Display) -> io::Result<()> {
        writeln!(io::stdout().lock(), "{}", harmless(&line.to_string()))
    }

    /// One JSON document.
    pub fn json(self, value: &impl Serialize) -> Result<(), Failure> {
        self.line(serde_json::to_string_pretty(value)?)?;
        Ok(())
    }

    /// Rows under headings: aligned columns, or `heading: cell` lines with a blank line between rows.
    pub fn table(self, headings: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
        if self.mode == Mode::Plain {
            for row in rows {
                for (heading, cell) in headings.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
                    self.line(format_args!("{heading}: {cell}"))?;
                }
                self.line("")?;
            }
            return Ok(());
        }
        for line in aligned(headings, rows) {
            self.line(line)?;
        }
        Ok(())
    }
}

/// Columns as wide as their widest cell.
fn aligned(headings: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(column, heading)| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
            cells.chain([heading.width()]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for (cell, width) in cells.zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.width().min(*width) + 2));
        }
        line.trim_end().to_owned()
    };
    let mut lines = vec![line(&mut headings.iter().copied())];
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    lines
}

/// What people and the world wrote reaches the terminal without its powers: of control characters only line ends, tabs and
/// colours (which our own diagnostics have) pass.
fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c.is_control() && c != '\n') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let passes = !c.is_control() || matches!(c, '\n' | '\t') || (c == '\x1b' && is_colour(&text[at + 1..]));
        out.push(if passes { c } else { '\u{fffd}' });
    }
    Cow::Owned(out)
}

/// Whether an escape is followed by the rest of a sequence that only chooses colours; concealing is none.
fn is_colour(rest: &str) -> bool {
    let Some((codes, _)) = rest.strip_prefix('[').and_then(|rest| rest.split_once('m')) else { return false };
    codes.bytes().all(|byte| byte.is_ascii_digit() || byte == b';') && !codes.split(';').any(|code| code == "8")
}

/// Says an error on standard error: the sentence, then its causes.
pub fn complain(error: &anyhow::Error) {
    let mut stderr = io::stderr().lock();
    // If standard error is gone there is nobody left to tell.
    let _ = writeln!(stderr, "quarterdeck: {}", harmless(&error.to_string()));
    for cause in error.chain().skip(1) {
        let _ = writeln!(stderr, "  because: {}", harmless(&cause.to_string()));
    }
}

/// One line on standard error: progress and hints that are not the result.
pub fn remark(line: impl Display) {
    // As above.
    let _ = writeln!(io::stderr().lock(), "{}", harmless(&line.to_string()));
}

/// Whether there is a person to ask.
pub fn has_person() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f53_nothing_but_colours_reaches_the_terminal_as_control() {
        assert_eq!(harmless("a\x1b[2Jb\x1b]0;t\x07\u{9b}1m\r"), "a\u{fffd}[2Jb\u{fffd}]0;t\u{fffd}\u{fffd}1m\u{fffd}");
        assert_eq!(harmless("\x1b[1;31mred\x1b[0m\n\tdé"), "\x1b[1;31mred\x1b[0m\n\tdé");
        assert_eq!(harmless("\x1b[8mhidden"), "\u{fffd}[8mhidden");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_have_no_trailing_blanks() {
        let rows = vec![vec!["api".into(), "up".into()], vec!["worker".into(), String::new()]];
        assert_eq!(aligned(&["service", "state"], &rows), ["service  state", "api      up", "worker"]);
    }
}
