//! A piece of work on a database, and the room it is done in: where the database is, where its backups are, what commands
//! may name.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    error::DatabaseError,
    hands::{Hands, Mark},
    manifest::Shelf,
    place::Place,
    session::Bounds,
};
use crate::{
    domain::{
        database::{BackupSpec, Database},
        migration::{Dialect, Lenient},
        template::Rendered,
    },
    probe::login::Login,
};

/// The variable a job travels in.
pub const JOB: &str = "QUARTERDECK_DATABASE_JOB";
/// The variable that says where the report goes.
pub const REPORT: &str = "QUARTERDECK_DATABASE_REPORT";

/// What is done, on which database, by whom.
#[derive(Clone, Serialize, Deserialize)]
pub struct Job {
    /// The database, its secrets still names.
    pub database: Database,
    /// The environment's name.
    pub env: String,
    /// Commands and relative paths start here.
    pub root: PathBuf,
    /// Values of the secrets. Never shown: a job has no `Debug`.
    pub secrets: BTreeMap<String, String>,
    /// Values of the run itself that commands may name.
    pub late: BTreeMap<String, String>,
    /// Who.
    pub mark: Mark,
    /// What.
    pub work: Work,
    /// Backups that must not go: a rollback would need them.
    pub needed: Vec<String>,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// How things stand: nothing is written.
    Status,
    /// Applies what is pending.
    Migrate {
        /// The last to be applied, or back to which; all with `None`.
        to: Option<String>,
        /// What the files were when this was confirmed.
        digest: Option<String>,
        /// What may be overlooked.
        lenient: Lenient,
        /// Says what would be done.
        dry_run: bool,
    },
    /// Takes back what is above this one; all with `None`.
    Down {
        /// The one that stays last.
        to: Option<String>,
    },
    /// Takes back what the marked run applied.
    UndoRun,
    /// Records what a person says is true.
    Repair(Repair),
    /// Makes a backup.
    Backup,
    /// Puts one back.
    Restore {
        /// Which; the newest good one with `None`.
        id: Option<String>,
        /// Makes one of what is there now before.
        keep_present: bool,
    },
    /// Puts one into a scratch database and looks at it there.
    Verify {
        /// Which; the newest good one with `None`.
        id: Option<String>,
    },
    /// Lists backups.
    Backups,
}

/// What a person says is true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// All of it is there.
    Applied(String),
    /// It and all before it are there.
    Baseline(String),
    /// Nothing of it is there.
    NotApplied(String),
    /// The changed file is as good as the one that was applied.
    Accept(String),
}

/// A job with its place found.
pub struct Room<'j> {
    /// The job.
    pub job: &'j Job,
    /// Where the database is, if it has a URL.
    pub place: Option<Place>,
    /// Bounds on waiting.
    pub bounds: Bounds,
}

impl<'j> Room<'j> {
    /// Finds the place of a job's database.
    pub fn of(job: &'j Job, hands: &mut Hands<'_>) -> Result<Self, DatabaseError> {
        let bounds = Bounds { lock: job.database.lock_timeout, statement: job.database.statement_timeout };
        let mut room = Self { job, place: None, bounds };
        let Some(server) = &job.database.server else { return Ok(room) };
        let url = room.resolve(&server.url, &BTreeMap::new())?;
        let login = |login: Result<Login, String>, hands: &mut Hands<'_>| {
            let login =
                login.map_err(|why| DatabaseError::Refused(format!("databases.{}: {why}", job.database.name)))?;
            if login.database().is_none() {
                return DatabaseError::refused(format!("the URL of databases.{} names no database", job.database.name));
            }
            hands.hide(login.password().unwrap_or_default());
            Ok(login)
        };
        room.place = Some(match server.dialect {
            Dialect::Postgres => Place::Postgres(login(Login::postgres(&url), hands)?),
            Dialect::Mysql => Place::Mysql(login(Login::mysql(&url), hands)?),
            Dialect::Sqlite => {
                let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(&url);
                Place::Sqlite(job.root.join(path))
            }
        });
        Ok(room)
    }

    /// Where it is, for people.
    pub fn shown(&self) -> String {
        self.place.as_ref().map_or_else(|| self.job.database.name.clone(), Place::shown)
    }

    /// How it is backed up.
    pub fn backup(&self) -> Result<&BackupSpec, DatabaseError> {
        self.job
            .database
            .backup
            .as_ref()
            .ok_or_else(|| DatabaseError::Refused(format!("databases.{} has no `backup`", self.job.database.name)))
    }

    /// Where its backups are.
    pub fn shelf(&self) -> Result<Shelf, DatabaseError> {
        Ok(Shelf::new(&self.job.root.join(&self.backup()?.dir), &self.job.env, &self.job.database.name))
    }

    fn resolve(&self, text: &Rendered, late: &BTreeMap<String, String>) -> Result<String, DatabaseError> {
        let late = |name: &str| late.get(name).or_else(|| self.job.late.get(name)).cloned();
        text.resolve(&|name| self.job.secrets.get(name).cloned(), &late)
            .map_err(|why| DatabaseError::Refused(why.to_string()))
    }

    /// The words of a command.
    pub fn resolve_all(
        &self,
        words: &[Rendered],
        late: &BTreeMap<String, String>,
    ) -> Result<Vec<String>, DatabaseError> {
        words.iter().map(|word| self.resolve(word, late)).collect()
    }

    /// Names that exist only while a backup is made or put back.
    pub fn late(&self, id: &str, path: &Path, place: Option<&Place>) -> BTreeMap<String, String> {
        let mut late = BTreeMap::from([
            ("backup.id".to_owned(), id.to_owned()),
            ("backup.path".to_owned(), path.display().to_string()),
        ]);
        if let Some(place) = place {
            let (name, url) = match place {
                Place::Sqlite(file) => (file.display().to_string(), file.display().to_string()),
                Place::Postgres(login) => (login.database().unwrap_or_default().to_owned(), url("postgres", login)),
                Place::Mysql(login) => (login.database().unwrap_or_default().to_owned(), url("mysql", login)),
            };
            late.extend([("database.name".to_owned(), name), ("database.url".to_owned(), url)]);
        }
        late
    }
}

fn url(scheme: &str, login: &Login) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect()
    };
    let password = login.password().map_or_else(String::new, |password| format!(":{}", encode(password)));
    let user = login.user().map_or_else(String::new, |user| format!("{}{password}@", encode(user)));
    let host = if login.host().contains(':') { format!("[{}]", login.host()) } else { login.host().to_owned() };
    format!("{scheme}://{user}{host}:{}/{}", login.port(), encode(login.database().unwrap_or_default()))
}
