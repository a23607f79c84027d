//! Readers: from a tree of places and values to the words of the domain, one file for each table of the configuration.
//!
//! Each takes a [`View`](super::view::View), notes what is wrong and returns what it could understand. Nothing here stops at
//! the first problem; the project counts only if no problem was noted at all.

mod alert;
mod channel;
mod database;
mod entry;
mod environment;
mod heartbeat;
mod kind;
mod known;
mod log;
mod look;
mod maintenance;
mod outlet;
mod param;
mod pipeline;
mod playbook;
mod project;
mod recipient;
mod secret;
mod service;
mod slo;
mod soak;
mod step;
mod subject;
mod suite;
mod telling;
mod world;
mod zone;

pub use project::project;
