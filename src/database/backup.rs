//! Making a backup.

use std::path::Path;

use super::{
    error::DatabaseError,
    hands::Hands,
    manifest::{DATA, Manifest},
    place::Place,
    room::Room,
    scratch,
    session::literal,
    tool::{self, Start},
    tracking,
};
use crate::domain::{
    backup::expired,
    migration::{AppliedState, Dialect},
    time::UnixMs,
};

/// Makes a backup, verifies it if that is wanted, and lets old ones go.
pub fn make(room: &Room<'_>, hands: &mut Hands<'_>) -> Result<Manifest, DatabaseError> {
    let (shelf, spec) = (room.shelf()?, room.backup()?);
    shelf.sweep();
    if let Some(Place::Sqlite(file)) =
        room.place.as_ref().filter(|place| matches!(place, Place::Sqlite(file) if !file.exists()))
    {
        return DatabaseError::refused(format!(
            "{} is not there, so there is nothing to back up; if it is to be new, migrate it first",
            file.display()
        ));
    }
    let at = chrono::Utc::now();
    let before = schema(room, hands)?;
    let tables = tables(room, hands)?;
    let id = shelf.begin(at)?;
    let path = shelf.dir(&id).join(DATA);
    hands.say(&format!("backup {id} of {}", room.shown()));
    let written = write(room, &id, &path, hands).and_then(|tool| {
        let parts = shelf.measure(&id)?;
        let after = schema(room, hands)?;
        if after != before {
            return DatabaseError::refused("the schema was changed while the backup was made: make another");
        }
        Ok(Manifest {
            id: id.clone(),
            database: room.job.database.name.clone(),
            env: room.job.env.clone(),
            at: at.into(),
            by: room.job.mark.by.clone(),
            run: room.job.mark.run.clone(),
            tool,
            parts,
            schema: before,
            tables,
            verified: None,
        })
    });
    let mut manifest = match written {
        Ok(manifest) => manifest,
        Err(error) => {
            // Half a backup is none.
            let _ = std::fs::remove_dir_all(shelf.dir(&id));
            return Err(error);
        }
    };
    shelf.write(&manifest)?;
    let schema = manifest.schema.as_deref().map_or_else(String::new, |schema| format!(", schema {schema}"));
    hands.say(&format!(
        "backup {id}: {} bytes in {} files, by {}{schema}",
        manifest.bytes(),
        manifest.parts.len(),
        manifest.tool
    ));
    if spec.verify {
        manifest = scratch::verify(room, manifest, hands)?;
        if let Some(verified) = manifest.verified.as_ref().filter(|verified| !verified.good) {
            return DatabaseError::refused(format!("backup {id} was made, and can't be relied on: {}", verified.why));
        }
    }
    let_go(room, hands)?;
    Ok(manifest)
}

/// Removes backups whose time is over.
fn let_go(room: &Room<'_>, hands: &mut Hands<'_>) -> Result<(), DatabaseError> {
    let shelf = room.shelf()?;
    let now: UnixMs = chrono::Utc::now().into();
    for id in expired(&shelf.list()?, now, room.backup()?.keep, &room.job.needed) {
        shelf.remove(&id)?;
        hands.say(&format!("backup {id} was older than it is kept: removed"));
    }
    Ok(())
}

/// The last migration applied, where Quarterdeck migrates this database.
pub fn schema(room: &Room<'_>, hands: &Hands<'_>) -> Result<Option<String>, DatabaseError> {
    let Some(place) = &room.place else { return Ok(None) };
    let mut session = place.open(room.bounds, hands.stop_flag())?;
    let rows = tracking::read(&mut *session)?;
    Ok(rows.into_iter().rfind(|row| row.state == AppliedState::Applied).map(|row| row.id))
}

/// How many tables there are.
fn tables(room: &Room<'_>, hands: &Hands<'_>) -> Result<Option<u64>, DatabaseError> {
    let Some(place) = &room.place else { return Ok(None) };
    scratch::count(&mut *place.open(room.bounds, hands.stop_flag())?).map(Some)
}

/// Writes the backup; returns what made it.
fn write(room: &Room<'_>, id: &str, path: &Path, hands: &mut Hands<'_>) -> Result<String, DatabaseError> {
    let place = room.place.as_ref();
    let mut env = place.map(tool::environment).unwrap_or_default();
    if let Some(command) = &room.backup()?.command {
        let argv = room.resolve_all(command, &room.late(id, path, place))?;
        env.insert("QUARTERDECK_BACKUP".into(), path.display().to_string());
        let program = argv.first().cloned().unwrap_or_default();
        tool::must(Start { argv, env, cwd: &room.job.root, stdin: None, says: true }, hands)?;
        return Ok(program);
    }
    let Some(place) = place else {
        return DatabaseError::refused("there is no tool of its own for this database: give `backup.command`");
    };
    let to = path.display().to_string();
    let argv = match place {
        Place::Sqlite(_) => {
            let mut session = place.open(room.bounds, hands.stop_flag())?;
            session.execute(&format!("VACUUM INTO {}", literal(&to, Dialect::Sqlite)))?;
            let version = session.query("SELECT sqlite_version()")?.into_iter().flatten().flatten().next();
            return Ok(format!("VACUUM INTO (SQLite {})", version.unwrap_or_default()));
        }
        Place::Postgres(_) => {
            vec!["pg_dump".into(), "--format=custom".into(), "--no-password".into(), format!("--file={to}")]
        }
        Place::Mysql(login) => {
            let program = tool::first_installed(&["mariadb-dump", "mysqldump"])?;
            let mut argv = vec![program.clone()];
            argv.extend(tool::mysql_options(login, &program));
            argv.extend(
                ["--single-transaction", "--routines", "--triggers", "--events", "--hex-blob"].map(str::to_owned),
            );
            argv.push(format!("--result-file={to}"));
            argv.push(login.database().unwrap_or_default().to_owned());
            argv
        }
    };
    let version = Start {
        argv: vec![argv[0].clone(), "--version".into()],
        env: env.clone(),
        cwd: &room.job.root,
        stdin: None,
        says: false,
    };
    let version = tool::must(version, hands)?.lines().next().unwrap_or_default().trim().to_owned();
    tool::must(Start { argv, env, cwd: &room.job.root, stdin: None, says: true }, hands)?;
    Ok(version)
}
