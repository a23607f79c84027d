//! Where alerts stand, and what happened to them.

use rusqlite::{Connection, params};

use crate::domain::{
    alert::{AlertEvent, AlertEventRow, AlertKey, Budget, Notice, Phase, Standing, tell::Changes},
    incident::Call,
    time::{BootTime, Moment, UnixMs},
};

use super::{
    error::StoreError,
    incidents, notice_groups,
    open::{Reader, Store, from_json, to_json, touch},
    outbox,
    pending::Pending,
    writer::Care,
};

/// When rules were last judged, among the settings.
const JUDGED: &str = "alerts.judged";
/// How objectives stand, likewise, followed by the environment.
const BUDGETS: &str = "alerts.budgets.";
/// Events handed out at once.
const MOST_EVENTS: usize = 10_000;

/// What one round of judging and telling writes, all of it or nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertCommit {
    /// When, by both clocks.
    pub judged: Option<Moment>,
    /// Where alerts stand now. One that is inactive and judged is forgotten.
    pub standings: Vec<Standing>,
    /// What happened.
    pub events: Vec<AlertEventRow>,
    /// What is to be told of it, each with the key that makes it go out once.
    pub notices: Vec<(Notice, String)>,
    /// What telling remembers of it.
    pub telling: Changes,
    /// How the objectives of environments stand, by environment.
    pub budgets: Vec<(String, Vec<Budget>)>,
    /// Alerts that open an incident, or join one.
    pub calls: Vec<Call>,
}

impl AlertCommit {
    /// Whether there is nothing to write but when it was.
    pub fn is_empty(&self) -> bool {
        self.standings.is_empty()
            && self.events.is_empty()
            && self.notices.is_empty()
            && self.telling.is_empty()
            && self.budgets.is_empty()
            && self.calls.is_empty()
    }
}

impl Store {
    /// Writes what a round came to, in one transaction: a message is written with the change it tells of, or not at all.
    pub fn commit_alerts(&self, commit: AlertCommit) -> Pending<()> {
        let care = if commit.events.is_empty() && commit.notices.is_empty() { Care::Prompt } else { Care::Durable };
        self.write(care, move |connection| {
            for standing in &commit.standings {
                put_standing(connection, standing)?;
            }
            for event in &commit.events {
                insert_event(connection, event)?;
            }
            for (notice, dedup) in &commit.notices {
                outbox::insert(connection, notice, dedup)?;
            }
            notice_groups::put(connection, &commit.telling)?;
            for (env, budgets) in &commit.budgets {
                let sql = "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)";
                connection.prepare_cached(sql)?.execute([format!("{BUDGETS}{env}"), to_json("budget", budgets)?])?;
            }
            for call in &commit.calls {
                incidents::call(connection, call)?;
            }
            if let Some(judged) = &commit.judged {
                let value = to_json("moment", &(judged.at, &judged.boot))?;
                let sql = "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)";
                connection.prepare_cached(sql)?.execute([JUDGED, &value])?;
            }
            if commit.is_empty() { Ok(()) } else { touch(connection, "alerting") }
        })
    }
}

fn put_standing(connection: &Connection, standing: &Standing) -> Result<(), StoreError> {
    let AlertKey { env, rule, subject } = &standing.key;
    if standing.phase == Phase::Inactive && standing.unknown_since.is_none() {
        let sql = "DELETE FROM standings WHERE env = ?1 AND rule = ?2 AND subject = ?3";
        connection.prepare_cached(sql)?.execute([env, rule, subject])?;
        return Ok(());
    }
    let sql = "INSERT OR REPLACE INTO standings (env, rule, subject, body) VALUES (?1, ?2, ?3, ?4)";
    let body = to_json("standing", standing)?;
    connection.prepare_cached(sql)?.execute([env, rule, subject, &body])?;
    Ok(())
}

fn insert_event(connection: &Connection, row: &AlertEventRow) -> Result<(), StoreError> {
    let AlertKey { env, rule, subject } = &row.key;
    let sql = "INSERT INTO alert_events (at, env, rule, subject, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    let body = to_json("alert event", &row.event)?;
    connection.prepare_cached(sql)?.execute(params![row.at.0, env, rule, subject, body])?;
    Ok(())
}

impl Reader {
    /// Where alerts stand that are not inactive, and those that can't be judged; of one environment, or of all.
    pub fn standings(&self, env: Option<&str>) -> Result<Vec<Standing>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT body FROM standings WHERE ?1 IS NULL OR env = ?1 ORDER BY env, rule, subject";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([env])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(from_json("standing", &row.get::<_, String>(0)?)?);
            }
            Ok(found)
        })
    }

    /// How the objectives of an environment stand, as the watcher last wrote them down.
    pub fn budgets(&self, env: &str) -> Result<Vec<Budget>, StoreError> {
        let value = self.setting(&format!("{BUDGETS}{env}"))?;
        value.map_or_else(|| Ok(Vec::new()), |value| from_json("budget", &value))
    }

    /// When rules were last judged.
    pub fn judged_at(&self) -> Result<Option<Moment>, StoreError> {
        let value = self.setting(JUDGED)?;
        let read = |value: String| from_json::<(UnixMs, Option<BootTime>)>("moment", &value);
        let moment = value.map(read).transpose()?;
        Ok(moment.map(|(at, boot)| Moment { at, boot }))
    }

    /// What happened to an alert, the newest `limit`, oldest first.
    pub fn alert_events_of(&self, key: &AlertKey, limit: usize) -> Result<Vec<AlertEventRow>, StoreError> {
        let sql = "SELECT at, env, rule, subject, body FROM alert_events \
                   WHERE env = ?1 AND rule = ?2 AND subject = ?3 ORDER BY id DESC LIMIT ?4";
        let limit = limit.min(MOST_EVENTS) as i64;
        self.alert_rows(sql, params![key.env, key.rule, key.subject, limit])
    }

    /// What happened to the alerts of an environment since `from`, the newest `limit`, oldest first.
    pub fn alert_events(&self, env: &str, from: UnixMs, limit: usize) -> Result<Vec<AlertEventRow>, StoreError> {
        let sql = "SELECT at, env, rule, subject, body FROM alert_events \
                   WHERE env = ?1 AND at >= ?2 ORDER BY id DESC LIMIT ?3";
        self.alert_rows(sql, params![env, from.0, limit.min(MOST_EVENTS) as i64])
    }

    fn alert_rows(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<AlertEventRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(values)?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let key = AlertKey { env: row.get(1)?, rule: row.get(2)?, subject: row.get(3)? };
                let event: AlertEvent = from_json("alert event", &row.get::<_, String>(4)?)?;
                found.push(AlertEventRow { at: UnixMs(row.get(0)?), key, event });
            }
            found.reverse();
            Ok(found)
        })
    }
}
