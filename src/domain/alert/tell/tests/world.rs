//! A made-up world: alerts that fire and end as the test says, ticks every ten seconds.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    alert::{
        AlertEvent, AlertEventRow, AlertKey, Notice, Phase, Reason, Severity, Standing,
        tell::{
            Acknowledgement, Alert, Escalation, Held, Matcher, Pace, Policy, Route, Scene, ServiceSight, Services,
            Silence, State, Warning, Work, tick,
        },
    },
    time::UnixMs,
};

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const START: i64 = 1_000 * HOUR;

pub struct World {
    pub now: i64,
    pub moved: i64,
    pub policy: Policy,
    pub channels: BTreeSet<String>,
    pub alerts: BTreeMap<AlertKey, Alert>,
    pub silences: Vec<Silence>,
    pub acks: Vec<Acknowledgement>,
    pub services: Services,
    pub works: Vec<Work>,
    pub lost: bool,
    pub state: State,
    pub notices: Vec<Notice>,
    pub events: Vec<AlertEventRow>,
    pub warnings: Vec<Warning>,
}

pub fn route(to: &[&str]) -> Route {
    Route {
        name: to.join("+"),
        matches: Matcher::default(),
        to: to.iter().map(|one| (*one).to_owned()).collect(),
        goes_on: false,
        group_by: vec!["service".into()],
        pace: Pace::default(),
        limit: None,
        escalate: Vec::new(),
    }
}

pub fn key(rule: &str, subject: &str) -> AlertKey {
    AlertKey { env: "production".into(), rule: rule.into(), subject: subject.into() }
}

pub fn services(names: &[&str]) -> Matcher {
    Matcher { services: names.iter().map(|one| (*one).to_owned()).collect(), ..Matcher::default() }
}

impl World {
    /// One route to the channel `ops`.
    pub fn new() -> Self {
        Self::with(vec![route(&["ops"])])
    }

    pub fn with(routes: Vec<Route>) -> Self {
        let named = |route: &Route| {
            let steps = route.escalate.iter().flat_map(|step: &Escalation| step.to.clone());
            route.to.iter().cloned().chain(steps).collect::<Vec<_>>()
        };
        Self {
            now: START,
            moved: 0,
            channels: routes.iter().flat_map(named).collect(),
            policy: Policy { routes, ..Policy::default() },
            alerts: BTreeMap::new(),
            silences: Vec::new(),
            acks: Vec::new(),
            services: Services::new(),
            works: Vec::new(),
            lost: false,
            state: State::default(),
            notices: Vec::new(),
            events: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub fn fires(&mut self, rule: &str, subject: &str) -> &mut Self {
        self.fires_as(rule, subject, Severity::High)
    }

    pub fn fires_as(&mut self, rule: &str, subject: &str, severity: Severity) -> &mut Self {
        let at = UnixMs(self.now);
        let phase = Phase::Firing { since: at, fired_at: at, false_since: None };
        self.stands(rule, subject, severity, phase)
    }

    pub fn stands(&mut self, rule: &str, subject: &str, severity: Severity, phase: Phase) -> &mut Self {
        let standing = Standing {
            key: key(rule, subject),
            severity,
            phase,
            judged_at: UnixMs(self.now),
            unknown_since: None,
            explanation: "error_rate 0.12 > 0.10".into(),
            figure: Some(("error_rate".into(), 0.12)),
            threshold: Some(0.1),
        };
        self.alerts.insert(standing.key.clone(), Alert::new(standing, None));
        self
    }

    pub fn ends(&mut self, rule: &str, subject: &str) -> &mut Self {
        assert!(self.alerts.remove(&key(rule, subject)).is_some(), "it does not stand");
        self
    }

    pub fn is_down(&mut self, service: &str, down: bool) {
        self.services.entry(("production".into(), service.into())).or_default().down = down;
    }

    pub fn depends(&mut self, service: &str, on: &str) {
        let sight = ServiceSight { depends_on: vec![on.to_owned()], down: false };
        self.services.insert(("production".into(), service.into()), sight);
    }

    pub fn silence(&mut self, matches: Matcher, lasts: i64) {
        self.silences.push(Silence {
            id: self.silences.len() as i64 + 1,
            env: "production".into(),
            matches,
            author: "bob".into(),
            reason: "upgrade".into(),
            from: UnixMs(self.now),
            until: UnixMs(self.now + lasts),
            ended: None,
        });
    }

    pub fn ack(&mut self, rule: &str, subject: &str) {
        let key = key(rule, subject);
        let (_, fired_at) = self.alerts[&key].firing().unwrap();
        let (author, note) = ("alice".into(), "looking".into());
        self.acks.push(Acknowledgement { at: UnixMs(self.now), key, fired_at, author, note });
    }

    /// One tick, now.
    pub fn tick(&mut self) -> &mut Self {
        let alerts: Vec<Alert> = self.alerts.values().cloned().collect();
        let scene = Scene {
            now: UnixMs(self.now),
            moved: self.moved,
            project: "Shop",
            policy: &self.policy,
            channels: &self.channels,
            alerts: &alerts,
            silences: &self.silences,
            acks: &self.acks,
            services: &self.services,
            works: &self.works,
            lost: self.lost,
        };
        let outcome = tick(&self.state, &scene);
        self.moved = 0;
        self.state = outcome.state;
        self.notices.extend(outcome.notices);
        self.events.extend(outcome.events);
        self.warnings.extend(outcome.warnings);
        self
    }

    /// Ticks every ten seconds for so long, beginning now.
    pub fn pass(&mut self, time: i64) -> &mut Self {
        let until = self.now + time;
        while self.now < until {
            self.tick();
            self.now += 10 * SECOND;
        }
        self.tick()
    }

    /// Channel, reason, and when, in seconds since the start; forgotten then.
    pub fn told(&mut self) -> Vec<(String, Reason, i64)> {
        let notices = std::mem::take(&mut self.notices);
        notices.into_iter().map(|one| (one.channel, one.reason, (one.at.0 - START) / SECOND)).collect()
    }

    /// The same without the channel, where there is only one.
    pub fn reasons(&mut self) -> Vec<(Reason, i64)> {
        self.told().into_iter().map(|(_, reason, at)| (reason, at)).collect()
    }

    /// Why an alert is not told now.
    pub fn held(&self, rule: &str, subject: &str) -> Option<&Held> {
        self.state.alerts[&key(rule, subject)].held.as_ref()
    }

    /// Every why that was noted of an alert, in order.
    pub fn noted(&self, rule: &str, subject: &str) -> Vec<String> {
        let key = key(rule, subject);
        let said = |row: &AlertEventRow| match &row.event {
            AlertEvent::Held { why } => Some(why.to_string()),
            AlertEvent::Noted { text } => Some(text.clone()),
            AlertEvent::Told { channel, ended, .. } => {
                Some(format!("{} to {channel}", if *ended { "ended" } else { "told" }))
            }
            _ => None,
        };
        self.events.iter().filter(|row| row.key == key).filter_map(said).collect()
    }
}
