//! Objectives: how much may go wrong, how much did, and how fast the rest goes.
//!
//! A budget is the share of events that may be bad (`1 - objective`) over a window. It burns at rate 1 if it would be used up
//! exactly at the end of the window. Two windows must burn fast before anybody is told: the long one says that it matters,
//! the short one that it still goes on. For a window of 30 days these are 1h/5m at 14.4, 6h/30m at 6, 1d/2h at 3 and 3d/6h at
//! 1; for others the windows are scaled, so that a factor always means the same share of the budget.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use super::rule::Severity;
use crate::domain::{
    condition::{Condition, Scope},
    time::{UnixMs, human},
    verdict::Verdict,
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const MONTH: f64 = 30.0 * 86_400.0;
/// Beyond this a window is counted in hours.
const FINE: Duration = Duration::from_hours(6);

/// The usual pairs for 30 days: long window and short one in seconds, factor, severity.
const USUAL: [(f64, f64, f64, Severity); 4] = [
    (3_600.0, 300.0, 14.4, Severity::Critical),
    (21_600.0, 1_800.0, 6.0, Severity::High),
    (86_400.0, 7_200.0, 3.0, Severity::Medium),
    (259_200.0, 21_600.0, 1.0, Severity::Low),
];

/// An objective (`slo` of a service, or `[slos.NAME]`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// Unique within an environment.
    pub name: String,
    /// The service it is about.
    pub service: String,
    /// The share of events that should be good, below 1.
    pub objective: f64,
    /// Over how long.
    #[serde(with = "human")]
    pub window: Duration,
    /// What is counted.
    pub events: Events,
    /// When somebody is told.
    pub burns: Vec<Burn>,
    /// Bad events in the long window, before anybody is.
    pub min_bad: f64,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Events {
    /// Looks: those that pass are good.
    Looks,
    /// Series of one probe, in events a second.
    Series {
        /// The probe that records them.
        probe: String,
        /// Good events a second.
        good: Condition,
        /// All events a second.
        total: Condition,
    },
}

/// A pair of windows that must both burn this fast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Burn {
    /// Says that it matters.
    #[serde(with = "human")]
    pub long: Duration,
    /// Says that it still goes on.
    #[serde(with = "human")]
    pub short: Duration,
    /// How many times faster than the budget lasts.
    pub factor: f64,
    /// Of the alert.
    pub severity: Severity,
}

impl Burn {
    /// The usual pairs, scaled to a window.
    pub fn usual(window: Duration) -> Vec<Self> {
        let scale = window.as_secs_f64() / MONTH;
        // To the minute, which is how fine events are counted.
        let scaled = |seconds: f64| Duration::from_mins(((seconds * scale / 60.0).round() as u64).max(1));
        USUAL
            .iter()
            .map(|(long, short, factor, severity)| Self {
                long: scaled(*long),
                short: scaled(*short),
                factor: *factor,
                severity: *severity,
            })
            .collect()
    }

    /// Whether it can ever be so: where everything is bad, a budget burns at `1 / (1 - objective)`.
    pub fn can_fire(&self, objective: f64) -> bool {
        self.factor < 1.0 / (1.0 - objective)
    }
}

/// The name of a window in figures: `5m`, `6h`, `3d`.
pub fn label(window: Duration) -> String {
    let minutes = window.as_secs() / 60;
    match minutes {
        minutes if minutes > 0 && minutes.is_multiple_of(1_440) => format!("{}d", minutes / 1_440),
        minutes if minutes > 0 && minutes.is_multiple_of(60) => format!("{}h", minutes / 60),
        minutes => format!("{minutes}m"),
    }
}

/// Events, good and all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Good ones.
    pub good: f64,
    /// All.
    pub total: f64,
}

impl Counts {
    /// Those that were not good.
    pub fn bad(self) -> f64 {
        (self.total - self.good).max(0.0)
    }

    fn add(&mut self, other: Self) {
        self.good += other.good;
        self.total += other.total;
    }
}

/// What an objective is counted from: a look, or the means of a minute or an hour.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// When.
    pub at: UnixMs,
    /// Looks that said whether they are good, and those that were.
    pub looks: (u64, u64),
    /// A rate speaks for this much time at most.
    pub speaks_for: Duration,
}

impl Sample {
    /// A single look.
    pub fn look(at: UnixMs, verdict: Verdict) -> Self {
        let looks = match verdict {
            Verdict::Pass => (1, 1),
            Verdict::Fail => (1, 0),
            Verdict::Unknown => (0, 0),
        };
        Self { at, looks, speaks_for: Duration::from_mins(1) }
    }
}

