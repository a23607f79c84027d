//! Spawning processes: detached ones, supervised ones, and finding those that were left behind.
//!
//! In: argument vectors and [`ProcessRef`](crate::domain::run::ProcessRef)s. Out: processes, signals, and what `/proc`
//! says. No unsafe of ours: what must happen between fork and exec happens in the hidden `quarterdeck exec`, which sets
//! itself up through rustix and then execs.
//!
//! A process is never named by its pid alone: a signal goes only to the process that had this pid, this start time and
//! this boot, so that an impostor with a reused pid lives.
//!
//! May import `domain` only.

pub mod clock;
pub mod crash;
pub mod detached;
pub mod exec;
pub mod group;
pub mod identity;
pub mod limits;
pub mod sweep;
pub mod usage;
