//! The arguments, as clap reads them.

use std::path::PathBuf;

/// A terminal operations console: watch services, drive deploys, roll back.
#[derive(Debug, clap::Parser)]
#[command(name = "quarterdeck", version, about, long_about = None)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub subcommand: Subcommand,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    /// Set up a process, then become the command (used by Quarterdeck itself).
    #[command(hide = true)]
    Exec(ExecArguments),
    /// Be the parent of one command of a run (used by Quarterdeck itself).
    #[command(hide = true)]
    Supervise {
        /// The attempt's directory.
        #[arg(long)]
        dir: PathBuf,
    },
}

/// How to set up the process.
#[derive(Debug, clap::Args)]
pub struct ExecArguments {
    /// The command and its arguments.
    #[arg(last = true, required = true)]
    pub command: Vec<std::ffi::OsString>,
}
