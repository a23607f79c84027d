//! The command line: one file for each subcommand; the only room that prints.
//!
//! In: arguments. Out: calls into the rooms below, text or JSON on standard output, errors on standard error, and one of
//! the exit codes of [`exit`]. May import every other room.

mod alerts;
mod alerts_args;
mod args;
mod config;
mod console;
mod db;
mod db_args;
mod deck;
mod demo;
mod demo_args;
mod doctor;
mod errors;
mod exec_args;
pub mod exit;
mod follow;
mod fork;
mod format;
mod generate;
mod hidden;
mod incident;
mod incident_args;
mod log_args;
mod logs;
mod notify;
mod notify_args;
mod output;
mod own_log;
mod playbook;
mod probe;
mod query;
mod query_args;
mod releases;
mod runs;
mod samples;
mod serve;
mod silence;
mod silence_args;
mod slo;
mod start;
mod status;
mod watch;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

use self::{
    args::{Arguments, Global, RunsAction, Subcommand},
    output::Outcome,
};

/// Parses, calls, and turns the result into an exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            let code = if error.use_stderr() { exit::USAGE } else { exit::OK };
            // Nothing is left to tell it to if even this can't be printed.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match call(&parsed.global, parsed.subcommand) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if let Some(error) = &failure.error {
                output::complain(error);
            }
            ExitCode::from(failure.code)
        }
    }
}

fn call(global: &Global, subcommand: Option<Subcommand>) -> Outcome {
    match subcommand {
        None => console::run(global),
        Some(Subcommand::Status { check }) => status::run(global, check),
        Some(Subcommand::Deploy { version, start }) => start::deploy(global, version.as_deref(), &start),
        Some(Subcommand::Verify { suite, start }) => start::verify(global, suite.as_deref(), &start),
        Some(Subcommand::Rollback { to, reason, start }) => start::rollback(global, to.as_deref(), reason, &start),
        Some(Subcommand::Run { name, start }) => start::run(global, &name, &start),
        Some(Subcommand::Attach { run }) => start::attach(global, run),
        Some(Subcommand::Decide { run, decision, reason, item, word, set }) => {
            runs::decide(global, run, decision, reason, &runs::Changes { item, word: &word, set: &set })
        }
        Some(Subcommand::Runs { action: Some(RunsAction::Fork { run, from, start, .. }), .. }) => {
            fork::fork(global, run, from.map_or(fork::Part::Machines, fork::Part::From), &start)
        }
        Some(Subcommand::Runs { run: Some(run), .. }) => runs::show(global, run),
        Some(Subcommand::Runs { run: None, limit, .. }) => runs::list(global, limit),
        Some(Subcommand::Log { run, tail, find, follow }) => {
            runs::log(global, &runs::LogQuery { run, tail, find: find.as_deref(), follow })
        }
        Some(Subcommand::Logs(arguments)) => logs::run(global, &arguments),
        Some(Subcommand::Errors(arguments)) => errors::run(global, &arguments),
        Some(Subcommand::Samples { service, probe }) => samples::run(global, &service, probe.as_deref()),
        Some(Subcommand::Silence { action }) => silence::silence(global, &action),
        Some(Subcommand::Ack(arguments)) => silence::acknowledge(global, &arguments),
        Some(Subcommand::Alerts(arguments)) => alerts::run(global, &arguments),
        Some(Subcommand::Slo { name }) => slo::run(global, name.as_deref()),
        Some(Subcommand::Releases { mark_bad: Some(run), reason: Some(reason), .. }) => {
            releases::mark_bad(global, run, &reason)
        }
        Some(Subcommand::Releases { target, limit, .. }) => releases::list(global, target.as_deref(), limit),
        Some(Subcommand::Incident { action }) => incident::run(global, &action),
        Some(Subcommand::Playbook { name, step, start }) => playbook::run(global, name.as_deref(), step, &start),
        Some(Subcommand::Probe { what, words }) => probe::run(global, &what, &words),
        Some(Subcommand::Notify { action }) => notify::run(global, &action),
        Some(Subcommand::Query(arguments)) => query::run(global, &arguments),
        Some(Subcommand::Db(arguments)) => db::run(global, arguments),
        Some(Subcommand::Watch { while_needed, linger }) => watch::run(global, while_needed, linger),
        Some(Subcommand::Serve) => serve::run(global),
        Some(Subcommand::Doctor) => doctor::run(global),
        Some(Subcommand::Config { action }) => config::run(global, &action),
        Some(Subcommand::Init { path }) => config::init(global, path.as_deref()),
        Some(Subcommand::Demo(arguments)) => demo::run(global, &arguments),
        Some(Subcommand::Completions { shell }) => generate::completions(shell),
        Some(Subcommand::Man) => generate::manual(),
        Some(Subcommand::DatabaseJob) => Ok(db::job()),
        Some(Subcommand::Exec(options)) => Ok(hidden::exec(options)),
        Some(Subcommand::Runner { run }) => Ok(hidden::runner(global, run)),
        Some(Subcommand::Supervise { dir }) => Ok(hidden::supervise(&dir)),
    }
}
