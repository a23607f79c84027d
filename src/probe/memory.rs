//! What one look leaves for the next of the same probe.

use std::{fmt, sync::Arc};

use crate::domain::{
    probe::{HttpRequest, ProbeError, ProbeSpec},
    sample::Evidence,
};

use super::{
    blocking::Hanging,
    body::{self, Answer},
    database::Sessions,
    host::Work,
    lookup::SecretLookup,
    prometheus::Scrapes,
    scope::Kept,
    target::{self, Target},
    wants::Wants,
    wire::Wire,
};

/// What one look leaves for the next of the same probe: its connection, and counters for rates. Keep one for each
/// scheduled look.
#[derive(Default)]
pub struct Memory {
    spec: Option<Arc<ProbeSpec>>,
    /// The spec of the looks to come, so that none of its own is kept.
    shared: Option<Arc<ProbeSpec>>,
    target: Option<Arc<Target>>,
    /// What the spec's conditions read.
    pub(super) wants: Wants,
    /// The connection kept alive.
    pub(super) wire: Option<Wire>,
    /// The last two scrapes.
    pub(super) scrapes: Scrapes,
    /// The label values that are recorded.
    pub(super) labels: Kept,
    /// What the processors had done.
    pub(super) work: Option<Work>,
    /// A call into a file system that has not come back.
    pub(super) hanging: Hanging,
    /// The login kept at a database.
    pub(super) sessions: Sessions,
    /// What an HTTP service answered last, until somebody takes it.
    pub(super) answer: Option<Answer>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("connected", &(self.wire.is_some() || self.sessions.any()))
            .finish_non_exhaustive()
    }
}

impl Memory {
    /// For looks of this spec: it is shared instead of copied.
    pub fn of(spec: &Arc<ProbeSpec>) -> Self {
        Self { shared: Some(Arc::clone(spec)), ..Self::default() }
    }

    /// Makes ready for looks of this spec; forgets everything if the last one was another.
    pub(super) fn turn_to(&mut self, spec: &ProbeSpec) -> Result<(), ProbeError> {
        // Who shares it asks with the very same one: nothing need be compared.
        if self.spec.as_deref().is_some_and(|known| std::ptr::eq(known, spec) || known == spec) {
            return Ok(());
        }
        let shared = self.shared.take().filter(|shared| std::ptr::eq(&raw const **shared, spec));
        *self = Self { hanging: std::mem::take(&mut self.hanging), ..Self::default() };
        self.wants = Wants::of(spec);
        self.scrapes = Scrapes::plan(spec)?;
        self.spec = Some(shared.unwrap_or_else(|| Arc::new(spec.clone())));
        Ok(())
    }

    /// What an HTTP service answered to the last look, which is forgotten: its body may be large.
    pub fn take_answer(&mut self) -> LastAnswer {
        LastAnswer(self.answer.take())
    }

    /// The request of the spec; kept if it is the same each time.
    pub(super) fn target(
        &mut self,
        request: &HttpRequest,
        spec: &ProbeSpec,
        secrets: SecretLookup<'_>,
    ) -> Result<Arc<Target>, ProbeError> {
        if let Some(target) = &self.target {
            return Ok(Arc::clone(target));
        }
        let target = Arc::new(target::prepare(request, &spec.kind, secrets)?);
        if target::is_constant(request) {
            self.target = Some(Arc::clone(&target));
        }
        Ok(target)
    }
}

/// What an HTTP service answered to one look, if it did; as it came, so that it must not be shown or kept.
#[derive(Default)]
pub struct LastAnswer(Option<Answer>);

impl LastAnswer {
    /// What is worth keeping of it, if the look turns out to have failed.
    pub fn evidence(&self) -> Option<Evidence> {
        let answer = self.0.as_ref()?;
        let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = answer.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        Some(Evidence {
            status: answer.status.as_u16(),
            headers,
            body: body::beginning(answer, Evidence::BODY),
            body_bytes: answer.body.len(),
        })
    }
}

impl fmt::Debug for LastAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LastAnswer").field(&self.0.is_some()).finish()
    }
}
