//! One group as one channel knows it: what it was told, and when it may be told more.
//!
//! [`Group::step`] is asked with each tick and says whether a message is due. The rules are those of Alertmanager, but for this:
//! a message is due as soon as the intervals allow it, not at the next beat of a timer.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{held::Held, matcher::Alert, pairs, policy::Pace};
use crate::domain::{
    alert::{AlertKey, Card, Reason},
    time::UnixMs,
};

/// What a channel was told of a group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The route.
    pub route: String,
    /// 0, or the step of the escalation.
    pub level: u32,
    /// What its alerts have in common.
    pub labels: Vec<(String, String)>,
    /// Since when there is something to tell that fires.
    pub waiting: Option<UnixMs>,
    /// Since when there is nothing again, while it waits: what flaps must not begin to wait anew each time.
    pub idle: Option<UnixMs>,
    /// When it was last told anything.
    pub told_at: Option<UnixMs>,
    /// What it was told that fires, and not that it ended.
    #[serde(with = "pairs")]
    pub told: BTreeMap<AlertKey, Told>,
    /// What it was told lately and is not to be told anew before then.
    #[serde(with = "pairs")]
    pub cooling: BTreeMap<AlertKey, UnixMs>,
}

/// An alert that a channel was told as firing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// When it was first told.
    pub at: UnixMs,
    /// When it was last told.
    pub last: UnixMs,
    /// That somebody knows was told as well.
    #[serde(default)]
    pub acknowledged: bool,
    /// How, so that its end can be told though its rule be gone.
    pub card: Card,
}

/// An alert that the channel is to be told of.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Which.
    pub alert: &'a Alert,
    /// It waited long enough: no interval holds it.
    pub at_once: bool,
}

/// What a group is asked at a tick.
pub struct Ask<'t, 'a> {
    /// Now.
    pub now: UnixMs,
    /// How often.
    pub pace: Pace,
    /// Alerts of the group that fire and that nothing holds.
    pub wanted: &'t [Wanted<'a>],
    /// Any alert that fires, held or not.
    pub fires: &'t dyn Fn(&AlertKey) -> Option<&'a Alert>,
    /// Who knows about an alert that fires, if anybody does.
    pub knows: &'t dyn Fn(&AlertKey) -> Option<&'a str>,
    /// Until when the channel has no room for another message, if it has none.
    pub full_until: Option<UnixMs>,
    /// The channel, for words.
    pub channel: &'t str,
    /// How an alert is told.
    pub card: &'t dyn Fn(&Alert) -> Card,
}

/// A message that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// Why.
    pub reason: Reason,
    /// What is told for the first time, or anew because it got heavier.
    pub fresh: Vec<AlertKey>,
    /// What fires, with [`Self::fresh`].
    pub firing: Vec<Card>,
    /// What ended.
    pub ended: Vec<Card>,
}

impl Group {
    /// Moves the group to now; the message that is due, if one is, is taken as sent.
    pub fn step(&mut self, ask: &Ask<'_, '_>) -> Option<Due> {
        let now = ask.now;
        self.cooling.retain(|_, until| now < *until);
        let fresh: Vec<Wanted<'_>> = ask.wanted.iter().filter(|one| self.is_fresh(one)).copied().collect();
        let ended: Vec<AlertKey> = self.told.keys().filter(|key| (ask.fires)(key).is_none()).cloned().collect();
        self.wait(now, !fresh.is_empty(), ask.pace.group_interval);
        let at_once = fresh.iter().any(|one| one.at_once);
        let due = if fresh.is_empty() {
            (!ended.is_empty() && self.rested(now, ask.pace.group_interval)) || self.repeats(ask)
        } else {
            at_once || self.due_at(ask.pace).is_none_or(|at| at <= now)
        };
        if ask.full_until.is_some() {
            return None;
        }
        if due { Some(self.tell(ask, &fresh, ended)) } else { self.say_who_knows(ask) }
    }

    /// Once somebody knows of all that fires, that is told: pagers stop. A person's act waits for no interval and begins none.
    fn say_who_knows(&mut self, ask: &Ask<'_, '_>) -> Option<Due> {
        let mut by = None;
        let (mut all, mut any) = (true, false);
        for (key, told) in self.told.iter_mut().filter(|(key, _)| (ask.fires)(key).is_some()) {
            match (ask.knows)(key) {
                Some(person) if !told.acknowledged => (by, any) = (Some(person.to_owned()), true),
                Some(_) => any = true,
                // It fires anew, or always did without anybody.
                None => (told.acknowledged, all) = (false, false),
            }
        }
        let by = by.filter(|_| all && any)?;
        for told in self.told.values_mut() {
            told.acknowledged = true;
        }
        let firing = self.told.iter().filter(|(key, _)| (ask.fires)(key).is_some());
        let firing = firing.map(|(_, told)| told.card.clone()).collect();
        Some(Due { reason: Reason::Acknowledged { by }, fresh: Vec::new(), firing, ended: Vec::new() })
    }

