//! Acknowledgements: a person knows. That stops repeats and escalation, not the message that it ended.

use serde::{Deserialize, Serialize};

use crate::domain::{
    alert::{AlertKey, Phase, Standing},
    time::UnixMs,
};

/// A person knows about an alert, for as long as it fires this time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// When.
    pub at: UnixMs,
    /// Which alert.
    pub key: AlertKey,
    /// When it began to fire: the next time it fires is another matter.
    pub fired_at: UnixMs,
    /// Who.
    pub author: String,
    /// What they say.
    pub note: String,
}

impl Acknowledgement {
    /// Whether it is about this firing of this alert.
    pub fn is_of(&self, standing: &Standing) -> bool {
        matches!(standing.phase, Phase::Firing { fired_at, .. } if fired_at == self.fired_at)
            && self.key == standing.key
    }
}
