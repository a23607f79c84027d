//! The memory: one SQLite history, the only meeting place of our processes.
//!
//! In: rows of the domain, from the watcher, runners and people's decisions. Out: the same rows, as windows and tails.
//! Writes go through one writer thread a process ([`Store`]); reads use connections of their own ([`Reader`]).
//! Events, decisions and releases are appended under `synchronous=FULL`; looks and log lines in batches.
//! May import `domain` only. `rusqlite` appears nowhere else.

mod api;
pub mod lock;
pub mod state_dir;

pub use api::{Change, Cursor, Pending, Reader, Store, StoreError};
