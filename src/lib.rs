//! Quarterdeck: a terminal operations console.
//!
//! It watches services, judges what it sees, drives deploys, verifications and rollbacks, and remembers everything in a
//! local SQLite history. Six verbs, and a room for each:
//!
//! observe ([`probe`]) · judge ([`domain`]) · act ([`run`]) · remember ([`store`]) · show ([`console`]) · keep watching ([`watch`])
//!
//! Three unifications keep it small. A probe is the one way to look at the world: `probe -> facts -> expectations ->
//! verdict`, for the monitor, the verify suites, the soak step and the wizards alike. Deploy, verify, rollback and task
//! are all pipelines: one plan, one run state machine, one wizard, one log. And the store is the only meeting place of
//! processes: console, watcher and runners read and write the history and never talk to each other, so that a lost line,
//! a re-attach and a post-mortem are the same code path.
//!
//! Rooms import only downward; `tests/architecture.rs` reads the sources and says so. `docs/architecture.md` has the plan.

pub mod cli;
pub mod config;
pub mod console;
pub mod database;
pub mod demo;
pub mod domain;
pub mod export;
pub mod notify;
pub mod probe;
pub mod proc;
pub mod run;
pub mod secret;
pub mod serve;
pub mod store;
pub mod term;
pub mod watch;
