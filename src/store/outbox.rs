//! The outbox: what is to be told, and each attempt to tell it.
//!
//! A notice is inserted in the transaction of the change it tells of ([`insert`]), so that neither is ever there without the
//! other. It is settled in the transaction that notes the attempt which delivered it: a crash between the delivery and that
//! commit makes it go out again, never not at all.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::{
    alert::{Attempt, Backlog, Bell, Delivered, Delivery, Next, Notice, NoticeId, Outcome, Post, Severity},
    time::UnixMs,
};

use super::{
    error::StoreError,
    open::{Reader, Store, from_json, to_json, touch},
    pending::Pending,
    writer::Care,
};

/// Notices that may wait for one channel. What comes beyond is written down as given up, so that it is seen.
const MOST_WAITING: i64 = 10_000;
/// No pause is longer; one that is was noted by a clock that was ahead, and does not count.
const LONGEST_WAIT: Duration = Duration::from_hours(2);
/// Bells that are kept.
const BELLS: i64 = 100;

/// A post without the attempt before it.
pub(super) const POST: &str = "id, dedup, body, attempts, progress, next_at, orphan_since, settled_at, outcome";
/// The first that waits of each group of a channel: nothing overtakes it.
const HEADS: &str = "SELECT min(id) FROM outbox WHERE settled_at IS NULL AND channel = ?1 GROUP BY group_key";

/// Puts a notice into the outbox, within the caller's transaction. `None` if there is one with that `dedup` already.
pub(super) fn insert(connection: &Connection, notice: &Notice, dedup: &str) -> Result<Option<NoticeId>, StoreError> {
    let sql = "INSERT INTO outbox (at, channel, group_key, dedup, body, next_at) VALUES (?1, ?2, ?3, ?4, ?5, ?1) \
               ON CONFLICT (dedup) DO NOTHING";
    let body = to_json("notice", notice)?;
    let values = params![notice.at.0, notice.channel, notice.group, dedup, body];
    if connection.prepare_cached(sql)?.execute(values)? == 0 {
        return Ok(None);
    }
    let id = NoticeId(connection.last_insert_rowid());
    let sql = "SELECT count(*) FROM outbox WHERE settled_at IS NULL AND channel = ?1";
    let waiting: i64 = connection.prepare_cached(sql)?.query_row([&notice.channel], |row| row.get(0))?;
    if waiting > MOST_WAITING {
        let why = format!("{MOST_WAITING} notices wait for this channel already");
        settle(connection, id, notice.at, &Outcome::GivenUp { why })?;
    }
    touch(connection, "alerting")?;
    Ok(Some(id))
}

fn settle(connection: &Connection, id: NoticeId, at: UnixMs, outcome: &Outcome) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET settled_at = ?2, outcome = ?3 WHERE id = ?1 AND settled_at IS NULL";
    connection.prepare_cached(sql)?.execute(params![id.0, at.0, to_json("outcome", outcome)?])?;
    Ok(())
}

impl Store {
    /// Puts a notice into the outbox; `None` if there is one with that `dedup` already.
    pub fn post(&self, notice: Notice, dedup: String) -> Pending<Option<NoticeId>> {
        self.write(Care::Durable, move |connection| insert(connection, &notice, &dedup))
    }

    /// Notes an attempt and what follows from it. A notice that is settled already stays as it is.
    pub fn note_attempt(&self, attempt: Attempt) -> Pending<()> {
        self.write(Care::Durable, move |connection| {
            let Attempt { id, delivery, progress, next } = &attempt;
            let sql = "INSERT INTO deliveries (notice, at, took_ms, outcome, answer) VALUES (?1, ?2, ?3, ?4, ?5)";
            let word = delivery.delivered.word();
            let values = params![id.0, delivery.at.0, delivery.took_ms as i64, word, delivery.answer];
            connection.prepare_cached(sql)?.execute(values)?;
            let sql = "UPDATE outbox SET attempts = attempts + ?2, progress = ?3, next_at = coalesce(?4, next_at) \
                       WHERE id = ?1 AND settled_at IS NULL";
            let again = if let Next::Again(at) = next { Some(at.0) } else { None };
            let values = params![id.0, u32::from(again.is_some()), progress, again];
            connection.prepare_cached(sql)?.execute(values)?;
            if let Next::Settled(outcome) = next {
                let at = UnixMs(delivery.at.0.saturating_add(delivery.took_ms as i64));
                settle(connection, *id, at, outcome)?;
            }
            touch(connection, "alerting")
        })
    }

