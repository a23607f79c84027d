//! `migrate`, `backup` and `restore` steps: a command of our own under a supervisor.
//!
//! It survives the runner like any command, and what it says goes the way of every line. Its report lies in the attempt's
//! directory; an attempt that ended without one was killed in the middle, and the next looks into the database at what is
//! true: nothing that was applied is applied again, and what is half done is held for a person.

use std::path::{Path, PathBuf};

use crate::{
    database::{Job, Mark, Report, Verdict as Done, Work, room},
    domain::{
        id::AttemptKey,
        migration::Lenient,
        pipeline::{DatabaseAct, Step},
        release,
        run::{AttemptEnd, RunEvent},
        template::Unresolved,
        verdict::Verdict,
    },
    run::{
        attend::{self, Sink},
        desk::Desk,
        error::RunnerError,
        launch::own_binary,
        supervisor::{Spec, SpecCommand},
    },
};

/// The report's name in the attempt's directory.
const REPORT: &str = "report.json";
/// Attempts that may die in the middle before that is a failure.
const LIVES: u16 = 3;
/// Releases that are looked through for backups that a rollback needs.
const RELEASES: usize = 200;

/// Does it; returns how it ended and how long it took.
pub fn run(
    desk: &mut Desk,
    step: &Step,
    (database, act): (&str, &DatabaseAct),
    key: AttemptKey,
) -> Result<(AttemptEnd, u64), RunnerError> {
    let dir = directory(desk, key);
    let spec = match spec(desk, step, (database, act), key, &dir) {
        Ok(spec) => spec,
        Err(why) => return Ok((AttemptEnd::NotStarted { why }, 0)),
    };
    let (end, duration_ms) = attend::launch(desk, &dir, &spec, &mut Sink::Log(key))?.into_end();
    Ok((judged(desk, key, end), duration_ms))
}

fn directory(desk: &Desk, key: AttemptKey) -> PathBuf {
    let dir = desk.state_dir().attempt_dir(desk.run, key);
    std::path::absolute(&dir).unwrap_or(dir)
}

/// How an attempt ended, by its report.
pub fn judged(desk: &Desk, key: AttemptKey, end: AttemptEnd) -> AttemptEnd {
    let report = Report::read(&directory(desk, key).join(REPORT));
    match (report, end) {
        (Some(report), AttemptEnd::Exited { .. }) => {
            let verdict = match report.verdict {
                Done::Done => Verdict::Pass,
                Done::Failed => Verdict::Fail,
                Done::Held => Verdict::Unknown,
            };
            AttemptEnd::Judged { verdict, why: report.why }
        }
        (None, AttemptEnd::Signalled { signal }) if key.attempt <= LIVES => {
            let why = format!("it was killed in the middle (signal {signal}); the database says what is true");
            AttemptEnd::Lost { why }
        }
        (_, end) => end,
    }
}

/// The reports of the run, in the order of its attempts.
pub fn reports(desk: &Desk) -> Vec<Report> {
    let ended = desk.events.iter().filter_map(|row| match &row.event {
        RunEvent::AttemptEnded { key, .. } => Some(*key),
        _ => None,
    });
    ended.filter_map(|key| Report::read(&directory(desk, key).join(REPORT))).collect()
}

fn spec(
    desk: &Desk,
    step: &Step,
    (name, act): (&str, &DatabaseAct),
    key: AttemptKey,
    dir: &Path,
) -> Result<Spec, String> {
    let database = desk.plan.databases.get(name).ok_or_else(|| format!("the plan has no database '{name}'"))?;
    let text = |rendered: &Option<crate::domain::template::Rendered>| -> Result<Option<String>, Unresolved> {
        rendered.as_ref().map(|text| desk.resolve(text, None)).transpose()
    };
    let work = match act {
        DatabaseAct::Migrate { .. } if key.undo => Work::UndoRun,
        DatabaseAct::Migrate { to, stays } => Work::Migrate {
            to: text(to).map_err(|why| why.to_string())?,
            digest: desk.plan.migrations.get(name).map(|planned| planned.digest.clone()).filter(|_| !stays),
            lenient: Lenient { missing: *stays, out_of_order: false },
            dry_run: false,
        },
        DatabaseAct::Backup => Work::Backup,
        DatabaseAct::Restore { from, keep_present } => {
            Work::Restore { id: text(from).map_err(|why| why.to_string())?, keep_present: *keep_present }
        }
    };
    let secrets = desk.secrets.iter().flat_map(crate::secret::Secrets::iter);
    let names: Vec<&str> = database.texts().into_iter().flat_map(|text| text.secrets()).collect();
    let late = database.texts().into_iter().flat_map(|text| text.late());
    let job = Job {
        database: database.clone(),
        env: desk.plan.env.clone(),
        root: desk.plan.root.clone(),
        secrets: secrets
            .filter(|(name, _)| names.contains(name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        late: late.filter_map(|name| Some((name.to_owned(), desk.late.get(name, None)?))).collect(),
        mark: mark(desk),
        work,
        needed: needed(desk, name),
    };
    let mut spec = attend::spec_of(desk, step, SpecCommand::Run(Vec::new()), None).map_err(|why| why.to_string())?;
    spec.command = SpecCommand::Run(vec![own_binary().to_string_lossy().into_owned(), "database-job".into()]);
    let job = serde_json::to_string(&job).map_err(|error| error.to_string())?;
    spec.env.insert(room::JOB.into(), job);
    spec.env.insert(room::REPORT.into(), dir.join(REPORT).to_string_lossy().into_owned());
    Ok(spec)
}

/// Who, and which run.
fn mark(desk: &Desk) -> Mark {
    let by = desk.events.iter().find_map(|row| match &row.event {
        RunEvent::Requested { actor, .. } => Some(actor.to_string()),
        _ => None,
    });
    Mark { by: format!("{}, run {}", by.unwrap_or_default(), desk.run.0), run: desk.run_name() }
}

/// The backups that going back to where one would go by default would need.
fn needed(desk: &Desk, name: &str) -> Vec<String> {
    let releases = desk.reader.releases(&desk.plan.env, &desk.plan.target, RELEASES).unwrap_or_default();
    let of_plan = desk.plan.point.iter().filter_map(|point| point.databases.get(name)?.backup.clone());
    let points = release::rollback_points(releases, None, &release::Ways::default());
    let preferred = points.into_iter().find(|point| point.preferred);
    of_plan.chain(preferred.and_then(|point| point.databases.get(name)?.backup.clone())).collect()
}
