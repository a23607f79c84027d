//! Looking at the world: one file for each kind of look.
//!
//! In: a rendered [`ProbeSpec`], secrets. Out: an [`Outcome`] (facts, phases, recorded numbers, or an error that names the
//! phase). Nothing here judges. May import `domain` only (secrets come in as a function).

use crate::domain::probe::{Outcome, ProbeSpec};

/// What one look leaves for the next of the same probe: counters for rates. Keep one for each scheduled look.
#[derive(Debug, Default)]
pub struct Memory {}

/// How secrets reach a look.
pub type SecretLookup<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// Takes looks over pooled connections. Cheap to clone; one for each process.
#[derive(Clone, Debug)]
pub struct Prober {}

impl Default for Prober {
    fn default() -> Self {
        Self::new()
    }
}

impl Prober {
    /// With the platform's certificates. Installs the rustls provider if nobody did.
    pub fn new() -> Self {
        todo!()
    }

    /// Takes one look, bounded by the spec's timeout and limits. Never panics whatever the other side sends.
    pub async fn look(&self, spec: &ProbeSpec, memory: &mut Memory, secrets: SecretLookup<'_>) -> Outcome {
        todo!("{spec:?} {memory:?} {}", secrets("").is_some())
    }
}
