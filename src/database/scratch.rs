//! A database that exists for a verification only.
//!
//! Its name says what it is, and its maker holds a lock while it lives: whoever takes the lock next knows that every scratch
//! database that is still there belongs to somebody who died, and drops it.

use std::path::PathBuf;

use super::{
    error::DatabaseError,
    hands::Hands,
    integrity,
    manifest::{Manifest, Verification},
    place::Place,
    restore,
    room::Room,
    session::{Lock, Session, name, take},
    tracking,
};
use crate::{
    domain::migration::{AppliedState, Dialect},
    proc::crash,
};

/// What its name begins with.
const PREFIX: &str = "qd_scratch_";

/// Puts a backup into a scratch database, looks at it there, and writes into its manifest what came of it.
pub fn verify(room: &Room<'_>, manifest: Manifest, hands: &mut Hands<'_>) -> Result<Manifest, DatabaseError> {
    let shelf = room.shelf()?;
    hands.say(&format!("verification of backup {}: put into a scratch database", manifest.id));
    let tried = shelf.prove(&manifest).and_then(|()| try_out(room, &manifest, hands));
    let (good, why) = match tried {
        Ok(why) => (true, why),
        // Nothing is known of the backup then.
        Err(error @ (DatabaseError::Stopped(_) | DatabaseError::Locked(_) | DatabaseError::Connect { .. })) => {
            return Err(error);
        }
        Err(error) => (false, hands.clean(&error.to_string())),
    };
    hands.say(&format!(
        "backup {} {}: {why}",
        manifest.id,
        if good { "can be relied on" } else { "CAN'T BE RELIED ON" }
    ));
    let manifest = Manifest { verified: Some(Verification { at: chrono::Utc::now().into(), good, why }), ..manifest };
    shelf.write(&manifest)?;
    Ok(manifest)
}

fn try_out(room: &Room<'_>, manifest: &Manifest, hands: &mut Hands<'_>) -> Result<String, DatabaseError> {
    let Some(place) = &room.place else {
        return DatabaseError::refused("only a database with a URL can be verified by restoring");
    };
    let mut keeper = place.open(room.bounds, hands.stop_flag())?;
    take(Lock::Scratch, &mut *keeper, room.bounds, hands)?;
    sweep(&mut *keeper, place, room, hands)?;
    let scratch = create(&mut *keeper, place, room)?;
    crash::point("backup.scratch_made");
    let looked = look(room, manifest, &scratch, hands);
    let dropped = sweep(&mut *keeper, place, room, hands);
    let why = looked?;
    dropped?;
    Ok(why)
}

fn look(room: &Room<'_>, manifest: &Manifest, scratch: &Place, hands: &mut Hands<'_>) -> Result<String, DatabaseError> {
    restore::into(room, manifest, Some(scratch), hands)?;
    let mut session = scratch.open(room.bounds, hands.stop_flag())?;
    let rows = tracking::read(&mut *session)?;
    let schema = rows.iter().rfind(|row| row.state == AppliedState::Applied).map(|row| row.id.clone());
    if schema != manifest.schema {
        let said = |schema: &Option<String>| schema.clone().unwrap_or_else(|| "none".into());
        return DatabaseError::refused(format!(
            "its schema is {} where {} was expected",
            said(&schema),
            said(&manifest.schema)
        ));
    }
    let tables = count(&mut *session)?;
    if let Some(expected) = manifest.tables.filter(|expected| *expected != tables) {
        return DatabaseError::refused(format!("it holds {tables} tables where {expected} were expected"));
    }
    let wrong = integrity::check(&mut *session, None)?;
    if let Some(first) = wrong.first() {
        return DatabaseError::refused(first.clone());
    }
    let schema = schema.map_or_else(String::new, |schema| format!(", schema {schema}"));
    Ok(format!("restored: {tables} tables{schema}, nothing wrong"))
}

/// How many tables and views there are.
pub fn count(session: &mut dyn Session) -> Result<u64, DatabaseError> {
    let sql = match session.dialect() {
        Dialect::Postgres => {
            "SELECT count(*) FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        }
        Dialect::Mysql => "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE()",
        Dialect::Sqlite => "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
    };
    let first = session.query(sql)?.into_iter().flatten().flatten().next();
    Ok(first.and_then(|count| count.parse().ok()).unwrap_or_default())
}

/// What the names of the scratch databases of this one begin with.
fn stem(place: &Place) -> String {
    let of = match place {
        Place::Postgres(login) | Place::Mysql(login) => login.database().unwrap_or_default(),
        Place::Sqlite(_) => "",
    };
    let of: String =
        of.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).take(30).collect();
    format!("{PREFIX}{of}_x")
}

fn files(place: &Place, room: &Room<'_>) -> Result<PathBuf, DatabaseError> {
    let dir = room.shelf()?.own_dir()?.to_owned();
    Ok(dir.join(format!("{}.db", stem(place))))
}

fn create(keeper: &mut dyn Session, place: &Place, room: &Room<'_>) -> Result<Place, DatabaseError> {
    let scratch = format!("{}{:08x}", stem(place), fastrand::u32(..));
    let make = format!("CREATE DATABASE {}", name(&scratch, place.dialect()));
    let may = |error: DatabaseError| match error {
        DatabaseError::Statement { why, .. } => DatabaseError::Connect {
            at: place.shown(),
            why: format!(
                "no scratch database can be made ({why}): the user needs the right to create databases, or leave `verify` out"
            ),
        },
        other => other,
    };
    Ok(match place {
        Place::Postgres(login) => {
            keeper.execute(&format!("{make} TEMPLATE template0")).map_err(may)?;
            Place::Postgres(login.at(&scratch))
        }
        Place::Mysql(login) => {
            keeper.execute(&make).map_err(may)?;
            Place::Mysql(login.at(&scratch))
        }
        Place::Sqlite(_) => Place::Sqlite(files(place, room)?),
    })
}

/// Drops every scratch database of this one: who holds the lock is the only one who may have any.
fn sweep(keeper: &mut dyn Session, place: &Place, room: &Room<'_>, hands: &mut Hands<'_>) -> Result<(), DatabaseError> {
    let dialect = place.dialect();
    let list = match place {
        Place::Sqlite(_) => {
            let file = files(place, room)?;
            for path in ["", "-journal", "-wal", "-shm"].map(|end| format!("{}{end}", file.display())) {
                let _ = std::fs::remove_file(path);
            }
            return Ok(());
        }
        Place::Postgres(_) => "SELECT datname FROM pg_database",
        Place::Mysql(_) => "SELECT schema_name FROM information_schema.schemata",
    };
    let stem = stem(place);
    for scratch in keeper.query(list)?.into_iter().flatten().flatten().filter(|one| one.starts_with(&stem)) {
        let force = if dialect == Dialect::Postgres { " WITH (FORCE)" } else { "" };
        let sql = format!("DROP DATABASE IF EXISTS {}{force}", name(&scratch, dialect));
        if let Err(error) = keeper.execute(&sql) {
            hands.say(&format!("the scratch database {scratch} could not be dropped: {error}"));
        }
    }
    Ok(())
}
