//! What Quarterdeck says of itself: whether somebody watches, and whether the history takes what is seen.

use std::time::Duration;

use serde::Serialize;

use crate::{
    domain::{
        outlet::{ExportState, Pulse},
        time::UnixMs,
    },
    run::launch,
    store::{
        Reader, lock,
        state_dir::{Disk, StateDir},
    },
};

/// The watcher writes a pulse every 4 to 6 s; without one for this long nothing gets into the history.
const PULSE_LASTS: Duration = Duration::from_secs(15);
/// Half of the looks of a minute later than this is worth a word, in milliseconds.
const LATE_MS: f64 = 1_000.0;
/// Less free space than this is worth a word, and less than the second is a failure: bytes.
const DISK_LOW: u64 = 256 << 20;
const DISK_FULL: u64 = 16 << 20;
/// More looks than this that the history did not take yet are worth a word.
const UNWRITTEN: usize = 10_000;
/// An export further behind than this is worth a word.
const BEHIND: Duration = Duration::from_mins(5);

/// The words of the draft for health documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Works, with something to look at.
    Warn,
    /// Does not do its work.
    Fail,
}

/// What was seen of this process family.
#[derive(Debug, Clone, PartialEq)]
pub struct Vitals {
    /// When.
    pub at: UnixMs,
    /// Who watches: `daemon`, `while needed`, `nobody`.
    pub watcher: &'static str,
    /// A living process holds the watcher's lock.
    pub alive: bool,
    /// What it last wrote.
    pub pulse: Option<Pulse>,
    /// The disk that the history is on; `None` if it can't be asked.
    pub disk: Option<Disk>,
    /// How the export stands; `None` if nothing is exported.
    pub export: Option<ExportState>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What, as `component:measurement`.
    pub name: &'static str,
    /// `system`, `component`, `datastore`.
    pub of: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// The number that was seen, and its unit.
    pub observed: Option<(f64, &'static str)>,
    /// What is wrong and what to do, in our own words; empty if nothing is.
    pub output: String,
}

impl Check {
    fn new(name: &'static str, of: &'static str, observed: Option<(f64, &'static str)>) -> Self {
        Self { name, of, verdict: Verdict::Pass, observed, output: String::new() }
    }

    fn when(mut self, wrong: bool, verdict: Verdict, output: impl Into<String>) -> Self {
        if wrong && verdict > self.verdict {
            self.verdict = verdict;
            self.output = output.into();
        }
        self
    }
}

impl Vitals {
    /// Everything that was looked at.
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = vec![self.history(), self.watching(), self.lateness(), self.space()];
        let pulse = self.pulse.clone().unwrap_or_default();
        let queue = |name, length: usize| Check::new(name, "component", Some((length as f64, "looks")));
        checks.push(queue("queue:looks_waiting", pulse.waiting).when(
            pulse.waiting > 0,
            Verdict::Warn,
            "more looks are due than can be under way: fewer probes, longer intervals or shorter timeouts",
        ));
        checks.push(queue("queue:looks_unwritten", pulse.unwritten).when(
            pulse.unwritten > UNWRITTEN,
            Verdict::Warn,
            "the history takes looks slower than they come: look at the disk",
        ));
        checks.extend(self.export.as_ref().map(|export| self.exporting(export)));
        checks
    }

    /// The worst of what was looked at.
    pub fn verdict(&self) -> Verdict {
        self.checks().iter().map(|check| check.verdict).max().unwrap_or(Verdict::Pass)
    }

    /// Whether it watches and remembers, and if not, why not.
    pub fn works(&self) -> Result<(), String> {
        match [self.watching(), self.history()].into_iter().find(|check| check.verdict == Verdict::Fail) {
            Some(check) => Err(check.output),
            None => Ok(()),
        }
    }

    /// Whether what is seen gets into the history.
    pub fn history(&self) -> Check {
        let age = self.pulse.as_ref().map(|pulse| self.at.since(pulse.at));
        let seconds = age.map(|age| (age.as_secs_f64(), "s since the last write"));
        Check::new("history:writable", "datastore", seconds)
            .when(
                self.disk.is_some_and(|disk| disk.read_only),
                Verdict::Fail,
                "the history is on a disk that is mounted read-only",
            )
            .when(
                self.alive && age.is_none_or(|age| age > PULSE_LASTS),
                Verdict::Fail,
                "the watcher has written nothing into the history for 15 s: look at its disk and at its own log",
            )
    }

    fn watching(&self) -> Check {
        Check::new("watcher:alive", "component", None).when(
            !self.alive,
            Verdict::Fail,
            "nobody watches: start `quarterdeck watch`",
        )
    }

    fn lateness(&self) -> Check {
        let late = self.pulse.as_ref().and_then(|pulse| pulse.recent_p99_ms);
        Check::new("watcher:lateness_p99", "component", late.map(|ms| (ms, "ms"))).when(
            late.is_some_and(|ms| ms > LATE_MS),
            Verdict::Warn,
            "looks begin late: the machine is overloaded, or was suspended",
        )
    }

    fn space(&self) -> Check {
        let free = self.disk.map(|disk| disk.free);
        Check::new("disk:free", "system", free.map(|bytes| (bytes as f64, "bytes")))
            .when(free.is_some_and(|free| free < DISK_LOW), Verdict::Warn, "the disk of the history is nearly full")
            .when(free.is_some_and(|free| free < DISK_FULL), Verdict::Fail, "the disk of the history is full")
            .when(free.is_none(), Verdict::Warn, "the disk of the history can't be asked")
    }

