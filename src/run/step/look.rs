//! A look taken now and judged: what `http` steps, suites and the outside check have in common.

use crate::{
    domain::{judge::judge, probe::ProbeSpec},
    run::desk::Desk,
};

pub use crate::domain::judge::{Judged, Seen};

/// Takes the look now, with a memory of its own.
pub fn take(desk: &Desk, spec: &ProbeSpec) -> Judged {
    judge(spec, desk.look(spec))
}
