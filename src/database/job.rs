//! One piece of work on a database, from its beginning to its report.
//!
//! A step of a run has it done by a command of its own: `quarterdeck database-job`, under a supervisor like every command.
//! The [`Job`] travels in its environment, and the [`Report`] is a file in the attempt's directory, written whole and last.

use std::{collections::BTreeMap, fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use serde::{Deserialize, Serialize};

use super::{
    backup,
    error::DatabaseError,
    files,
    hands::Hands,
    integrity,
    manifest::Manifest,
    migrate::Engine,
    restore,
    room::{Job, Repair, Room, Work},
    scratch,
    tool::{self, Start},
};
use crate::domain::{
    database::{Migrations, Tool},
    migration::{Class, Set, Standing},
    template::Rendered,
};

/// Whether the work was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Done.
    Done,
    /// Not done, and nothing is half done.
    Failed,
    /// Half of something is there: a person must look.
    Held,
}

/// What is true at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Which database.
    pub database: String,
    /// Whether the work was done.
    pub verdict: Verdict,
    /// One sentence; after a failure with what to do.
    pub why: String,
    /// The last migration applied, where that is known.
    pub schema: Option<String>,
    /// Applied by this work, in order, each with its class.
    #[serde(default)]
    pub applied: Vec<(String, Class)>,
    /// Taken back by this work, in order.
    #[serde(default)]
    pub undone: Vec<String>,
    /// How things stand, for a look at them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// The backup that was made, put back or verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<Manifest>,
    /// All of them, for a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backups: Vec<Manifest>,
}

impl Job {
    /// Does it. What goes wrong is in the report.
    pub fn run(&self, hands: &mut Hands<'_>) -> Report {
        let mut report = Report {
            database: self.database.name.clone(),
            verdict: Verdict::Done,
            why: String::new(),
            schema: None,
            applied: Vec::new(),
            undone: Vec::new(),
            standing: None,
            backup: None,
            backups: Vec::new(),
        };
        let done = Room::of(self, hands).and_then(|room| room.work(&mut report, hands).map(|why| (room, why)));
        match done {
            Ok((_, why)) => report.why = why,
            Err(error) => {
                report.verdict = if matches!(error, DatabaseError::Dirty(_)) { Verdict::Held } else { Verdict::Failed };
                report.why = hands.clean(&error.to_string());
                hands.say(&report.why.clone());
            }
        }
        report
    }
}

impl Report {
    /// Writes it whole.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let aside = path.with_extension("new");
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        fs::rename(&aside, path)
    }

    /// Reads what [`Report::write`] wrote; `None` if there is none.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }
}

