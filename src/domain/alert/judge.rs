//! The judge: the rules of one environment, held against what is known, moved on by the state machine.
//!
//! It is fed with looks, asked at moments, and answers with what moved. It reads no clock and no store: the watcher, a replay,
//! a rule test and a bench drive the same code. Only rules whose inputs changed are evaluated again; what is pending, firing or
//! not judged is stepped each time, because its clocks run.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use super::{
    book::{Book, Desk, Kept, Outline, Place, Seen},
    exhibit::{Exhibit, explanation, inputs_of, seen_from, verdict},
    machine::{self, Clocks},
    rule::{AlertKey, NoData, Rule},
    rulebook::Rulebook,
    slo::{Budget, Sample, Tally},
    standing::{Change, Phase, Standing},
};
use crate::domain::{time::UnixMs, verdict::Verdict};

/// What can't be judged for less than this is not written down: a watcher that starts knows nothing for a moment.
const WORTH_NOTING: Duration = Duration::from_mins(1);
/// What stands is written again after so long, if its figures moved.
const RENEWED: Duration = Duration::from_mins(1);

/// What one round of judging came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Round {
    /// What moved, in order of the rules.
    pub changes: Vec<Change>,
    /// What is to be written of where alerts stand: all that moved, and now and then what only has new figures. One that is
    /// inactive and judged is to be forgotten.
    pub standings: Vec<Standing>,
}

/// The rules of one environment and where their alerts stand.
#[derive(Debug, Clone)]
pub struct Judge {
    env: String,
    book: Book,
    rules: Vec<Arc<Rule>>,
    alerts: Vec<Alert>,
    /// What stood and has no rule any more.
    orphans: Vec<Standing>,
    kept: BTreeSet<Kept>,
    tallies: Vec<Tally>,
}

/// One rule for one subject.
#[derive(Debug, Clone)]
struct Alert {
    rule: usize,
    subject: String,
    /// Judged as seen from each of these; from none for a condition over named services only.
    from: Vec<usize>,
    /// Everything that can change what it comes to.
    reads: Vec<usize>,
    /// Time alone can change what it comes to.
    timed: bool,
    verdict: Verdict,
    phase: Phase,
    judged_at: UnixMs,
    unknown_since: Option<UnixMs>,
    /// When the separate alert that nothing can be judged began to fire.
    no_data_at: Option<UnixMs>,
    written: Option<Written>,
}

/// What was last written of a standing.
#[derive(Debug, Clone, PartialEq)]
struct Written {
    at: UnixMs,
    explanation: String,
}

