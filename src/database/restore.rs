//! Putting a backup back.
//!
//! What was made since the backup goes: afterwards the schema is as it was then, and nothing else. PostgreSQL does all of it
//! in one transaction, SQLite by its own copying, which is one as well; MySQL can't, so it is looked at afterwards.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};

use super::{
    error::DatabaseError,
    hands::Hands,
    manifest::{DATA, Manifest},
    place::Place,
    room::Room,
    session::{Lock, name, take},
    tool::{self, Start},
};
use crate::{domain::migration::Dialect, probe::login::Login};

/// Puts a backup back into the database itself. Whoever migrates is waited for, and kept out.
pub fn put_back(room: &Room<'_>, manifest: &Manifest, hands: &mut Hands<'_>) -> Result<(), DatabaseError> {
    let shelf = room.shelf()?;
    if let Some(verified) = manifest.verified.as_ref().filter(|verified| !verified.good) {
        hands.say(&format!("backup {} failed its verification: {}", manifest.id, verified.why));
    }
    shelf.prove(manifest)?;
    hands.say(&format!("restore of {} from backup {}", room.shown(), manifest.id));
    let Some(place) = &room.place else { return into(room, manifest, None, hands) };
    let mut session = place.open(room.bounds, hands.stop_flag())?;
    take(Lock::Change, &mut *session, room.bounds, hands)?;
    into(room, manifest, Some(place), hands)
}

/// Puts a backup into a database, whichever.
pub fn into(
    room: &Room<'_>,
    manifest: &Manifest,
    place: Option<&Place>,
    hands: &mut Hands<'_>,
) -> Result<(), DatabaseError> {
    let path = room.shelf()?.dir(&manifest.id).join(DATA);
    if let Some(command) = &room.backup()?.restore {
        let argv = room.resolve_all(command, &room.late(&manifest.id, &path, place))?;
        let mut env = place.map(tool::environment).unwrap_or_default();
        env.insert("QUARTERDECK_BACKUP".into(), path.display().to_string());
        return tool::must(Start { argv, env, cwd: &room.job.root, stdin: None, says: true }, hands).map(drop);
    }
    match place {
        None => DatabaseError::refused("there is no tool of its own for this database: give `backup.restore`"),
        Some(Place::Sqlite(file)) => sqlite(&path, file, room),
        Some(at @ Place::Postgres(_)) => postgres(room, at, &path, hands),
        Some(at @ Place::Mysql(login)) => mysql(room, at, login, &path, hands),
    }
}

