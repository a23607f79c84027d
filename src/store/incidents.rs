//! Incidents: what was said in each, appended.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::{
    incident::{Call, Entry, Incident, IncidentId, Said, fold},
    time::UnixMs,
};

use super::{
    error::StoreError,
    open::{Reader, Store, from_json, to_json, touch},
    pending::Pending,
    writer::Care,
};

/// Who opens incidents that no person opened.
const DECK: &str = "quarterdeck";
/// Entries of one incident that are read.
const ENTRIES: i64 = 10_000;

impl Store {
    /// Opens an incident by hand; [`StoreError::Refused`] if one of this group is open.
    pub fn open_incident(&self, env: &str, group: &str, entry: Entry) -> Pending<IncidentId> {
        let (env, group) = (env.to_owned(), group.to_owned());
        self.write(Care::Durable, move |connection| {
            if let Some(open) = open_of(connection, &env, &group)? {
                return Err(StoreError::Refused(format!(
                    "{open} is open for this environment and these services: say it there (quarterdeck incident note)"
                )));
            }
            let id = insert(connection, &env, &group, &entry)?;
            touch(connection, "alerting")?;
            Ok(id)
        })
    }

    /// Says something in an incident. [`StoreError::Refused`] if it is closed, unless it is a note.
    pub fn say_in_incident(&self, id: IncidentId, entry: Entry) -> Pending<()> {
        self.write(Care::Durable, move |connection| {
            let sql = "SELECT closed_at FROM incidents WHERE id = ?1";
            let closed: Option<Option<i64>> =
                connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0)).optional()?;
            match closed {
                None => return Err(StoreError::Missing { what: format!("incident {id}") }),
                Some(Some(_)) if !matches!(entry.said, Said::Note { .. }) => {
                    return Err(StoreError::Refused(format!("{id} is closed: only notes can be added to it")));
                }
                Some(_) => {}
            }
            append(connection, id, &entry)?;
            if let Said::Closed { .. } = entry.said {
                let sql = "UPDATE incidents SET closed_at = ?2 WHERE id = ?1";
                connection.prepare_cached(sql)?.execute([id.0, entry.at.0])?;
            }
            touch(connection, "alerting")
        })
    }
}

impl Reader {
    /// Incidents of an environment, or of all: those that are open first, then the newest first.
    pub fn incidents(&self, env: Option<&str>, limit: usize) -> Result<Vec<Incident>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT id, env, group_key FROM incidents WHERE ?1 IS NULL OR env = ?1 \
                       ORDER BY closed_at IS NOT NULL, opened_at DESC, id DESC LIMIT ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![env, limit as i64])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let (id, env, group): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                let id = IncidentId(id);
                found.extend(fold(id, &env, &group, &entries(connection, id)?));
            }
            Ok(found)
        })
    }

    /// One incident, with what was said in it. [`StoreError::Missing`] if there is none of that number.
    pub fn incident(&self, id: IncidentId) -> Result<(Incident, Vec<Entry>), StoreError> {
        self.read(|connection| {
            let sql = "SELECT env, group_key FROM incidents WHERE id = ?1";
            let row: Option<(String, String)> =
                connection.prepare_cached(sql)?.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let missing = || StoreError::Missing { what: format!("incident {id}") };
            let (env, group) = row.ok_or_else(missing)?;
            let entries = entries(connection, id)?;
            let incident = fold(id, &env, &group, &entries).ok_or_else(missing)?;
            Ok((incident, entries))
        })
    }
}

/// An alert opens an incident, or joins the one that is open; twice is once.
pub(super) fn call(connection: &Connection, call: &Call) -> Result<(), StoreError> {
    let entry = |said| Entry { at: call.at, author: DECK.into(), said };
    let Some(id) = open_of(connection, &call.env, &call.group)? else {
        let key = &call.alert;
        let of = if key.subject.is_empty() { String::new() } else { format!(" of {}", key.subject) };
        let title = format!("{}{of}: {}", key.rule, call.explanation);
        let said = Said::Opened { title, severity: call.severity, alert: Some(call.alert.clone()) };
        insert(connection, &call.env, &call.group, &entry(said))?;
        return Ok(());
    };
    let known = fold(id, &call.env, &call.group, &entries(connection, id)?);
    if known.is_none_or(|incident| incident.alerts.contains(&call.alert)) {
        return Ok(());
    }
    append(connection, id, &entry(Said::Joined { alert: call.alert.clone() }))
}

