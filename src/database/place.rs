//! Where a database is, and logging in there.

use std::sync::atomic::AtomicBool;

use super::{
    error::DatabaseError,
    mysql::Mysql,
    postgres::Postgres,
    session::{Bounds, Session},
    sqlite::Sqlite,
};
use crate::{domain::migration::Dialect, probe::login::Login};

/// Where to log in.
#[derive(Clone)]
pub enum Place {
    /// A server.
    Postgres(Login),
    /// A server.
    Mysql(Login),
    /// A file.
    Sqlite(std::path::PathBuf),
}

impl Place {
    /// For people.
    pub fn shown(&self) -> String {
        match self {
            Self::Postgres(login) | Self::Mysql(login) => {
                format!("{}:{}/{}", login.host(), login.port(), login.database().unwrap_or("?"))
            }
            Self::Sqlite(path) => path.display().to_string(),
        }
    }

    /// Whose SQL it speaks.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::Mysql(_) => Dialect::Mysql,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Logs in. Statements under way end when `stop` is set.
    pub fn open<'a>(&self, bounds: Bounds, stop: &'a AtomicBool) -> Result<Box<dyn Session + 'a>, DatabaseError> {
        Ok(match self {
            Self::Postgres(login) => Box::new(Postgres::open(login, bounds, stop)?),
            Self::Mysql(login) => Box::new(Mysql::open(login, bounds, stop)?),
            Self::Sqlite(path) => Box::new(Sqlite::open(path, bounds)?),
        })
    }
}
