//! The files of migrations: names, headers, sections.
//!
//! `003_teams.up.sql` beside `003_teams.down.sql`, or `003_teams.sql` with the lines `-- up` and `-- down` (`-- migrate:up`,
//! `-- +goose Up` and the like are understood). Headers are comments at the top: `-- depends_on: 001_schema, 002_auth`,
//! `-- class: breaking`, `-- transaction: none`.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Class, Dialect, Migration, class::class_of, sql::statements};
use crate::domain::nearest::nearest;

/// A file that can't be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {why}")]
pub struct MigrationError {
    /// Its name.
    pub file: String,
    /// What is wrong with it, and what to write instead.
    pub why: String,
}

/// Headers that mean something.
const HEADERS: [&str; 3] = ["depends_on", "class", "transaction"];

/// What a name says a file is.
enum Part {
    Up,
    Down,
    Both,
}

/// Headers of a text.
#[derive(Default)]
struct Headers {
    depends_on: Vec<String>,
    class: Option<Class>,
    no_transaction: bool,
}

/// Reads the files of a directory: names with their texts. Names that don't end in `.sql` are left alone; one that does and
/// is no migration is an error, as nobody would notice that it never runs.
pub fn read(files: &BTreeMap<String, String>, dialect: Dialect) -> Result<Vec<Migration>, Vec<MigrationError>> {
    let mut found: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    let mut errors = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| is_sql(name)) {
        let text = text.replace("\r\n", "\n");
        let take = || -> Result<(), String> {
            let (id, part) = split_name(name)?;
            let (up, down) = match part {
                Part::Up => (Some(text), None),
                Part::Down => (None, Some(text)),
                Part::Both => sections(&text)?,
            };
            let entry = found.entry(id.clone()).or_default();
            if up.is_some() && entry.0.is_some() || down.is_some() && entry.1.is_some() {
                return Err(format!("there is another file with a part of {id}: keep one"));
            }
            entry.0 = up.or(entry.0.take());
            entry.1 = down.or(entry.1.take());
            Ok(())
        };
        if let Err(why) = take() {
            errors.push(MigrationError { file: name.clone(), why });
        }
    }
    let mut migrations = Vec::with_capacity(found.len());
    for (id, (up, down)) in found {
        match migration(&id, up, down, dialect) {
            Ok(migration) => migrations.push(migration),
            Err(why) => errors.push(MigrationError { file: id, why }),
        }
    }
    if errors.is_empty() { Ok(migrations) } else { Err(errors) }
}

/// Whether a name is one of a file of SQL.
pub fn is_sql(name: &str) -> bool {
    name.strip_suffix(".sql").is_some()
}

fn migration(id: &str, up: Option<String>, down: Option<String>, dialect: Dialect) -> Result<Migration, String> {
    let up = up.ok_or_else(|| format!("there is a down and no up: write {id}.up.sql"))?;
    let headers = headers(&up)?;
    let parsed = statements(&up, dialect).map_err(|why| format!("up: {why}"))?;
    if parsed.is_empty() {
        return Err("it has no statement".into());
    }
    if let Some(down) = &down {
        statements(down, dialect).map_err(|why| format!("down: {why}"))?;
    }
    // A down of comments alone takes nothing back.
    let down = down.filter(|down| statements(down, dialect).is_ok_and(|found| !found.is_empty()));
    let transaction = !headers.no_transaction;
    if transaction && let Some(statement) = parsed.iter().find(|statement| ends_transaction(&statement.text)) {
        return Err(format!(
            "line {}: '{}' would end the transaction that it runs in: leave it out, or write -- transaction: none at the top",
            statement.line,
            statement.head()
        ));
    }
    let number = number(id).ok_or("its name begins with no number")?;
    Ok(Migration {
        id: id.to_owned(),
        number,
        class: headers.class.unwrap_or_else(|| class_of(&parsed)),
        checksum: checksum(&up),
        up,
        down,
        depends_on: headers.depends_on,
        transaction,
    })
}