fn open_of(connection: &Connection, env: &str, group: &str) -> Result<Option<IncidentId>, StoreError> {
    let sql = "SELECT id FROM incidents WHERE env = ?1 AND group_key = ?2 AND closed_at IS NULL";
    Ok(connection.prepare_cached(sql)?.query_row([env, group], |row| row.get(0).map(IncidentId)).optional()?)
}

fn insert(connection: &Connection, env: &str, group: &str, entry: &Entry) -> Result<IncidentId, StoreError> {
    let sql = "INSERT INTO incidents (env, group_key, opened_at) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(sql)?.execute(params![env, group, entry.at.0])?;
    let id = IncidentId(connection.last_insert_rowid());
    append(connection, id, entry)?;
    Ok(id)
}

fn append(connection: &Connection, id: IncidentId, entry: &Entry) -> Result<(), StoreError> {
    let sql = "INSERT INTO incident_entries (incident, at, author, body) VALUES (?1, ?2, ?3, ?4)";
    let body = to_json("incident", &entry.said)?;
    connection.prepare_cached(sql)?.execute(params![id.0, entry.at.0, entry.author, body])?;
    Ok(())
}

fn entries(connection: &Connection, id: IncidentId) -> Result<Vec<Entry>, StoreError> {
    let sql = "SELECT at, author, body FROM incident_entries WHERE incident = ?1 ORDER BY id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([id.0, ENTRIES])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let said = from_json("incident", &row.get::<_, String>(2)?)?;
        found.push(Entry { at: UnixMs(row.get(0)?), author: row.get(1)?, said });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            alert::{AlertKey, Severity},
            incident::Status,
        },
        store::{AlertCommit, state_dir::StateDir},
    };

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path().join("state"));
        state.create().unwrap();
        let store = Store::open(&state).unwrap();
        (dir, store)
    }

    fn entry(at: i64, said: Said) -> Entry {
        Entry { at: UnixMs(at), author: "alice".into(), said }
    }

    fn opened() -> Entry {
        entry(1, Said::Opened { title: "checkout is empty".into(), severity: Severity::High, alert: None })
    }

    fn called(rule: &str, group: &str) -> Call {
        let alert = AlertKey { env: "production".into(), rule: rule.into(), subject: "api".into() };
        let (env, group) = ("production".to_owned(), group.to_owned());
        Call { at: UnixMs(5), env, group, alert, severity: Severity::Critical, explanation: "error_rate 0.2".into() }
    }

    #[test]
    fn alerts_of_one_group_join_the_incident_that_is_open_until_it_is_closed() {
        let (_dir, store) = store();
        let commit = |calls| store.commit_alerts(AlertCommit { calls, ..AlertCommit::default() }).wait().unwrap();
        commit(vec![called("errors", "web"), called("slow", "web"), called("slow", "web"), called("full", "mail")]);
        let all = store.reader().unwrap().incidents(Some("production"), 10).unwrap();
        assert_eq!(all.len(), 2);
        let web = all.iter().find(|one| one.group == "web").unwrap();
        assert_eq!(web.title, "errors of api: error_rate 0.2");
        assert_eq!(web.alerts.len(), 2, "each alert once");
        store.say_in_incident(web.id, entry(9, Said::Closed { note: String::new() })).wait().unwrap();
        commit(vec![called("errors", "web")]);
        assert_eq!(store.reader().unwrap().incidents(None, 10).unwrap().len(), 3, "after that a new one begins");
    }

    #[test]
    fn of_one_group_only_one_is_open_and_what_is_closed_takes_notes_alone() {
        let (_dir, store) = store();
        let id = store.open_incident("production", "web", opened()).wait().unwrap();
        let again = store.open_incident("production", "web", opened()).wait().unwrap_err().to_string();
        assert!(again.contains(&id.to_string()), "{again}");
        store.open_incident("staging", "web", opened()).wait().unwrap();
        store.say_in_incident(id, entry(9, Said::Closed { note: "a leak".into() })).wait().unwrap();
        let status = Said::Status { status: Status::Open, note: String::new() };
        assert!(store.say_in_incident(id, entry(10, status)).wait().is_err());
        store.say_in_incident(id, entry(11, Said::Note { text: "found it".into() })).wait().unwrap();
        let (incident, entries) = store.reader().unwrap().incident(id).unwrap();
        assert_eq!((incident.closed_at, entries.len()), (Some(UnixMs(9)), 3));
        assert!(store.say_in_incident(IncidentId(99), entry(1, Said::Note { text: String::new() })).wait().is_err());
    }
}
