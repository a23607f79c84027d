//! Errors of services by fingerprint.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::service_log::{ErrorGroup, ErrorNote, ErrorState, ErrorWord, MOST_GROUPS, OVERFLOW, Sighting};

use super::{
    error::StoreError,
    open::{Reader, Store, from_json, to_json, touch},
    pending::Pending,
    writer::Care,
};

impl Store {
    /// Notes what a person said about an error; returns it as it is then.
    pub fn say_of_error(
        &self,
        env: &str,
        service: &str,
        fingerprint: &str,
        word: ErrorWord,
        note: ErrorNote,
    ) -> Pending<ErrorGroup> {
        let (env, service, fingerprint) = (env.to_owned(), service.to_owned(), fingerprint.to_owned());
        self.write(Care::Durable, move |connection| {
            let found = find(connection, &env, &service, &fingerprint)?;
            let mut group = found.ok_or_else(|| StoreError::Missing { what: format!("error {fingerprint}") })?;
            group.hear(word, note);
            put(connection, &env, &group)?;
            touch(connection, "logging")?;
            Ok(group)
        })
    }
}

impl Reader {
    /// Errors of an environment, the one seen last first; of one service and in one state, if asked.
    pub fn errors(
        &self,
        env: &str,
        service: Option<&str>,
        state: Option<ErrorState>,
        limit: usize,
    ) -> Result<Vec<ErrorGroup>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT body FROM error_groups WHERE env = ?1 AND (?2 IS NULL OR service = ?2) \
                       AND (?3 IS NULL OR state = ?3) ORDER BY last_seen DESC LIMIT ?4";
            let mut statement = connection.prepare_cached(sql)?;
            let state = state.map(ErrorState::word);
            let mut rows = statement.query(params![env, service, state, limit as i64])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(from_json("error", &row.get::<_, String>(0)?)?);
            }
            Ok(found)
        })
    }
}

/// An error was seen. Beyond a bound, new ones are counted together.
pub(super) fn see(connection: &Connection, env: &str, service: &str, sighting: &Sighting) -> Result<(), StoreError> {
    let mut sighting = sighting.clone();
    if find(connection, env, service, &sighting.fingerprint)?.is_none() {
        let sql = "SELECT count(*) FROM error_groups WHERE env = ?1 AND service = ?2";
        let known: i64 = connection.prepare_cached(sql)?.query_row([env, service], |row| row.get(0))?;
        if known >= MOST_GROUPS as i64 {
            OVERFLOW.clone_into(&mut sighting.fingerprint);
        }
    }
    let group = match find(connection, env, service, &sighting.fingerprint)? {
        None => ErrorGroup::begin(service, sighting),
        Some(mut group) => {
            group.see(sighting);
            group
        }
    };
    put(connection, env, &group)
}

fn find(
    connection: &Connection,
    env: &str,
    service: &str,
    fingerprint: &str,
) -> Result<Option<ErrorGroup>, StoreError> {
    let sql = "SELECT body FROM error_groups WHERE env = ?1 AND service = ?2 AND fingerprint = ?3";
    let body: Option<String> =
        connection.prepare_cached(sql)?.query_row([env, service, fingerprint], |row| row.get(0)).optional()?;
    body.map(|body| from_json("error", &body)).transpose()
}

fn put(connection: &Connection, env: &str, group: &ErrorGroup) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO error_groups (env, service, fingerprint, state, last_seen, body) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let body = to_json("error", group)?;
    let values = params![env, group.service, group.fingerprint, group.state.word(), group.last_seen.0, body];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}
