//! Numbered migrations. One that was released is never edited; a change is a new file and a new row here.

use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rusqlite::{Connection, TransactionBehavior};

use super::{error::StoreError, lock, state_dir::StateDir};

const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_history.sql", include_str!("0001_history.sql")),
    ("0002_service_logs.sql", include_str!("0002_service_logs.sql")),
    ("0003_alerts.sql", include_str!("0003_alerts.sql")),
    ("0004_failed_looks.sql", include_str!("0004_failed_looks.sql")),
    ("0005_receipts.sql", include_str!("0005_receipts.sql")),
    ("0006_release_databases.sql", include_str!("0006_release_databases.sql")),
    ("0007_incidents.sql", include_str!("0007_incidents.sql")),
];

/// The schema this binary writes.
pub(super) fn known() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// The schema of an open database; 0 if it is new. A newer one than ours is refused.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<u32, StoreError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known() {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: known() });
    }
    Ok(found)
}

/// Brings the schema up to ours. An existing history is copied beside itself first, and only while no runner and no
/// watcher lives.
pub(super) fn migrate(connection: &mut Connection, state: &StateDir) -> Result<(), StoreError> {
    let path = state.database();
    let found = check(connection, &path)?;
    if found == known() {
        return Ok(());
    }
    if found > 0 {
        refuse_while_used(state)?;
        back_up(connection, &path, found)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = check(&transaction, &path)?;
    for (_, sql) in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(sql)?;
    }
    transaction.pragma_update(None, "user_version", known())?;
    transaction.commit()?;
    Ok(())
}

fn refuse_while_used(state: &StateDir) -> Result<(), StoreError> {
    let Ok(entries) = fs::read_dir(state.path().join("locks")) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if (name.starts_with("run-") || name == "watch.lock") && lock::is_held(&entry.path())? {
            return Err(StoreError::StateDir {
                path: state.path().to_owned(),
                why: format!(
                    "its history must be upgraded, which waits until {name} is free: let it end, then try again"
                ),
            });
        }
    }
    Ok(())
}

fn back_up(connection: &Connection, path: &Path, found: u32) -> Result<(), StoreError> {
    let copy = path.with_file_name(format!("history.before-{}.db", found + 1));
    if copy.exists() {
        return Ok(());
    }
    let partial = copy.with_extension("partial");
    let _ = fs::remove_file(&partial);
    let refused = |doing: &'static str| {
        let path = copy.clone();
        move |error: std::io::Error| StoreError::StateDir { path, why: format!("the backup can't be {doing}: {error}") }
    };
    // SQLite fills an empty file, and would make one that others may read.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial).map_err(refused("made"))?;
    connection.execute("VACUUM INTO ?1", [partial.to_string_lossy()])?;
    fs::rename(&partial, &copy).map_err(refused("named"))
}

/// The schema as a page: what `docs/schema.md` holds.
pub fn schema_page() -> String {
    let mut page = String::from(
        "# Schema of the history\n\nGenerated from `src/store/migrations/`; a test keeps it fresh. Times are milliseconds since 1970 in UTC.\n",
    );
    for (name, sql) in MIGRATIONS {
        let _ = write!(page, "\n## {name}\n");
        for statement in sql.split("\n\n") {
            let (said, code): (Vec<_>, Vec<_>) = statement.lines().partition(|line| line.starts_with("--"));
            let said: Vec<_> = said.iter().map(|line| line.trim_start_matches("-- ")).collect();
            let _ = write!(page, "\n{}\n\n```sql\n{}\n```\n", said.join(" "), code.join("\n").trim());
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_backup_is_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (7)").unwrap();
        back_up(&connection, &path, 1).unwrap();
        let copy = dir.path().join("history.before-2.db");
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        let kept: i64 = Connection::open(&copy).unwrap().query_row("SELECT a FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 7);
    }

    #[test]
    fn the_schema_page_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema.md");
        if std::env::var_os("QUARTERDECK_BLESS").is_some() {
            fs::write(path, schema_page()).unwrap();
        }
        assert_eq!(fs::read_to_string(path).unwrap(), schema_page(), "run with QUARTERDECK_BLESS=1");
    }
}
