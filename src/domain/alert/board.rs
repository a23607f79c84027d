//! What stands on the Alerts screen: every alert that is not calm, what keeps it from being told, and what ended lately.

use std::time::Duration;

use serde::Serialize;

use super::{
    event::{AlertEvent, AlertEventRow},
    rule::{AlertKey, Rule, Severity},
    standing::{Phase, Standing},
    tell::{Acknowledgement, Alert, Held, Silence},
};
use crate::domain::{id::RunId, time::UnixMs};

/// A deploy further back than this explains nothing.
const LATELY: Duration = Duration::from_hours(24);

/// What was read to make a board of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Readings {
    /// Where each alert stands that is not inactive.
    pub standings: Vec<Standing>,
    /// What was noted lately, oldest first.
    pub events: Vec<AlertEventRow>,
    /// Silences that are not over.
    pub silences: Vec<Silence>,
    /// Acknowledgements of alerts that stand, oldest first.
    pub acknowledgements: Vec<Acknowledgement>,
    /// Runs that changed something, newest first.
    pub deploys: Vec<Deploy>,
    /// Messages that are not delivered yet.
    pub waiting: usize,
}

/// A run that changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deploy {
    /// Its number.
    pub run: RunId,
    /// `deploy 1.9.2`.
    pub label: String,
    /// What it acted on.
    pub target: String,
    /// When it began.
    pub at: UnixMs,
}

/// The board.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Board {
    /// Firing first, the heaviest first; then what is held or silenced, what is pending, what ended lately.
    pub alerts: Vec<Posted>,
    /// Silences that are not over.
    pub silences: Vec<Silence>,
    /// Messages that are not delivered yet.
    pub waiting: usize,
}

/// An alert on the board.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Posted {
    /// Where it stands; of one that ended, where it stood last.
    pub standing: Standing,
    /// In which part of the board.
    pub state: State,
    /// Who is at it.
    pub acknowledged: Option<Acknowledgement>,
    /// The last run before it began that changed something.
    pub deploy: Option<Deploy>,
}

/// The parts of the board, in their order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// It fires, and people are told.
    Firing,
    /// It fires, and nobody is told.
    Held {
        /// Why.
        why: Held,
    },
    /// It fires, and a person said that nobody is to be told.
    Silenced {
        /// The silence's number.
        id: i64,
        /// Who.
        author: String,
        /// Why.
        reason: String,
        /// Until when.
        until: UnixMs,
    },
    /// True, not yet for long enough.
    Pending,
    /// It ended.
    Resolved {
        /// When.
        at: UnixMs,
    },
}

impl State {
    fn part(&self) -> u8 {
        match self {
            Self::Firing => 0,
            Self::Held { .. } => 1,
            Self::Silenced { .. } => 2,
            Self::Pending => 3,
            Self::Resolved { .. } => 4,
        }
    }
}

impl Posted {
    /// Since when it is, or was, true.
    pub fn since(&self) -> UnixMs {
        match self.standing.phase {
            Phase::Pending { since } | Phase::Firing { since, .. } => since,
            Phase::Inactive => self.standing.judged_at,
        }
    }

    /// Whether it fires, told or not.
    pub fn fires(&self) -> bool {
        matches!(self.state, State::Firing | State::Held { .. } | State::Silenced { .. })
    }

    /// When it began to fire, if it did.
    pub fn fired_at(&self) -> Option<UnixMs> {
        match self.standing.phase {
            Phase::Firing { fired_at, .. } => Some(fired_at),
            Phase::Pending { .. } | Phase::Inactive => None,
        }
    }
}

