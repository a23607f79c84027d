//! Subcommands that Quarterdeck starts itself with; they are no one's interface.

use std::path::Path;

use super::{args::ExecArguments, exit};

pub fn exec(options: ExecArguments) -> u8 {
    drop(options);
    exit::FAILED
}

pub fn supervise(dir: &Path) -> u8 {
    let _ = dir;
    exit::FAILED
}
