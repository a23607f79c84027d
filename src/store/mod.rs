//! The memory: one SQLite history, the only meeting place of our processes.
//!
//! In: rows of the domain, from the watcher, runners and people's decisions. Out: the same rows, as windows and tails.
//! Writes go through one writer thread a process ([`Store`]); reads use connections of their own ([`Reader`]).
//! Events, decisions and releases are appended under `synchronous=FULL`; looks and log lines in batches.
//! May import `domain` only. `rusqlite` appears nowhere else.
//!
//! From the ground up: `error`, `modes`, `lock`, `state_dir`, `ballast`, `pack`; `migrations` and `connect` open the file; `writer` and `open`
//! are the two handles; everything else is one noun a file, with what `Store` and `Reader` can do with it.

mod alert_board;
mod alerts;
pub mod ballast;
mod behaviour;
mod connect;
mod decisions;
mod error;
mod error_groups;
mod happenings;
mod incidents;
pub mod lock;
mod log;
mod log_block;
mod log_write;
mod look_batch;
mod looks;
mod maintain;
mod migrations;
pub mod modes;
mod notice_groups;
mod open;
mod outbox;
mod outlets;
mod pack;
mod pending;
mod phases;
mod query;
mod receipts;
mod recent;
mod recorded;
mod releases;
mod rollups;
mod runs;
mod samples;
mod series;
mod service_log;
mod service_log_block;
mod service_log_write;
mod silences;
pub mod state_dir;
mod status;
mod summary;
mod window;
mod writer;

pub use alerts::AlertCommit;
pub use error::StoreError;
pub use migrations::schema_page;
pub use open::{Change, Cursor, Reader, Store};
pub use outlets::RunFigures;
pub use pending::Pending;
pub use phases::PhaseMinute;
pub use recent::Recent;
pub use recorded::Recorded;
pub use service_log::{LogCursor, LogPage};
pub use service_log_write::{LogBatch, ServiceBatch};
