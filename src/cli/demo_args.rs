//! What `demo` may be told.

use std::path::PathBuf;

use clap::{Args, Subcommand as ClapSubcommand, ValueEnum};

/// The demo.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Where to keep it; it stays there afterwards [default: a temporary directory that goes away].
    #[arg(long, global = true)]
    pub dir: Option<PathBuf>,
    /// No screen: run a scenario to its end and print the run.
    #[arg(long, requires = "scenario")]
    pub headless: bool,
    /// With --headless: which.
    #[arg(long, value_enum)]
    pub scenario: Option<Scenario>,
    /// A part of it.
    #[command(subcommand)]
    pub part: Option<DemoPart>,
}

/// What to run without a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// A release that behaves: exits with 0.
    GoodRelease,
    /// A release that fails its soak and is rolled back: exits with 6.
    BadRelease,
}

/// Parts of the demo, for its deploy steps and for running it by hand.
#[derive(Debug, ClapSubcommand)]
pub enum DemoPart {
    /// Be the fleet: gateway, api, web, worker and database on loopback.
    Fleet {
        /// Stay when nobody is looking.
        #[arg(long)]
        keep: bool,
    },
    /// Print the versions that can be deployed, newest first.
    Versions,
    /// What the deploy steps do.
    Control {
        /// What.
        #[command(subcommand)]
        action: ControlAction,
    },
    /// Inject a fault: slow-api, failing-api, database-down, worker-hangs, or clear.
    Fault {
        /// Which.
        name: String,
    },
}

/// What a deploy step of the demo does.
#[derive(Debug, ClapSubcommand)]
pub enum ControlAction {
    /// Start a version in the idle colour.
    Start {
        /// Which.
        version: String,
    },
    /// Send that percentage of the traffic to the candidate.
    Weight {
        /// 0 to 100.
        percent: u8,
    },
    /// Make the candidate the live one.
    Promote,
    /// Stop the candidate.
    Discard,
    /// Copy the database.
    Backup,
    /// Stop the whole fleet.
    Stop,
}
