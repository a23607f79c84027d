//! The words of the field, and every rule about them.
//!
//! Nothing here does I/O, reads a clock or awaits: time and facts come in as arguments, verdicts and next states
//! go out as values. That is why each rule can be tested as a sentence. Every other room imports this one; this one
//! imports none of ours.

pub mod actor;
pub mod alert;
pub mod backup;
pub mod channel;
pub mod condition;
pub mod cron;
pub mod database;
pub mod decision;
pub mod environment;
pub mod fact;
pub mod figure;
pub mod format;
pub mod health;
pub mod histogram;
pub mod id;
pub mod incident;
pub mod judge;
pub mod key;
pub mod log;
pub mod migration;
pub mod nearest;
pub mod observed;
pub mod outlet;
pub mod phases;
pub mod pipeline;
pub mod placement;
pub mod plan;
pub mod playbook;
pub mod probe;
pub mod query;
pub mod receipt;
pub mod release;
pub mod run;
pub mod sample;
pub mod series;
pub mod service_log;
pub mod soak;
pub mod status;
pub mod suite;
pub mod template;
pub mod text;
pub mod time;
pub mod verdict;
pub mod window;
