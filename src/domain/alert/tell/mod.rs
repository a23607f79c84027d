//! Telling: what of the alerts that fire is told, to whom, and why not. The manners of Alertmanager, in one process.

mod ack;
mod held;
mod matcher;
mod silence;

pub use ack::Acknowledgement;
pub use held::Held;
pub use matcher::{Alert, Matcher};
pub use silence::Silence;
