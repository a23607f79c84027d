//! Spawning processes: detached ones, supervised ones, and finding those that were left behind.
//!
//! May import `domain` only. No unsafe of ours: what must happen between fork and exec happens in the hidden
//! `quarterdeck exec`, which sets itself up through rustix and then execs.
