//! Files to a project: read, parsed, merged, understood.

use std::path::{Path, PathBuf};

use super::{
    diagnostic::Diagnostics,
    options::{ROOT, Shape},
    read,
    reader::Reader,
    source::{self, Source},
    tree::{self, Table, Value},
};
use crate::domain::environment::Project;

/// Reads a file, or a directory of files merged in name order.
pub fn load(path: &Path) -> Result<Project, Diagnostics> {
    let (sources, unreadable) = source::read_all(path);
    understand(path, &sources, unreadable)
}

/// What [`load`] does once the files are read.
pub fn understand(path: &Path, sources: &[Source], unreadable: Vec<(PathBuf, String)>) -> Result<Project, Diagnostics> {
    let reader = Reader::new(sources);
    let table = merged(&reader, sources);
    // What a syntax error leaves behind would only bring forth more, and wrong ones.
    if !reader.is_fine() || sources.is_empty() {
        return Err(reader.into_diagnostics(path, unreadable));
    }
    let project = read::project(&reader, &table, &root(path));
    if reader.is_fine() && unreadable.is_empty() { Ok(project) } else { Err(reader.into_diagnostics(path, unreadable)) }
}

fn merged(reader: &Reader<'_>, sources: &[Source]) -> Table {
    let mut merged = Table::default();
    for (file, source) in sources.iter().enumerate() {
        let (table, errors) = tree::parse(file, &source.text);
        for (place, message) in errors {
            reader.problem(place, format!("not TOML: {message}"), None);
        }
        let table = append_lists(&mut merged, table);
        merged.merge(&table, &mut |before, now| {
            let message = format!("'{}' is set already in {}", now.key, reader.spoken(before.place));
            reader.problem(now.place, message, "keep one of the two".to_owned());
        });
    }
    merged
}

/// Lists of tables (`[[alerts]]`) of several files are one list; what is left is to be merged.
fn append_lists(merged: &mut Table, mut table: Table) -> Table {
    let is_of_tables = |key: &str| matches!(ROOT.key(key).map(|key| key.shape), Some(Shape::List(Shape::Section(_))));
    table.entries.retain_mut(|entry| {
        let own = merged.entries.iter_mut().find(|own| own.key == entry.key && is_of_tables(&own.key));
        match (own.map(|own| &mut own.node.value), &mut entry.node.value) {
            (Some(Value::List(below)), Value::List(more)) => {
                below.append(more);
                false
            }
            _ => true,
        }
    });
    table
}

/// The directory where relative paths start.
fn root(path: &Path) -> PathBuf {
    let absolute = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if absolute.is_dir() { absolute } else { absolute.parent().map(Path::to_owned).unwrap_or_default() }
}
