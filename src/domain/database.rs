//! Databases that are migrated, backed up and restored (`[databases.NAME]`).

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    migration::Dialect,
    template::{Context, Rendered, Template, TemplateError},
    time::human,
};

/// Names that exist only while a backup is made or put back.
pub const LATE: [&str; 4] = ["backup.path", "backup.id", "database.name", "database.url"];

/// A database as configured. `T` is [`Template`] in the configuration and [`Rendered`] in a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Database<T = Rendered> {
    /// `main`.
    pub name: String,
    /// Where it is; `None` if only other tools speak to it.
    pub server: Option<Server<T>>,
    /// How its schema is changed.
    pub migrations: Option<Migrations<T>>,
    /// How it is backed up.
    pub backup: Option<BackupSpec<T>>,
    /// How long a lock is waited for.
    #[serde(with = "human")]
    pub lock_timeout: Duration,
    /// Bound on one statement.
    #[serde(with = "human::option")]
    pub statement_timeout: Option<Duration>,
}

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Server<T = Rendered> {
    /// What it speaks.
    pub dialect: Dialect,
    /// A URL; of SQLite a path.
    pub url: T,
}

/// How a schema is changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Migrations<T = Rendered> {
    /// By files of SQL.
    Files {
        /// Where they are.
        dir: PathBuf,
    },
    /// By another tool.
    Tool(Tool<T>),
}

/// Another tool that migrates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool<T = Rendered> {
    /// Says how things stand.
    pub status: Vec<T>,
    /// Applies what is pending.
    pub up: Vec<T>,
    /// Takes back what the last `up` applied.
    pub down: Option<Vec<T>>,
    /// A regular expression: where it matches what `status` says, something is pending. Without one the exit code says so:
    /// 0 is nothing, 1 something.
    pub pending: Option<String>,
    /// A regular expression whose first group is the version, in what `status` says: the last match counts.
    pub version: Option<String>,
}

/// How a database is backed up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackupSpec<T = Rendered> {
    /// Makes a backup at `{{ backup.path }}`; `None`: the database's own tool.
    pub command: Option<Vec<T>>,
    /// Puts it back; `None`: the database's own tool.
    pub restore: Option<Vec<T>>,
    /// Where backups are kept.
    pub dir: PathBuf,
    /// For how long.
    #[serde(with = "human")]
    pub keep: Duration,
    /// Each is put back into a scratch database at once, and looked at there.
    pub verify: bool,
}

impl Database<Template> {
    /// Fills in its templates.
    pub fn render(&self, context: &Context) -> Result<Database<Rendered>, TemplateError> {
        let context = LATE.into_iter().fold(context.clone(), Context::with_late);
        let one = |template: &Template| template.render(&context);
        let all = |words: &Vec<Template>| words.iter().map(one).collect::<Result<Vec<_>, _>>();
        Ok(Database {
            name: self.name.clone(),
            server: match &self.server {
                Some(server) => Some(Server { dialect: server.dialect, url: one(&server.url)? }),
                None => None,
            },
            migrations: match &self.migrations {
                Some(Migrations::Files { dir }) => Some(Migrations::Files { dir: dir.clone() }),
                Some(Migrations::Tool(tool)) => Some(Migrations::Tool(Tool {
                    status: all(&tool.status)?,
                    up: all(&tool.up)?,
                    down: tool.down.as_ref().map(all).transpose()?,
                    pending: tool.pending.clone(),
                    version: tool.version.clone(),
                })),
                None => None,
            },
            backup: match &self.backup {
                Some(backup) => Some(BackupSpec {
                    command: backup.command.as_ref().map(all).transpose()?,
                    restore: backup.restore.as_ref().map(all).transpose()?,
                    dir: backup.dir.clone(),
                    keep: backup.keep,
                    verify: backup.verify,
                }),
                None => None,
            },
            lock_timeout: self.lock_timeout,
            statement_timeout: self.statement_timeout,
        })
    }
}

impl Database<Rendered> {
    /// Every rendered string in it.
    pub fn texts(&self) -> Vec<&Rendered> {
        let tool = match &self.migrations {
            Some(Migrations::Tool(tool)) => Some(tool),
            _ => None,
        };
        let of_tool =
            tool.into_iter().flat_map(|tool| tool.status.iter().chain(&tool.up).chain(tool.down.iter().flatten()));
        let of_backup = self.backup.iter().flat_map(|backup| backup.command.iter().chain(&backup.restore).flatten());
        self.server.iter().map(|server| &server.url).chain(of_tool).chain(of_backup).collect()
    }
}
