//! What the conditions of a spec read, so that no fact is made that nobody asks for.

use crate::domain::probe::ProbeSpec;

/// Facts that cost something, or that change what counts as an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is the name of a fact")]
pub(super) struct Wants {
    /// A condition reads `json`: a body that is none is an error.
    pub(super) json: bool,
    /// A condition reads `headers`.
    pub(super) headers: bool,
    /// A condition reads `signal`: then a signal is no error.
    pub(super) signal: bool,
    /// A condition reads `sha256`.
    pub(super) sha256: bool,
    /// A condition reads `text`.
    pub(super) text: bool,
    /// A condition reads `body`.
    pub(super) body: bool,
    /// A condition reads `message`.
    pub(super) message: bool,
}

impl Wants {
    /// By the names in `expect`, `degraded` and `record`.
    pub(super) fn of(spec: &ProbeSpec) -> Self {
        let mut wants = Self::default();
        let recorded = spec.record.iter().map(|record| &record.value);
        for condition in spec.expect.iter().chain(&spec.degraded).chain(recorded) {
            for name in condition.names() {
                match name.as_str() {
                    "json" => wants.json = true,
                    "headers" => wants.headers = true,
                    "body" => wants.body = true,
                    "message" => wants.message = true,
                    "signal" => wants.signal = true,
                    "sha256" => wants.sha256 = true,
                    "text" => wants.text = true,
                    _ => {}
                }
            }
        }
        wants
    }
}
