//! Releases, and choosing where to go back to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{id::RunId, migration::Class, time::UnixMs};

/// A release as templates see it: `previous.version`, `point.version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRef {
    /// The run that wrote it.
    pub run: RunId,
    /// Its version.
    pub version: String,
    /// What is recorded of its databases.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub databases: BTreeMap<String, DatabasePoint>,
}

/// Where going back to a release takes a database: `point.databases.main.schema`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabasePoint {
    /// The last migration that was applied while it was live.
    pub schema: Option<String>,
    /// The latest backup that was made of that schema after it went live.
    pub backup: Option<String>,
}

/// What the run of a release left of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseMark {
    /// The last migration applied, at the run's end.
    pub schema: Option<String>,
    /// The backup that it made, before it changed anything.
    pub backup: Option<BackupMark>,
    /// What it applied and did not take back, each with its class.
    #[serde(default)]
    pub applied: Vec<(String, Class)>,
}

/// A backup, as far as a rollback needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupMark {
    /// Which.
    pub id: String,
    /// When it was begun.
    pub at: UnixMs,
    /// The last migration applied then.
    pub schema: Option<String>,
    /// Whether it was put back for a trial.
    pub proven: bool,
}

/// Which databases a rollback changes, and how: what its steps say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    /// A backup is put back.
    pub restores: BTreeSet<String>,
    /// Migrations are taken back.
    pub migrates: BTreeSet<String>,
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
    /// What its run left of the databases it changed or saved, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub databases: BTreeMap<String, DatabaseMark>,
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
    /// Where its databases were.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub databases: BTreeMap<String, DatabasePoint>,
}

/// Turns the releases of one target, newest first, into the chooser's rows, newest first. The live one and failed, rolled
/// back or bad ones are refused with the reason, and so is one of the version that is live, or one whose program does not fit
/// the schema that it would find; the newest good one is preferred: never simply the one before.
pub fn rollback_points(releases: Vec<Release>, estimate_ms: Option<u64>, ways: &Ways) -> Vec<RollbackPoint> {
    let live = releases.iter().find(|release| release.state == ReleaseState::Live).cloned();
    let changes: Vec<_> = (0..releases.len()).map(|index| changes(&releases, index, live.as_ref(), ways)).collect();
    let mut found = false;
    let point = |(release, changes): (Release, Vec<Change>)| {
        let refused = refusal(&release, live.as_ref()).or_else(|| changes.iter().find_map(Change::refusal));
        let preferred = refused.is_none() && !found;
        found |= preferred;
        let not_restored = not_restored(&release, &changes);
        let databases = changes.into_iter().map(|change| (change.name, change.point)).collect();
        RollbackPoint { release, refused, preferred, not_restored, estimate_ms, databases }
    };
    releases.into_iter().zip(changes).map(point).collect()
}

/// What going back to a release means for one database.
struct Change {
    name: String,
    point: DatabasePoint,
    /// The schema it has now.
    now: Option<String>,
    /// The backup that would be put back, if one would.
    backup: Option<BackupMark>,
    /// Applied since, and still there.
    since: Vec<(String, Class)>,
    way: Way,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Restored,
    TakenBack,
    Stays,
}

/// Everything known of the databases at `releases[index]`; `releases` are newest first.
fn changes(releases: &[Release], index: usize, live: Option<&Release>, ways: &Ways) -> Vec<Change> {
    let (release, newer) = (&releases[index], &releases[..index]);
    release
        .databases
        .iter()
        .map(|(name, mark)| {
            let now = live.and_then(|live| live.databases.get(name)).and_then(|mark| mark.schema.clone());
            let of = |newer: &Release| newer.databases.get(name).cloned().unwrap_or_default();
            // The oldest of those made since: the last of its time.
            let backup = newer.iter().rev().find_map(|one| {
                of(one).backup.filter(|backup| backup.schema == mark.schema && backup.at >= release.at)
            });
            let since = if now == mark.schema {
                Vec::new()
            } else {
                newer.iter().rev().flat_map(|one| of(one).applied).collect()
            };
            let way = if ways.restores.contains(name) {
                Way::Restored
            } else if ways.migrates.contains(name) {
                Way::TakenBack
            } else {
                Way::Stays
            };
            let point =
                DatabasePoint { schema: mark.schema.clone(), backup: backup.as_ref().map(|one| one.id.clone()) };
            Change { name: name.clone(), point, now, backup, since, way }
        })
        .collect()
}

