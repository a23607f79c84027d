//! Looks that failed, a few distinct ones of each probe.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::{
    sample::{MOST_SAMPLES, Sample},
    time::UnixMs,
};

use super::{
    error::StoreError,
    open::{Reader, Store, from_json, to_json, touch},
    pending::Pending,
    writer::Care,
};

/// Rows pruned in one transaction.
const FEW: i64 = 500;

impl Store {
    /// Keeps samples of an environment each: one more of a kind that is known takes its place and is counted with it, and of a
    /// probe only the newest kinds stay.
    pub fn add_samples(&self, samples: Vec<(String, Sample)>) -> Pending<()> {
        self.write(Care::Prompt, move |connection| {
            samples.iter().try_for_each(|(env, sample)| put(connection, env, sample))?;
            touch(connection, "watching")
        })
    }
}

impl Reader {
    /// Samples of a service, or of one of its probes, the newest first.
    pub fn samples(&self, env: &str, service: &str, probe: Option<&str>) -> Result<Vec<Sample>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT body FROM samples WHERE env = ?1 AND service = ?2 AND (?3 IS NULL OR probe = ?3) \
                       ORDER BY last_at DESC, fingerprint LIMIT 200";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![env, service, probe])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(from_json("sample", &row.get::<_, String>(0)?)?);
            }
            Ok(found)
        })
    }
}

fn put(connection: &Connection, env: &str, sample: &Sample) -> Result<(), StoreError> {
    let key = params![env, sample.service, sample.probe, sample.fingerprint];
    let sql = "SELECT body FROM samples WHERE env = ?1 AND service = ?2 AND probe = ?3 AND fingerprint = ?4";
    let known: Option<String> = connection.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?;
    let mut sample = sample.clone();
    if let Some(known) = known {
        let known: Sample = from_json("sample", &known)?;
        sample.count = sample.count.saturating_add(known.count);
        sample.first_at = known.first_at.min(sample.first_at);
    }
    let sql = "INSERT OR REPLACE INTO samples (env, service, probe, fingerprint, last_at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let body = to_json("sample", &sample)?;
    let (service, probe) = (&sample.service, &sample.probe);
    let row = params![env, service, probe, sample.fingerprint, sample.last_at.0, body];
    connection.prepare_cached(sql)?.execute(row)?;
    let sql = "DELETE FROM samples WHERE env = ?1 AND service = ?2 AND probe = ?3 AND fingerprint NOT IN \
               (SELECT fingerprint FROM samples WHERE env = ?1 AND service = ?2 AND probe = ?3 \
                ORDER BY last_at DESC, fingerprint LIMIT ?4)";
    connection.prepare_cached(sql)?.execute(params![env, service, probe, MOST_SAMPLES as i64])?;
    Ok(())
}

/// Drops a few samples last seen before then; how many.
pub(super) fn prune(connection: &Connection, before: UnixMs) -> Result<usize, StoreError> {
    let sql = "DELETE FROM samples WHERE (env, service, probe, fingerprint) IN \
               (SELECT env, service, probe, fingerprint FROM samples WHERE last_at < ?1 LIMIT ?2)";
    Ok(connection.prepare_cached(sql)?.execute([before.0, FEW])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{environment::Retention, probe::Phases, sample::Failure, text::Masker},
        store::state_dir::StateDir,
    };

    fn sample(kind: char, at: i64) -> (String, Sample) {
        let sentence = format!("{kind} failed");
        let (latency_ms, phases) = (None, Phases::default());
        let failure =
            Failure { service: "api", probe: "ready", at: UnixMs(at), sentence: &sentence, latency_ms, phases };
        ("test".into(), Sample::new(&failure, None, &Masker::default()))
    }

    #[test]
    fn of_one_kind_the_newest_is_kept_and_counted_and_of_a_probe_the_newest_ten_kinds() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StateDir::at(dir.path().join("state"))).unwrap();
        let letters = 'a'..='o';
        store.add_samples(letters.zip(1..).map(|(kind, at)| sample(kind, at)).collect()).wait().unwrap();
        store.add_samples(vec![sample('o', 100), sample('n', 99)]).wait().unwrap();
        let kept = store.reader().unwrap().samples("test", "api", None).unwrap();
        assert_eq!(kept.len(), MOST_SAMPLES);
        assert_eq!((kept[0].sentence.as_str(), kept[0].count, kept[0].first_at), ("o failed", 2, UnixMs(15)));
        assert_eq!(kept[9].sentence, "f failed");
        assert!(store.reader().unwrap().samples("other", "api", None).unwrap().is_empty());
        assert!(store.reader().unwrap().samples("test", "api", Some("other")).unwrap().is_empty());
    }

    #[test]
    fn samples_go_when_their_kind_was_not_seen_for_long() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&StateDir::at(dir.path().join("state"))).unwrap();
        store.add_samples(vec![sample('a', 1), sample('b', 86_400_000 * 100)]).wait().unwrap();
        store.maintain(Retention::default(), UnixMs(86_400_000 * 101)).wait().unwrap();
        let kept = store.reader().unwrap().samples("test", "api", None).unwrap();
        assert_eq!(kept.iter().map(|sample| sample.sentence.as_str()).collect::<Vec<_>>(), ["b failed"]);
    }
}
