//! The directory of migrations.

use std::{collections::BTreeMap, fs, path::Path};

use super::error::DatabaseError;
use crate::domain::migration::{Dialect, Set, is_sql, read};

/// Files of a directory at most.
const MOST_FILES: usize = 20_000;
/// Bytes of one file at most.
const LONGEST: u64 = 32 << 20;

/// Reads all of it, in order. The error names every file that can't be understood.
pub fn read_set(dir: &Path, dialect: Dialect) -> Result<Set, DatabaseError> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).map_err(DatabaseError::file(dir, "read"))? {
        let path = entry.map_err(DatabaseError::file(dir, "read"))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| is_sql(name)) else {
            continue;
        };
        if files.len() == MOST_FILES {
            return DatabaseError::refused(format!("{} holds more than 20,000 migrations", dir.display()));
        }
        let about = fs::metadata(&path).map_err(DatabaseError::file(&path, "read"))?;
        if !about.is_file() {
            continue;
        }
        if about.len() > LONGEST {
            return DatabaseError::refused(format!(
                "{} is larger than 32 MiB: load data with another step",
                path.display()
            ));
        }
        let text = fs::read_to_string(&path).map_err(DatabaseError::file(&path, "read"))?;
        files.insert(name.to_owned(), text);
    }
    let at = |why: String| DatabaseError::Refused(format!("{}: {why}", dir.display()));
    let migrations = read(&files, dialect)
        .map_err(|errors| at(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
    Set::new(migrations).map_err(|error| at(error.to_string()))
}
