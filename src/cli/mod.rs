//! The command line: one file for each subcommand; the only room that prints.
//!
//! In: arguments. Out: calls into the rooms below, text or JSON on standard output, errors on standard error, and one of
//! the exit codes of [`exit`]. May import every other room.

mod args;
pub mod exit;
mod hidden;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

use self::args::{Arguments, Subcommand};

/// Parses, calls, and turns the result into an exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            let code = if error.use_stderr() { exit::USAGE } else { exit::OK };
            // Nothing is left to tell it to if even this can't be printed.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match parsed.subcommand {
        Subcommand::Exec(options) => hidden::exec(options),
        Subcommand::Supervise { dir } => hidden::supervise(&dir),
    }
}
