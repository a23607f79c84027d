//! Callbacks: who waits announces it, who serves takes them in, and they are gone once they are read.

use rusqlite::{Connection, params};

use crate::domain::{
    receipt::{Awaited, HookPath, Receipt, Receipts, Taken},
    time::UnixMs,
};

use super::{
    error::StoreError,
    open::{Reader, Store, from_json, to_json},
    pending::Pending,
    writer::Care,
};

/// Callbacks kept for one look at most.
const MOST: i64 = 20;
/// Looks that wait at once at most.
const MOST_HOOKS: i64 = 10_000;
/// An address that stands in a provider's settings is known this long after its last look, in milliseconds: what comes then is
/// acknowledged and dropped, so that the provider does not give up on it.
const KNOWN: i64 = 7 * 24 * 3_600_000;
/// What nobody took away is old after this, in milliseconds.
const OLD: i64 = 600_000;

impl Store {
    /// Announces that a look waits; its number.
    pub fn await_receipt(&self, awaited: Awaited) -> Pending<i64> {
        self.write(Care::Prompt, move |connection| {
            let now = UnixMs::from(chrono::Utc::now());
            prune(connection, now)?;
            let waiting: i64 = connection
                .prepare_cached("SELECT count(*) FROM hooks WHERE until >= ?1")?
                .query_row([now.0], |row| row.get(0))?;
            if waiting >= MOST_HOOKS {
                return Err(StoreError::NotCommitted(format!("{MOST_HOOKS} looks wait for callbacks already")));
            }
            let Awaited { path, holds, until } = awaited;
            // One row says that a fixed address is known; those of looks that are over say no more.
            let sql = "DELETE FROM hooks WHERE path = ?1 AND until < ?2";
            connection.prepare_cached(sql)?.execute(params![path.as_str(), now.0])?;
            let known = until.0 + if holds.is_some() { KNOWN } else { 0 };
            let sql = "INSERT INTO hooks (path, holds, until, known) VALUES (?1, ?2, ?3, ?4)";
            connection.prepare_cached(sql)?.execute(params![path.as_str(), holds, until.0, known])?;
            Ok(connection.last_insert_rowid())
        })
    }

    /// Takes in a callback for whoever waits for it.
    pub fn take_receipt(&self, path: HookPath, receipt: Receipt) -> Pending<Taken> {
        self.write(Care::Prompt, move |connection| take(connection, &path, &receipt))
    }

    /// Waits no longer: what came is forgotten.
    pub fn close_receipt(&self, waiting: i64) -> Pending<()> {
        self.write(Care::Prompt, move |connection| {
            connection.prepare_cached("DELETE FROM receipts WHERE hook = ?1")?.execute([waiting])?;
            connection.prepare_cached("DELETE FROM hooks WHERE id = ?1 AND holds IS NULL")?.execute([waiting])?;
            connection.prepare_cached("UPDATE hooks SET until = 0 WHERE id = ?1")?.execute([waiting])?;
            Ok(())
        })
    }
}

fn prune(connection: &Connection, now: UnixMs) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM hooks WHERE known < ?1")?.execute([now.0])?;
    connection.prepare_cached("DELETE FROM receipts WHERE at < ?1")?.execute([now.0 - OLD])?;
    Ok(())
}

fn take(connection: &Connection, path: &HookPath, receipt: &Receipt) -> Result<Taken, StoreError> {
    let sql = "SELECT id, holds, until, (SELECT count(*) FROM receipts WHERE hook = hooks.id) FROM hooks \
               WHERE path = ?1 AND known >= ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![path.as_str(), receipt.at.0])?;
    let mut taken = Taken::Unknown;
    while let Some(row) = rows.next()? {
        let (hook, holds, until, count): (i64, Option<String>, i64, i64) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let fits = until >= receipt.at.0 && holds.is_none_or(|text| receipt.holds(&text));
        taken = match taken {
            Taken::Kept => Taken::Kept,
            _ if !fits => Taken::Dropped,
            _ if count >= MOST => Taken::Full,
            _ => {
                let sql =
                    "INSERT INTO receipts (hook, at, method, query, headers, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
                let headers = to_json("callback", &receipt.headers)?;
                let (method, query) = (&receipt.method, &receipt.query);
                connection.prepare_cached(sql)?.execute(params![
                    hook,
                    receipt.at.0,
                    method,
                    query,
                    headers,
                    receipt.body
                ])?;
                Taken::Kept
            }
        };
    }
    Ok(taken)
}