    /// Notes of everything that waits whether its channel is configured: since when not, as it was first found. What was found
    /// missing before `until` is given up; returns how many were.
    pub fn note_channels(&self, known: Vec<String>, now: UnixMs, until: UnixMs) -> Pending<u64> {
        self.write(Care::Durable, move |connection| {
            let mut gone = 0;
            let mut changed = 0;
            for channel in waiting_channels(connection)? {
                if known.contains(&channel) {
                    let sql = "UPDATE outbox SET orphan_since = NULL \
                               WHERE settled_at IS NULL AND channel = ?1 AND orphan_since IS NOT NULL";
                    changed += connection.prepare_cached(sql)?.execute([&channel])?;
                    continue;
                }
                let sql = "UPDATE outbox SET orphan_since = ?2 \
                           WHERE settled_at IS NULL AND channel = ?1 AND orphan_since IS NULL";
                changed += connection.prepare_cached(sql)?.execute(params![channel, now.0])?;
                let sql = "UPDATE outbox SET settled_at = ?2, outcome = ?3 \
                           WHERE settled_at IS NULL AND channel = ?1 AND orphan_since <= ?4";
                let why = "its channel is not in the configuration any more".to_owned();
                let outcome = to_json("outcome", &Outcome::GivenUp { why })?;
                gone += connection.prepare_cached(sql)?.execute(params![channel, now.0, outcome, until.0])?;
            }
            if changed + gone > 0 {
                touch(connection, "alerting")?;
            }
            Ok(gone as u64)
        })
    }

    /// Rings the bell of open consoles.
    pub fn ring(&self, at: UnixMs, severity: Severity, title: String) -> Pending<()> {
        self.write(Care::Durable, move |connection| {
            let sql = "INSERT INTO bells (at, severity, title) VALUES (?1, ?2, ?3)";
            connection.prepare_cached(sql)?.execute(params![at.0, severity.word(), title])?;
            let sql = "DELETE FROM bells WHERE id <= ?1";
            connection.prepare_cached(sql)?.execute([connection.last_insert_rowid() - BELLS])?;
            touch(connection, "alerting")
        })
    }
}

/// Channels that something waits for: the index is skipped along, not walked.
fn waiting_channels(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT channel FROM outbox WHERE settled_at IS NULL AND channel > ?1 ORDER BY channel LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found: Vec<String> = Vec::new();
    loop {
        let after = found.last().map_or("", String::as_str);
        match statement.query_row([after], |row| row.get(0)).optional()? {
            Some(next) => found.push(next),
            None => return Ok(found),
        }
    }
}

impl Reader {
    /// Channels that something waits for, configured or not.
    pub fn waiting_channels(&self) -> Result<Vec<String>, StoreError> {
        self.read(waiting_channels)
    }

