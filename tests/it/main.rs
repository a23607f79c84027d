//! Everything that needs more than one room: the binary itself, real sockets, real processes, a real PTY.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop loudly")]

mod alerts;
mod at_rest;
mod bad_input;
mod cli;
mod config;
mod databases;
mod demo;
mod export;
mod f_crashes;
mod f_full_disk;
mod f_looks;
mod f_runs;
mod f_shared;
mod f_terminal;
mod guided;
mod journey;
mod keys;
mod logs;
mod looks;
mod notify;
mod over_hosts;
mod probe_command;
mod query;
mod samples;
mod serve;
mod servers;
mod side_by_side;
mod ssh;
mod store;
mod supervisor;
mod support;
mod systems;
mod telling;
mod watch;
mod webhook;
