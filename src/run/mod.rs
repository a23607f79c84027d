//! Act: plan, launch, runner, supervisor, steps.
//!
//! May import domain, store, probe, notify, secret, config (resolved types), proc. Never `watch`.

pub mod launch;
pub mod supervisor;