    /// What is to be tried next of each of these channels: of those that are first in their group, the one with the fewest
    /// attempts, so that one that is refused again and again does not stop the others.
    pub fn due(&self, channels: &[String], now: UnixMs) -> Result<Vec<Post>, StoreError> {
        let sql = format!(
            "SELECT {POST} FROM outbox WHERE id IN ({HEADS}) AND (next_at <= ?2 OR next_at > ?3) AND orphan_since IS NULL \
             ORDER BY attempts, id LIMIT 1"
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut found = Vec::new();
            for channel in channels {
                let mut rows = statement.query(params![channel, now.0, now.after(LONGEST_WAIT).0])?;
                if let Some(row) = rows.next()? {
                    found.push(post(row)?);
                }
            }
            Ok(found)
        })
    }

    /// What waits, by channel.
    pub fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT channel, count(*), min(at), min(next_at), max(attempts), \
                       (SELECT answer FROM deliveries WHERE notice IN \
                        (SELECT id FROM outbox AS one WHERE one.channel = outbox.channel AND one.settled_at IS NULL) \
                        AND outcome <> 'delivered' ORDER BY id DESC LIMIT 1) \
                       FROM outbox WHERE settled_at IS NULL GROUP BY channel ORDER BY channel";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                Ok(Backlog {
                    channel: row.get(0)?,
                    waiting: row.get::<_, i64>(1)?.max(0) as u64,
                    oldest_at: UnixMs(row.get(2)?),
                    next_at: UnixMs(row.get(3)?),
                    attempts: row.get(4)?,
                    trouble: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The newest notices, the newest first; of one channel, if asked.
    pub fn posts(&self, channel: Option<&str>, limit: usize) -> Result<Vec<Post>, StoreError> {
        let sql = format!("SELECT {POST} FROM outbox WHERE ?1 IS NULL OR channel = ?1 ORDER BY id DESC LIMIT ?2");
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![channel, limit as i64])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let mut post = post(row)?;
                post.last = deliveries(connection, post.id, 1)?.pop();
                found.push(post);
            }
            Ok(found)
        })
    }

    /// What some never got of what was settled since then, in order.
    pub fn given_up(&self, since: UnixMs, limit: usize) -> Result<Vec<Post>, StoreError> {
        let sql = format!(
            "SELECT {POST} FROM outbox WHERE settled_at >= ?1 AND json_extract(outcome, '$.outcome') <> 'delivered' \
             ORDER BY id LIMIT ?2"
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![since.0, limit as i64])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(post(row)?);
            }
            Ok(found)
        })
    }

    /// One notice, with the attempt before.
    pub fn notice(&self, id: NoticeId) -> Result<Option<Post>, StoreError> {
        let sql = format!("SELECT {POST} FROM outbox WHERE id = ?1");
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([id.0])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let mut post = post(row)?;
            post.last = deliveries(connection, post.id, 1)?.pop();
            Ok(Some(post))
        })
    }

    /// The newest attempts to deliver a notice, the newest first.
    pub fn deliveries(&self, id: NoticeId, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        self.read(|connection| deliveries(connection, id, limit))
    }

    /// When attempts were made since then, by channel, in order: what a rate is measured by.
    pub fn attempts_since(&self, since: UnixMs) -> Result<Vec<(String, UnixMs)>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT channel, deliveries.at FROM deliveries JOIN outbox ON outbox.id = notice \
                       WHERE deliveries.at >= ?1 ORDER BY deliveries.at, deliveries.id";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([since.0], |row| Ok((row.get(0)?, UnixMs(row.get(1)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Bells rung after that one, in order.
    pub fn bells_after(&self, id: i64) -> Result<Vec<Bell>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT id, at, severity, title FROM bells WHERE id > ?1 ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([id], |row| {
                let word: String = row.get(2)?;
                let severity = Severity::ALL.into_iter().find(|one| one.word() == word).unwrap_or(Severity::Medium);
                Ok(Bell { id: row.get(0)?, at: UnixMs(row.get(1)?), severity, title: row.get(3)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The number of the newest bell; 0 if none was ever rung.
    pub fn newest_bell(&self) -> Result<i64, StoreError> {
        self.read(|connection| {
            Ok(connection.prepare_cached("SELECT coalesce(max(id), 0) FROM bells")?.query_row([], |row| row.get(0))?)
        })
    }
}

pub(super) fn post(row: &Row<'_>) -> Result<Post, StoreError> {
    let settled = match (row.get::<_, Option<i64>>(7)?, row.get::<_, Option<String>>(8)?) {
        (Some(at), Some(outcome)) => Some((UnixMs(at), from_json("outcome", &outcome)?)),
        _ => None,
    };
    Ok(Post {
        id: NoticeId(row.get(0)?),
        dedup: row.get(1)?,
        notice: from_json("notice", &row.get::<_, String>(2)?)?,
        attempts: row.get(3)?,
        progress: row.get(4)?,
        next_at: UnixMs(row.get(5)?),
        orphan_since: row.get::<_, Option<i64>>(6)?.map(UnixMs),
        settled,
        last: None,
    })
}

pub(super) fn deliveries(connection: &Connection, id: NoticeId, limit: usize) -> Result<Vec<Delivery>, StoreError> {
    let sql = "SELECT at, took_ms, outcome, answer FROM deliveries WHERE notice = ?1 ORDER BY id DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![id.0, limit as i64], |row| {
        Ok(Delivery {
            at: UnixMs(row.get(0)?),
            took_ms: row.get::<_, i64>(1)?.max(0) as u64,
            delivered: Delivered::of_word(&row.get::<_, String>(2)?).unwrap_or(Delivered::Later),
            answer: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::alert::Reason, store::state_dir::StateDir};

    const HOUR: i64 = 3_600_000;

    fn notice(channel: &str, group: &str, at: i64) -> Notice {
        Notice {
            channel: channel.into(),
            group: group.into(),
            at: UnixMs(at),
            reason: Reason::First,
            project: "Shop".into(),
            env: None,
            severity: Severity::High,
            title: format!("{group} at {at}"),
            text: String::new(),
            firing: Vec::new(),
            resolved: Vec::new(),
            more: 0,
        }
    }

    struct Fixture {
        _dir: tempfile::TempDir,
        store: Store,
        reader: Reader,
    }

    impl Fixture {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let state = StateDir::at(dir.path().join("state"));
            state.create().unwrap();
            let store = Store::open(&state).unwrap();
            let reader = store.reader().unwrap();
            Self { _dir: dir, store, reader }
        }

        fn post(&self, channel: &str, group: &str, at: i64) -> NoticeId {
            let dedup = format!("{channel}/{group}/{at}");
            self.store.post(notice(channel, group, at), dedup).wait().unwrap().unwrap()
        }

        fn due(&self, channel: &str, now: i64) -> Option<NoticeId> {
            self.reader.due(&[channel.to_owned()], UnixMs(now)).unwrap().first().map(|post| post.id)
        }

        fn attempt(&self, id: NoticeId, delivered: Delivered, next: Next) {
            let delivery = Delivery { at: UnixMs(1), took_ms: 2, delivered, answer: "said".into() };
            self.store.note_attempt(Attempt { id, delivery, progress: 0, next }).wait().unwrap();
        }

        fn outcome(&self, id: NoticeId) -> Option<Outcome> {
            self.reader.notice(id).unwrap().unwrap().settled.map(|(_, outcome)| outcome)
        }
    }

    #[test]
    fn nothing_overtakes_what_waits_before_it_in_its_group_and_channel() {
        let outbox = Fixture::new();
        let (first, second) = (outbox.post("ops", "api", 1), outbox.post("ops", "api", 2));
        outbox.attempt(first, Delivered::Later, Next::Again(UnixMs(100)));
        assert_eq!(outbox.due("ops", 99), None, "the second waits for the first");
        let other = outbox.post("ops", "web", 3);
        assert_eq!(outbox.due("ops", 100), Some(other), "another group waits for neither, fewer attempts go first");
        outbox.attempt(other, Delivered::Yes, Next::Settled(Outcome::Delivered));
        assert_eq!(outbox.due("ops", 100), Some(first));
        outbox.attempt(first, Delivered::Yes, Next::Settled(Outcome::Delivered));
        assert_eq!(outbox.due("ops", 100), Some(second));
        assert_eq!(outbox.due("mail", 100), None);
    }

    #[test]
    fn a_notice_with_a_known_dedup_key_is_not_taken_again_even_once_it_is_settled() {
        let outbox = Fixture::new();
        let id = outbox.post("ops", "api", 1);
        let again = || outbox.store.post(notice("ops", "api", 9), "ops/api/1".into()).wait().unwrap();
        assert_eq!(again(), None);
        outbox.attempt(id, Delivered::Yes, Next::Settled(Outcome::Delivered));
        assert_eq!(again(), None);
        assert_eq!(outbox.due("ops", 100), None);
    }

    #[test]
    fn what_is_settled_is_never_changed_again() {
        let outbox = Fixture::new();
        let id = outbox.post("ops", "api", 1);
        outbox.attempt(id, Delivered::Yes, Next::Settled(Outcome::Delivered));
        outbox.attempt(id, Delivered::Refused, Next::Settled(Outcome::GivenUp { why: "late".into() }));
        assert_eq!(outbox.outcome(id), Some(Outcome::Delivered));
        assert_eq!(outbox.reader.deliveries(id, 9).unwrap().len(), 2, "but it is seen that it was tried");
    }

    #[test]
    fn the_backlog_of_a_channel_that_is_gone_is_kept_for_a_day_and_goes_on_if_it_comes_back() {
        let outbox = Fixture::new();
        let id = outbox.post("ops", "api", 1);
        let note = |known: &[&str], now: i64| {
            let known = known.iter().map(|one| (*one).to_owned()).collect();
            outbox.store.note_channels(known, UnixMs(now), UnixMs(now - 24 * HOUR)).wait().unwrap()
        };
        assert_eq!(note(&[], 100 * HOUR), 0, "old as it is, it was not known to be missing before");
        assert_eq!(outbox.due("ops", 200 * HOUR), None);
        assert_eq!(note(&["ops"], 110 * HOUR), 0);
        assert_eq!(outbox.due("ops", 200 * HOUR), Some(id));
        assert_eq!(note(&["mail"], 120 * HOUR), 0);
        assert_eq!(note(&["mail"], 143 * HOUR), 0);
        assert_eq!(note(&["mail"], 144 * HOUR), 1);
        assert!(matches!(outbox.outcome(id), Some(Outcome::GivenUp { why }) if why.contains("configuration")));
    }

    #[test]
    fn the_backlog_is_bounded_and_what_is_beyond_is_seen() {
        let outbox = Fixture::new();
        let posts: Vec<_> =
            (0..=MOST_WAITING).map(|at| outbox.store.post(notice("ops", "api", at), at.to_string())).collect();
        let last = posts.into_iter().map(|post| post.wait().unwrap().unwrap()).last().unwrap();
        assert!(matches!(outbox.outcome(last), Some(Outcome::GivenUp { .. })));
        let backlog = outbox.reader.backlog().unwrap();
        assert_eq!((backlog[0].waiting, backlog[0].oldest_at), (MOST_WAITING as u64, UnixMs(0)));
    }

    #[test]
    fn the_backlog_says_what_is_the_trouble() {
        let outbox = Fixture::new();
        assert_eq!(outbox.reader.backlog().unwrap(), []);
        let (first, _) = (outbox.post("ops", "api", 5), outbox.post("ops", "web", 6));
        outbox.attempt(first, Delivered::Later, Next::Again(UnixMs(70)));
        let backlog = outbox.reader.backlog().unwrap().remove(0);
        let expected = Backlog {
            channel: "ops".into(),
            waiting: 2,
            oldest_at: UnixMs(5),
            next_at: UnixMs(6),
            attempts: 1,
            trouble: Some("said".into()),
        };
        assert_eq!(backlog, expected);
        assert_eq!(outbox.reader.attempts_since(UnixMs(0)).unwrap(), [("ops".to_owned(), UnixMs(1))]);
    }

    #[test]
    fn what_some_never_got_is_found_by_when_it_was_settled() {
        let outbox = Fixture::new();
        let (first, second) = (outbox.post("ops", "api", 1), outbox.post("ops", "api", 2));
        outbox.attempt(first, Delivered::Yes, Next::Settled(Outcome::Delivered));
        outbox.attempt(second, Delivered::Refused, Next::Settled(Outcome::GivenUp { why: "status 404".into() }));
        let found = |since| outbox.reader.given_up(UnixMs(since), 9).unwrap();
        assert_eq!(found(0).iter().map(|post| post.id).collect::<Vec<_>>(), [second]);
        assert_eq!(found(4), []);
    }

    #[test]
    fn bells_ring_in_order_and_only_the_newest_are_kept() {
        let outbox = Fixture::new();
        for at in 0..150 {
            outbox.store.ring(UnixMs(at), Severity::High, format!("ring {at}")).wait().unwrap();
        }
        let bells = outbox.reader.bells_after(0).unwrap();
        assert_eq!((bells.len(), bells[0].at, outbox.reader.newest_bell().unwrap()), (100, UnixMs(50), 150));
        assert_eq!(outbox.reader.bells_after(149).unwrap()[0].title, "ring 149");
    }

    #[test]
    fn what_was_settled_long_ago_is_pruned_with_its_deliveries_and_what_waits_is_not() {
        let outbox = Fixture::new();
        let (old, waits) = (outbox.post("ops", "api", 1), outbox.post("ops", "api", 2));
        outbox.attempt(old, Delivered::Yes, Next::Settled(Outcome::Delivered));
        let retention = crate::domain::environment::Retention::default();
        outbox.store.maintain(retention, UnixMs(500 * 24 * HOUR)).wait().unwrap();
        assert_eq!(outbox.reader.notice(old).unwrap(), None);
        assert_eq!(outbox.reader.deliveries(old, 9).unwrap(), []);
        assert!(outbox.reader.notice(waits).unwrap().is_some());
    }
}
