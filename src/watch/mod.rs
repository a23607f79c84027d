//! Keep observing: schedule, sample, judge, roll up, retain.
//!
//! In: a [`Project`](crate::domain::environment::Project) and its configuration file for reloads. Out: rows in the store.
//! May import domain, store, probe, notify, secret, config. Never `run`.