/// Control of transactions is ours.
fn ends_transaction(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().take(2).map(str::to_ascii_uppercase).collect();
    let word = |at: usize| words.get(at).map_or("", |word| word.trim_end_matches(';'));
    match word(0) {
        "BEGIN" | "COMMIT" | "ROLLBACK" | "ABORT" | "END" => word(1) != "TO",
        "START" => word(1) == "TRANSACTION",
        _ => false,
    }
}

/// SHA-256 in hex.
pub(super) fn checksum(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text.trim_end()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn number(id: &str) -> Option<u64> {
    let digits = id.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn split_name(name: &str) -> Result<(String, Part), String> {
    let stem = name.strip_suffix(".sql").unwrap_or(name);
    let (id, part) = if let Some(id) = stem.strip_suffix(".up") {
        (id, Part::Up)
    } else if let Some(id) = stem.strip_suffix(".down") {
        (id, Part::Down)
    } else {
        (stem, Part::Both)
    };
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if number(id).is_none() || !id.chars().all(fine) || id.len() > 120 {
        return Err("a migration is called NNN_name.up.sql and NNN_name.down.sql, or NNN_name.sql with both".into());
    }
    Ok((id.to_owned(), part))
}

/// The lines that begin a section.
fn marks(line: &str) -> Option<bool> {
    let words = line.trim().strip_prefix("--")?.trim().to_ascii_lowercase();
    let words = words.strip_prefix("+goose").or_else(|| words.strip_prefix("migrate:")).unwrap_or(&words).trim();
    match words.trim_end_matches(':') {
        "up" => Some(true),
        "down" => Some(false),
        _ => None,
    }
}

/// The two sections of a file; what stands above the first mark is headers, and belongs to both.
fn sections(text: &str) -> Result<(Option<String>, Option<String>), String> {
    let (mut above, mut up, mut down) = (String::new(), None::<String>, None::<String>);
    let mut at: Option<bool> = None;
    for (number, line) in text.lines().enumerate() {
        if let Some(is_up) = marks(line) {
            let section = if is_up { &mut up } else { &mut down };
            if section.is_some() {
                return Err(format!("line {}: the section begins twice", number + 1));
            }
            // Blank lines in place of what is elsewhere, so that lines keep their numbers.
            *section = Some("\n".repeat(number + 1));
            at = Some(is_up);
            continue;
        }
        let into = match at {
            None => &mut above,
            Some(true) => up.get_or_insert_default(),
            Some(false) => down.get_or_insert_default(),
        };
        into.push_str(line);
        into.push('\n');
    }
    if up.is_none() {
        // Without a mark all of it is up.
        return if down.is_none() {
            Ok((Some(text.to_owned()), None))
        } else {
            Err("a line `-- up` is missing".into())
        };
    }
    let lead = above.lines().count();
    let with_headers =
        |section: String| format!("{above}{}", section.strip_prefix(&"\n".repeat(lead)).unwrap_or(&section));
    Ok((up.map(with_headers), down))
}

/// Comments at the top of the form `-- name: value`.
fn headers(text: &str) -> Result<Headers, String> {
    let mut headers = Headers::default();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let Some(comment) = line.strip_prefix("--").or_else(|| line.strip_prefix('#')) else { break };
        let Some((name, value)) = comment.split_once([':', '=']) else { continue };
        let (name, value) = (name.trim().to_ascii_lowercase().replace('-', "_"), value.trim());
        let wrong = |why: String| Err(format!("line {}: {why}", number + 1));
        match name.as_str() {
            "depends_on" => {
                let ids = value.trim_matches(['[', ']']).split([',', ' ']).map(|id| id.trim_matches(['"', '\'', ' ']));
                headers
                    .depends_on
                    .extend(ids.filter(|id| !id.is_empty()).map(|id| id.trim_end_matches(".sql").to_owned()));
            }
            "class" => {
                let Some(class) = Class::of_word(&value.to_ascii_lowercase()) else {
                    let words = Class::WORDS.map(|(word, _)| word).join(", ");
                    return wrong(format!("'{value}' is no class: write one of {words}"));
                };
                headers.class = Some(class);
            }
            "transaction" => match value.to_ascii_lowercase().as_str() {
                "none" | "off" | "false" => headers.no_transaction = true,
                "yes" | "on" | "true" => {}
                _ => return wrong(format!("'{value}': write -- transaction: none, or leave the line out")),
            },
            // A header with a typing error must not be taken for a comment.
            word if !word.contains(' ') && nearest(word, HEADERS.into_iter()).is_some() => {
                let meant = nearest(word, HEADERS.into_iter()).unwrap_or_default();
                return wrong(format!("'{word}' is no header: did you mean '{meant}'?"));
            }
            _ => {}
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Result<Vec<Migration>, Vec<MigrationError>> {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        read(&files, Dialect::Sqlite)
    }

    fn one(text: &str) -> Result<Migration, String> {
        of(&[("001_a.up.sql", text)]).map(|mut found| found.remove(0)).map_err(|errors| errors[0].to_string())
    }

    #[test]
    fn two_files_and_one_with_sections_come_to_the_same() {
        let two = of(&[("001_a.up.sql", "CREATE TABLE a (i);"), ("001_a.down.sql", "DROP TABLE a;")]).unwrap();
        assert_eq!((two[0].id.as_str(), two[0].number, two[0].class), ("001_a", 1, Class::Additive));
        for marks in [("-- up", "-- down"), ("-- migrate:up", "-- migrate:down"), ("-- +goose Up", "-- +goose Down")] {
            let text = format!("-- class: breaking\n{}\nCREATE TABLE a (i);\n{}\nDROP TABLE a;\n", marks.0, marks.1);
            let one = of(&[("001_a.sql", &text)]).unwrap();
            assert_eq!(one[0].class, Class::Breaking, "{marks:?}");
            assert!(one[0].up.contains("CREATE") && !one[0].up.contains("DROP"));
            assert_eq!(one[0].down.as_deref().map(str::trim), Some("DROP TABLE a;"));
            assert_eq!(statements(&one[0].up, Dialect::Sqlite).unwrap()[0].line, 3, "lines keep their numbers");
        }
    }

    #[test]
    fn headers_are_read_and_a_typing_error_in_one_is_told() {
        let all = "-- depends_on: 002_auth, 003_teams\n-- class: irreversible\n-- transaction: none\nDROP TABLE a;";
        let all = one(all).unwrap();
        assert_eq!(all.depends_on, ["002_auth", "003_teams"]);
        assert!(!all.transaction && all.way_back().unwrap_err().contains("irreversible"));
        assert!(one("-- depend_on: 1\nSELECT 1;").unwrap_err().contains("did you mean 'depends_on'"));
        assert!(one("-- class: harmless\nSELECT 1;").unwrap_err().contains("additive, breaking"));
        assert!(one("-- a note: nothing else\nSELECT 1;").is_ok());
    }

    #[test]
    fn what_would_end_the_transaction_is_refused_in_one() {
        for text in ["CREATE TABLE a (i); COMMIT;", "BEGIN; SELECT 1", "START TRANSACTION;"] {
            assert!(one(text).unwrap_err().contains("would end the transaction"), "{text}");
            assert!(one(&format!("-- transaction: none\n{text}")).is_ok(), "{text}");
        }
        assert!(one("ROLLBACK TO x;").is_ok());
    }

    #[test]
    fn the_checksum_is_of_the_up_whatever_its_line_ends() {
        let sum = |text| one(text).unwrap().checksum;
        assert_eq!(sum("SELECT 1;\nSELECT 2;\n"), sum("SELECT 1;\r\nSELECT 2;\r\n\r\n"));
        assert_ne!(sum("SELECT 1;"), sum("SELECT 2;"));
    }

    #[test]
    fn a_file_that_would_never_run_is_an_error() {
        for (name, why) in [
            ("teams.sql", "NNN_name"),
            ("003 teams.up.sql", "NNN_name"),
            ("004_x.down.sql", "no up"),
            ("005_x.up.sql", "no statement"),
        ] {
            let text = if name.starts_with("005") { "-- nothing\n" } else { "SELECT 1;" };
            assert!(of(&[(name, text)]).unwrap_err()[0].to_string().contains(why), "{name}");
        }
        assert!(of(&[("README.md", "x"), ("001_a.up.sql", "SELECT 1")]).is_ok());
    }
}