impl Change {
    /// Why this database forbids going back.
    fn refusal(&self) -> Option<String> {
        let name = &self.name;
        let first = |class: Class| self.since.iter().find(|(_, found)| *found >= class).map(|(id, _)| id);
        match self.way {
            Way::Restored if self.backup.is_none() => {
                Some(format!("the rollback would put back a backup of {name}, and there is none of its time"))
            }
            Way::TakenBack => first(Class::Irreversible).map(|id| format!("{id} of {name} is irreversible")),
            Way::Stays => first(Class::Breaking).map(|id| {
                format!(
                    "it does not fit the schema of {name}: {id} is breaking, and no step of the rollback takes it back"
                )
            }),
            Way::Restored => None,
        }
    }

    /// What will and will not come back, in a sentence.
    fn sentence(&self) -> String {
        let Self { name, now, since, .. } = self;
        let schema = |schema: &Option<String>| schema.clone().unwrap_or_else(|| "an empty schema".into());
        let ids = since.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ");
        match (self.way, &self.backup) {
            (Way::Restored, Some(backup)) => {
                let proven = if backup.proven { "" } else { " (never put back for a trial)" };
                format!(
                    "{name}: what was written since {} is lost: backup {}{proven} is put back",
                    backup.at.to_utc().format("%-d %b %H:%M UTC"),
                    backup.id
                )
            }
            (Way::TakenBack, _) if !since.is_empty() => format!(
                "{name}: its schema goes from {} back to {}: what {ids} added is lost, with its data; other data stays",
                schema(now),
                schema(&self.point.schema)
            ),
            _ if self.point.schema == *now => {
                format!("{name}: data written since stays; its schema is the same ({})", schema(now))
            }
            _ => {
                let unknown: Vec<_> =
                    since.iter().filter(|(_, class)| *class == Class::Unknown).map(|(id, _)| id.as_str()).collect();
                let unsure = if unknown.is_empty() {
                    String::new()
                } else {
                    format!("; whether its program works with {} nobody said", unknown.join(", "))
                };
                format!(
                    "{name}: its schema stays at {} where it was {} ({ids} applied since){unsure}; data stays",
                    schema(now),
                    schema(&self.point.schema)
                )
            }
        }
    }
}

/// Why a release can't be gone back to.
fn refusal(release: &Release, live: Option<&Release>) -> Option<String> {
    if release.state == ReleaseState::Live {
        return Some("live now".into());
    }
    if let Some(why) = &release.marked_bad {
        return Some(format!("marked bad: {why}"));
    }
    match release.state {
        ReleaseState::RolledBack => Some("it was rolled back".into()),
        ReleaseState::Failed => Some("its deploy failed".into()),
        ReleaseState::Replaced if live.is_some_and(|live| live.version == release.version) => {
            Some("the same version is live now".into())
        }
        ReleaseState::Live | ReleaseState::Replaced => None,
    }
}

