//! Somebody's SQLite file, opened for writing.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, Error, OpenFlags, types::ValueRef};

use super::{
    error::DatabaseError,
    session::{Bounds, Lock, MOST_ROWS, Row, Session},
};
use crate::domain::migration::{Dialect, Statement};

/// An open file.
pub struct Sqlite {
    connection: Connection,
    path: PathBuf,
    /// Held for life, once taken.
    locks: Vec<(Lock, File)>,
}

impl Sqlite {
    /// Opens it; makes it if it is not there, in a directory that is.
    pub fn open(path: &Path, bounds: Bounds) -> Result<Self, DatabaseError> {
        let failed = |error: &Error| DatabaseError::Connect { at: path.display().to_string(), why: error.to_string() };
        // Without URIs: a path stays a path.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|error| failed(&error))?;
        connection.busy_timeout(bounds.lock).map_err(|error| failed(&error))?;
        // Tables are rebuilt in migrations; what points nowhere is looked for before each is committed.
        connection.pragma_update(None, "foreign_keys", false).map_err(|error| failed(&error))?;
        Ok(Self { connection, path: path.to_owned(), locks: Vec::new() })
    }

    /// A file beside it. Not the database itself: closing that would drop SQLite's own locks.
    fn lock_file(&self, lock: Lock) -> PathBuf {
        let mut name = OsString::from(self.path.as_os_str());
        name.push(match lock {
            Lock::Change => ".changing",
            Lock::Scratch => ".verifying",
        });
        PathBuf::from(name)
    }

    fn refusal(&self, error: &Error, sql: &str) -> DatabaseError {
        let statement = Statement { text: sql.to_owned(), line: 0 }.head();
        if matches!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
        ) {
            return DatabaseError::Locked(format!(
                "{} is locked by somebody: {statement} had to wait too long",
                self.path.display()
            ));
        }
        DatabaseError::Statement { statement, why: error.to_string() }
    }
}

impl Session for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: &str) -> Result<(), DatabaseError> {
        self.connection.execute_batch(sql).map_err(|error| self.refusal(&error, sql))
    }

    fn query(&mut self, sql: &str) -> Result<Vec<Row>, DatabaseError> {
        let read = || {
            let mut statement = self.connection.prepare(sql)?;
            let columns = statement.column_count();
            let mut found = statement.query([])?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                if rows.len() == MOST_ROWS {
                    break;
                }
                let values = (0..columns).map(|index| row.get_ref(index).map(text));
                rows.push(values.collect::<Result<Row, _>>()?);
            }
            Ok(rows)
        };
        read().map_err(|error: Error| self.refusal(&error, sql))
    }

    fn try_lock(&mut self, lock: Lock) -> Result<bool, DatabaseError> {
        if self.locks.iter().any(|(held, _)| *held == lock) {
            return Ok(true);
        }
        let path = self.lock_file(lock);
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(DatabaseError::file(&path, "opened"))?;
        match file.try_lock() {
            Ok(()) => {
                self.locks.push((lock, file));
                Ok(true)
            }
            Err(std::fs::TryLockError::WouldBlock) => Ok(false),
            Err(std::fs::TryLockError::Error(source)) => Err(DatabaseError::File { path, doing: "locked", source }),
        }
    }

    fn holder(&mut self, _: Lock) -> Option<String> {
        None
    }

    fn has_table(&mut self, name: &str) -> Result<bool, DatabaseError> {
        let name = super::session::literal(name, Dialect::Sqlite);
        let sql =
            format!("SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = lower({name})");
        Ok(!self.query(&sql)?.is_empty())
    }
}

fn text(found: ValueRef<'_>) -> Option<String> {
    match found {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) | ValueRef::Blob(text) => Some(String::from_utf8_lossy(text).into_owned()),
    }
}
