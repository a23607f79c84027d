//! What telling remembers: what each channel was told of each group, why alerts are not told, and the rest.

use rusqlite::{Connection, OptionalExtension};

use crate::domain::alert::{
    AlertKey,
    tell::{Acknowledgement, Changes, Group, GroupId, State, Telling},
};
use crate::domain::time::UnixMs;

use super::{
    error::StoreError,
    open::{Reader, from_json, to_json},
};

/// What is remembered of no alert, among the settings.
const REST: &str = "alerts.telling";

/// Writes what a tick changed, within the caller's transaction.
pub(super) fn put(connection: &Connection, changes: &Changes) -> Result<(), StoreError> {
    for ((channel, key), group) in &changes.groups {
        if let Some(group) = group {
            let sql = "INSERT OR REPLACE INTO notice_groups (receiver, group_key, body) VALUES (?1, ?2, ?3)";
            connection.prepare_cached(sql)?.execute([channel, key, &to_json("notice group", group)?])?;
        } else {
            let sql = "DELETE FROM notice_groups WHERE receiver = ?1 AND group_key = ?2";
            connection.prepare_cached(sql)?.execute([channel, key])?;
        }
    }
    for (AlertKey { env, rule, subject }, telling) in &changes.alerts {
        if let Some(telling) = telling {
            let sql = "INSERT OR REPLACE INTO tellings (env, rule, subject, body) VALUES (?1, ?2, ?3, ?4)";
            connection.prepare_cached(sql)?.execute([env, rule, subject, &to_json("telling", telling)?])?;
        } else {
            let sql = "DELETE FROM tellings WHERE env = ?1 AND rule = ?2 AND subject = ?3";
            connection.prepare_cached(sql)?.execute([env, rule, subject])?;
        }
    }
    if let Some(rest) = &changes.rest {
        let sql = "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)";
        connection.prepare_cached(sql)?.execute([REST, &to_json("telling", rest)?])?;
    }
    Ok(())
}

impl Reader {
    /// All that telling remembers: with it another process goes on.
    pub fn telling_state(&self) -> Result<State, StoreError> {
        self.read(|connection| {
            let sql = "SELECT value FROM settings WHERE name = ?1";
            let rest: Option<String> =
                connection.prepare_cached(sql)?.query_row([REST], |row| row.get(0)).optional()?;
            Ok(State {
                groups: groups(connection)?.into_iter().collect(),
                alerts: tellings(connection, None)?.into_iter().collect(),
                rest: rest.map(|text| from_json("telling", &text)).transpose()?.unwrap_or_default(),
            })
        })
    }

    /// What each channel was told of each group, and not yet that all of it ended.
    pub fn notice_groups(&self) -> Result<Vec<(GroupId, Group)>, StoreError> {
        self.read(groups)
    }

    /// How it stands with the telling of each alert that fires, of one environment or of all.
    pub fn tellings(&self, env: Option<&str>) -> Result<Vec<(AlertKey, Telling)>, StoreError> {
        self.read(|connection| tellings(connection, env))
    }

    /// The newest acknowledgement of each firing of each alert that stands.
    pub fn acknowledgements(&self) -> Result<Vec<Acknowledgement>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT at, env, rule, subject, fired_at, author, note FROM acknowledgements a \
                       WHERE EXISTS (SELECT 1 FROM standings s \
                       WHERE s.env = a.env AND s.rule = a.rule AND s.subject = a.subject) ORDER BY id DESC";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                Ok(Acknowledgement {
                    at: UnixMs(row.get(0)?),
                    key: AlertKey { env: row.get(1)?, rule: row.get(2)?, subject: row.get(3)? },
                    fired_at: UnixMs(row.get(4)?),
                    author: row.get(5)?,
                    note: row.get(6)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn groups(connection: &Connection) -> Result<Vec<(GroupId, Group)>, StoreError> {
    let sql = "SELECT receiver, group_key, body FROM notice_groups ORDER BY receiver, group_key";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(((row.get(0)?, row.get(1)?), from_json("notice group", &row.get::<_, String>(2)?)?));
    }
    Ok(found)
}

fn tellings(connection: &Connection, env: Option<&str>) -> Result<Vec<(AlertKey, Telling)>, StoreError> {
    let sql = "SELECT env, rule, subject, body FROM tellings WHERE ?1 IS NULL OR env = ?1 ORDER BY env, rule, subject";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([env])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let key = AlertKey { env: row.get(0)?, rule: row.get(1)?, subject: row.get(2)? };
        found.push((key, from_json("telling", &row.get::<_, String>(3)?)?));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::alert::{
            Notice, Reason, Severity,
            tell::{Held, KnownSilence, Matcher, Rest, Silence},
        },
        store::{AlertCommit, Store, state_dir::StateDir},
    };

    fn key(rule: &str) -> AlertKey {
        AlertKey { env: "production".into(), rule: rule.into(), subject: "api".into() }
    }

    fn notice(at: i64) -> Notice {
        Notice {
            channel: "ops".into(),
            group: "ops/env=production".into(),
            at: UnixMs(at),
            reason: Reason::First,
            project: "Shop".into(),
            env: Some("production".into()),
            severity: Severity::High,
            title: "high: errors on api in production".into(),
            text: String::new(),
            firing: Vec::new(),
            resolved: Vec::new(),
            more: 0,
        }
    }

    #[test]
    fn what_telling_remembers_is_written_with_the_message_and_read_back_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StateDir::at(dir.path().join("state"))).unwrap();
        let id = ("ops".to_owned(), "ops/env=production".to_owned());
        let group = Group { route: "ops".into(), told_at: Some(UnixMs(5)), ..Group::default() };
        let telling = Telling { held: Some(Held::NoRoute), expected: None };
        let silence = Silence {
            id: 1,
            env: "production".into(),
            matches: Matcher::default(),
            author: "bob".into(),
            reason: "upgrade".into(),
            from: UnixMs(1),
            until: UnixMs(9),
            ended: None,
        };
        let silences = vec![KnownSilence { silence, matched: true }];
        let rest = Rest { sent: [("ops ops".to_owned(), vec![UnixMs(5)])].into(), silences };
        let after = State { groups: [(id.clone(), group)].into(), alerts: [(key("errors"), telling)].into(), rest };
        let telling = Changes::between(&State::default(), &after);
        let notices = vec![(notice(5), "once".to_owned())];
        store
            .commit_alerts(AlertCommit { telling, notices: notices.clone(), ..AlertCommit::default() })
            .wait()
            .unwrap();
        let reader = store.reader().unwrap();
        assert_eq!(reader.telling_state().unwrap(), after);
        assert_eq!(reader.tellings(Some("staging")).unwrap(), []);
        // The same message again, as after a crash that nobody saw: it is in the outbox once.
        let telling = Changes::between(&after, &State::default());
        store.commit_alerts(AlertCommit { notices, telling, ..AlertCommit::default() }).wait().unwrap();
        let left = reader.telling_state().unwrap();
        assert_eq!((left.groups.len(), left.alerts.len(), left.rest), (0, 0, Rest::default()));
        assert_eq!(reader.backlog().unwrap().iter().map(|one| one.waiting).sum::<u64>(), 1);
    }
}
