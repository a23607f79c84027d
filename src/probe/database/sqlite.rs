//! A query of somebody's SQLite file, opened for reading only.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Instant,
};

use rusqlite::{Connection, Error, ErrorCode, InterruptHandle, OpenFlags, limits::Limit, types::ValueRef};
use serde_json::{Number, Value};

use super::rows::{self, Rows};
use crate::{
    domain::{
        fact::Facts,
        probe::{Outcome, Phase, ProbeError, ProbeSpec},
    },
    probe::{
        blocking::{self, Hanging},
        dial::ms_since,
        error::failed,
        masking::Mask,
    },
};

/// Stops the statement when the look ends before it does.
struct Interrupt(Arc<OnceLock<InterruptHandle>>);

impl Drop for Interrupt {
    fn drop(&mut self) {
        if let Some(handle) = self.0.get() {
            handle.interrupt();
        }
    }
}

/// The path of a `sqlite:` URL; `None` if it is another.
pub(super) fn path(url: &str, dir: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
    Some(Path::new(dir).join(path))
}

/// Runs one statement that reads.
pub(super) async fn query(
    sql: String,
    path: PathBuf,
    spec: &ProbeSpec,
    deadline: Instant,
    hanging: &mut Hanging,
    outcome: &mut Outcome,
) -> Result<Facts, ProbeError> {
    let begun = Instant::now();
    let handle = Arc::new(OnceLock::new());
    let interrupt = Interrupt(Arc::clone(&handle));
    let limit = spec.limits.body_bytes;
    let what = format!("the query of {}", path.display());
    let found = blocking::run(hanging, spec, deadline, &what, move || run(&sql, &path, limit, deadline, &handle)).await;
    drop(interrupt);
    outcome.latency_ms = Some(ms_since(begun));
    if found.is_ok() {
        outcome.phases.processing_ms = outcome.latency_ms;
    }
    found
}

fn run(
    sql: &str,
    path: &Path,
    limit: usize,
    deadline: Instant,
    handle: &OnceLock<InterruptHandle>,
) -> Result<Facts, ProbeError> {
    let refused = |error: &Error| refusal(error, path, limit);
    // Without URIs: a path stays a path.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| refused(&error))?;
    let _ = handle.set(connection.get_interrupt_handle());
    let left = deadline.saturating_duration_since(Instant::now());
    connection.busy_timeout(left).map_err(|error| refused(&error))?;
    let most = i32::try_from(limit).unwrap_or(i32::MAX);
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, most.max(1024)).map_err(|error| refused(&error))?;
    let mut statement = connection.prepare(sql).map_err(|error| refused(&error))?;
    if !statement.readonly() {
        let why = "the statement writes, and a look only reads";
        return Err(failed(Phase::Processing, "read_only", why));
    }
    if statement.column_count() == 0 {
        let why = "the statement returns no rows: write one that reads, such as SELECT count(*) FROM orders";
        return Err(failed(Phase::Processing, "not_a_query", why));
    }
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = Rows::within(limit);
    let mut found = statement.query([]).map_err(|error| refused(&error))?;
    while let Some(row) = found.next().map_err(|error| refused(&error))? {
        let values =
            names.iter().enumerate().map(|(index, name)| (name.clone(), row.get_ref(index).map_or(Value::Null, value)));
        rows.push(values)?;
    }
    let mut facts = Facts::default();
    rows.tell(&Mask::new([]), &mut facts);
    Ok(facts)
}

fn value(found: ValueRef<'_>) -> Value {
    match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()).into(),
    }
}

fn refusal(error: &Error, path: &Path, limit: usize) -> ProbeError {
    let (path, code) = (path.display(), error.sqlite_error_code());
    let (kind, message) = match code {
        Some(ErrorCode::CannotOpen) => {
            ("not_found", format!("{path} can't be opened: it is not there, or not for this user"))
        }
        Some(ErrorCode::NotADatabase) => ("bad_database", format!("{path} is no SQLite database")),
        Some(ErrorCode::DatabaseCorrupt) => ("corrupt", format!("{path} is damaged: {error}")),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            ("locked", format!("{path} is locked by somebody"))
        }
        Some(ErrorCode::OperationInterrupted) => ("timeout", format!("the query of {path} took too long")),
        Some(ErrorCode::ReadOnly) => ("read_only", "the statement writes, and a look only reads".to_owned()),
        Some(ErrorCode::TooBig) => return rows::too_large(limit),
        _ => ("server", format!("{path}: {error}")),
    };
    failed(Phase::Processing, kind, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders.db");
        let sql = "CREATE TABLE orders (id INTEGER, total REAL, who TEXT); INSERT INTO orders VALUES (1, 9.5, 'a'), (2, 1.0, 'b');";
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        (dir, path)
    }

    fn ask(sql: &str, path: &Path) -> Result<Facts, ProbeError> {
        run(sql, path, 1 << 16, Instant::now() + std::time::Duration::from_secs(20), &OnceLock::new())
    }

    #[test]
    fn a_query_becomes_its_value_its_row_and_their_count() {
        let (_dir, path) = database();
        let facts = ask("SELECT who, total FROM orders ORDER BY id DESC", &path).unwrap();
        assert_eq!(
            serde_json::json!(facts),
            serde_json::json!({ "value": "b", "rows": 2, "row": { "who": "b", "total": 1.0 } })
        );
        assert_eq!(serde_json::json!(ask("SELECT 1 WHERE 0", &path).unwrap()), serde_json::json!({ "rows": 0 }));
    }

    #[test]
    fn nothing_is_written_whatever_is_asked() {
        let (_dir, path) = database();
        let before = std::fs::read(&path).unwrap();
        for sql in [
            "DELETE FROM orders RETURNING id",
            "DROP TABLE orders",
            "PRAGMA user_version = 7",
            "SELECT 1; DELETE FROM orders",
        ] {
            let _ = ask(sql, &path);
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert_eq!(ask("DELETE FROM orders", &path).unwrap_err().kind, "read_only");
        let other = path.with_file_name("new.db");
        assert_eq!(ask("SELECT 1", &other).unwrap_err().kind, "not_found");
        assert!(!other.exists());
    }

    #[test]
    fn too_many_rows_too_long_ones_and_no_database_at_all_are_told() {
        let (dir, path) = database();
        let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i FROM n";
        assert_eq!(ask(many, &path).unwrap_err().kind, "too_many_rows");
        assert_eq!(ask("SELECT hex(zeroblob(100000))", &path).unwrap_err().kind, "body_too_large");
        let text = dir.path().join("notes.txt");
        std::fs::write(&text, "not a database, but long enough to be looked at as one".repeat(20)).unwrap();
        assert_eq!(ask("SELECT count(*) FROM sqlite_master", &text).unwrap_err().kind, "bad_database");
        assert!(ask("SELECT missing FROM orders", &path).unwrap_err().message.contains("no such column"));
    }
}
