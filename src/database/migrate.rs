//! The engine: up, down, dry run, mending.
//!
//! A migration that can run in a transaction does, and its row in the tracking table is part of it: it is there whole, or
//! not at all. One that can't (all of MySQL's changes of a schema, `transaction: none`) is announced first, counts its
//! statements as it goes, and is dirty until its end is recorded.

use std::time::{Duration, Instant};

use super::{
    error::DatabaseError,
    hands::{Hands, Mark},
    integrity,
    session::{self, Bounds, Lock, Session},
    tracking,
};
use crate::{
    domain::{
        format,
        migration::{
            Applied, AppliedState, Dialect, Finding, Lenient, Migration, Set, Standing, Statement, statements,
        },
        time::UnixMs,
    },
    proc::crash,
};

/// A database's login, its migrations, and who changes it.
pub struct Engine<'s, 'h> {
    /// The login.
    pub session: &'s mut dyn Session,
    /// As it is called in the configuration, for the next command.
    pub name: &'s str,
    /// Its migrations.
    pub set: &'s Set,
    /// Who.
    pub mark: &'s Mark,
    /// Bounds on waiting.
    pub bounds: Bounds,
    /// Where sentences go.
    pub hands: &'s mut Hands<'h>,
}

/// Where statements of a migration stand, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

fn now() -> UnixMs {
    chrono::Utc::now().into()
}

fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Engine<'_, '_> {
    /// How things stand. Takes no lock and writes nothing.
    pub fn standing(&mut self) -> Result<Standing, DatabaseError> {
        Ok(Standing::new(self.set, tracking::read(self.session)?))
    }

    /// Applies what is pending, up to `to` or all of it; returns the ids.
    pub fn up(&mut self, to: Option<&str>, lenient: Lenient) -> Result<Vec<String>, DatabaseError> {
        self.begin()?;
        let standing = self.standing()?;
        self.refuse(&standing.dirty())?;
        let forbidden = standing.forbids_up(lenient);
        if !forbidden.is_empty() {
            let told: Vec<_> = forbidden.iter().map(|finding| finding.sentence(self.name)).collect();
            return DatabaseError::refused(format!("nothing was applied: {}", told.join("; ")));
        }
        let pending = self.pending(&standing, to)?;
        if pending.is_empty() {
            self.hands.say("nothing is pending");
        }
        for one in &pending {
            self.hands.go_on()?;
            self.apply(one)?;
        }
        Ok(pending.iter().map(|one| one.id.clone()).collect())
    }

    fn pending(&self, standing: &Standing, to: Option<&str>) -> Result<Vec<Migration>, DatabaseError> {
        let mut pending: Vec<Migration> =
            standing.pending.iter().filter_map(|id| self.set.all.iter().find(|one| one.id == *id)).cloned().collect();
        let Some(to) = to else { return Ok(pending) };
        let Some(last) = self.set.get(to) else {
            return DatabaseError::refused(format!("there is no migration '{to}'"));
        };
        let end = pending.iter().position(|one| one.id == last.id);
        pending.truncate(end.map_or(0, |end| end + 1));
        Ok(pending)
    }

    /// Takes back what is above `to` (all of it with `None`), newest first; returns the ids.
    pub fn down_to(&mut self, to: Option<&str>) -> Result<Vec<String>, DatabaseError> {
        self.begin()?;
        let standing = self.standing()?;
        let to = to.map(|to| self.set.get(to).map_or_else(|| to.to_owned(), |one| one.id.clone()));
        self.take_back(&standing, &standing.above(to.as_deref()).map_err(DatabaseError::Refused)?)
    }

    /// Takes back what that run applied, newest first; returns the ids.
    pub fn undo_run(&mut self, run: &str) -> Result<Vec<String>, DatabaseError> {
        self.begin()?;
        let standing = self.standing()?;
        self.take_back(&standing, &standing.of_run(run).map_err(DatabaseError::Refused)?)
    }

    fn take_back(&mut self, standing: &Standing, rows: &[&Applied]) -> Result<Vec<String>, DatabaseError> {
        self.refuse(&standing.dirty())?;
        // All or nothing: whoever begins on a way without an end makes it worse.
        let mut ways = Vec::with_capacity(rows.len());
        for row in rows {
            let file = self.set.all.iter().find(|one| one.id == row.id);
            let way = match (file.map(Migration::way_back), &row.down) {
                (Some(Ok(down)), _) => Ok(down.to_owned()),
                (Some(Err(why)), None) => Err(why),
                (_, Some(down)) => Ok(down.clone()),
                (None, None) => Err(format!("{} was applied without a down", row.id)),
            };
            ways.push(
                way.map_err(|why| DatabaseError::Refused(format!("nothing was taken back: no way back, {why}")))?,
            );
        }
        if rows.is_empty() {
            self.hands.say("nothing is to be taken back");
        }
        for (row, down) in rows.iter().zip(ways) {
            self.hands.go_on()?;
            self.undo(row, &down)?;
        }
        Ok(rows.iter().map(|row| row.id.clone()).collect())
    }

    fn begin(&mut self) -> Result<(), DatabaseError> {
        session::take(Lock::Change, self.session, self.bounds, self.hands)?;
        tracking::create(self.session)
    }

    fn refuse(&self, dirty: &[&Finding]) -> Result<(), DatabaseError> {
        match dirty.first() {
            Some(finding) => Err(DatabaseError::Dirty(finding.sentence(self.name))),
            None => Ok(()),
        }
    }

    // --- one migration up

    fn apply(&mut self, one: &Migration) -> Result<(), DatabaseError> {
        let parsed = parse(&one.up, self.session.dialect())?;
        let in_one = one.transaction && self.session.dialect().undoes_schema_changes();
        let how = if in_one { "in a transaction" } else { "without a transaction" };
        self.hands.say(&format!("up {} ({}, {how})", one.id, one.class.word()));
        let begun = Instant::now();
        let at = now();
        if in_one {
            self.in_transaction(&one.id, Way::Up, &parsed, |engine| {
                tracking::insert(engine.session, one, engine.mark, (at, millis(begun)), true)
            })?;
        } else {
            tracking::insert(self.session, one, self.mark, (at, 0), false)?;
            crash::point("migrate.announced");
            if let Err((done, error)) = self.one_by_one(&one.id, Way::Up, &parsed) {
                return self.after_failed_up(one, done, error);
            }
            tracking::took(self.session, &one.id, millis(begun))?;
            tracking::progress(self.session, &one.id, AppliedState::Applied)?;
        }
        self.hands.say(&format!("up {} done in {}", one.id, format::ms(millis(begun) as f64)));
        Ok(())
    }

    /// A migration failed that no transaction takes back: its down does, if that works from where it stopped.
    fn after_failed_up(&mut self, one: &Migration, done: u64, error: DatabaseError) -> Result<(), DatabaseError> {
        let dialect = self.session.dialect();
        let dirty = |why: String| Finding::Dirty { id: one.id.clone(), why };
        if matches!(error, DatabaseError::Stopped(_)) {
            return Err(error);
        }
        // A statement that fails leaves nothing behind, but for an index that PostgreSQL builds beside the work.
        let leaves_nothing =
            !(dialect == Dialect::Postgres && error.to_string().to_uppercase().contains("CONCURRENTLY"));
        if done == 0 && leaves_nothing {
            tracking::remove(self.session, &one.id)?;
            return DatabaseError::refused(format!("{}: {error}; nothing of it was done", one.id));
        }
        self.hands.say(&format!("{}: {error}; {done} statements were done: taking them back by its down", one.id));
        let back = match one.way_back() {
            Err(why) => Err(why),
            Ok(down) => parse(down, dialect).map_err(|why| why.to_string()).and_then(|parsed| {
                self.each(&one.id, Way::Down, &parsed, &mut |_, _| Ok(())).map_err(|(_, error)| error.to_string())
            }),
        };
        match back {
            Ok(()) => {
                tracking::remove(self.session, &one.id)?;
                DatabaseError::refused(format!("{}: {error}; what was done of it was taken back by its down", one.id))
            }
            Err(why) => {
                let why = format!("{error} after {done} statements, and they could not be taken back ({why})");
                Err(DatabaseError::Dirty(dirty(why).sentence(self.name)))
            }
        }
    }

    // --- one migration down

    fn undo(&mut self, row: &Applied, down: &str) -> Result<(), DatabaseError> {
        let dialect = self.session.dialect();
        let parsed = parse(down, dialect)?;
        let alone = self.set.all.iter().any(|one| one.id == row.id && !one.transaction);
        let in_one = !alone && dialect.undoes_schema_changes();
        self.hands.say(&format!("down {}", row.id));
        let begun = Instant::now();
        if in_one {
            self.in_transaction(&row.id, Way::Down, &parsed, |engine| tracking::remove(engine.session, &row.id))?;
        } else {
            tracking::progress(self.session, &row.id, AppliedState::Undoing { done: 0 })?;
            crash::point("migrate.announced");
            if let Err((done, error)) = self.one_by_one(&row.id, Way::Down, &parsed) {
                if matches!(error, DatabaseError::Stopped(_)) {
                    return Err(error);
                }
                if done == 0 {
                    tracking::progress(self.session, &row.id, AppliedState::Applied)?;
                    return DatabaseError::refused(format!("{} was not taken back: {error}", row.id));
                }
                let why = format!("taking it back stopped after {done} statements: {error}");
                return Err(DatabaseError::Dirty(Finding::Dirty { id: row.id.clone(), why }.sentence(self.name)));
            }
            tracking::remove(self.session, &row.id)?;
        }
        self.hands.say(&format!("down {} done in {}", row.id, format::ms(millis(begun) as f64)));
        Ok(())
    }

    // --- statements

    fn in_transaction(
        &mut self,
        id: &str,
        way: Way,
        parsed: &[Statement],
        record: impl FnOnce(&mut Self) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        let is_sqlite = self.session.dialect() == Dialect::Sqlite;
        let before = if is_sqlite { integrity::dangling(self.session)? } else { Vec::new() };
        self.session.execute(if is_sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
        let work = || -> Result<(), DatabaseError> {
            self.each(id, way, parsed, &mut |_, _| Ok(())).map_err(|(_, error)| error)?;
            if is_sqlite {
                let after = integrity::dangling(self.session)?;
                if let Some(new) = after.iter().find(|one| !before.contains(one)) {
                    return DatabaseError::refused(format!("it leaves rows that point nowhere: {new}"));
                }
            }
            self.home()?;
            record(self)?;
            crash::point("migrate.before_commit");
            self.session.execute("COMMIT")?;
            crash::point("migrate.after_commit");
            Ok(())
        };
        match work() {
            Ok(()) => Ok(()),
            Err(DatabaseError::Stopped(_)) => {
                let _ = self.session.execute("ROLLBACK");
                Err(DatabaseError::Stopped(format!(": {id} ({}) was rolled back", way.word())))
            }
            Err(error) => {
                let _ = self.session.execute("ROLLBACK");
                DatabaseError::refused(format!(
                    "{id} ({}): {error}; it was rolled back, nothing of it was done",
                    way.word()
                ))
            }
        }
    }

    /// A migration may have set the search path for its own sake; our table is where it was.
    fn home(&mut self) -> Result<(), DatabaseError> {
        if self.session.dialect() == Dialect::Postgres { self.session.execute("RESET search_path") } else { Ok(()) }
    }

    /// Statement by statement, counting in the tracking table what is done.
    fn one_by_one(&mut self, id: &str, way: Way, parsed: &[Statement]) -> Result<(), (u64, DatabaseError)> {
        self.each(id, way, parsed, &mut |session, done| {
            let state = match way {
                Way::Up => AppliedState::Applying { done },
                Way::Down => AppliedState::Undoing { done },
            };
            tracking::progress(session, id, state)?;
            crash::point("migrate.counted");
            Ok(())
        })
    }

    /// Each statement; the error comes with how many were done.
    fn each(
        &mut self,
        id: &str,
        way: Way,
        parsed: &[Statement],
        done: &mut dyn FnMut(&mut dyn Session, u64) -> Result<(), DatabaseError>,
    ) -> Result<(), (u64, DatabaseError)> {
        /// A statement that took longer is told with its time.
        const LONG: Duration = Duration::from_secs(1);
        for (number, statement) in (0_u64..).zip(parsed) {
            let at = |error: DatabaseError| match error {
                stopped @ DatabaseError::Stopped(_) => (number, stopped),
                DatabaseError::Statement { why, .. } => {
                    let why = format!("line {} of its {}: {}: {why}", statement.line, way.word(), statement.head());
                    (number, DatabaseError::Refused(why))
                }
                other => (number, other),
            };
            self.hands.go_on().map_err(at)?;
            self.hands.say(&format!("  {id}:{} {}", statement.line, statement.head()));
            let begun = Instant::now();
            let ran = self.session.execute(&statement.text);
            for notice in self.session.notices() {
                self.hands.say(&format!("    {notice}"));
            }
            ran.map_err(at)?;
            if begun.elapsed() > LONG {
                self.hands.say(&format!("    took {}", format::duration(begun.elapsed())));
            }
            done(self.session, number + 1).map_err(|error| (number + 1, error))?;
        }
        Ok(())
    }

    // --- without doing it

    /// Prints the SQL of what is pending; where the database can, runs it in a transaction that is rolled back.
    pub fn dry_run(&mut self, to: Option<&str>, lenient: Lenient) -> Result<Vec<String>, DatabaseError> {
        let standing = self.standing()?;
        for finding in standing.forbids_up(lenient) {
            self.hands.say(&format!("would be refused: {}", finding.sentence(self.name)));
        }
        let pending = self.pending(&standing, to)?;
        for one in &pending {
            self.hands.say(&format!("-- {} ({})", one.id, one.class.word()));
            for statement in parse(&one.up, self.session.dialect())? {
                self.hands.say(&format!("{};", statement.text));
            }
        }
        let ids = pending.iter().map(|one| one.id.clone()).collect();
        if pending.is_empty() {
            self.hands.say("nothing is pending");
            return Ok(ids);
        }
        if !self.session.dialect().undoes_schema_changes() {
            self.hands.say("not tried: this database can't roll back changes of a schema");
            return Ok(ids);
        }
        session::take(Lock::Change, self.session, self.bounds, self.hands)?;
        self.session.execute("BEGIN")?;
        let tried = self.try_out(&pending);
        self.session.execute("ROLLBACK")?;
        match tried? {
            None => self.hands.say("tried in a transaction and rolled back: all of it works"),
            Some(alone) => self.hands.say(&format!(
                "tried in a transaction and rolled back: what comes before {alone} works; that one runs without a transaction, so it was not tried"
            )),
        }
        Ok(ids)
    }

    /// The first that can't be tried, if there is one.
    fn try_out(&mut self, pending: &[Migration]) -> Result<Option<String>, DatabaseError> {
        for one in pending {
            if !one.transaction {
                return Ok(Some(one.id.clone()));
            }
            for statement in parse(&one.up, self.session.dialect())? {
                self.hands.go_on()?;
                self.session.execute(&statement.text).map_err(|error| {
                    DatabaseError::Refused(format!(
                        "{} would fail at line {}: {error}; nothing was changed",
                        one.id, statement.line
                    ))
                })?;
            }
        }
        Ok(None)
    }

    // --- mending

    /// Takes a migration, and with `before` every one before it, as applied without running it.
    pub fn set_applied(&mut self, id: &str, before: bool) -> Result<Vec<String>, DatabaseError> {
        self.begin()?;
        let standing = self.standing()?;
        let Some(at) = self.set.get(id).and_then(|found| self.set.all.iter().position(|one| one.id == found.id)) else {
            return DatabaseError::refused(format!("there is no migration '{id}'"));
        };
        let from = if before { 0 } else { at };
        let mut changed = Vec::new();
        for one in &self.set.all[from..=at] {
            match standing.applied.iter().find(|row| row.id == one.id).map(|row| row.state) {
                Some(AppliedState::Applied) => continue,
                Some(_) => tracking::progress(self.session, &one.id, AppliedState::Applied)?,
                None => tracking::insert(self.session, one, self.mark, (now(), 0), true)?,
            }
            changed.push(one.id.clone());
        }
        Ok(changed)
    }

    /// Forgets a migration without running anything.
    pub fn set_not_applied(&mut self, id: &str) -> Result<Vec<String>, DatabaseError> {
        self.begin()?;
        let standing = self.standing()?;
        let id = self.set.get(id).map_or(id, |one| one.id.as_str());
        if !standing.applied.iter().any(|row| row.id == id) {
            return DatabaseError::refused(format!("{id} is not recorded as applied"));
        }
        tracking::remove(self.session, id)?;
        Ok(vec![id.to_owned()])
    }

    /// Takes a changed file as the one that was applied.
    pub fn accept(&mut self, id: &str) -> Result<Vec<String>, DatabaseError> {
        self.begin()?;
        let Some(one) = self.set.get(id) else {
            return DatabaseError::refused(format!("there is no migration '{id}'"));
        };
        tracking::accept(self.session, one)?;
        Ok(vec![one.id.clone()])
    }
}

fn parse(text: &str, dialect: Dialect) -> Result<Vec<Statement>, DatabaseError> {
    statements(text, dialect).map_err(DatabaseError::Refused)
}