/// The events of one objective: minute by minute for a while, hour by hour for its window.
#[derive(Debug, Clone)]
pub struct Tally {
    /// What is counted, and against what.
    pub objective: Objective,
    minutes: VecDeque<(i64, Counts)>,
    hours: VecDeque<(i64, Counts)>,
    last: Option<UnixMs>,
}

/// An objective as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// The objective's name.
    pub name: String,
    /// The service it is about.
    pub service: String,
    /// The share of events that should be good.
    pub objective: f64,
    /// Over how long.
    #[serde(with = "human")]
    pub window: Duration,
    /// When it was counted.
    pub at: UnixMs,
    /// Events in the window.
    pub events: Counts,
    /// The share that was good; `None` without events.
    pub good: Option<f64>,
    /// The share of the budget that is left; negative if more than all is gone, `None` without events.
    pub left: Option<f64>,
    /// How fast it burns, by pair.
    pub burns: Vec<Burning>,
    /// When it will be gone, if it goes on burning as over the longest pair's long window; `None` if it will not within
    /// the window.
    pub exhausted_at: Option<UnixMs>,
}

/// How fast a budget burns over a pair of windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Burning {
    /// The pair.
    pub burn: Burn,
    /// Over the long window; `None` without events.
    pub long: Option<f64>,
    /// Over the short one.
    pub short: Option<f64>,
    /// Bad events in the long one.
    pub bad: f64,
    /// Somebody is told.
    pub fires: bool,
}

impl Tally {
    /// Without events.
    pub fn new(objective: Objective) -> Self {
        Self { objective, minutes: VecDeque::new(), hours: VecDeque::new(), last: None }
    }

    /// Counts a look of a probe of its service, with the numbers it recorded.
    pub fn note<'v>(&mut self, probe: &str, sample: Sample, values: impl Iterator<Item = (&'v str, Option<f64>)>) {
        let counts = match &self.objective.events {
            Events::Looks => Counts { good: sample.looks.1 as f64, total: sample.looks.0 as f64 },
            Events::Series { probe: wanted, .. } if wanted != probe => return,
            Events::Series { good, total, .. } => {
                let seconds = self.last.map_or(Duration::ZERO, |last| sample.at.since(last)).min(sample.speaks_for);
                let numbers = Numbers(values.collect());
                let rates = good.number(&numbers).zip(total.number(&numbers));
                self.last = Some(sample.at);
                let Some((good, total)) = rates else { return };
                let seconds = seconds.as_secs_f64();
                Counts { good: good.clamp(0.0, total.max(0.0)) * seconds, total: total.max(0.0) * seconds }
            }
        };
        if counts.total > 0.0 {
            let fine = self.objective.burns.iter().map(|burn| burn.short).max().unwrap_or(FINE).max(FINE);
            put(&mut self.minutes, sample.at, MINUTE, fine, counts);
            put(&mut self.hours, sample.at, HOUR, self.objective.window, counts);
        }
    }

    /// Events of the window that ends now: to the minute, or to the hour for longer ones.
    pub fn over(&self, window: Duration, now: UnixMs) -> Counts {
        let (cells, width) = if window <= FINE { (&self.minutes, MINUTE) } else { (&self.hours, HOUR) };
        let first = now.before(window).0.div_euclid(width) * width + width;
        let mut sum = Counts::default();
        for (_, counts) in cells.iter().filter(|(at, _)| *at >= first && *at <= now.0) {
            sum.add(*counts);
        }
        sum
    }

    /// How fast the budget burns over a window; `None` without events.
    pub fn burn(&self, window: Duration, now: UnixMs) -> Option<f64> {
        let counts = self.over(window, now);
        (counts.total > 0.0).then(|| counts.bad() / counts.total / (1.0 - self.objective.objective))
    }

    /// Moves every moment: the wall clock was set. To the hour, which is how it is counted.
    pub fn shift(&mut self, by: i64) {
        for (cells, width) in [(&mut self.minutes, MINUTE), (&mut self.hours, HOUR)] {
            let steps = by.div_euclid(width) * width;
            for (at, _) in cells.iter_mut() {
                *at = at.saturating_add(steps);
            }
        }
        self.last = self.last.map(|at| UnixMs(at.0.saturating_add(by)));
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.hours.is_empty()
    }

    /// The figures that rules over this objective read.
    pub fn figures(&self, now: UnixMs) -> Vec<(String, Option<f64>)> {
        let mut figures = vec![("budget_left".to_owned(), self.budget(now).left)];
        for burn in &self.objective.burns {
            for window in [burn.long, burn.short] {
                figures.push((format!("burn_{}", label(window)), self.burn(window, now)));
            }
            figures.push((format!("bad_{}", label(burn.long)), Some(self.over(burn.long, now).bad())));
        }
        figures
    }

    /// How it stands.
    pub fn budget(&self, now: UnixMs) -> Budget {
        let objective = &self.objective;
        let events = self.over(objective.window, now);
        let allowed = events.total * (1.0 - objective.objective);
        let left = (allowed > 0.0).then(|| 1.0 - events.bad() / allowed);
        let burns: Vec<Burning> = objective
            .burns
            .iter()
            .map(|burn| {
                let (long, short) = (self.burn(burn.long, now), self.burn(burn.short, now));
                let bad = self.over(burn.long, now).bad();
                let fast = |rate: Option<f64>| rate.is_some_and(|rate| rate > burn.factor);
                let fires = fast(long) && fast(short) && bad >= objective.min_bad;
                Burning { burn: burn.clone(), long, short, bad, fires }
            })
            .collect();
        // At rate 1 a whole budget lasts the whole window.
        let rate = burns.last().and_then(|burning| burning.long).unwrap_or(0.0);
        let lasts = |left: f64| objective.window.as_secs_f64() * left.max(0.0) / rate;
        let exhausted_at = left
            .filter(|left| *left <= 0.0 || (rate > 0.0 && lasts(*left) < objective.window.as_secs_f64()))
            .map(|left| if left <= 0.0 { now } else { now.after(Duration::from_secs_f64(lasts(left))) });
        Budget {
            name: objective.name.clone(),
            service: objective.service.clone(),
            objective: objective.objective,
            window: objective.window,
            at: now,
            events,
            good: (events.total > 0.0).then(|| events.good / events.total),
            left,
            burns,
            exhausted_at,
        }
    }
}

