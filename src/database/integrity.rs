//! What is looked at after migrations and restores: keys that point nowhere, damage, objects that should be there.

use super::{
    error::DatabaseError,
    session::{Session, name},
};
use crate::domain::migration::{Dialect, Set, Standing, objects};

/// Findings told at most.
const MOST: usize = 20;

/// Everything that is not well, in sentences; empty if all is.
pub fn check(session: &mut dyn Session, expected: Option<(&Set, &Standing)>) -> Result<Vec<String>, DatabaseError> {
    let mut found = match session.dialect() {
        Dialect::Sqlite => sqlite(session)?,
        Dialect::Postgres => postgres(session)?,
        Dialect::Mysql => mysql(session)?,
    };
    if let Some((set, standing)) = expected {
        let applied = standing.applied.iter().filter_map(|row| set.get(&row.id)).map(|one| one.up.as_str());
        for table in objects(applied, session.dialect()).tables {
            if !session.has_table(&table)? {
                found.push(format!("the table '{table}', which the migrations made, is not there"));
            }
        }
    }
    let more = found.len().saturating_sub(MOST);
    found.truncate(MOST);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    Ok(found)
}

/// Rows that point nowhere. Within a transaction, before it is committed.
pub fn dangling(session: &mut dyn Session) -> Result<Vec<String>, DatabaseError> {
    let rows = session.query("PRAGMA foreign_key_check")?;
    Ok(rows
        .into_iter()
        .take(MOST)
        .map(|row| {
            let text = |at: usize| row.get(at).cloned().flatten().unwrap_or_else(|| "?".into());
            format!("row {} of {} points at nothing in {}", text(1), text(0), text(2))
        })
        .collect())
}

fn sqlite(session: &mut dyn Session) -> Result<Vec<String>, DatabaseError> {
    let mut found: Vec<String> = session
        .query("PRAGMA integrity_check(20)")?
        .into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .filter(|text| text != "ok")
        .map(|text| format!("integrity_check: {text}"))
        .collect();
    found.extend(dangling(session)?);
    Ok(found)
}

fn postgres(session: &mut dyn Session) -> Result<Vec<String>, DatabaseError> {
    let mut found = Vec::new();
    let invalid = "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid";
    for row in session.query(invalid)? {
        let index = row.into_iter().next().flatten().unwrap_or_default();
        found.push(format!(
            "the index {index} is not valid: building it failed; DROP INDEX {index}, then make it again"
        ));
    }
    let unproven =
        "SELECT conname, conrelid::regclass::text FROM pg_constraint WHERE NOT convalidated AND contype IN ('f', 'c')";
    for row in session.query(unproven)? {
        let text = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        found.push(format!(
            "the constraint {} of {} was never validated: ALTER TABLE {} VALIDATE CONSTRAINT {}",
            text(0),
            text(1),
            text(1),
            text(0)
        ));
    }
    Ok(found)
}

/// InnoDB checks keys itself, unless it was told not to: then rows may point nowhere.
fn mysql(session: &mut dyn Session) -> Result<Vec<String>, DatabaseError> {
    let keys = "SELECT table_name, GROUP_CONCAT(column_name ORDER BY ordinal_position), referenced_table_name, \
                GROUP_CONCAT(referenced_column_name ORDER BY ordinal_position), constraint_name \
                FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_schema = \
                DATABASE() AND referenced_table_name IS NOT NULL GROUP BY table_name, referenced_table_name, constraint_name";
    let mut found = Vec::new();
    for row in session.query(keys)? {
        let text = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        let quote = |text: &str| name(text, Dialect::Mysql);
        let columns: Vec<(String, String)> =
            text(1).split(',').zip(text(3).split(',')).map(|(a, b)| (quote(a), quote(b))).collect();
        let joined = columns.iter().map(|(a, b)| format!("c.{a} = p.{b}")).collect::<Vec<_>>().join(" AND ");
        let given = columns.iter().map(|(a, _)| format!("c.{a} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
        let first = columns.first().map(|(_, b)| b.clone()).unwrap_or_default();
        let sql = format!(
            "SELECT 1 FROM {} c LEFT JOIN {} p ON {joined} WHERE {given} AND p.{first} IS NULL LIMIT 1",
            quote(&text(0)),
            quote(&text(2))
        );
        if !session.query(&sql)?.is_empty() {
            found.push(format!("rows of {} point at nothing in {} ({})", text(0), text(2), text(4)));
        }
    }
    Ok(found)
}
