//! One login to a database.

use std::time::{Duration, Instant};

use super::{error::DatabaseError, hands::Hands};
use crate::domain::migration::Dialect;

/// A row: each value as text.
pub type Row = Vec<Option<String>>;

/// Rows read at most.
pub const MOST_ROWS: usize = 100_000;

/// Bounds on what is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// For a lock, of ours or of the database.
    pub lock: Duration,
    /// For one statement; `None`: as long as it takes.
    pub statement: Option<Duration>,
}

/// What only one may do at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Changing the schema, or putting a backup back.
    Change,
    /// Having a scratch database.
    Scratch,
}

impl Lock {
    /// For people.
    fn doing(self) -> &'static str {
        match self {
            Self::Change => "changing this database",
            Self::Scratch => "verifying a backup of this database",
        }
    }
}

/// One login.
pub trait Session {
    /// Whose SQL it speaks.
    fn dialect(&self) -> Dialect;

    /// Runs one statement; what it returns is dropped.
    fn execute(&mut self, sql: &str) -> Result<(), DatabaseError>;

    /// Runs one statement and takes its rows, [`MOST_ROWS`] at most.
    fn query(&mut self, sql: &str) -> Result<Vec<Row>, DatabaseError>;

    /// Takes a lock, if it is free: held until the session ends.
    fn try_lock(&mut self, lock: Lock) -> Result<bool, DatabaseError>;

    /// Who holds it, if that can be said.
    fn holder(&mut self, lock: Lock) -> Option<String>;

    /// What the database remarked on the last statements.
    fn notices(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// Whether a table or view of that name is there.
    fn has_table(&mut self, name: &str) -> Result<bool, DatabaseError>;
}

/// Waits for the lock, saying who holds it.
pub fn take(lock: Lock, session: &mut dyn Session, bounds: Bounds, hands: &mut Hands<'_>) -> Result<(), DatabaseError> {
    let begun = Instant::now();
    let mut told = false;
    while !session.try_lock(lock)? {
        hands.go_on()?;
        let holder = session.holder(lock).map_or_else(String::new, |holder| format!(" ({holder})"));
        if begun.elapsed() >= bounds.lock {
            let waited = crate::domain::format::duration(bounds.lock);
            return Err(DatabaseError::Locked(format!(
                "somebody else is {}{holder}: waited {waited} for them; nothing was done",
                lock.doing()
            )));
        }
        if !told {
            hands.say(&format!("somebody else is {}{holder}: waiting for them", lock.doing()));
            told = true;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// A value as a literal that no quoting mode of the server changes.
pub fn literal(text: &str, dialect: Dialect) -> String {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    match dialect {
        Dialect::Postgres => format!("convert_from(decode('{hex}', 'hex'), 'UTF8')"),
        Dialect::Mysql => format!("CONVERT(X'{hex}' USING utf8mb4)"),
        Dialect::Sqlite => format!("CAST(X'{hex}' AS TEXT)"),
    }
}

/// A name as the database wants it quoted.
pub fn name(text: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Mysql => format!("`{}`", text.replace('`', "``")),
        Dialect::Postgres | Dialect::Sqlite => format!("\"{}\"", text.replace('"', "\"\"")),
    }
}