/// What going back does not bring back. Only what the pipeline's own steps undo is undone.
fn not_restored(release: &Release, changes: &[Change]) -> Vec<String> {
    let left = release.replaced_at.unwrap_or(release.at).to_utc().format("%-d %b %H:%M UTC");
    let mut told: Vec<String> = changes.iter().map(Change::sentence).collect();
    if told.is_empty() {
        told = vec![
            format!("data written since {left} stays as it is"),
            "database changes made since then stay, unless a step of the rollback takes them back".into(),
        ];
    }
    told.push("external state outside the pipeline's undo (queues, caches, other people's services) stays".into());
    told
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
            databases: BTreeMap::new(),
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
        let points = rollback_points(releases, Some(90_000), &Ways::default());
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
        let points = rollback_points(vec![release(14, "1.7", ReleaseState::Replaced)], None, &Ways::default());
        assert_eq!(points[0].not_restored[0], "data written since 1 Jan 15:00 UTC stays as it is");
    }

    #[test]
    fn with_nothing_good_nothing_is_preferred() {
        let points = rollback_points(vec![release(1, "1.0", ReleaseState::Live)], None, &Ways::default());
        assert!(points.iter().all(|point| !point.preferred));
        assert!(rollback_points(Vec::new(), None, &Ways::default()).is_empty());
    }

    /// 1.0 at schema 1, 1.1 applied 2 (additive), 2.0 applied 3 (`class`); each made a backup first.
    fn with_databases(class: Class) -> Vec<Release> {
        let mark = |run: i64, schema: &str, before: Option<&str>, applied: &[(&str, Class)]| {
            let backup = before.map(|schema| BackupMark {
                id: format!("b{run}"),
                at: UnixMs(run * 3_600_000 - 60_000),
                schema: Some(schema.into()),
                proven: true,
            });
            let applied = applied.iter().map(|(id, class)| ((*id).to_owned(), *class)).collect();
            BTreeMap::from([("main".to_owned(), DatabaseMark { schema: Some(schema.into()), backup, applied })])
        };
        let of = |run, version, state, databases| Release { databases, ..release(run, version, state) };
        vec![
            of(12, "2.0", ReleaseState::Live, mark(12, "3_c", Some("2_b"), &[("3_c", class)])),
            of(11, "1.1", ReleaseState::Replaced, mark(11, "2_b", Some("1_a"), &[("2_b", Class::Additive)])),
            of(10, "1.0", ReleaseState::Replaced, mark(10, "1_a", None, &[("1_a", Class::Additive)])),
        ]
    }

    fn ways(restores: bool, migrates: bool) -> Ways {
        let main = |yes: bool| yes.then(|| "main".to_owned()).into_iter().collect();
        Ways { restores: main(restores), migrates: main(migrates) }
    }

    #[test]
    fn what_does_not_fit_the_schema_is_refused_unless_the_rollback_brings_the_schema_back() {
        let refused = |class, ways: &Ways| {
            let points = rollback_points(with_databases(class), None, ways);
            points[1].refused.clone().unwrap_or_default()
        };
        assert_eq!(refused(Class::Additive, &ways(false, false)), "");
        assert_eq!(refused(Class::Unknown, &ways(false, false)), "");
        assert!(refused(Class::Breaking, &ways(false, false)).contains("3_c is breaking"));
        assert_eq!(refused(Class::Breaking, &ways(true, false)), "");
        assert_eq!(refused(Class::Breaking, &ways(false, true)), "");
        assert!(refused(Class::Irreversible, &ways(false, true)).contains("irreversible"));
        assert_eq!(refused(Class::Irreversible, &ways(true, false)), "");
    }

    #[test]
    fn of_each_database_is_said_what_comes_back_and_what_does_not() {
        let said = |class, ways: &Ways, index: usize| {
            rollback_points(with_databases(class), None, ways)[index].not_restored[0].clone()
        };
        assert_eq!(
            said(Class::Unknown, &ways(false, false), 1),
            "main: its schema stays at 3_c where it was 2_b (3_c applied since); whether its program works with 3_c nobody said; data stays"
        );
        assert!(said(Class::Additive, &ways(false, true), 2).contains("what 2_b, 3_c added is lost, with its data"));
        assert!(said(Class::Additive, &ways(true, false), 1).contains("backup b12 is put back"));
        // Of the two made since, the one of its own schema.
        assert!(said(Class::Additive, &ways(true, false), 2).contains("backup b11 is put back"));
        let points = rollback_points(with_databases(Class::Additive), None, &ways(true, false));
        assert_eq!(
            points[2].databases["main"],
            DatabasePoint { schema: Some("1_a".into()), backup: Some("b11".into()) }
        );
    }

    #[test]
    fn without_a_backup_of_its_time_a_rollback_that_restores_is_refused() {
        let mut releases = with_databases(Class::Additive);
        if let Some(mark) = releases[0].databases.get_mut("main") {
            mark.backup = None;
        }
        let points = rollback_points(releases, None, &ways(true, false));
        assert!(points[1].refused.as_deref().unwrap_or_default().contains("there is none of its time"));
        assert!(points[2].preferred);
    }
}
