//! The table that says what was applied: `quarterdeck_migrations`, in the database itself.
//!
//! The same columns everywhere, and nothing but texts and numbers, so that a person can read and mend it with any client.

use super::{
    error::DatabaseError,
    hands::Mark,
    session::{Session, literal},
};
use crate::domain::{
    migration::{Applied, AppliedState, Class, Dialect, Migration},
    time::UnixMs,
};

/// Its name.
pub const TABLE: &str = "quarterdeck_migrations";

/// Makes the table if it is not there.
pub fn create(session: &mut dyn Session) -> Result<(), DatabaseError> {
    if session.has_table(TABLE)? {
        return Ok(());
    }
    let (long, options) = match session.dialect() {
        Dialect::Mysql => ("LONGTEXT", " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"),
        Dialect::Postgres | Dialect::Sqlite => ("TEXT", ""),
    };
    session.execute(&format!(
        "CREATE TABLE IF NOT EXISTS {TABLE} (id VARCHAR(190) NOT NULL PRIMARY KEY, position BIGINT NOT NULL, checksum \
         VARCHAR(64) NOT NULL, state VARCHAR(16) NOT NULL, statements_done BIGINT NOT NULL, applied_at_ms BIGINT NOT NULL, \
         duration_ms BIGINT NOT NULL, applied_by VARCHAR(190) NOT NULL, run VARCHAR(190), class VARCHAR(16) NOT NULL, down_sql \
         {long}){options}"
    ))
}

/// Everything applied; nothing if the table is not there.
pub fn read(session: &mut dyn Session) -> Result<Vec<Applied>, DatabaseError> {
    if !session.has_table(TABLE)? {
        return Ok(Vec::new());
    }
    let rows = session.query(&format!(
        "SELECT id, position, checksum, state, statements_done, applied_at_ms, duration_ms, applied_by, run, class, down_sql \
         FROM {TABLE} ORDER BY position, id"
    ))?;
    rows.into_iter()
        .map(|row| {
            let text = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
            let number = |at: usize| text(at).parse::<u64>().unwrap_or_default();
            let state = match text(3).as_str() {
                "applied" => AppliedState::Applied,
                "applying" => AppliedState::Applying { done: number(4) },
                "undoing" => AppliedState::Undoing { done: number(4) },
                other => {
                    return DatabaseError::refused(format!(
                        "the row of {} in {TABLE} has the state '{other}', which this version does not know: is a newer one in use?",
                        text(0)
                    ));
                }
            };
            Ok(Applied {
                id: text(0),
                position: number(1),
                checksum: text(2),
                state,
                at: UnixMs(text(5).parse().unwrap_or_default()),
                duration_ms: number(6),
                by: text(7),
                run: row.get(8).cloned().flatten(),
                class: Class::of_word(&text(9)).unwrap_or(Class::Unknown),
                down: row.get(10).cloned().flatten(),
            })
        })
        .collect()
}

/// Writes the row of a migration that is begun or done.
pub fn insert(
    session: &mut dyn Session,
    migration: &Migration,
    mark: &Mark,
    (at, duration_ms): (UnixMs, u64),
    is_done: bool,
) -> Result<(), DatabaseError> {
    let dialect = session.dialect();
    let text = |text: &str| literal(text, dialect);
    let maybe = |value: Option<&str>| value.map_or_else(|| "NULL".to_owned(), text);
    let by: String = mark.by.chars().take(60).collect();
    session.execute(&format!(
        "INSERT INTO {TABLE} (id, position, checksum, state, statements_done, applied_at_ms, duration_ms, applied_by, run, \
         class, down_sql) SELECT {id}, COALESCE(MAX(position), 0) + 1, {checksum}, '{state}', 0, {at}, {duration_ms}, {by}, \
         {run}, '{class}', {down} FROM {TABLE}",
        id = text(&migration.id),
        checksum = text(&migration.checksum),
        state = if is_done { "applied" } else { "applying" },
        at = at.0,
        by = text(&by),
        run = maybe(mark.run.as_deref()),
        class = migration.class.word(),
        down = maybe(migration.way_back().ok()),
    ))
}

/// Says how far a migration came.
pub fn progress(session: &mut dyn Session, id: &str, state: AppliedState) -> Result<(), DatabaseError> {
    let (word, done) = match state {
        AppliedState::Applied => ("applied", 0),
        AppliedState::Applying { done } => ("applying", done),
        AppliedState::Undoing { done } => ("undoing", done),
    };
    let id = literal(id, session.dialect());
    session.execute(&format!("UPDATE {TABLE} SET state = '{word}', statements_done = {done} WHERE id = {id}"))
}

/// Says how long a migration took.
pub fn took(session: &mut dyn Session, id: &str, duration_ms: u64) -> Result<(), DatabaseError> {
    let id = literal(id, session.dialect());
    session.execute(&format!("UPDATE {TABLE} SET duration_ms = {duration_ms} WHERE id = {id}"))
}

/// Takes another text of a migration as the one that was applied.
pub fn accept(session: &mut dyn Session, migration: &Migration) -> Result<(), DatabaseError> {
    let dialect = session.dialect();
    let (id, checksum) = (literal(&migration.id, dialect), literal(&migration.checksum, dialect));
    session.execute(&format!("UPDATE {TABLE} SET checksum = {checksum} WHERE id = {id}"))
}

/// Forgets a migration.
pub fn remove(session: &mut dyn Session, id: &str) -> Result<(), DatabaseError> {
    let id = literal(id, session.dialect());
    session.execute(&format!("DELETE FROM {TABLE} WHERE id = {id}"))
}
