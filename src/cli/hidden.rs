//! Subcommands that Quarterdeck starts itself with; they are no one's interface.

use std::{path::Path, process::ExitCode};

use super::{args::ExecArguments, exit};

pub fn exec(options: ExecArguments) -> ExitCode {
    drop(options);
    ExitCode::from(exit::FAILED)
}

pub fn supervise(dir: &Path) -> ExitCode {
    let _ = dir;
    ExitCode::from(exit::FAILED)
}
