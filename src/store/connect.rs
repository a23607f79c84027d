//! Opening connections: pragmas, creation, recovery, and waiting for those who are there.

use std::{
    fs::OpenOptions,
    io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags};

use super::{error::StoreError, lock, migrations, modes, state_dir::StateDir};

/// SQLite itself waits this long; beyond it we try again.
const BUSY: Duration = Duration::from_secs(5);
/// How long an opening may take while others hold the file.
const PATIENCE: Duration = Duration::from_mins(1);
/// Older versions may corrupt a WAL that is checkpointed and reset at the same instant.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Opens for writing: makes what is missing, recovers after a crash, migrates.
pub(super) fn for_writing(state: &StateDir) -> Result<Connection, StoreError> {
    check_sqlite(rusqlite::version_number(), &state.database())?;
    state.create()?;
    let path = state.database();
    // One at a time through recovery and migration; a stopped process in here delays others, it never keeps them out.
    let _turn = await_turn(&state.path().join("locks/open.lock"))?;
    create_private(&path)?;
    let opened = patiently(|| open_and_migrate(state));
    opened.map_err(|error| explain(error.at(&path, "opened"), state))
}

fn open_and_migrate(state: &StateDir) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut connection = Connection::open_with_flags(state.database(), flags)?;
    connection.busy_timeout(BUSY)?;
    migrations::check(&connection, &state.database())?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -8_000)?;
    connection.set_prepared_statement_cache_capacity(64);
    migrations::migrate(&mut connection, state)?;
    Ok(connection)
}

/// Opens for reading only.
pub(super) fn for_reading(state: &StateDir) -> Result<Connection, StoreError> {
    let path = state.database();
    if !path.exists() {
        return Err(StoreError::Missing {
            what: format!("history at {}: nothing was watched or run there yet", path.display()),
        });
    }
    let opened = patiently(|| {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = Connection::open_with_flags(&path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", -4_000)?;
        connection.set_prepared_statement_cache_capacity(64);
        let found = migrations::check(&connection, &path)?;
        if found < migrations::known() {
            return Err(StoreError::Older { path: path.clone(), found, known: migrations::known() });
        }
        Ok(connection)
    });
    opened.map_err(|error| explain(error.at(&path, "opened"), state))
}

/// Tries again while others hold the file.
pub(super) fn patiently<T>(mut attempt: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let began = Instant::now();
    loop {
        match attempt() {
            Err(error) if error.is_busy() && began.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(20)),
            done => return done,
        }
    }
}

fn await_turn(path: &Path) -> Result<Option<lock::HeldLock>, StoreError> {
    let began = Instant::now();
    while began.elapsed() < BUSY {
        if let Some(held) = lock::try_lock(path)? {
            return Ok(Some(held));
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(None)
}

/// Only a file that is not there is ever made: closing a descriptor of an existing one would drop SQLite's locks.
fn create_private(path: &Path) -> Result<(), StoreError> {
    match modes::open(path, OpenOptions::new().write(true).create_new(true)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(StoreError::file(path, "made", &error)),
        _ => Ok(()),
    }
}

fn check_sqlite(version: i32, path: &Path) -> Result<(), StoreError> {
    if version >= OLDEST_SQLITE {
        return Ok(());
    }
    Err(StoreError::StateDir {
        path: path.to_owned(),
        why: format!(
            "this binary carries SQLite {version}, which can lose data; build it with {OLDEST_SQLITE} or later"
        ),
    })
}

fn explain(error: StoreError, state: &StateDir) -> StoreError {
    use rusqlite::ErrorCode::{CannotOpen, PermissionDenied, ReadOnly};
    match &error {
        StoreError::Sqlite { source, .. }
            if matches!(source.sqlite_error_code(), Some(CannotOpen | PermissionDenied | ReadOnly)) =>
        {
            let why = format!(
                "its history can't be opened ({source}): it needs to be readable and writable by you; see ls -ld, or give another --state"
            );
            StoreError::StateDir { path: state.path().to_owned(), why }
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f26_an_old_sqlite_refuses_to_write() {
        assert!(check_sqlite(3_051_002, Path::new("x")).is_err());
        assert!(check_sqlite(rusqlite::version_number(), Path::new("x")).is_ok());
    }

    #[test]
    fn f35_a_newer_schema_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path());
        for_writing(&state).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(for_writing(&state), Err(StoreError::Newer { found: 99, .. })));
        assert!(matches!(for_reading(&state), Err(StoreError::Newer { found: 99, .. })));
    }

    #[test]
    fn f35_an_older_schema_is_not_read_and_its_reader_is_told_what_upgrades_it() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path());
        let before = Connection::open(state.database()).unwrap();
        before.execute_batch(include_str!("migrations/0001_history.sql")).unwrap();
        before.pragma_update(None, "user_version", 1).unwrap();
        let error = for_reading(&state).unwrap_err();
        assert!(matches!(error, StoreError::Older { found: 1, .. }), "{error}");
        assert!(error.to_string().contains("quarterdeck status upgrades it"), "{error}");
        for_writing(&state).unwrap();
        for_reading(&state).unwrap();
    }
}
