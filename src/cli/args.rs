//! The arguments, as clap reads them. Help, completions and the manual page come from here.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand as ClapSubcommand, ValueEnum};

pub use super::log_args::{ErrorsAction, ErrorsArguments, LogsArguments};
use super::{
    alerts_args::AlertsArguments,
    db_args::DbArguments,
    demo_args::DemoArguments,
    exec_args::ExecArguments,
    incident_args::IncidentAction,
    notify_args::NotifyAction,
    query_args::QueryArguments,
    silence_args::{AckArguments, SilenceAction},
};

/// A terminal operations console: watch services, drive deploys, roll back.
///
/// Without a subcommand it opens the console.
#[derive(Debug, Parser)]
#[command(name = "quarterdeck", version, about, max_term_width = 100)]
pub struct Arguments {
    /// What applies everywhere.
    #[command(flatten)]
    pub global: Global,
    /// What to do; the console if nothing.
    #[command(subcommand)]
    pub subcommand: Option<Subcommand>,
}

/// Options of every subcommand.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "these are switches on a command line")]
pub struct Global {
    /// Configuration file or directory [default: ./quarterdeck.toml, then the platform's config directory].
    #[arg(long, global = true, value_name = "PATH", env = "QUARTERDECK_CONFIG")]
    pub config: Option<PathBuf>,
    /// State directory [default: the configuration's state_dir, then one for each configuration under XDG_STATE_HOME].
    #[arg(long, global = true, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Environment [default: the only one, or the first].
    #[arg(long, short, global = true, value_name = "NAME")]
    pub env: Option<String>,
    /// Print JSON.
    #[arg(long, global = true, conflicts_with = "plain")]
    pub json: bool,
    /// Print plain lines without colour or columns: for screen readers and CI.
    #[arg(long, global = true)]
    pub plain: bool,
    /// Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file.
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// Console: draw with ASCII only.
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Console: no key that changes anything.
    #[arg(long, global = true)]
    pub read_only: bool,
}

