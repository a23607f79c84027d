//! An attempt whose end nobody has stored: what a successor does about it.
//!
//! | found | means | done |
//! |---|---|---|
//! | exit record | it ended while nobody looked | the rest of its output and its end are stored, once |
//! | living supervisor | it runs | its spool is copied on from the stored cursor |
//! | claim is free | it was never started | vetoed, and started anew without asking |
//! | another boot | it died with the machine | lost; no pid of the old boot is ever signalled |
//! | nothing of these | its supervisor died | lost; what still carries its mark is ended |

use super::{
    attend::{self, Seen, Sink},
    desk::Desk,
    error::RunnerError,
    supervisor,
};
use crate::{
    domain::{id::AttemptKey, run::ProcessRef},
    proc::identity,
};

/// Brings a supervised attempt that another runner began to its end.
pub fn adopt(desk: &mut Desk, key: AttemptKey, process: Option<&ProcessRef>) -> Result<Seen, RunnerError> {
    let dir = desk.state_dir().attempt_dir(desk.run, key);
    if supervisor::ended(&dir) || supervisor::supervisor_alive(&dir)? {
        tracing::info!(run = desk.run.0, ?key, "adopting the attempt");
        return attend::join(desk, &dir, &mut Sink::Log(key));
    }
    let started = supervisor::started(&dir)?.map(|started| started.process);
    if let Some(process) = process.or(started.as_ref())
        && process.boot_id != identity::boot_id()
    {
        return Ok(Seen::Lost("the machine restarted while the command ran".into()));
    }
    if process.is_none() && started.is_none() {
        std::fs::create_dir_all(&dir).map_err(|source| RunnerError::File {
            path: dir.clone(),
            doing: "created",
            source,
        })?;
        if supervisor::veto_claim(&dir)? {
            return Ok(Seen::NeverStarted);
        }
    }
    // Claimed: its supervisor is about to say what it started, or died in between. Staying with it settles which.
    attend::join(desk, &dir, &mut Sink::Log(key))
}
