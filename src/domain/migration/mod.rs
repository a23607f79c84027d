//! Migrations: what stands in their files, in which order they go, and what is left to do.
//!
//! In: texts of files and rows of the tracking table. Out: a [`Set`] in order, a [`Standing`] that compares it with what a
//! database says was applied, and the way up or down as a list of ids. Everything here is pure; the room `database` reads
//! files and speaks to servers.
//!
//! [`mod@file`] reads names, headers and sections, [`sql`] takes a text apart into statements, [`class`] says what a statement
//! means for programs that still run, [`set`] puts migrations in order, [`standing`] compares.

mod class;
mod file;
mod set;
mod sql;
mod standing;

use serde::{Deserialize, Serialize};

pub use self::{
    class::{Objects, objects},
    file::{MigrationError, is_sql, read},
    set::{Set, SetError},
    sql::{Statement, statements},
    standing::{Applied, AppliedState, Finding, Lenient, Standing},
};

/// Whose SQL it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
    /// SQLite.
    Sqlite,
}

impl Dialect {
    /// As in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Sqlite => "sqlite",
        }
    }

    /// Whether statements that change the schema can be rolled back.
    pub fn undoes_schema_changes(self) -> bool {
        self != Self::Mysql
    }
}

/// What a migration means for the version that ran before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Programs of before go on working with it.
    Additive,
    /// Nobody said, and its statements don't tell.
    Unknown,
    /// Programs of before may fail with it, or something is lost.
    Breaking,
    /// And nothing brings back what it takes.
    Irreversible,
}

impl Class {
    /// All words a header may say.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("additive", Self::Additive),
        ("breaking", Self::Breaking),
        ("irreversible", Self::Irreversible),
        ("unknown", Self::Unknown),
    ];

    /// As in headers.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, class)| *class == self).map_or("unknown", |(word, _)| word)
    }

    /// The class of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, class)| *class)
    }
}

/// One migration, as its files have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// `003_teams`
    pub id: String,
    /// 3
    pub number: u64,
    /// The SQL that applies it.
    pub up: String,
    /// The SQL that takes it back.
    pub down: Option<String>,
    /// Migrations that must be applied before.
    pub depends_on: Vec<String>,
    /// What it means for the version of before: as its header says, else as its statements tell.
    pub class: Class,
    /// Whether it runs in a transaction, where the database can.
    pub transaction: bool,
    /// SHA-256 of `up` in hex, whatever the line ends.
    pub checksum: String,
}

impl Migration {
    /// The SQL that takes it back, or why there is none.
    pub fn way_back(&self) -> Result<&str, String> {
        match &self.down {
            _ if self.class == Class::Irreversible => Err(format!("{} says that it is irreversible", self.id)),
            Some(down) => Ok(down),
            None => Err(format!("{} has no down", self.id)),
        }
    }
}
