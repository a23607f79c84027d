//! Subcommands that Quarterdeck starts itself with; they are no one's interface.

use std::{
    io::{self, Write},
    path::Path,
};

use super::{args::Global, exec_args::ExecArguments, exit, own_log};
use crate::{
    domain::{id::RunId, run::RunOutcome},
    proc::exec::ExecOptions,
    run::{runner, supervisor},
    store::state_dir::StateDir,
};

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

pub fn runner(global: &Global, run: i64) -> u8 {
    let Some(state) = &global.state else {
        complain(&io::Error::other("runner: give --state DIR"));
        return exit::USAGE;
    };
    let state = StateDir::at(state);
    own_log::start(&state, "runner");
    match runner::main(&state, RunId(run)) {
        Ok(outcome) => outcome.map_or(exit::OK, RunOutcome::exit_code),
        Err(error) => {
            tracing::error!(run, %error, "the runner stopped before its run was over");
            complain(&error);
            exit::FAILED
        }
    }
}

/// Standard error is usually null here; where it is not, somebody is looking into a problem.
fn complain(error: &dyn std::error::Error) {
    let _ = writeln!(io::stderr(), "quarterdeck: {error}");
}
