//! The room on a file system, as `df` counts it.

use std::{path::PathBuf, time::Instant};

use rustix::fs::{StatVfs, statvfs};

use crate::domain::{
    fact::Facts,
    probe::{FileLook, Outcome, Phase, ProbeError, ProbeSpec},
    template::Rendered,
};

use super::{
    blocking::{self, Hanging},
    dial::ms_since,
    error::failed,
    file,
    lookup::SecretLookup,
};

/// Asks the file system that holds the path.
pub(super) async fn look(
    look: &FileLook<Rendered>,
    spec: &ProbeSpec,
    deadline: Instant,
    hanging: &mut Hanging,
    secrets: SecretLookup<'_>,
    outcome: &mut Outcome,
) -> Result<(), ProbeError> {
    let path = file::path(look, secrets)?;
    let begun = Instant::now();
    let what = format!("asking for the room below {}", path.display());
    let stats = blocking::run(hanging, spec, deadline, &what, move || ask(&path)).await?;
    outcome.latency_ms = Some(ms_since(begun));
    tell(&stats, &mut outcome.facts);
    Ok(())
}

fn ask(path: &PathBuf) -> Result<StatVfs, ProbeError> {
    statvfs(path).map_err(|error| {
        let (kind, why) = file::refusal(error.kind(), &error);
        failed(Phase::Processing, kind, format!("no room can be told below {}: {why}", path.display()))
    })
}

fn tell(stats: &StatVfs, facts: &mut Facts) {
    let block = if stats.f_frsize == 0 { stats.f_bsize } else { stats.f_frsize };
    facts.set("total_bytes", stats.f_blocks.saturating_mul(block));
    facts.set("free_bytes", stats.f_bavail.saturating_mul(block));
    // Blocks kept for root are neither used nor free to others.
    let used = stats.f_blocks.saturating_sub(stats.f_bfree);
    if let Some(free) = share(stats.f_bavail, used.saturating_add(stats.f_bavail)) {
        facts.set("free_percent", free);
        facts.set("used_percent", 100.0 - free);
    }
    if let Some(free) = share(stats.f_ffree, stats.f_files) {
        facts.set("inodes_free_percent", free);
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64 * 100.0)
}
