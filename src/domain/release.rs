//! Releases, and choosing where to go back to.

use serde::{Deserialize, Serialize};

use super::{id::RunId, time::UnixMs};

/// A release as templates see it: `previous.version`, `point.version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRef {
    /// The run that wrote it.
    pub run: RunId,
    /// Its version.
    pub version: String,
}

/// What a successful deploy or rollback leaves behind; also each failed one, so that it can be seen and never chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// The run that wrote it.
    pub run: RunId,
    /// Environment.
    pub env: String,
    /// Target.
    pub target: String,
    /// Version.
    pub version: String,
    /// When it went live (or failed).
    pub at: UnixMs,
    /// When the next one went live; `None` while it is live.
    pub replaced_at: Option<UnixMs>,
    /// Who released it.
    pub by: String,
    /// How it ended.
    pub state: ReleaseState,
    /// Hash of the plan that made it.
    pub plan_hash: String,
    /// A person or a failed soak marked it bad, and why.
    pub marked_bad: Option<String>,
    /// How it behaved while live.
    pub behaviour: Behaviour,
}

/// How a release ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseState {
    /// It is live.
    Live,
    /// It was live and was replaced.
    Replaced,
    /// It was undone by its own run or by a rollback.
    RolledBack,
    /// Its run failed and was left as it was.
    Failed,
}

/// Figures of the time a release was live.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Behaviour {
    /// Share of looks that passed, 0 to 1.
    pub availability: Option<f64>,
    /// Mean of `error_rate` over the time.
    pub error_rate: Option<f64>,
    /// Mean of `p95_ms` over the time.
    pub p95_ms: Option<f64>,
    /// Verdict of its last soak in one sentence.
    pub soak: Option<String>,
}

/// A release in the rollback chooser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RollbackPoint {
    /// The release.
    pub release: Release,
    /// Why it can't be chosen, if it can't: "live now", "marked bad: ...", "its deploy failed".
    pub refused: Option<String>,
    /// Chosen by default: the newest good one.
    pub preferred: bool,
    /// What going back there will not bring back.
    pub not_restored: Vec<String>,
    /// Estimated time, from earlier rollbacks and deploys of this target.
    pub estimate_ms: Option<u64>,
}

/// Turns the releases of one target, newest first, into the chooser's rows, newest first. The live one and failed, rolled
/// back or bad ones are refused with the reason, and so is one of the version that is live; the newest good one is
/// preferred: never simply the one before.
pub fn rollback_points(releases: Vec<Release>, estimate_ms: Option<u64>) -> Vec<RollbackPoint> {
    let live = releases.iter().find(|release| release.state == ReleaseState::Live).map(|live| live.version.clone());
    let mut found = false;
    let point = |release: Release| {
        let refused = refusal(&release, live.as_deref());
        let preferred = refused.is_none() && !found;
        found |= preferred;
        RollbackPoint { refused, preferred, not_restored: not_restored(&release), estimate_ms, release }
    };
    releases.into_iter().map(point).collect()
}

/// Why a release can't be gone back to.
fn refusal(release: &Release, live: Option<&str>) -> Option<String> {
    if release.state == ReleaseState::Live {
        return Some("live now".into());
    }
    if let Some(why) = &release.marked_bad {
        return Some(format!("marked bad: {why}"));
    }
    match release.state {
        ReleaseState::RolledBack => Some("it was rolled back".into()),
        ReleaseState::Failed => Some("its deploy failed".into()),
        ReleaseState::Replaced if live == Some(release.version.as_str()) => Some("the same version is live now".into()),
        ReleaseState::Live | ReleaseState::Replaced => None,
    }
}

/// What going back does not bring back. Only what the pipeline's own steps undo is undone.
fn not_restored(release: &Release) -> Vec<String> {
    let left = release.replaced_at.unwrap_or(release.at).to_utc().format("%-d %b %H:%M UTC");
    vec![
        format!("data written since {left} stays as it is"),
        "database changes made since then stay, unless a step of the rollback takes them back".into(),
        "external state outside the pipeline's undo (queues, caches, other people's services) stays".into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(run: i64, version: &str, state: ReleaseState) -> Release {
        Release {
            run: RunId(run),
            env: "production".into(),
            target: "shop".into(),
            version: version.into(),
            at: UnixMs(run * 3_600_000),
            replaced_at: (state == ReleaseState::Replaced).then_some(UnixMs((run + 1) * 3_600_000)),
            by: "bob".into(),
            state,
            plan_hash: String::new(),
            marked_bad: None,
            behaviour: Behaviour::default(),
        }
    }

    #[test]
    fn the_newest_good_one_is_preferred_not_the_one_before() {
        use ReleaseState::{Failed, Live, Replaced, RolledBack};
        let mut bad = release(7, "1.8", Replaced);
        bad.marked_bad = Some("leaks memory".into());
        let releases = vec![
            release(10, "2.0", Live),
            release(9, "1.9.1", Failed),
            release(8, "1.9", RolledBack),
            bad,
            release(6, "2.0", Replaced),
            release(5, "1.7", Replaced),
            release(4, "1.6", Replaced),
        ];
        let points = rollback_points(releases, Some(90_000));
        let refused: Vec<_> = points.iter().map(|point| point.refused.as_deref().unwrap_or("-")).collect();
        assert_eq!(
            refused,
            [
                "live now",
                "its deploy failed",
                "it was rolled back",
                "marked bad: leaks memory",
                "the same version is live now",
                "-",
                "-",
            ]
        );
        let preferred: Vec<_> =
            points.iter().filter(|point| point.preferred).map(|point| point.release.run.0).collect();
        assert_eq!(preferred, [5]);
        assert_eq!(points[5].estimate_ms, Some(90_000));
    }

    #[test]
    fn what_stays_is_said_with_the_time_since() {
        let points = rollback_points(vec![release(14, "1.7", ReleaseState::Replaced)], None);
        assert_eq!(points[0].not_restored[0], "data written since 1 Jan 15:00 UTC stays as it is");
    }

    #[test]
    fn with_nothing_good_nothing_is_preferred() {
        let points = rollback_points(vec![release(1, "1.0", ReleaseState::Live)], None);
        assert!(points.iter().all(|point| !point.preferred));
        assert!(rollback_points(Vec::new(), None).is_empty());
    }
}