/// Adds to the cell of a moment, wherever it lies, and drops cells that no window reaches.
fn put(cells: &mut VecDeque<(i64, Counts)>, at: UnixMs, width: i64, keep: Duration, counts: Counts) {
    let start = at.0.div_euclid(width) * width;
    match cells.binary_search_by_key(&start, |(at, _)| *at) {
        Ok(index) => cells[index].1.add(counts),
        Err(index) => cells.insert(index, (start, counts)),
    }
    let oldest = cells.back().map_or(i64::MIN, |(newest, _)| UnixMs(*newest).before(keep).0 - 2 * width);
    while cells.front().is_some_and(|(at, _)| *at < oldest) {
        cells.pop_front();
    }
}

/// The numbers of one look.
struct Numbers<'v>(Vec<(&'v str, Option<f64>)>);

impl Scope for Numbers<'_> {
    fn name(&self, name: &str) -> Option<std::borrow::Cow<'_, serde_json::Value>> {
        let (_, value) = self.0.iter().find(|(known, _)| *known == name)?;
        value.map(|value| std::borrow::Cow::Owned(serde_json::Value::from(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_000 * 24 * HOUR);

    fn objective(objective: f64, days: u64) -> Objective {
        let window = Duration::from_hours(24 * days);
        Objective {
            name: "api".into(),
            service: "api".into(),
            objective,
            window,
            events: Events::Looks,
            burns: Burn::usual(window),
            min_bad: 5.0,
        }
    }

    /// A look every 10 s for a number of hours; the last `bad` minutes fail.
    fn tally(objective_share: f64, hours: i64, bad: i64) -> Tally {
        let mut tally = Tally::new(objective(objective_share, 30));
        for step in (1..=hours * 360).rev() {
            let at = UnixMs(NOW.0 - step * 10_000);
            let verdict = if step * 10_000 <= bad * MINUTE { Verdict::Fail } else { Verdict::Pass };
            tally.note("ready", Sample::look(at, verdict), std::iter::empty());
        }
        tally
    }

    fn firing(tally: &Tally) -> Vec<String> {
        let budget = tally.budget(NOW);
        budget.burns.iter().filter(|burning| burning.fires).map(|burning| label(burning.burn.long)).collect()
    }

    #[test]
    fn slo_burn_windows_are_1h_5m_at_14_4_6h_30m_at_6_1d_2h_at_3_and_3d_6h_at_1_and_scale_with_the_window() {
        let written = |days: u64| -> Vec<String> {
            let burns = Burn::usual(Duration::from_hours(24 * days));
            burns.iter().map(|burn| format!("{}/{} {}x", label(burn.long), label(burn.short), burn.factor)).collect()
        };
        assert_eq!(written(30), ["1h/5m 14.4x", "6h/30m 6x", "1d/2h 3x", "3d/6h 1x"]);
        assert_eq!(written(7), ["14m/1m 14.4x", "84m/7m 6x", "336m/28m 3x", "1008m/84m 1x"]);
    }

    #[test]
    fn a_factor_that_could_never_fire_for_the_objective_is_known_as_such() {
        let can = |share: f64| {
            Burn::usual(Duration::from_hours(720)).iter().map(|burn| burn.can_fire(share)).collect::<Vec<_>>()
        };
        assert_eq!(can(0.999), [true; 4]);
        assert_eq!(can(0.9), [false, true, true, true]);
        assert_eq!(can(0.6), [false, false, false, true]);
    }

    #[test]
    fn a_budget_burns_over_both_windows_before_anybody_is_told() {
        assert_eq!(firing(&tally(0.999, 100, 0)), [] as [&str; 0]);
        // One minute of an hour: 1.7 % bad burns 16.7 times as fast, over the last five minutes even faster.
        assert_eq!(firing(&tally(0.999, 100, 1)), ["1h"]);
        assert_eq!(firing(&tally(0.999, 100, 30)), ["1h", "6h", "1d", "3d"]);
        // What was bad an hour ago is over: the short window says so.
        let mut over = tally(0.999, 100, 0);
        for step in 0..60 {
            let at = UnixMs(NOW.0 - 40 * MINUTE + step * 1_000);
            over.note("ready", Sample::look(at, Verdict::Fail), std::iter::empty());
        }
        assert!(over.burn(Duration::from_hours(1), NOW).unwrap() > 14.4);
        assert!(!firing(&over).contains(&"1h".to_owned()));
    }

    #[test]
    fn too_few_bad_events_page_nobody() {
        let mut rare = Tally::new(objective(0.999, 30));
        for minute in (1..=60).rev() {
            let verdict = if minute <= 2 { Verdict::Fail } else { Verdict::Pass };
            rare.note("ready", Sample::look(UnixMs(NOW.0 - minute * MINUTE), verdict), std::iter::empty());
        }
        assert!(rare.burn(Duration::from_hours(1), NOW).unwrap() > 14.4);
        assert_eq!(firing(&rare), [] as [&str; 0], "two bad looks of five that it takes");
    }

    #[test]
    fn what_is_left_and_when_it_is_gone_follow_from_what_was_bad() {
        // 100 hours, 0.1 % may be bad: 6 minutes. 3 of them were.
        let budget = tally(0.999, 100, 3).budget(NOW);
        assert!((budget.left.unwrap() - 0.5).abs() < 0.01, "{:?}", budget.left);
        // Over 3 days it burned 3 / 4.32 times as fast as it lasts: half of it lasts 30 * 0.5 / 0.694 days.
        let days = budget.exhausted_at.unwrap().since(NOW).as_secs_f64() / 86_400.0;
        assert!((days - 21.6).abs() < 0.5, "{days}");
        let budget = tally(0.999, 100, 30).budget(NOW);
        assert!(budget.left.unwrap() < 0.0);
        assert_eq!(budget.exhausted_at, Some(NOW));
        assert_eq!(tally(0.999, 100, 0).budget(NOW).exhausted_at, None);
        assert_eq!(Tally::new(objective(0.999, 30)).budget(NOW).left, None, "without events nothing is known");
    }

    #[test]
    fn rates_are_counted_as_events_and_a_gap_counts_for_a_minute_at_most() {
        let mut of_series = objective(0.99, 30);
        of_series.events = Events::Series {
            probe: "traffic".into(),
            good: Condition::parse("requests - errors").unwrap(),
            total: Condition::parse("requests").unwrap(),
        };
        let mut tally = Tally::new(of_series);
        let mut note = |second: i64, probe: &str| {
            let sample = Sample::look(UnixMs(NOW.0 - 600_000 + second * 1_000), Verdict::Pass);
            tally.note(probe, sample, [("requests", Some(10.0)), ("errors", Some(1.0))].into_iter());
        };
        for second in [0, 10, 20, 320] {
            note(second, "traffic");
            note(second, "ready");
        }
        let counts = tally.over(Duration::from_hours(1), NOW);
        assert_eq!((counts.total.round(), counts.bad().round()), (800.0, 80.0), "20 s and one minute of 10 a second");
    }
}
