//! Where to log in to a database, and how privately: for those who stay longer than a look.

pub use super::database::{Login, Wants};
