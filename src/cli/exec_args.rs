//! The arguments of the hidden `exec`.

use std::{ffi::OsString, path::PathBuf};

use clap::Args;

/// How to set up the process.
#[derive(Debug, Args)]
pub struct ExecArguments {
    /// Lead a session of its own.
    #[arg(long)]
    pub setsid: bool,
    /// The signal to receive when the parent dies.
    #[arg(long, value_name = "SIGNAL", value_parser = parse_signal)]
    pub pdeathsig: Option<i32>,
    /// The parent it must have.
    #[arg(long, value_name = "PID")]
    pub parent: Option<i32>,
    /// Killed earlier when memory runs out, the higher.
    #[arg(long, value_name = "SCORE", allow_negative_numbers = true)]
    pub oom_score: Option<i32>,
    /// Start the command in a new session and return at once.
    #[arg(long)]
    pub detach: bool,
    /// Where to write why the command could not be executed.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// The command and its arguments.
    #[arg(last = true, required = true)]
    pub command: Vec<OsString>,
}

/// `KILL`, `TERM`, `HUP`, `INT`.
fn parse_signal(name: &str) -> Result<i32, String> {
    crate::proc::exec::signal_number(name).ok_or_else(|| format!("{name} is not one of HUP, INT, KILL, TERM"))
}
