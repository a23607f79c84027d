//! The console: what opens when nothing else is asked for.

use std::{io::IsTerminal, panic};

use crate::{
    console::{self, ConsoleError, ConsoleOptions},
    proc::crash,
};

use super::{
    args::Global,
    exit,
    output::{Failure, Outcome},
};

pub fn run(global: &Global) -> Outcome {
    let options = ConsoleOptions {
        config: global.config.clone(),
        state: global.state.clone(),
        env: global.env.clone(),
        theme: global.theme.clone(),
        ascii: global.ascii,
        read_only: global.read_only,
        crash_point: Some(crash::point),
    };
    // The report of the panic stands above: the terminal was given back first.
    let ended = panic::catch_unwind(|| console::main(&options));
    let Ok(ended) = ended else {
        let sorry =
            "the console hit a bug and ended; runs go on, and a new console shows them. Please report the lines above";
        return Err(Failure::with(exit::FAILED, sorry));
    };
    match ended {
        Ok(()) => Ok(exit::OK),
        // With source lines and carets: the terminal is an ordinary one again.
        Err(ConsoleError::Config(diagnostics)) => {
            Err(Failure::usage(diagnostics.render(std::io::stderr().is_terminal())))
        }
        Err(
            error @ (ConsoleError::Terminal(_)
            | ConsoleError::NoConfig(_)
            | ConsoleError::NoEnvironment { .. }
            | ConsoleError::NoTheme(_)),
        ) => Err(Failure::usage(error)),
        Err(error) => Err(Failure::with(exit::FAILED, error)),
    }
}
