//! The console: what opens when nothing else is asked for.

use std::io::IsTerminal;

use super::{
    args::Global,
    exit,
    output::{Failure, Outcome},
};

pub fn run(global: &Global) -> Outcome {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            "the console needs a terminal; without one use `quarterdeck status` or another subcommand (see --help)",
        ));
    }
    let _ = global;
    Ok(exit::OK)
}