impl Reader {
    /// Whether callbacks at this address are taken, or at least acknowledged.
    pub fn knows_hook(&self, path: &HookPath, now: UnixMs) -> Result<bool, StoreError> {
        self.read(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM hooks WHERE path = ?1 AND known >= ?2)";
            Ok(connection.prepare_cached(sql)?.query_row(params![path.as_str(), now.0], |row| row.get(0))?)
        })
    }

    /// What came for a look that waits, in order.
    pub fn receipts(&self, waiting: i64) -> Result<Vec<Receipt>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT at, method, query, headers, body FROM receipts WHERE hook = ?1 ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([waiting])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let headers = from_json("callback", &row.get::<_, String>(3)?)?;
                let (method, query) = (row.get(1)?, row.get(2)?);
                found.push(Receipt { at: UnixMs(row.get(0)?), method, query, headers, body: row.get(4)? });
            }
            Ok(found)
        })
    }
}

impl Receipts for Store {
    fn open(&self, awaited: Awaited) -> Result<i64, String> {
        self.await_receipt(awaited).wait().map_err(|error| error.to_string())
    }

    fn read(&self, waiting: i64) -> Result<Vec<Receipt>, String> {
        self.reader().and_then(|reader| reader.receipts(waiting)).map_err(|error| error.to_string())
    }

    fn close(&self, waiting: i64) -> Result<(), String> {
        self.close_receipt(waiting).wait().map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::state_dir::StateDir;

    const TOKEN: &str = "0123456789abcdef";

    fn now() -> UnixMs {
        UnixMs::from(chrono::Utc::now())
    }

    fn receipt(body: &str) -> Receipt {
        let headers = vec![("a".to_owned(), "b".to_owned())];
        Receipt { at: now(), method: "POST".into(), query: "q".into(), headers, body: body.into() }
    }

    fn path(token: &str) -> HookPath {
        HookPath::of(token).unwrap()
    }

    fn awaited(holds: Option<&str>) -> Awaited {
        Awaited { path: path(TOKEN), holds: holds.map(str::to_owned), until: now().after(Duration::from_mins(1)) }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StateDir::at(dir.path().join("state"))).unwrap();
        (dir, store)
    }

    #[test]
    fn a_callback_is_kept_for_who_waits_and_gone_once_it_is_read() {
        let (_dir, store) = store();
        let take = |body: &str| store.take_receipt(path(TOKEN), receipt(body)).wait().unwrap();
        assert_eq!(take("early"), Taken::Unknown);
        let waiting = store.open(awaited(None)).unwrap();
        assert_eq!(take("one"), Taken::Kept);
        assert_eq!(store.take_receipt(path("another-0123456789"), receipt("x")).wait().unwrap(), Taken::Unknown);
        let came = store.read(waiting).unwrap();
        assert_eq!((came.len(), came[0].body.as_slice(), came[0].headers[0].1.as_str()), (1, &b"one"[..], "b"));
        store.close(waiting).unwrap();
        assert_eq!((store.read(waiting).unwrap(), take("late")), (Vec::new(), Taken::Unknown));
    }

    #[test]
    fn at_a_fixed_address_each_look_gets_its_own_callback_and_others_are_dropped() {
        let (_dir, store) = store();
        let (one, two) = (store.open(awaited(Some("id-1"))).unwrap(), store.open(awaited(Some("id-2"))).unwrap());
        let take = |body: &str| store.take_receipt(path(TOKEN), receipt(body)).wait().unwrap();
        assert_eq!(
            [take("for id-2"), take("for somebody else"), take("for id-1")],
            [Taken::Kept, Taken::Dropped, Taken::Kept]
        );
        let bodies = |waiting| store.read(waiting).unwrap().into_iter().map(|came| came.body).collect::<Vec<_>>();
        assert_eq!((bodies(one), bodies(two)), (vec![b"for id-1".to_vec()], vec![b"for id-2".to_vec()]));
        store.close(one).unwrap();
        store.close(two).unwrap();
        assert_eq!(
            take("for id-1"),
            Taken::Dropped,
            "the address is known, so that the provider does not give up on it"
        );
    }

    #[test]
    fn a_flood_for_one_look_is_turned_away_and_nothing_comes_after_its_time() {
        let (_dir, store) = store();
        let waiting = store.open(awaited(None)).unwrap();
        for _ in 0..MOST {
            assert_eq!(store.take_receipt(path(TOKEN), receipt("x")).wait().unwrap(), Taken::Kept);
        }
        assert_eq!(store.take_receipt(path(TOKEN), receipt("x")).wait().unwrap(), Taken::Full);
        assert_eq!(store.read(waiting).unwrap().len(), usize::try_from(MOST).unwrap());
        let late = Receipt { at: now().after(Duration::from_mins(2)), ..receipt("x") };
        assert_eq!(store.take_receipt(path(TOKEN), late).wait().unwrap(), Taken::Unknown);
    }
}