impl Board {
    /// Lays the board out. `rule`: the one of that name, if it is still configured.
    pub fn of<'r>(read: Readings, rule: impl Fn(&str) -> Option<&'r Rule>, now: UnixMs) -> Self {
        let Readings { standings, events, silences, acknowledgements, deploys, waiting } = read;
        let post = |standing: Standing, state: State| {
            let mut posted = Posted { standing, state, acknowledged: None, deploy: None };
            let (key, since) = (&posted.standing.key, posted.since());
            let fired_at = posted.fired_at();
            let of_this = |one: &&Acknowledgement| one.key == *key && Some(one.fired_at) == fired_at;
            posted.acknowledged = acknowledgements.iter().rev().find(of_this).cloned();
            let before = |one: &&Deploy| one.at <= since && since.since(one.at) <= LATELY;
            posted.deploy = deploys.iter().find(before).cloned();
            posted
        };
        let mut alerts: Vec<Posted> = Vec::new();
        for standing in &standings {
            let state = match standing.phase {
                Phase::Inactive => continue,
                Phase::Pending { .. } => State::Pending,
                Phase::Firing { fired_at, .. } => {
                    // A silence holds as soon as it is said, before the next round of telling notes it.
                    let alert = Alert::new(standing.clone(), rule(&standing.key.rule));
                    match silences.iter().find(|one| one.is_open(now) && one.is_about(&alert)) {
                        Some(one) => State::Silenced {
                            id: one.id,
                            author: one.author.clone(),
                            reason: one.reason.clone(),
                            until: one.end(),
                        },
                        None => held(&events, &standing.key, fired_at),
                    }
                }
            };
            alerts.push(post(standing.clone(), state));
        }
        for (standing, at) in ended(&events, &standings) {
            alerts.push(post(standing, State::Resolved { at }));
        }
        alerts.sort_by(|one, other| {
            let newest_end = |posted: &Posted| match posted.state {
                State::Resolved { at } => std::cmp::Reverse(at),
                _ => std::cmp::Reverse(UnixMs(0)),
            };
            let order = |posted: &Posted| {
                let weight =
                    if matches!(posted.state, State::Resolved { .. }) { None } else { Some(posted.standing.severity) };
                (posted.state.part(), newest_end(posted), weight, posted.since(), posted.standing.key.clone())
            };
            order(one).cmp(&order(other))
        });
        Self { alerts, silences, waiting }
    }

    /// How many fire unsilenced, by severity, the heaviest first; severities with none are left out.
    pub fn firing(&self) -> Vec<(Severity, usize)> {
        let count = |severity: Severity| {
            let loud = |posted: &&Posted| matches!(posted.state, State::Firing | State::Held { .. });
            self.alerts.iter().filter(loud).filter(|posted| posted.standing.severity == severity).count()
        };
        Severity::ALL.into_iter().map(|severity| (severity, count(severity))).filter(|(_, count)| *count > 0).collect()
    }

    /// The heaviest alert that fires unsilenced for a service.
    pub fn worst_of(&self, service: &str) -> Option<&Posted> {
        self.alerts
            .iter()
            .filter(|posted| posted.standing.key.subject == service)
            .filter(|posted| matches!(posted.state, State::Firing | State::Held { .. }))
            .min_by_key(|posted| posted.standing.severity)
    }

    /// The alert of that key.
    pub fn find(&self, key: &AlertKey) -> Option<&Posted> {
        self.alerts.iter().find(|posted| posted.standing.key == *key)
    }
}

/// Firing, unless the last that was noted since it fires is that nobody is told.
///
/// Waiting for others of its group, and cooling down after it was told, is the way of every alert: that is firing too. So is
/// what a silence held that is over by now.
fn held(events: &[AlertEventRow], key: &AlertKey, fired_at: UnixMs) -> State {
    let of_this = events.iter().rev().filter(|row| row.key == *key && row.at >= fired_at);
    let mut notes = of_this.filter(|row| matches!(row.event, AlertEvent::Told { .. } | AlertEvent::Held { .. }));
    match notes.next().map(|row| &row.event) {
        Some(AlertEvent::Held { why: Held::Silenced { .. } | Held::Grouped { .. } | Held::CoolDown { .. } }) => {
            State::Firing
        }
        Some(AlertEvent::Held { why }) => State::Held { why: why.clone() },
        _ => State::Firing,
    }
}