    /// Whether an alert is news to the channel: not told yet, or told as lighter than it is.
    fn is_fresh(&self, one: &Wanted<'_>) -> bool {
        match self.told.get(one.alert.key()) {
            Some(told) => one.alert.standing.severity < told.card.severity,
            None => one.at_once || !self.cooling.contains_key(one.alert.key()),
        }
    }

    fn wait(&mut self, now: UnixMs, has_news: bool, interval: Duration) {
        if has_news {
            self.waiting.get_or_insert(now);
            self.idle = None;
        } else if self.waiting.is_some() && now.since(*self.idle.get_or_insert(now)) >= interval {
            (self.waiting, self.idle) = (None, None);
        }
    }

    fn rested(&self, now: UnixMs, interval: Duration) -> bool {
        self.told_at.is_none_or(|told| told.after(interval) <= now)
    }

    /// When what waits may be told.
    fn due_at(&self, pace: Pace) -> Option<UnixMs> {
        // Who is called because nobody answered has waited already.
        let wait = if self.level == 0 { pace.group_wait } else { Duration::ZERO };
        let waited = self.waiting.map(|since| since.after(wait));
        waited.max(self.told_at.map(|told| told.after(pace.group_interval)))
    }

    /// Nothing changed for long, and somebody should still do something about it.
    fn repeats(&self, ask: &Ask<'_, '_>) -> bool {
        self.rested(ask.now, ask.pace.repeat_every.max(ask.pace.group_interval))
            && ask
                .wanted
                .iter()
                .map(|one| one.alert.key())
                .any(|key| (ask.knows)(key).is_none() && self.told.contains_key(key))
    }

    fn tell(&mut self, ask: &Ask<'_, '_>, fresh: &[Wanted<'_>], ended: Vec<AlertKey>) -> Due {
        let now = ask.now;
        let first = self.told.is_empty();
        let mut gone: Vec<Card> = Vec::with_capacity(ended.len());
        for key in ended {
            let Some(told) = self.told.remove(&key) else { continue };
            gone.push(Card { ended: Some(now), ..told.card });
            if !ask.pace.cool_down.is_zero() {
                self.cooling.insert(key, told.last.after(ask.pace.cool_down));
            }
        }
        for (key, told) in &mut self.told {
            if let Some(alert) = (ask.fires)(key) {
                told.card = Card { since: told.card.since, ..(ask.card)(alert) };
            }
        }
        for one in ask.wanted {
            if let Some(told) = self.told.get_mut(one.alert.key()) {
                told.last = now;
            }
        }
        for one in fresh {
            let known = self.told.get(one.alert.key());
            let (at, acknowledged) = known.map_or((now, false), |told| (told.at, told.acknowledged));
            let told = Told { at, last: now, acknowledged, card: (ask.card)(one.alert) };
            self.told.insert(one.alert.key().clone(), told);
        }
        let reason = match (fresh.is_empty(), gone.is_empty()) {
            (false, _) if self.level > 0 => Reason::Escalated { step: self.level },
            (false, _) if first => Reason::First,
            (false, _) => Reason::New,
            (true, true) => Reason::Repeat,
            (true, false) if self.told.is_empty() => Reason::AllResolved,
            (true, false) => Reason::Resolved,
        };
        self.told_at = Some(now);
        (self.waiting, self.idle) = (None, None);
        Due {
            reason,
            fresh: fresh.iter().map(|one| one.alert.key().clone()).collect(),
            firing: self.told.values().map(|told| told.card.clone()).collect(),
            ended: gone,
        }
    }

    /// Why an alert of the group that nothing else holds is not told yet; `None` if it was told.
    pub fn holds(&self, alert: &Alert, ask: &Ask<'_, '_>) -> Option<Held> {
        let key = alert.key();
        if self.told.contains_key(key) {
            return None;
        }
        if let Some(until) = self.cooling.get(key) {
            return Some(Held::CoolDown { until: *until });
        }
        let until = self.due_at(ask.pace).unwrap_or(ask.now);
        match ask.full_until {
            Some(full) if until <= ask.now => Some(Held::RateLimited { channel: ask.channel.to_owned(), until: full }),
            _ => Some(Held::Grouped { until }),
        }
    }

    /// Whether there is nothing to remember of it.
    pub fn is_over(&self, now: UnixMs, pace: Pace) -> bool {
        self.told.is_empty()
            && self.waiting.is_none()
            && self.cooling.is_empty()
            && self.rested(now, pace.group_interval)
    }
}
