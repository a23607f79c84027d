//! Databases that are changed: by steps of runs and by hand, with SQLite; those of servers are in `servers`.

pub mod by_hand;
mod crashes;
mod runs;

use std::{fs, path::Path};

use rusqlite::Connection;

use crate::support::run::Deck;

/// Three migrations: tables of users and teams, and a column.
pub const THREE: [(&str, &str); 6] = [
    (
        "001_users.up.sql",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\nINSERT INTO users VALUES (1, 'ann');",
    ),
    ("001_users.down.sql", "DROP TABLE users;"),
    (
        "002_teams.up.sql",
        "-- depends_on: 001_users\nCREATE TABLE teams (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES users (id));",
    ),
    ("002_teams.down.sql", "DROP TABLE teams;"),
    ("003_mail.up.sql", "ALTER TABLE users ADD COLUMN mail TEXT;"),
    ("003_mail.down.sql", "ALTER TABLE users DROP COLUMN mail;"),
];

/// A project with a SQLite database `main`, these pipelines, and these files of migrations.
pub fn deck(pipelines: &str, files: &[(&str, &str)]) -> Deck {
    let deck = Deck::new(&format!(
        "[databases.main]\nsqlite = \"main.db\"\nmigrations = \"migrations\"\nbackup = {{ verify = \"restore\" }}\n{pipelines}"
    ));
    write(&deck.path("migrations"), files);
    deck
}

pub fn write(dir: &Path, files: &[(&str, &str)]) {
    fs::create_dir_all(dir).unwrap();
    for (name, text) in files {
        fs::write(dir.join(name), text).unwrap();
    }
}

/// One column of a query, as text.
pub fn ask(deck: &Deck, sql: &str) -> Vec<String> {
    let connection = Connection::open(deck.path("main.db")).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(|row| row.unwrap_or_else(|error| panic!("{sql}: {error}"))).collect()
}

/// Tables of ours, and what is recorded as applied.
pub fn tables(deck: &Deck) -> Vec<String> {
    ask(
        deck,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'quarterdeck_migrations' ORDER BY 1",
    )
}

pub fn applied(deck: &Deck) -> Vec<String> {
    ask(
        deck,
        "SELECT id || CASE state WHEN 'applied' THEN '' ELSE ' ' || state END FROM quarterdeck_migrations ORDER BY position",
    )
}
