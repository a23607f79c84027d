//! Subcommands that Quarterdeck starts itself with; they are no one's interface.

use std::{
    io::{self, Write},
    path::Path,
};

use super::{args::ExecArguments, exit};
use crate::{proc::exec::ExecOptions, run::supervisor};

/// What a shell answers when a command could not be executed.
const NOT_EXECUTED: u8 = 127;

pub fn exec(arguments: ExecArguments) -> u8 {
    let options = ExecOptions {
        setsid: arguments.setsid,
        pdeathsig: arguments.pdeathsig,
        parent: arguments.parent,
        oom_score_adj: arguments.oom_score,
        detach: arguments.detach,
        report: arguments.report,
        command: arguments.command,
    };
    match crate::proc::exec::exec(&options) {
        Ok(()) => exit::OK,
        Err(error) => {
            complain(&error);
            NOT_EXECUTED
        }
    }
}

pub fn supervise(dir: &Path) -> u8 {
    match supervisor::main(dir) {
        Ok(()) => exit::OK,
        Err(error) => {
            complain(&error);
            exit::FAILED
        }
    }
}

/// Standard error is usually null here; where it is not, somebody is looking into a problem.
fn complain(error: &dyn std::error::Error) {
    let _ = writeln!(io::stderr(), "quarterdeck: {error}");
}