fn sqlite(from: &Path, to: &Path, room: &Room<'_>) -> Result<(), DatabaseError> {
    let copy = || -> rusqlite::Result<()> {
        let from =
            Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let mut to = Connection::open(to)?;
        to.busy_timeout(room.bounds.lock)?;
        let copying = Backup::new(&from, &mut to)?;
        let begun = Instant::now();
        // All pages in one step: nobody sees half of it.
        loop {
            match copying.step(i32::MAX)? {
                StepResult::Done => return Ok(()),
                StepResult::Busy | StepResult::Locked if begun.elapsed() > room.bounds.lock => {
                    return Err(rusqlite::Error::SqliteFailure(
                        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
                        Some("somebody else holds it".into()),
                    ));
                }
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    };
    copy().map_err(|error| {
        DatabaseError::Refused(format!("{} could not be put back: {error}; it is as it was before", to.display()))
    })
}

/// A file that goes with its owner.
struct Aside(PathBuf);

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// As a script, so that what must go and what comes back are one transaction.
fn postgres(room: &Room<'_>, place: &Place, path: &Path, hands: &mut Hands<'_>) -> Result<(), DatabaseError> {
    let env = tool::environment(place);
    let start = |argv: Vec<String>, says| Start { argv, env: env.clone(), cwd: &room.job.root, stdin: None, says };
    let word = |text: &str| text.to_owned();
    let list = tool::must(start(vec![word("pg_restore"), word("--list"), path.display().to_string()], false), hands)?;
    let kept = relations_of(&list);
    let script = Aside(room.shelf()?.own_dir()?.join(format!("restore-{:08x}.sql", fastrand::u32(..))));
    let to = format!("--file={}", script.0.display());
    let words = ["pg_restore", "--clean", "--if-exists", "--no-owner", &to];
    let mut argv: Vec<String> = words.into_iter().map(word).collect();
    argv.push(path.display().to_string());
    tool::must(start(argv, false), hands)?;
    restrict(&script.0)?;
    let drops = Aside(script.0.with_extension("drops"));
    let mut session = place.open(room.bounds, hands.stop_flag())?;
    let sql = "SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE \
               c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND NOT \
               EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY c.relkind <> 'v', 1, 2";
    let mut text = String::new();
    for row in session.query(sql)? {
        let field = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        let (schema, relation) = (field(0), field(1));
        if kept.contains(&(schema.clone(), relation.clone())) {
            continue;
        }
        let kind = match field(2).as_str() {
            "v" => "VIEW",
            "m" => "MATERIALIZED VIEW",
            _ => "TABLE",
        };
        let full = format!("{}.{}", name(&schema, Dialect::Postgres), name(&relation, Dialect::Postgres));
        hands.say(&format!("  {full} was made after the backup: it goes"));
        text.push_str(&format!("DROP {kind} IF EXISTS {full} CASCADE;\n"));
    }
    drop(session);
    std::fs::write(&drops.0, text).map_err(DatabaseError::file(&drops.0, "written"))?;
    let argv = [
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--no-password",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
    ];
    let mut argv: Vec<String> = argv.into_iter().map(word).collect();
    for file in [&drops.0, &script.0] {
        argv.push(format!("--file={}", file.display()));
    }
    tool::must(start(argv, true), hands).map(drop).map_err(|error| match error {
        DatabaseError::Tool { program, why } => DatabaseError::Tool {
            program,
            why: format!("{why}; it was one transaction: the database is as it was before"),
        },
        other => other,
    })
}

/// It holds everybody's data.
fn restrict(path: &Path) -> Result<(), DatabaseError> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .map_err(DatabaseError::file(path, "kept private"))
}

/// Tables and views of a list such as `221; 1259 16403 TABLE public users alice`.
fn relations_of(list: &str) -> BTreeSet<(String, String)> {
    list.lines()
        .filter(|line| !line.starts_with(';'))
        .filter_map(|line| {
            let rest = line.split_once("; ")?.1;
            let mut words = rest.split(' ').skip(2);
            let mut kind = words.next()?;
            if kind == "MATERIALIZED" {
                kind = words.next()?;
            }
            let schema = words.next().filter(|schema| !matches!(*schema, "DATA" | "ATTACH"))?;
            let relation = words.next()?;
            matches!(kind, "TABLE" | "VIEW").then(|| (schema.to_owned(), relation.to_owned()))
        })
        .collect()
}

fn mysql(
    room: &Room<'_>,
    place: &Place,
    login: &Login,
    path: &Path,
    hands: &mut Hands<'_>,
) -> Result<(), DatabaseError> {
    let kept = tables_of(path)?;
    let program = tool::first_installed(&["mariadb", "mysql"])?;
    let mut argv = vec![program.clone()];
    argv.extend(tool::mysql_options(login, &program));
    argv.push("--batch".into());
    argv.push(login.database().unwrap_or_default().to_owned());
    let stdin = File::open(path).map_err(DatabaseError::file(path, "read"))?;
    let start = Start { argv, env: tool::environment(place), cwd: &room.job.root, stdin: Some(stdin), says: true };
    tool::must(start, hands).map_err(|error| {
        let again = format!("quarterdeck db restore {}", room.job.database.name);
        match error {
            // It has no transaction around it.
            DatabaseError::Tool { program, why } => DatabaseError::Dirty(format!(
                "{program}: {why}; the restore is not complete, and the database is neither as it was nor as in the backup: \
                 remove the cause and run `{again}` again"
            )),
            other => other,
        }
    })?;
    let mut session = place.open(room.bounds, hands.stop_flag())?;
    let rows = session
        .query("SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = DATABASE()")?;
    session.execute("SET foreign_key_checks = 0")?;
    for row in rows {
        let field = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        let table = field(0);
        if !kept.contains(&table) {
            let kind = if field(1) == "VIEW" { "VIEW" } else { "TABLE" };
            hands.say(&format!("  {table} was made after the backup: it goes"));
            session.execute(&format!("DROP {kind} IF EXISTS {}", name(&table, Dialect::Mysql)))?;
        }
    }
    Ok(())
}

/// Tables and views that a dump makes.
fn tables_of(path: &Path) -> Result<BTreeSet<String>, DatabaseError> {
    const LONGEST: u64 = 512;
    let mut reader = BufReader::new(File::open(path).map_err(DatabaseError::file(path, "read"))?);
    let mut tables = BTreeSet::new();
    let mut line = Vec::new();
    let mut at_start = true;
    loop {
        line.clear();
        let read = std::io::Read::take(&mut reader, LONGEST).read_until(b'\n', &mut line);
        if read.map_err(DatabaseError::file(path, "read"))? == 0 {
            return Ok(tables);
        }
        let text = String::from_utf8_lossy(&line);
        // Long lines come in pieces; only the first is the beginning of one.
        if at_start && (text.starts_with("DROP TABLE IF EXISTS `") || text.contains("DROP VIEW IF EXISTS `")) {
            tables.extend(text.split('`').nth(1).map(str::to_owned));
        }
        at_start = text.ends_with('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_backup_holds_is_read_from_its_list() {
        let list = ";\n; Archive created\n221; 1259 16403 TABLE public users alice\n3377; 0 16403 TABLE DATA public users alice\n\
                    222; 1259 16410 VIEW shop best alice\n223; 1259 1 MATERIALIZED VIEW public sums alice\n\
                    9; 2606 1 CONSTRAINT public users users_pkey alice\n";
        let found: Vec<_> = relations_of(list).into_iter().map(|(schema, name)| format!("{schema}.{name}")).collect();
        assert_eq!(found, ["public.sums", "public.users", "shop.best"]);
    }

    #[test]
    fn what_a_dump_makes_is_read_from_its_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("dump");
        let long = "x".repeat(5_000);
        std::fs::write(
            &path,
            format!("DROP TABLE IF EXISTS `a`;\nINSERT INTO `a` VALUES ('{long}DROP TABLE IF EXISTS `no`;');\n/*!50001 DROP VIEW IF EXISTS `v`*/;\n"),
        )
        .unwrap();
        assert_eq!(tables_of(&path).unwrap().into_iter().collect::<Vec<_>>(), ["a", "v"]);
    }
}