/// Alerts that fired and do not stand any more: where they stood last, and when that ended; each once.
fn ended(events: &[AlertEventRow], standings: &[Standing]) -> Vec<(Standing, UnixMs)> {
    let mut ended: Vec<(Standing, UnixMs)> = Vec::new();
    for event in events.iter().rev() {
        let AlertEvent::Moved { from, now } = &event.event else { continue };
        let stands = standings.iter().any(|one| one.key == event.key && one.phase != Phase::Inactive);
        let fired = matches!((from, &now.phase), (Phase::Firing { .. }, Phase::Inactive));
        if fired && !stands && ended.iter().all(|(one, _)| one.key != event.key) {
            ended.push((Standing { phase: *from, ..(**now).clone() }, event.at));
        }
    }
    ended
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::{Reason, tell::Matcher};

    fn key(rule: &str) -> AlertKey {
        AlertKey { env: "production".into(), rule: rule.into(), subject: "api".into() }
    }

    fn standing(rule: &str, severity: Severity, phase: Phase) -> Standing {
        Standing {
            key: key(rule),
            severity,
            phase,
            judged_at: UnixMs(1_000),
            unknown_since: None,
            explanation: "error_rate 0.12 > 0.10".into(),
            figure: Some(("error_rate".into(), 0.12)),
            threshold: Some(0.1),
        }
    }

    fn firing(rule: &str, severity: Severity, since: i64) -> Standing {
        let phase = Phase::Firing { since: UnixMs(since), fired_at: UnixMs(since + 10), false_since: None };
        standing(rule, severity, phase)
    }

    fn noted(rule: &str, at: i64, event: AlertEvent) -> AlertEventRow {
        AlertEventRow { at: UnixMs(at), key: key(rule), event }
    }

    fn board(read: Readings) -> Board {
        Board::of(read, |_| None, UnixMs(1_000))
    }

    fn silence(until: i64) -> Silence {
        Silence {
            id: 7,
            env: "production".into(),
            matches: Matcher { rules: vec!["errors".into()], ..Matcher::default() },
            author: "alice".into(),
            reason: "known".into(),
            from: UnixMs(0),
            until: UnixMs(until),
            ended: None,
        }
    }

    #[test]
    fn the_heaviest_that_fires_stands_first_and_what_ended_stands_last() {
        let gone = AlertEvent::Moved {
            from: firing("gone", Severity::Critical, 100).phase,
            now: Box::new(standing("gone", Severity::Critical, Phase::Inactive)),
        };
        let read = Readings {
            standings: vec![
                standing("soon", Severity::Critical, Phase::Pending { since: UnixMs(900) }),
                firing("slow", Severity::High, 100),
                firing("errors", Severity::Critical, 500),
            ],
            events: vec![noted("gone", 800, gone)],
            ..Readings::default()
        };
        let board = board(read);
        let names: Vec<_> = board.alerts.iter().map(|posted| posted.standing.key.rule.as_str()).collect();
        assert_eq!(names, ["errors", "slow", "soon", "gone"]);
        assert_eq!(board.alerts[3].state, State::Resolved { at: UnixMs(800) });
        assert_eq!(board.alerts[3].since(), UnixMs(100), "of what ended it is still told since when it was");
        assert_eq!(board.firing(), [(Severity::Critical, 1), (Severity::High, 1)]);
    }

    #[test]
    fn what_fires_again_is_not_listed_as_ended() {
        let gone = AlertEvent::Moved {
            from: firing("errors", Severity::Critical, 100).phase,
            now: Box::new(standing("errors", Severity::Critical, Phase::Inactive)),
        };
        let read = Readings {
            standings: vec![firing("errors", Severity::Critical, 700)],
            events: vec![noted("errors", 600, gone)],
            ..Readings::default()
        };
        assert_eq!(board(read).alerts.len(), 1);
    }

    #[test]
    fn a_silence_in_force_silences_and_one_that_is_over_does_not() {
        let read = |until| Readings {
            standings: vec![firing("errors", Severity::Critical, 100)],
            silences: vec![silence(until)],
            ..Readings::default()
        };
        let silenced = board(read(2_000));
        assert!(matches!(silenced.alerts[0].state, State::Silenced { id: 7, .. }));
        assert!(silenced.firing().is_empty(), "the header does not count what is silenced");
        assert!(silenced.worst_of("api").is_none());
        assert_eq!(board(read(1_000)).alerts[0].state, State::Firing);
    }

    #[test]
    fn held_is_what_was_noted_last_of_this_firing() {
        let expected = || Held::Expected { run: RunId(418), pipeline: "deploy".into() };
        let held = || AlertEvent::Held { why: expected() };
        let read = |events| Readings {
            standings: vec![firing("errors", Severity::Critical, 500)],
            events,
            ..Readings::default()
        };
        let state = |events| board(read(events)).alerts[0].state.clone();
        assert_eq!(state(vec![noted("errors", 510, held())]), State::Held { why: expected() });
        let told =
            || AlertEvent::Told { channel: "oncall".into(), group: "api".into(), why: Reason::First, ended: false };
        assert_eq!(state(vec![noted("errors", 510, held()), noted("errors", 600, told())]), State::Firing);
        assert_eq!(state(vec![noted("errors", 400, held())]), State::Firing, "of an earlier firing");
        let grouped = AlertEvent::Held { why: Held::Grouped { until: UnixMs(900) } };
        assert_eq!(state(vec![noted("errors", 510, grouped)]), State::Firing, "that is how all are told");
    }

    #[test]
    fn an_acknowledgement_counts_for_its_firing_and_not_for_the_next() {
        let acknowledgement = |fired_at| Acknowledgement {
            at: UnixMs(600),
            key: key("errors"),
            fired_at: UnixMs(fired_at),
            author: "bob".into(),
            note: String::new(),
        };
        let read = |fired_at| Readings {
            standings: vec![firing("errors", Severity::Critical, 500)],
            acknowledgements: vec![acknowledgement(fired_at)],
            ..Readings::default()
        };
        assert!(board(read(510)).alerts[0].acknowledged.is_some());
        assert!(board(read(300)).alerts[0].acknowledged.is_none());
    }

    #[test]
    fn the_last_deploy_is_the_newest_before_it_began() {
        let deploy =
            |run, at| Deploy { run: RunId(run), label: "deploy 1.9.2".into(), target: "shop".into(), at: UnixMs(at) };
        let read = Readings {
            standings: vec![firing("errors", Severity::Critical, 500)],
            deploys: vec![deploy(419, 900), deploy(418, 450), deploy(417, 100)],
            ..Readings::default()
        };
        assert_eq!(board(read).alerts[0].deploy.as_ref().map(|one| one.run), Some(RunId(418)));
    }
}
