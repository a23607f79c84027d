//! What people say to alerts: silences and acknowledgements.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::{
    alert::{
        AlertEvent, AlertKey,
        tell::{Acknowledgement, Silence},
    },
    time::UnixMs,
};

use super::{
    error::StoreError,
    open::{Reader, Store, from_json, to_json, touch},
    pending::Pending,
    writer::Care,
};

const SILENCE: &str = "id, env, matches, author, reason, from_at, until_at, ended_at";

impl Store {
    /// Stores a silence; its number.
    pub fn add_silence(&self, silence: Silence) -> Pending<i64> {
        self.write(Care::Durable, move |connection| {
            let sql =
                "INSERT INTO silences (env, matches, author, reason, from_at, until_at) VALUES (?1,?2,?3,?4,?5,?6)";
            let matches = to_json("silence", &silence.matches)?;
            let (from, until) = (silence.from.0, silence.until.0);
            let values = params![silence.env, matches, silence.author, silence.reason, from, until];
            connection.prepare_cached(sql)?.execute(values)?;
            let id = connection.last_insert_rowid();
            touch(connection, "alerting")?;
            Ok(id)
        })
    }

    /// Ends a silence early. [`StoreError::Missing`] if there is none of that number; one that is over stays as it ended.
    pub fn end_silence(&self, id: i64, at: UnixMs) -> Pending<Silence> {
        self.write(Care::Durable, move |connection| {
            let sql = "UPDATE silences SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL AND until_at > ?2";
            connection.prepare_cached(sql)?.execute(params![id, at.0])?;
            touch(connection, "alerting")?;
            let found = list(connection, "id = ?1", params![id])?.pop();
            found.ok_or_else(|| StoreError::Missing { what: format!("silence {id}") })
        })
    }

    /// Stores that a person knows of an alert, and notes it with the alert.
    pub fn acknowledge(&self, ack: Acknowledgement) -> Pending<()> {
        self.write(Care::Durable, move |connection| {
            let sql = "INSERT INTO acknowledgements (at, env, rule, subject, fired_at, author, note) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let AlertKey { env, rule, subject } = &ack.key;
            let values = params![ack.at.0, env, rule, subject, ack.fired_at.0, ack.author, ack.note];
            connection.prepare_cached(sql)?.execute(values)?;
            let event = AlertEvent::Acknowledged { author: ack.author, note: ack.note };
            let sql = "INSERT INTO alert_events (at, env, rule, subject, body) VALUES (?1, ?2, ?3, ?4, ?5)";
            let values = params![ack.at.0, env, rule, subject, to_json("alert event", &event)?];
            connection.prepare_cached(sql)?.execute(values)?;
            touch(connection, "alerting")
        })
    }
}

impl Reader {
    /// Silences of an environment, or of all, that end after `since`, those that end last first.
    pub fn silences(&self, env: Option<&str>, since: UnixMs, limit: usize) -> Result<Vec<Silence>, StoreError> {
        let rest = "(?1 IS NULL OR env = ?1) AND until_at > ?2 AND coalesce(ended_at, until_at) > ?2 \
                    ORDER BY coalesce(ended_at, until_at) DESC, id DESC LIMIT ?3";
        self.read(|connection| list(connection, rest, params![env, since.0, limit as i64]))
    }

    /// The newest acknowledgement of this firing of an alert.
    pub fn acknowledgement(&self, key: &AlertKey, fired_at: UnixMs) -> Result<Option<Acknowledgement>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT at, author, note FROM acknowledgements WHERE env = ?1 AND rule = ?2 AND subject = ?3 \
                       AND fired_at = ?4 ORDER BY id DESC LIMIT 1";
            let values = params![key.env, key.rule, key.subject, fired_at.0];
            let found = connection.prepare_cached(sql)?.query_row(values, |row| {
                let (at, key) = (UnixMs(row.get(0)?), key.clone());
                Ok(Acknowledgement { at, key, fired_at, author: row.get(1)?, note: row.get(2)? })
            });
            Ok(found.optional()?)
        })
    }
}

fn list(connection: &Connection, rest: &str, values: impl rusqlite::Params) -> Result<Vec<Silence>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {SILENCE} FROM silences WHERE {rest}"))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Silence, StoreError> {
    Ok(Silence {
        id: row.get(0)?,
        env: row.get(1)?,
        matches: from_json("silence", &row.get::<_, String>(2)?)?,
        author: row.get(3)?,
        reason: row.get(4)?,
        from: UnixMs(row.get(5)?),
        until: UnixMs(row.get(6)?),
        ended: row.get::<_, Option<i64>>(7)?.map(UnixMs),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::alert::tell::Matcher, store::state_dir::StateDir};

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StateDir::at(dir.path().join("state"))).unwrap();
        (dir, store)
    }

    fn silence(env: &str, until: i64) -> Silence {
        let matches = Matcher { services: vec!["api".into()], ..Matcher::default() };
        let (author, reason) = ("bob".into(), "upgrade".into());
        let (from, until) = (UnixMs(1_000), UnixMs(until));
        Silence { id: 0, env: env.into(), matches, author, reason, from, until, ended: None }
    }

    #[test]
    fn a_silence_that_was_ended_early_stays_as_it_ended() {
        let (_dir, store) = store();
        let id = store.add_silence(silence("production", 9_000)).wait().unwrap();
        store.add_silence(silence("staging", 8_000)).wait().unwrap();
        assert_eq!(store.end_silence(id, UnixMs(4_000)).wait().unwrap().ended, Some(UnixMs(4_000)));
        assert_eq!(store.end_silence(id, UnixMs(5_000)).wait().unwrap().ended, Some(UnixMs(4_000)));
        assert!(matches!(store.end_silence(77, UnixMs(1)).wait(), Err(StoreError::Missing { .. })));
        let reader = store.reader().unwrap();
        let ids = |env, since| -> Vec<i64> {
            reader.silences(env, UnixMs(since), 10).unwrap().iter().map(|one| one.id).collect()
        };
        assert_eq!(ids(None, 0), [2, 1]);
        assert_eq!(ids(Some("production"), 3_999), [1]);
        assert_eq!(ids(None, 4_000), [2], "the other is over");
    }

    #[test]
    fn an_acknowledgement_is_of_one_firing() {
        let (_dir, store) = store();
        let key = AlertKey { env: "production".into(), rule: "errors".into(), subject: "api".into() };
        let ack = |at: i64, note: &str| Acknowledgement {
            at: UnixMs(at),
            key: key.clone(),
            fired_at: UnixMs(500),
            author: "bob".into(),
            note: note.into(),
        };
        store.acknowledge(ack(600, "looking")).wait().unwrap();
        store.acknowledge(ack(700, "it is the cache")).wait().unwrap();
        let reader = store.reader().unwrap();
        assert_eq!(reader.acknowledgement(&key, UnixMs(500)).unwrap().unwrap().note, "it is the cache");
        assert_eq!(reader.acknowledgement(&key, UnixMs(501)).unwrap(), None);
    }
}