impl Judge {
    /// Before the first look.
    pub fn new(env: &str, rulebook: &Rulebook, outlines: &[Outline]) -> Self {
        let mut book = Book::new(outlines);
        let rules: Vec<Arc<Rule>> = rulebook.rules.iter().cloned().map(Arc::new).collect();
        for objective in &rulebook.objectives {
            book.add_plain(&objective.name);
        }
        let mut kept = BTreeSet::new();
        let mut alerts = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            for subject in rule.subjects() {
                let from = seen_from(&book, rule, &subject);
                let mut reads = BTreeSet::new();
                for seen in from.iter().copied().map(Some).chain(from.is_empty().then_some(None)) {
                    reads.extend(book.read_by(seen, &rule.when));
                    let windows = rule.when.windows().into_iter();
                    kept.extend(windows.filter_map(|call| book.series(seen, &call.series, call.window)));
                }
                alerts.push(Alert {
                    rule: index,
                    subject,
                    from,
                    reads: reads.into_iter().collect(),
                    timed: !rule.when.windows().is_empty(),
                    verdict: Verdict::Unknown,
                    phase: Phase::Inactive,
                    judged_at: UnixMs(0),
                    unknown_since: None,
                    no_data_at: None,
                    written: None,
                });
            }
        }
        for one in &kept {
            book.keep(one);
        }
        let tallies = rulebook.objectives.iter().cloned().map(Tally::new).collect();
        Self { env: env.to_owned(), book, rules, alerts, orphans: Vec::new(), kept, tallies }
    }

    /// The environment it judges.
    pub fn env(&self) -> &str {
        &self.env
    }

    /// What is known.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// What is known, to be added to.
    pub fn book_mut(&mut self) -> &mut Book {
        &mut self.book
    }

    /// Series of which samples are kept: those of before are to be recalled after a start.
    pub fn kept(&self) -> impl Iterator<Item = &Kept> {
        self.kept.iter()
    }

    /// Those of them that have no samples.
    pub fn empty_windows(&self, now: UnixMs) -> Vec<Kept> {
        let desk = Desk { book: &self.book, subject: None, now };
        let is_empty = |kept: &&Kept| desk.window(kept).is_some_and(|window| window.samples(now) == 0);
        self.kept.iter().filter(is_empty).cloned().collect()
    }

    /// How many alerts there can be.
    pub fn len(&self) -> usize {
        self.alerts.len()
    }

    /// Whether there is nothing to judge.
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty() && self.orphans.is_empty() && self.tallies.is_empty()
    }

    /// Where looks of a probe are noted.
    pub fn place(&self, service: &str, probe: &str) -> Option<Place> {
        self.book.place(service, probe)
    }

    /// Notes a look.
    pub fn note<'v>(&mut self, place: Place, seen: Seen, values: impl Iterator<Item = (&'v str, Option<f64>)> + Clone) {
        if !self.tallies.is_empty() {
            let (service, probe) = self.book.names(place);
            for tally in self.tallies.iter_mut().filter(|tally| tally.objective.service == service) {
                tally.note(probe, Sample::look(seen.at, seen.verdict), values.clone());
            }
        }
        self.book.note(place, seen, values);
    }

    /// The objectives, with what was counted.
    pub fn tallies(&mut self) -> &mut [Tally] {
        &mut self.tallies
    }

    /// How the objectives stand.
    pub fn budgets(&self, now: UnixMs) -> Vec<Budget> {
        self.tallies.iter().map(|tally| tally.budget(now)).collect()
    }

    /// Objectives are figures like any other.
    pub fn publish(&mut self, now: UnixMs) {
        for tally in &self.tallies {
            let Some(shelf) = self.book.find(&tally.objective.name) else { continue };
            for (name, value) in tally.figures(now) {
                self.book.publish(shelf, &name, value);
            }
        }
    }

    /// Takes up where an earlier process left off: what it wrote down, as it was judged last at `down_at`.
    pub fn resume(&mut self, stored: Vec<Standing>, down_at: UnixMs, now: UnixMs) {
        let mut stored: HashMap<AlertKey, Standing> =
            stored.into_iter().map(|standing| (standing.key.clone(), standing)).collect();
        let outage = now.since(down_at);
        for alert in &mut self.alerts {
            let rule = &self.rules[alert.rule];
            let key = key(&self.env, rule, &alert.subject);
            if let Some(no_data) = stored.remove(&key.no_data())
                && let Phase::Firing { fired_at, .. } = no_data.phase
            {
                if rule.no_data == NoData::Keep {
                    self.orphans.push(no_data);
                } else {
                    alert.no_data_at = Some(fired_at);
                    alert.unknown_since = no_data.phase.since();
                }
            }
            let Some(standing) = stored.remove(&key) else { continue };
            alert.phase = machine::resume(&standing.phase, down_at, now, clocks(rule));
            alert.judged_at = standing.judged_at;
            alert.unknown_since = alert.unknown_since.or(standing.unknown_since.map(|since| since.after(outage)));
            alert.written = Some(Written { at: now, explanation: standing.explanation });
        }
        let mut orphans: Vec<_> = stored.into_values().collect();
        orphans.sort_by(|a, b| a.key.cmp(&b.key));
        self.orphans.extend(orphans);
    }

    /// Nobody judged from `down_at` to `now`, though this process lived: it was stopped, or the machine slept.
    pub fn wake(&mut self, down_at: UnixMs, now: UnixMs) {
        let outage = now.since(down_at);
        for alert in &mut self.alerts {
            alert.phase = machine::resume(&alert.phase, down_at, now, clocks(&self.rules[alert.rule]));
            alert.unknown_since = alert.unknown_since.map(|since| since.after(outage));
        }
    }

    /// Whether a clock runs that a restart has to know of.
    pub fn is_counting(&self) -> bool {
        self.alerts.iter().any(|alert| alert.phase != Phase::Inactive || alert.no_data_at.is_some())
    }

    /// Takes over from the judge of an earlier configuration.
    pub fn inherit(&mut self, before: Self) {
        self.book.inherit(&before.book);
        for tally in &mut self.tallies {
            if let Some(known) = before.tallies.iter().find(|known| known.objective == tally.objective) {
                *tally = known.clone();
            }
        }
        let mut known: BTreeMap<AlertKey, Alert> = BTreeMap::new();
        for alert in &before.alerts {
            known.insert(key(&before.env, &before.rules[alert.rule], &alert.subject), alert.clone());
        }
        for alert in &mut self.alerts {
            let rule = &self.rules[alert.rule];
            let key = key(&self.env, rule, &alert.subject);
            let Some(known) = known.remove(&key) else { continue };
            let no_data_at = known.no_data_at.filter(|_| rule.no_data != NoData::Keep);
            if known.no_data_at.is_some() && no_data_at.is_none() {
                self.orphans.extend(before.no_data(&known));
            }
            *alert = Alert {
                phase: known.phase,
                judged_at: known.judged_at,
                unknown_since: known.unknown_since,
                no_data_at,
                written: known.written,
                ..alert.clone()
            };
        }
        for left in known.values() {
            self.orphans.extend((left.phase != Phase::Inactive || left.is_worth_noting()).then(|| before.stands(left)));
            self.orphans.extend(before.no_data(left));
        }
        self.orphans.extend(before.orphans);
    }

    /// Moves every moment by so many milliseconds: the wall clock was set, and nothing else happened.
    pub fn shift(&mut self, by: i64) {
        let moved = |at: &mut UnixMs| at.0 = at.0.saturating_add(by);
        self.book.shift(by);
        self.tallies.iter_mut().for_each(|tally| tally.shift(by));
        for alert in &mut self.alerts {
            alert.phase = alert.phase.shifted(by);
            moved(&mut alert.judged_at);
            alert.unknown_since.iter_mut().for_each(moved);
            alert.no_data_at.iter_mut().for_each(moved);
            alert.written.iter_mut().for_each(|written| moved(&mut written.at));
        }
    }

    /// Judges at a moment.
    pub fn judge(&mut self, now: UnixMs) -> Round {
        let mut round = Round::default();
        for orphan in std::mem::take(&mut self.orphans) {
            end(&orphan, now, &mut round);
        }
        self.publish(now);
        let changed = self.book.take_changed(now);
        let mut alerts = std::mem::take(&mut self.alerts);
        for alert in &mut alerts {
            let moved = alert.timed || alert.reads.iter().any(|shelf| changed[*shelf]);
            if moved || !alert.is_at_rest() {
                self.step(alert, moved, now, &mut round);
            }
        }
        self.alerts = alerts;
        round
    }

    fn step(&self, alert: &mut Alert, moved: bool, now: UnixMs, round: &mut Round) {
        let rule = &self.rules[alert.rule];
        if moved {
            alert.verdict = verdict(&self.book, rule, &alert.from, now);
        }
        let from = alert.phase;
        alert.phase = machine::step(&from, alert.verdict, now, clocks(rule));
        let was_unknown = alert.is_worth_noting();
        if alert.verdict == Verdict::Unknown {
            alert.unknown_since.get_or_insert(now);
        } else {
            alert.judged_at = now;
        }
        self.step_no_data(alert, now, round);
        if alert.verdict != Verdict::Unknown {
            alert.unknown_since = None;
            if was_unknown && alert.phase == Phase::Inactive && from == Phase::Inactive {
                alert.written = None;
                round.standings.push(self.stands_at(alert, now));
            }
        }
        if !same_state(&from, &alert.phase) {
            let standing = self.stands_at(alert, now);
            alert.written = (alert.phase != Phase::Inactive)
                .then(|| Written { at: now, explanation: standing.explanation.clone() });
            round.standings.push(standing.clone());
            round.changes.push(Change { at: now, from, now: standing });
        } else if from != alert.phase || (alert.is_to_be_written(now) && !alert.is_at_rest()) {
            let standing = self.stands_at(alert, now);
            let news = alert.written.as_ref().is_none_or(|known| known.explanation != standing.explanation);
            if news || from != alert.phase {
                round.standings.push(standing.clone());
            }
            alert.written = Some(Written { at: now, explanation: standing.explanation });
        }
    }

    /// The separate alert: nothing could be judged for its own delay.
    fn step_no_data(&self, alert: &mut Alert, now: UnixMs, round: &mut Round) {
        let NoData::Alert { after, .. } = self.rules[alert.rule].no_data else { return };
        let from = self.no_data(alert);
        let is_due = alert.unknown_since.is_some_and(|since| now.since(since) >= after);
        match (alert.verdict == Verdict::Unknown, &from) {
            (true, None) if is_due => {
                alert.no_data_at = Some(now);
                if let Some(standing) = self.no_data(alert) {
                    round.standings.push(standing.clone());
                    round.changes.push(Change { at: now, from: Phase::Inactive, now: standing });
                }
            }
            (false, Some(standing)) => {
                let mut now_judged = standing.clone();
                now_judged.phase = Phase::Inactive;
                now_judged.judged_at = now;
                now_judged.explanation = format!("it can be judged again: {}", self.explain(alert, now));
                alert.no_data_at = None;
                round.standings.push(now_judged.clone());
                round.changes.push(Change { at: now, from: standing.phase, now: now_judged });
            }
            _ => {}
        }
    }

    /// The standing of the separate alert, if it fires.
    fn no_data(&self, alert: &Alert) -> Option<Standing> {
        let rule = &self.rules[alert.rule];
        let NoData::Alert { severity, .. } = rule.no_data else { return None };
        let fired_at = alert.no_data_at?;
        let since = alert.unknown_since.unwrap_or(fired_at);
        Some(Standing {
            key: key(&self.env, rule, &alert.subject).no_data(),
            severity,
            phase: Phase::Firing { since, fired_at, false_since: None },
            judged_at: fired_at,
            unknown_since: None,
            explanation: format!("'{}' can't be judged: {}", rule.name, self.explain(alert, fired_at)),
            figure: None,
            threshold: None,
        })
    }

    fn stands(&self, alert: &Alert) -> Standing {
        self.stands_at(alert, alert.judged_at)
    }

    fn stands_at(&self, alert: &Alert, now: UnixMs) -> Standing {
        let rule = &self.rules[alert.rule];
        let desk = Desk { book: &self.book, subject: alert.from.first().copied(), now };
        let measured = rule.when.measured(&desk).filter(|_| alert.from.len() < 2);
        Standing {
            key: key(&self.env, rule, &alert.subject),
            severity: rule.severity,
            phase: alert.phase,
            judged_at: alert.judged_at,
            unknown_since: alert.unknown_since,
            explanation: self.explain(alert, now),
            threshold: measured.as_ref().map(|(.., threshold)| *threshold),
            figure: measured.map(|(name, value, _)| (name, value)),
        }
    }

    fn explain(&self, alert: &Alert, now: UnixMs) -> String {
        explanation(&self.book, &self.rules[alert.rule], &alert.from, alert.verdict, now)
    }

    /// Where every alert stands that does not rest.
    pub fn standings(&self, now: UnixMs) -> Vec<Standing> {
        let noted = self.alerts.iter().filter(|alert| alert.phase != Phase::Inactive || alert.is_worth_noting());
        let own = noted.map(|alert| self.stands_at(alert, now));
        own.chain(self.alerts.iter().filter_map(|alert| self.no_data(alert))).collect()
    }

    /// A condition, judged as an alert would be: for explaining it.
    pub fn look_at(&self, key: &AlertKey, now: UnixMs) -> Option<Exhibit> {
        let alert = self.alerts.iter().find(|alert| {
            alert.subject == key.subject && self.rules[alert.rule].name == key.rule && self.env == key.env
        })?;
        let rule = Arc::clone(&self.rules[alert.rule]);
        let mut inputs = Vec::new();
        for seen in alert.from.iter().copied().map(Some).chain(alert.from.is_empty().then_some(None)) {
            inputs.extend(inputs_of(&Desk { book: &self.book, subject: seen, now }, &rule.when));
        }
        let verdict = verdict(&self.book, &rule, &alert.from, now);
        let explanation = explanation(&self.book, &rule, &alert.from, verdict, now);
        Some(Exhibit { rule, verdict, explanation, inputs })
    }
}

