//! What the conditions of a spec read, so that no fact is made that nobody asks for.

use crate::domain::probe::ProbeSpec;

/// Facts that cost something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wants {
    /// A condition reads `json`: a body that is none is an error.
    pub(super) json: bool,
    /// A condition reads `headers`.
    pub(super) headers: bool,
}

impl Wants {
    /// By the names in `expect`, `degraded` and `record`.
    pub(super) fn of(spec: &ProbeSpec) -> Self {
        let mut wants = Self::default();
        let recorded = spec.record.iter().map(|record| &record.value);
        for condition in spec.expect.iter().chain(&spec.degraded).chain(recorded) {
            for name in condition.names() {
                wants.json |= name == "json";
                wants.headers |= name == "headers";
            }
        }
        wants
    }
}