    fn exporting(&self, export: &ExportState) -> Check {
        let behind = self.at.since(export.upto.at);
        let trouble = export.trouble.clone();
        Check::new("export:behind", "component", Some((behind.as_secs_f64(), "s")))
            .when(behind > BEHIND, Verdict::Warn, "the export is more than 5 minutes behind")
            .when(trouble.is_some(), Verdict::Warn, trouble.clone().unwrap_or_default())
    }
}

/// Reads vitals again and again.
pub struct Look {
    state: StateDir,
    reader: Option<Reader>,
}

impl Look {
    /// Nothing is opened yet.
    pub fn new(state: StateDir) -> Self {
        Self { state, reader: None }
    }

    /// Looks once. The error is a sentence of our own.
    pub fn take(&mut self, exports: bool) -> Result<Vitals, String> {
        let reader = in_place(&mut self.reader, &self.state)?;
        let pulse = reader.pulse().map_err(unreadable)?;
        let export = if exports { reader.export_state().map_err(unreadable)? } else { None };
        Ok(Vitals {
            at: UnixMs::from(chrono::Utc::now()),
            watcher: launch::watcher(&self.state),
            alive: lock::is_held(&self.state.watch_lock()).unwrap_or(false),
            pulse,
            disk: self.state.disk().ok(),
            export,
        })
    }
}

/// The reader, opened again if the history is another file than it was.
pub fn in_place<'r>(reader: &'r mut Option<Reader>, state: &StateDir) -> Result<&'r Reader, String> {
    if reader.as_ref().is_some_and(|reader| !reader.is_in_place()) {
        tracing::error!(path = %state.database().display(), "the history was moved away or replaced while it was open");
        *reader = None;
    }
    if reader.is_none() {
        *reader = Some(Reader::open(state).map_err(unreadable)?);
    }
    reader.as_ref().ok_or_else(|| "the history can't be read".to_owned())
}

/// The cause, with its path, goes to our own log only.
#[expect(clippy::needless_pass_by_value, reason = "it is what errors are mapped with")]
pub fn unreadable(error: crate::store::StoreError) -> String {
    tracing::error!(%error, "the history can't be read for an endpoint");
    "the history can't be read: see Quarterdeck's own log".to_owned()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::domain::outlet::Exported;

    pub fn well() -> Vitals {
        let at = UnixMs(100_000_000);
        Vitals {
            at,
            watcher: "daemon",
            alive: true,
            pulse: Some(Pulse { at: at.before(Duration::from_secs(3)), recent_p99_ms: Some(3.0), ..Pulse::default() }),
            disk: Some(Disk { free: 1 << 40, size: 1 << 41, read_only: false }),
            export: None,
        }
    }

    fn failing(vitals: &Vitals) -> Vec<(&'static str, Verdict)> {
        let checks = vitals.checks();
        let wrong = checks.iter().filter(|check| check.verdict > Verdict::Pass);
        wrong
            .inspect(|check| assert!(!check.output.is_empty(), "{check:?}"))
            .map(|check| (check.name, check.verdict))
            .collect()
    }

    #[test]
    fn all_is_well_while_somebody_watches_and_the_history_takes_it() {
        assert_eq!((well().works(), well().verdict()), (Ok(()), Verdict::Pass));
    }

    #[test]
    fn nobody_watching_is_a_failure_whatever_was_written_before() {
        let vitals = Vitals { alive: false, ..well() };
        assert!(vitals.works().unwrap_err().contains("nobody watches"));
        assert_eq!(failing(&vitals), [("watcher:alive", Verdict::Fail)]);
    }

    #[test]
    fn a_watcher_that_writes_nothing_for_15_s_is_a_failure_of_the_history() {
        for (seconds, works) in [(14, true), (15, true), (16, false)] {
            let pulse = Pulse { at: well().at.before(Duration::from_secs(seconds)), ..Pulse::default() };
            assert_eq!(Vitals { pulse: Some(pulse), ..well() }.works().is_ok(), works, "{seconds}");
        }
        assert!(Vitals { pulse: None, ..well() }.works().is_err());
    }

    #[test]
    fn a_disk_that_is_read_only_full_or_nearly_full_is_told() {
        let disk = |free, read_only| Vitals { disk: Some(Disk { free, size: 1 << 40, read_only }), ..well() };
        assert_eq!(failing(&disk(1 << 40, true)), [("history:writable", Verdict::Fail)]);
        assert_eq!(failing(&disk(100 << 20, false)), [("disk:free", Verdict::Warn)]);
        assert_eq!(failing(&disk(1 << 20, false)), [("disk:free", Verdict::Fail)]);
        assert!(disk(1 << 20, false).works().is_ok(), "it still watches and writes");
    }

    #[test]
    fn queues_lateness_and_a_backlog_are_worth_a_word_and_no_failure() {
        let pulse =
            Pulse { at: well().at, waiting: 1, unwritten: 20_000, recent_p99_ms: Some(1500.0), ..Pulse::default() };
        let upto = Exported { at: well().at.before(Duration::from_mins(6)), look: 1 };
        let export = ExportState { upto, ..ExportState::default() };
        let vitals = Vitals { pulse: Some(pulse), export: Some(export), ..well() };
        let warned = ["watcher:lateness_p99", "queue:looks_waiting", "queue:looks_unwritten", "export:behind"];
        assert_eq!(failing(&vitals), warned.map(|name| (name, Verdict::Warn)));
        assert!(vitals.works().is_ok());
    }
}