/// What to do.
#[derive(Debug, ClapSubcommand)]
pub enum Subcommand {
    /// Show every service of an environment and the runs under way.
    Status {
        /// Exit with 1 if a service is down.
        #[arg(long)]
        check: bool,
    },
    /// Run the deploy pipeline.
    Deploy {
        /// The version, if the pipeline has a parameter of that name.
        version: Option<String>,
        /// How to start it.
        #[command(flatten)]
        start: StartArguments,
    },
    /// Run a suite, or the verify pipeline.
    Verify {
        /// A suite's name [default: the verify pipeline].
        suite: Option<String>,
        /// How to start it.
        #[command(flatten)]
        start: StartArguments,
    },
    /// Go back to an earlier release: by default the newest good one.
    Rollback {
        /// Version or run number of the release to go back to.
        #[arg(long, value_name = "VERSION|RUN")]
        to: Option<String>,
        /// Why: kept in the history.
        #[arg(long)]
        reason: Option<String>,
        /// How to start it.
        #[command(flatten)]
        start: StartArguments,
    },
    /// Run any pipeline by name.
    Run {
        /// Its name.
        name: String,
        /// How to start it.
        #[command(flatten)]
        start: StartArguments,
    },
    /// Follow a run until it ends.
    Attach {
        /// Its number [default: the one under way].
        run: Option<i64>,
    },
    /// Say something to a run that waits for a person.
    Decide {
        /// Its number.
        run: i64,
        /// What.
        decision: DecisionWord,
        /// Why: kept in the history.
        #[arg(long)]
        reason: Option<String>,
        /// tick: which item, counted from 1 [default: the first that is open].
        #[arg(long, value_name = "N")]
        item: Option<u16>,
        /// retry: another word of the command, counted from 0 (the program). Kept in the history.
        #[arg(long, value_name = "N=TEXT")]
        word: Vec<String>,
        /// retry: an environment variable of the command. Kept in the history.
        #[arg(long, value_name = "NAME=TEXT")]
        set: Vec<String>,
    },
    /// List runs, show one, or start one from a part of another.
    #[command(args_conflicts_with_subcommands = true)]
    Runs {
        /// What else.
        #[command(subcommand)]
        action: Option<RunsAction>,
        /// Its number.
        run: Option<i64>,
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Print the log of a run.
    Log {
        /// Its number [default: the newest].
        run: Option<i64>,
        /// Only the last lines.
        #[arg(long, value_name = "LINES")]
        tail: Option<u64>,
        /// Only lines with this text (any case, unless it has upper case).
        #[arg(long, value_name = "TEXT")]
        find: Option<String>,
        /// Go on until the run ends.
        #[arg(long)]
        follow: bool,
    },
    /// Print lines of services' logs, across services in order of time.
    Logs(LogsArguments),
    /// List errors of services, each kind once, or show, triage or resolve one.
    Errors(ErrorsArguments),
    /// List looks at a service that failed lately, a few kinds of each probe, with what was answered.
    Samples {
        /// The service.
        service: String,
        /// Only looks of this probe.
        #[arg(long)]
        probe: Option<String>,
    },
    /// Tell nobody of some alerts for a while, list what is silenced, or end a silence.
    Silence {
        /// What about silences.
        #[command(subcommand)]
        action: SilenceAction,
    },
    /// Say that somebody knows about an alert that fires: no repeats, no escalation; its end is told.
    Ack(AckArguments),
    /// List alerts that stand, explain one, replay rules over the history, or test them.
    Alerts(AlertsArguments),
    /// Show objectives: the budget that is left, and how fast it burns.
    Slo {
        /// Only this objective.
        name: Option<String>,
    },
    /// List releases: what can be gone back to, and why not.
    Releases {
        /// What was released [default: the deploy pipeline's target].
        #[arg(long)]
        target: Option<String>,
        /// Mark a release bad, so that nobody goes back to it.
        #[arg(long, value_name = "RUN", requires = "reason")]
        mark_bad: Option<i64>,
        /// Why it is bad.
        #[arg(long)]
        reason: Option<String>,
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Incidents: open, tell, hand over, close, write down.
    Incident {
        /// What about them.
        #[command(subcommand)]
        action: IncidentAction,
    },
    /// List playbooks, show one, or run a step of it.
    Playbook {
        /// Its name [default: list all].
        name: Option<String>,
        /// Run this step: an ordinary run, planned, confirmed and logged.
        #[arg(long, value_name = "NUMBER", requires = "name")]
        step: Option<usize>,
        /// How to start it.
        #[command(flatten)]
        start: StartArguments,
    },
    /// Take one look now and print its phases, facts and verdict.
    ///
    /// With a kind (`quarterdeck probe http https://host/ --timeout 2s --expect "status == 200"`) every option of the
    /// configuration is an option here: `--body-bytes` of `limits` is `--limits.body-bytes`, a header
    /// `--headers.accept`, and one given twice is a list. `--record NAME=EXPRESSION` computes a number, and `--` ends
    /// the options: `quarterdeck probe command -- df -h`. With SERVICE/PROBE it takes that probe of the configuration.
    /// Ends with 0 if it passes, 1 if it fails, 8 if that is not known.
    Probe {
        /// A kind of look, or SERVICE/PROBE.
        #[arg(value_name = "KIND|SERVICE/PROBE")]
        what: String,
        /// What to look at, and options.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "TARGET --OPTION VALUE")]
        words: Vec<String>,
    },
    /// Ask for a series over time: a table, JSON, CSV or a plot.
    Query(QueryArguments),
    /// Try a channel, or see what was told and what waits.
    Notify {
        /// What about it.
        #[command(subcommand)]
        action: NotifyAction,
    },
    /// Migrate, back up and restore databases, by hand.
    Db(DbArguments),
    /// Watch without a screen until stopped: what the systemd unit runs.
    Watch {
        /// End 60 s after the last console or run.
        #[arg(long)]
        while_needed: bool,
        /// With --while-needed: how long to outlive the last console or run.
        #[arg(long, hide = true, value_parser = humantime::parse_duration, default_value = "60s")]
        linger: Duration,
    },
    /// Serve health, metrics and status over HTTP in the foreground; a watcher does so by itself where `serve` is configured.
    Serve,
    /// Look at this machine and configuration, and say what would go wrong.
    Doctor,
    /// Check the configuration, or print its schema.
    Config {
        /// What about it.
        #[command(subcommand)]
        action: ConfigAction,
    },
    /// Write a commented starter configuration.
    Init {
        /// Where [default: ./quarterdeck.toml].
        path: Option<PathBuf>,
    },
    /// See the whole loop on an embedded fleet: watch, deploy, see it go wrong, roll back.
    Demo(DemoArguments),
    /// Print completions for a shell.
    Completions {
        /// Which.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
    /// Set up a process, then become the command (used by Quarterdeck itself).
    #[command(hide = true)]
    Exec(ExecArguments),
    /// Do a step's work on a database (used by Quarterdeck itself).
    #[command(hide = true)]
    DatabaseJob,
    /// Hold one run to its end (used by Quarterdeck itself).
    #[command(hide = true)]
    Runner {
        /// The run's number.
        run: i64,
    },
    /// Be the parent of one command of a run (used by Quarterdeck itself).
    #[command(hide = true)]
    Supervise {
        /// The attempt's directory.
        #[arg(long)]
        dir: PathBuf,
    },
}

/// How to start a run.
#[derive(Debug, Clone, Args)]
pub struct StartArguments {
    /// The pipeline, where there is more than one of the kind.
    #[arg(long, value_name = "NAME")]
    pub pipeline: Option<String>,
    /// A parameter.
    #[arg(long, short, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// Start without asking.
    #[arg(long, short)]
    pub yes: bool,
    /// Start without asking where the environment's name must be typed.
    #[arg(long, value_name = "ENVIRONMENT")]
    pub confirm: Option<String>,
    /// Print the plan and start nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Return at once with exit code 9; the run goes on.
    #[arg(long)]
    pub detach: bool,
    /// What to do when the run waits for a person.
    #[arg(long, value_enum, default_value_t = OnHold::Leave)]
    pub on_hold: OnHold,
}

/// What to do when a run waits for a person and there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnHold {
    /// Leave it waiting and exit with 8.
    Leave,
    /// Go on following until somebody decides.
    Wait,
    /// Roll back.
    Rollback,
    /// Stop it as it is.
    Stop,
}

/// What can be said to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DecisionWord {
    /// Answer yes.
    Yes,
    /// Answer no.
    No,
    /// Tick off an item of a checklist (--item, with --reason as its evidence).
    Tick,
    /// Try the step again.
    Retry,
    /// Take the step as done (needs --reason).
    Skip,
    /// Go on without this machine, for now (needs --reason).
    Exclude,
    /// Hold before the next step begins.
    Pause,
    /// Go on after a pause.
    Continue,
    /// Undo what was done.
    Rollback,
    /// Leave it as it is and end.
    Stop,
    /// End the current command and the run.
    Cancel,
}

/// What about runs.
#[derive(Debug, ClapSubcommand)]
pub enum RunsAction {
    /// Start a new run of a part of a run's plan, as it was planned then.
    Fork {
        /// Its number.
        run: i64,
        /// The step to begin with, counted from 1. What earlier steps did is not undone by the new run.
        #[arg(long, value_name = "STEP", required_unless_present = "machines", conflicts_with = "machines")]
        from: Option<u16>,
        /// Only the machines that failed or were excluded.
        #[arg(long)]
        machines: bool,
        #[command(flatten)]
        start: StartArguments,
    },
}

/// What about the configuration.
#[derive(Debug, ClapSubcommand)]
pub enum ConfigAction {
    /// Print every error with its place; exit with 2 if there is one.
    Check,
    /// Print the JSON Schema, for completion in editors.
    Schema,
}