impl Room<'_> {
    fn work(&self, report: &mut Report, hands: &mut Hands<'_>) -> Result<String, DatabaseError> {
        match &self.job.work {
            Work::Backup => {
                let made = backup::make(self, hands)?;
                let proven = if made.is_proven() { ", restored for a trial" } else { "" };
                let why = format!("backup {}, {} bytes{proven}", made.id, made.bytes());
                (report.schema, report.backup) = (made.schema.clone(), Some(made));
                Ok(why)
            }
            Work::Restore { id, keep_present } => self.restore(id.as_deref(), *keep_present, report, hands),
            Work::Verify { id } => {
                let verified = scratch::verify(self, self.shelf()?.find(id.as_deref())?, hands)?;
                let found = verified.verified.clone().map(|found| (found.good, found.why));
                let id = verified.id.clone();
                report.backup = Some(verified);
                match found {
                    Some((true, why)) => Ok(format!("backup {id}: {why}")),
                    Some((false, why)) => DatabaseError::refused(format!("backup {id} can't be relied on: {why}")),
                    None => DatabaseError::refused("it was not verified"),
                }
            }
            Work::Backups => {
                report.backups = self.shelf()?.list()?;
                Ok(format!("{} backups", report.backups.len()))
            }
            _ => match &self.job.database.migrations {
                Some(Migrations::Files { dir }) => self.migrate(&self.job.root.join(dir), report, hands),
                Some(Migrations::Tool(tool)) => self.by_tool(tool, report, hands),
                None => DatabaseError::refused(format!("databases.{} has no `migrations`", self.job.database.name)),
            },
        }
    }

    fn restore(
        &self,
        id: Option<&str>,
        keep_present: bool,
        report: &mut Report,
        hands: &mut Hands<'_>,
    ) -> Result<String, DatabaseError> {
        // Found first: the backup of what is there now is newer.
        let chosen = self.shelf()?.find(id)?;
        let mut kept = String::new();
        if keep_present {
            hands.say("first a backup of what is there now");
            let present = backup::make(self, hands).map_err(|error| {
                DatabaseError::Refused(format!(
                    "nothing was put back, as what is there now could not be backed up: {error}"
                ))
            })?;
            kept = format!("; what was there is in backup {}", present.id);
        }
        restore::put_back(self, &chosen, hands)?;
        report.schema = backup::schema(self, hands)?;
        if let Some(place) = &self.place {
            let mut session = place.open(self.bounds, hands.stop_flag())?;
            let wrong = integrity::check(&mut *session, None)?;
            if !wrong.is_empty() {
                return Err(DatabaseError::Dirty(format!(
                    "backup {} was put back, and it is not well: {}{kept}",
                    chosen.id,
                    wrong.join("; ")
                )));
            }
        }
        let why =
            format!("restored from backup {} of {}{kept}", chosen.id, chosen.at.to_utc().format("%-d %b %H:%M UTC"));
        report.backup = Some(chosen);
        Ok(why)
    }

    // --- migrations by files

    fn migrate(&self, dir: &Path, report: &mut Report, hands: &mut Hands<'_>) -> Result<String, DatabaseError> {
        let Some(place) = &self.place else {
            return DatabaseError::refused("migrations by files need a database with a URL");
        };
        let set = files::read_set(dir, place.dialect())?;
        let mut session = place.open(self.bounds, hands.stop_flag())?;
        let mut engine = Engine {
            session: &mut *session,
            name: &self.job.database.name,
            set: &set,
            mark: &self.job.mark,
            bounds: self.bounds,
            hands,
        };
        let before = engine.standing()?;
        let worked = self.engine_work(&mut engine, &set, &before, report);
        // What was done is told, whatever came of the rest.
        let after = engine.standing()?;
        report.schema = after.version().map(str::to_owned);
        let had = |id: &str, standing: &Standing| standing.applied.iter().any(|row| row.id == id);
        report.applied =
            after.applied.iter().filter(|row| !had(&row.id, &before)).map(|row| (row.id.clone(), row.class)).collect();
        report.undone =
            before.applied.iter().rev().filter(|row| !had(&row.id, &after)).map(|row| row.id.clone()).collect();
        let mut why = worked?;
        if !matches!(self.job.work, Work::Status | Work::Migrate { dry_run: true, .. }) {
            let wrong = integrity::check(&mut *session, Some((&set, &after)))?;
            if !wrong.is_empty() {
                return Err(DatabaseError::Dirty(format!("{why}, and the database is not well: {}", wrong.join("; "))));
            }
            why += "; the database was checked: nothing wrong";
        }
        report.standing = Some(after);
        Ok(why)
    }

    fn engine_work(
        &self,
        engine: &mut Engine<'_, '_>,
        set: &Set,
        before: &Standing,
        report: &mut Report,
    ) -> Result<String, DatabaseError> {
        let schema = |engine: &mut Engine<'_, '_>| -> Result<String, DatabaseError> {
            Ok(engine.standing()?.version().unwrap_or("empty").to_owned())
        };
        match &self.job.work {
            Work::Migrate { digest: Some(expected), .. } if *expected != set.digest() => DatabaseError::refused(
                "the files of migrations are not those that were confirmed: nothing was done; look at the plan again",
            ),
            Work::Migrate { to, lenient, dry_run: true, .. } => {
                let pending = engine.dry_run(to.as_deref(), *lenient)?;
                report.standing = Some(before.clone());
                Ok(format!("{} would be applied", counted(&pending)))
            }
            Work::Migrate { to, lenient, .. } => {
                // A version that is applied already is a way down.
                let is_down = to.as_deref().and_then(|to| set.get(to)).is_some_and(|one| {
                    before.applied.iter().any(|row| row.id == one.id) && before.version() != Some(one.id.as_str())
                }) || to
                    .as_deref()
                    .is_some_and(|to| set.get(to).is_none() && before.applied.iter().any(|row| row.id == to));
                if is_down {
                    let undone = engine.down_to(to.as_deref())?;
                    return Ok(format!("{} taken back; schema {}", counted(&undone), schema(engine)?));
                }
                let applied = engine.up(to.as_deref(), *lenient)?;
                Ok(format!("{} applied; schema {}", counted(&applied), schema(engine)?))
            }
            Work::Down { to } => {
                let undone = engine.down_to(to.as_deref())?;
                Ok(format!("{} taken back; schema {}", counted(&undone), schema(engine)?))
            }
            Work::UndoRun => {
                let Some(run) = self.job.mark.run.as_deref() else { return DatabaseError::refused("no run is named") };
                let undone = engine.undo_run(run)?;
                Ok(format!("{} taken back; schema {}", counted(&undone), schema(engine)?))
            }
            Work::Repair(repair) => {
                let changed = match repair {
                    Repair::Applied(id) => engine.set_applied(id, false)?,
                    Repair::Baseline(id) => engine.set_applied(id, true)?,
                    Repair::NotApplied(id) => engine.set_not_applied(id)?,
                    Repair::Accept(id) => engine.accept(id)?,
                };
                Ok(format!(
                    "recorded: {}",
                    if changed.is_empty() { "nothing had to be".to_owned() } else { changed.join(", ") }
                ))
            }
            _ => {
                report.standing = Some(before.clone());
                let wrong: Vec<_> = before.findings.iter().map(|one| one.sentence(engine.name)).collect();
                let version = before.version().unwrap_or("empty");
                if wrong.is_empty() {
                    Ok(format!("schema {version}, {} pending", counted(&before.pending)))
                } else if before.dirty().is_empty() {
                    DatabaseError::refused(wrong.join("; "))
                } else {
                    Err(DatabaseError::Dirty(wrong.join("; ")))
                }
            }
        }
    }

    // --- migrations by another tool

    fn by_tool(&self, tool: &Tool, report: &mut Report, hands: &mut Hands<'_>) -> Result<String, DatabaseError> {
        let (pending, version) = self.tool_status(tool, hands)?;
        report.schema.clone_from(&version);
        let at = |version: &Option<String>| {
            version.as_ref().map_or_else(String::new, |version| format!("schema {version}, "))
        };
        let run = |words: &[Rendered], hands: &mut Hands<'_>| -> Result<(), DatabaseError> {
            let argv = self.resolve_all(words, &BTreeMap::new())?;
            hands.say(&format!("$ {}", argv.join(" ")));
            let env = self.place.as_ref().map(tool::environment).unwrap_or_default();
            tool::must(Start { argv, env, cwd: &self.job.root, stdin: None, says: true }, hands).map(drop)
        };
        match &self.job.work {
            Work::Status | Work::Migrate { dry_run: true, .. } => {
                Ok(format!("{}{}", at(&version), if pending { "something is pending" } else { "nothing is pending" }))
            }
            Work::Migrate { to: None, .. } => {
                if !pending {
                    hands.say("nothing is pending");
                    return Ok(format!("{}nothing was pending", at(&version)));
                }
                run(&tool.up, hands)?;
                let (pending, now) = self.tool_status(tool, hands)?;
                report.schema.clone_from(&now);
                if pending {
                    return DatabaseError::refused("the tool ended well, and says that something is still pending");
                }
                report.applied = vec![(now.clone().unwrap_or_else(|| "by its tool".into()), Class::Unknown)];
                Ok(format!("{}applied by its tool", at(&now)))
            }
            Work::UndoRun | Work::Down { to: None } => {
                let Some(down) = &tool.down else {
                    return DatabaseError::refused("no way back: the tool has no `down`");
                };
                run(down, hands)?;
                let (_, now) = self.tool_status(tool, hands)?;
                report.schema.clone_from(&now);
                Ok(format!("{}taken back by its tool", at(&now)))
            }
            _ => DatabaseError::refused("this database is migrated by another tool, which has to do this"),
        }
    }

    fn tool_status(&self, tool: &Tool, hands: &mut Hands<'_>) -> Result<(bool, Option<String>), DatabaseError> {
        let argv = self.resolve_all(&tool.status, &BTreeMap::new())?;
        let program = argv.first().cloned().unwrap_or_default();
        let env = self.place.as_ref().map(tool::environment).unwrap_or_default();
        let ended = tool::run(Start { argv, env, cwd: &self.job.root, stdin: None, says: true }, hands)?;
        let regex = |text: &str| {
            regex::Regex::new(text)
                .map_err(|error| DatabaseError::Refused(format!("'{text}' is no regular expression: {error}")))
        };
        let version = match &tool.version {
            Some(text) => regex(text)?
                .captures_iter(&ended.output)
                .last()
                .and_then(|found| Some(found.get(1)?.as_str().to_owned())),
            None => None,
        };
        let pending = match (&tool.pending, ended.code) {
            (Some(text), Some(0 | 1)) => regex(text)?.is_match(&ended.output),
            (None, Some(0)) => false,
            (None, Some(1)) => true,
            (_, code) => {
                let why = format!(
                    "`status` ended with {}, so nothing is known",
                    code.map_or("a signal".into(), |code| format!("exit code {code}"))
                );
                return Err(DatabaseError::Tool { program, why });
            }
        };
        Ok((pending, version))
    }
}

/// "3 migrations (001_a, 002_b, 003_c)"
fn counted(ids: &[String]) -> String {
    const MOST: usize = 6;
    match ids {
        [] => "nothing".into(),
        [one] => one.clone(),
        _ if ids.len() <= MOST => format!("{} migrations ({})", ids.len(), ids.join(", ")),
        [first, .., last] => format!("{} migrations ({first} to {last})", ids.len()),
    }
}
