//! Databases.

use crate::{
    config::{names::Words, reader::Reader, source::Place, view::View},
    domain::{
        probe::{ProbeKind, SqlLook},
        template::Template,
    },
};

/// Reads what stands beside `sql`.
pub fn sql(view: &View<'_>, sql: Template, words: &Words) -> Option<ProbeKind<Template>> {
    if !view.has("database") {
        view.missing("database", "database = \"{{ secret('DATABASE_URL') }}\"");
    }
    let database = view.template("database")?;
    words.check(view.reader, &database);
    let dir = view.reader.dir(view.place).to_string_lossy().into_owned();
    Some(ProbeKind::Sql(SqlLook { sql, database: database.value, dir }))
}

/// Notes a database's URL that begins with something else. It is never shown: it may hold a password.
pub fn check_url(reader: &Reader<'_>, place: Place, kind: &str, text: &str) {
    let known: &[&str] = match kind {
        "postgres" => &["postgres://", "postgresql://"],
        "mysql" => &["mysql://", "mariadb://"],
        "redis" => &["redis://", "rediss://", "valkey://", "valkeys://"],
        _ => &["postgres://", "postgresql://", "mysql://", "mariadb://", "sqlite:"],
    };
    // A URL that is a secret from its beginning on is known only when it is used.
    if text.starts_with('x') || known.iter().any(|start| text.starts_with(start)) {
        return;
    }
    let message = format!("the database's URL does not begin with {}", known.join(" or "));
    let help = format!("write {}user:password@host/name, the password as {{{{ secret('NAME') }}}}", known[0]);
    reader.problem(place, message, help);
}