impl Alert {
    /// Nothing of it moves by itself.
    fn is_at_rest(&self) -> bool {
        self.phase == Phase::Inactive && self.unknown_since.is_none() && self.verdict != Verdict::Unknown
    }

    /// It has not been judged for so long that it is written down.
    fn is_worth_noting(&self) -> bool {
        self.written.is_some() && self.phase == Phase::Inactive && self.unknown_since.is_some()
    }

    fn is_to_be_written(&self, now: UnixMs) -> bool {
        let long = |since: UnixMs, least| now.since(since) >= least;
        match &self.written {
            Some(written) => long(written.at, RENEWED),
            None => self.unknown_since.is_some_and(|since| long(since, WORTH_NOTING)),
        }
    }
}

fn key(env: &str, rule: &Rule, subject: &str) -> AlertKey {
    AlertKey { env: env.to_owned(), rule: rule.name.clone(), subject: subject.to_owned() }
}

fn clocks(rule: &Rule) -> Clocks {
    Clocks { hold: rule.hold, keep: rule.keep_firing_for }
}

/// Pending and firing by name: what only moves a clock is no change.
fn same_state(a: &Phase, b: &Phase) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// What has no rule any more ends, and is told to have.
fn end(orphan: &Standing, now: UnixMs, round: &mut Round) {
    let ended = Standing {
        phase: Phase::Inactive,
        unknown_since: None,
        explanation: "its rule is no longer configured".into(),
        ..orphan.clone()
    };
    round.standings.push(ended.clone());
    if orphan.phase != Phase::Inactive {
        round.changes.push(Change { at: now, from: orphan.phase, now: ended });
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
