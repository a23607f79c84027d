//! The two handles: [`Store`] to write with, [`Reader`] to read with. What they can do lies in the files by noun.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{Connection, OptionalExtension};

use super::{
    connect,
    error::StoreError,
    pending::Pending,
    state_dir::StateDir,
    writer::{Care, Writer},
};

/// The history, open for writing: a handle on the writer thread. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    state: StateDir,
    writer: Writer,
}

impl Store {
    /// Opens (creating and migrating as needed) and starts the writer thread.
    pub fn open(state: &StateDir) -> Result<Self, StoreError> {
        let connection = connect::for_writing(state)?;
        let writer = Writer::start(connection, state)?;
        Ok(Self { inner: Arc::new(Inner { state: state.clone(), writer }) })
    }

    /// Where it lives.
    pub fn state(&self) -> &StateDir {
        &self.inner.state
    }

    /// A new reading connection.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.inner.state)
    }

    pub(super) fn write<T: Send + 'static>(
        &self,
        care: Care,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        let path = self.inner.state.database();
        self.inner.writer.submit(care, move |connection| work(connection).map_err(|error| error.at(&path, "written")))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.inner.state.path()).finish()
    }
}

/// What may have changed since a [`Cursor`] was last asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each group of tables has changed or has not")]
pub struct Change {
    /// Looks, current rows or happenings.
    pub watching: bool,
    /// Runs, events, log lines, decisions or releases.
    pub acting: bool,
    /// Services' logs and errors.
    pub logging: bool,
    /// Alerts, what people said of them, and what is told.
    pub alerting: bool,
}

/// Where a process has read up to, so that the feed reads only news: a version counter for each group of tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    data_version: i64,
    watching: i64,
    looks: i64,
    acting: i64,
    logging: i64,
    alerting: i64,
}

/// A reading connection. Use one for each thread.
pub struct Reader {
    path: PathBuf,
    connection: Connection,
    /// The file that was opened, whatever lies at the path by now.
    identity: Option<(u64, u64)>,
}

impl Reader {
    /// Opens for reading only; works while others write and while the disk is full.
    pub fn open(state: &StateDir) -> Result<Self, StoreError> {
        let connection = connect::for_reading(state)?;
        let path = state.database();
        Ok(Self { identity: identity(&path), path, connection })
    }

    /// Whether the file that is read is still the one at its path: not removed, not put in its place.
    pub fn is_in_place(&self) -> bool {
        identity(&self.path).is_some_and(|now| self.identity == Some(now))
    }

    /// What changed since `cursor`, which is moved up. Cheap: `PRAGMA data_version` first.
    pub fn changes(&self, cursor: &mut Cursor) -> Result<Change, StoreError> {
        let asked = || -> Result<Option<Cursor>, StoreError> {
            let data_version = self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
            if data_version == cursor.data_version {
                return Ok(None);
            }
            let sql = "SELECT (SELECT n FROM versions WHERE name = 'watching'), \
                       (SELECT n FROM versions WHERE name = 'acting'), (SELECT max(id) FROM looks), \
                       (SELECT n FROM versions WHERE name = 'logging'), \
                       (SELECT n FROM versions WHERE name = 'alerting')";
            Ok(Some(self.connection.prepare_cached(sql)?.query_row([], |row| {
                let looks = row.get::<_, Option<i64>>(2)?.unwrap_or(0);
                let (watching, acting) = (row.get(0)?, row.get(1)?);
                Ok(Cursor { data_version, watching, acting, looks, logging: row.get(3)?, alerting: row.get(4)? })
            })?))
        };
        let Some(now) = connect::patiently(asked).map_err(|error| error.at(&self.path, "read"))? else {
            return Ok(Change::default());
        };
        let change = Change {
            watching: (now.watching, now.looks) != (cursor.watching, cursor.looks) || cursor.data_version == 0,
            acting: now.acting != cursor.acting || cursor.data_version == 0,
            logging: now.logging != cursor.logging || cursor.data_version == 0,
            alerting: now.alerting != cursor.alerting || cursor.data_version == 0,
        };
        *cursor = now;
        Ok(change)
    }

    /// Reads within one snapshot.
    pub(super) fn read<T>(&self, read: impl Fn(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        connect::patiently(|| {
            let snapshot = self.connection.unchecked_transaction()?;
            let found = read(&snapshot)?;
            snapshot.commit()?;
            Ok(found)
        })
        .map_err(|error| error.at(&self.path, "read"))
    }

    /// A remembered value.
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT value FROM settings WHERE name = ?1")?;
            Ok(statement.query_row([name], |row| row.get(0)).optional()?)
        })
    }
}

impl Store {
    /// Remembers a value for this project (theme, selected environment).
    pub fn set_setting(&self, name: &str, value: &str) -> Pending<()> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write(Care::Prompt, move |connection| {
            connection.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)", [name, value])?;
            Ok(())
        })
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Reader").field(&self.path).finish()
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|seen| (seen.dev(), seen.ino()))
}

/// Tells readers that a group of tables (`acting`, `watching`, `logging`, `alerting`) moved.
pub(super) fn touch(connection: &Connection, group: &str) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE versions SET n = n + 1 WHERE name = ?1")?.execute([group])?;
    Ok(())
}

/// JSON for a column.
pub(super) fn to_json<T: serde::Serialize>(what: &str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::damaged(what, error))
}

/// A column's JSON.
pub(super) fn from_json<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::damaged(what, error))
}
