//! Alerts as they are looked at: where each stands, what was noted of it, what became of the messages about it.

use rusqlite::{Connection, params};

use crate::domain::{
    alert::{
        AlertEventRow, AlertKey, Deploy, Post, Readings, Story,
        tell::{Acknowledgement, Silence},
    },
    id::RunId,
    time::UnixMs,
};

use super::{
    error::StoreError,
    open::{Reader, from_json},
    outbox,
};

/// More alerts than anybody reads.
const STANDINGS: i64 = 2_000;
/// Events looked through for what ended lately and for why nobody is told.
const EVENTS: i64 = 2_000;
/// Runs looked through for the last deploy before an alert.
const DEPLOYS: i64 = 50;
/// Events of one alert.
const STORY: i64 = 100;
/// Messages looked through for those about one alert ...
const MESSAGES: i64 = 500;
/// ... and how many of them are told.
const TOLD: usize = 30;

impl Reader {
    /// What the alert board of an environment is made of: how it stands, and what was noted since.
    pub fn alert_readings(&self, env: &str, since: UnixMs, now: UnixMs) -> Result<Readings, StoreError> {
        self.read(|connection| {
            let sql = "SELECT body FROM standings WHERE env = ?1 ORDER BY rule, subject LIMIT ?2";
            let standings = documents(connection, sql, params![env, STANDINGS], "standing")?;
            let sql = "SELECT at, env, rule, subject, body FROM (SELECT * FROM alert_events WHERE at >= ?2 AND env = ?1 \
                       ORDER BY at DESC, id DESC LIMIT ?3) ORDER BY at, id";
            let events = events(connection, sql, params![env, since.0, EVENTS])?;
            let waiting: i64 = connection
                .prepare_cached("SELECT count(*) FROM outbox WHERE settled_at IS NULL")?
                .query_row([], |row| row.get(0))?;
            Ok(Readings {
                standings,
                events,
                silences: silences(connection, env, now)?,
                acknowledgements: acknowledgements(connection, env)?,
                deploys: deploys(connection, env, now)?,
                waiting: usize::try_from(waiting).unwrap_or(usize::MAX),
            })
        })
    }

    /// All that is written down of one alert.
    pub fn alert_story(&self, key: &AlertKey) -> Result<Story, StoreError> {
        self.read(|connection| {
            let sql = "SELECT at, env, rule, subject, body FROM (SELECT * FROM alert_events WHERE env = ?1 AND rule = ?2 \
                       AND subject = ?3 ORDER BY id DESC LIMIT ?4) ORDER BY id";
            let events = events(connection, sql, params![key.env, key.rule, key.subject, STORY])?;
            Ok(Story { key: key.clone(), events, messages: messages(connection, key)? })
        })
    }
}

fn documents<T: serde::de::DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    what: &str,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_json(what, &row.get::<_, String>(0)?)?);
    }
    Ok(found)
}

fn events(connection: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<AlertEventRow>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let key = AlertKey { env: row.get(1)?, rule: row.get(2)?, subject: row.get(3)? };
        let event = from_json("alert event", &row.get::<_, String>(4)?)?;
        found.push(AlertEventRow { at: UnixMs(row.get(0)?), key, event });
    }
    Ok(found)
}

fn silences(connection: &Connection, env: &str, now: UnixMs) -> Result<Vec<Silence>, StoreError> {
    let sql = "SELECT id, env, matches, author, reason, from_at, until_at, ended_at FROM silences \
               WHERE env = ?1 AND until_at > ?2 AND ended_at IS NULL ORDER BY until_at, id LIMIT 1000";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![env, now.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Silence {
            id: row.get(0)?,
            env: row.get(1)?,
            matches: from_json("silence", &row.get::<_, String>(2)?)?,
            author: row.get(3)?,
            reason: row.get(4)?,
            from: UnixMs(row.get(5)?),
            until: UnixMs(row.get(6)?),
            ended: row.get::<_, Option<i64>>(7)?.map(UnixMs),
        });
    }
    Ok(found)
}

/// Of alerts that stand: what was said of earlier firings is history.
fn acknowledgements(connection: &Connection, env: &str) -> Result<Vec<Acknowledgement>, StoreError> {
    let sql = "SELECT a.at, a.rule, a.subject, a.fired_at, a.author, a.note FROM acknowledgements a \
               JOIN standings s ON s.env = a.env AND s.rule = a.rule AND s.subject = a.subject \
               WHERE a.env = ?1 ORDER BY a.id DESC LIMIT 5000";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([env], |row| {
        Ok(Acknowledgement {
            at: UnixMs(row.get(0)?),
            key: AlertKey { env: env.to_owned(), rule: row.get(1)?, subject: row.get(2)? },
            fired_at: UnixMs(row.get(3)?),
            author: row.get(4)?,
            note: row.get(5)?,
        })
    })?;
    let mut found = rows.collect::<Result<Vec<_>, _>>()?;
    found.reverse();
    Ok(found)
}

fn deploys(connection: &Connection, env: &str, now: UnixMs) -> Result<Vec<Deploy>, StoreError> {
    let sql = "SELECT id, requested_at, kind, pipeline, version, target FROM runs WHERE env = ?1 AND requested_at <= ?2 \
               AND kind IN ('\"deploy\"', '\"rollback\"') ORDER BY requested_at DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![env, now.0, DEPLOYS], |row| {
        let (kind, pipeline, version): (String, String, Option<String>) = (row.get(2)?, row.get(3)?, row.get(4)?);
        let label = match (kind.as_str(), version) {
            ("\"rollback\"", Some(version)) => format!("rollback to {version}"),
            (_, Some(version)) => format!("{pipeline} {version}"),
            (_, None) => pipeline,
        };
        Ok(Deploy { run: RunId(row.get(0)?), label, target: row.get(5)?, at: UnixMs(row.get(1)?) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest messages that name the alert. An alert is in a message by its card, so the bodies are looked into.
fn messages(connection: &Connection, key: &AlertKey) -> Result<Vec<Post>, StoreError> {
    let sql = format!("SELECT {} FROM outbox ORDER BY id DESC LIMIT ?1", outbox::POST);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([MESSAGES])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut post = outbox::post(row)?;
        if post.notice.firing.iter().chain(&post.notice.resolved).any(|card| card.key == *key) {
            post.last = outbox::deliveries(connection, post.id, 1)?.pop();
            found.push(post);
        }
        if found.len() >= TOLD {
            break;
        }
    }
    found.reverse();
    Ok(found)
}
