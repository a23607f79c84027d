//! One tick: from what was remembered and what is seen to messages, notes, and what to remember.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    group::{Ask, Group, Wanted},
    held::Held,
    matcher::Alert,
    mute::Mutes,
    policy::{Limit, Pace, Route},
    route::{Seat, group_key, group_labels, seats},
    scene::Scene,
    silences::{self, Warning},
    state::{Changes, GroupId, State, Telling},
    words,
};
use crate::domain::{
    alert::{AlertEvent, AlertEventRow, AlertKey, Card, Notice, Reason},
    time::UnixMs,
};

/// What a tick comes to. Nothing of it holds before it is stored: a tick whose outcome was lost is done again from the state
/// before it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// The state after it.
    pub state: State,
    /// What changed in the state.
    pub changes: Changes,
    /// Messages, at most one for each channel and group.
    pub notices: Vec<Notice>,
    /// For the history of the alerts.
    pub events: Vec<AlertEventRow>,
    /// For people, on the screen.
    pub warnings: Vec<Warning>,
}

/// A group that is asked at this tick.
struct Asked<'a> {
    route: &'a str,
    level: u32,
    labels: Vec<(String, String)>,
    wanted: Vec<Wanted<'a>>,
}

/// An alert that fires, with what holds it and who is to be told.
struct Firing<'a> {
    alert: &'a Alert,
    held: Option<Held>,
    seats: Vec<(Seat<'a>, GroupId)>,
}

/// Does a tick.
pub fn tick(before: &State, scene: &Scene<'_>) -> Outcome {
    let mut state = before.clone();
    state.set_clock(scene.moved, scene.now);
    let mut events = Vec::new();
    let firing = firing(scene, &mut state);
    let asked = ask_all(scene, &state, &firing);
    drop_lost_channels(scene, &mut state, &mut events);
    let notices = tell(scene, &mut state, &firing, asked, &mut events);
    let warnings = silences::keep(scene, &mut state.rest.silences, &mut events);
    events.sort_by(|a: &AlertEventRow, b| a.key.cmp(&b.key));
    let changes = Changes::between(before, &state);
    Outcome { state, changes, notices, events, warnings }
}

/// Every alert that fires; what no longer does is forgotten.
fn firing<'a>(scene: &'a Scene<'a>, state: &mut State) -> BTreeMap<&'a AlertKey, Firing<'a>> {
    let mutes = Mutes::new(scene);
    let mut found = BTreeMap::new();
    for alert in scene.alerts.iter().filter(|alert| alert.firing().is_some()) {
        let held = mutes.of(alert);
        let telling = state.alerts.entry(alert.key().clone()).or_default();
        if let Some(Held::Expected { run, .. }) = &held {
            telling.expected = Some(*run);
        }
        let seats = seats(&scene.policy.routes, alert).into_iter().filter(|seat| scene.channels.contains(seat.channel));
        let seats: Vec<_> = seats
            .map(|seat| {
                let key = group_key(seat.route, seat.level, &group_labels(seat.route, alert));
                (seat, (seat.channel.to_owned(), key))
            })
            .collect();
        let held = held.or_else(|| seats.is_empty().then_some(Held::NoRoute));
        found.insert(alert.key(), Firing { alert, held, seats });
    }
    state.alerts.retain(|key, _| found.contains_key(key));
    found
}

/// Every group that was told something or is to be, with what it is to be told.
fn ask_all<'a>(
    scene: &Scene<'a>,
    state: &State,
    firing: &BTreeMap<&AlertKey, Firing<'a>>,
) -> BTreeMap<GroupId, Asked<'a>> {
    let mut asked: BTreeMap<GroupId, Asked<'a>> = BTreeMap::new();
    for one in firing.values().filter(|one| one.held.is_none()) {
        let telling = state.alerts.get(one.alert.key());
        let at_once = telling.is_some_and(|telling| telling.expected.is_some());
        let acknowledged = scene.acknowledged_by(one.alert).is_some();
        for (seat, id) in &one.seats {
            let known = state.groups.get(id).is_some_and(|group| group.told.contains_key(one.alert.key()));
            if seat.level > 0 && !known && (acknowledged || !is_escalated(scene.now, state, one, seat)) {
                continue;
            }
            let group = asked.entry(id.clone()).or_insert_with(|| Asked {
                route: &seat.route.name,
                level: seat.level,
                labels: group_labels(seat.route, one.alert),
                wanted: Vec::new(),
            });
            group.wanted.push(Wanted { alert: one.alert, at_once });
        }
    }
    asked
}

/// Whether those who were told first had the time this step gives them. It runs from the first message, not from the first
/// look: what was held meanwhile nobody could acknowledge.
fn is_escalated(now: UnixMs, state: &State, one: &Firing<'_>, seat: &Seat<'_>) -> bool {
    let Some(step) = seat.route.escalate.get(seat.level as usize - 1) else { return false };
    let of_route = one.seats.iter().filter(|(other, _)| other.level == 0 && other.route.name == seat.route.name);
    let told = of_route.filter_map(|(_, id)| Some(state.groups.get(id)?.told.get(one.alert.key())?.at)).min();
    told.is_some_and(|told| told.after(step.after) <= now)
}

/// A channel that is not configured any more can't be told that what it was told ended.
fn drop_lost_channels(scene: &Scene<'_>, state: &mut State, events: &mut Vec<AlertEventRow>) {
    state.groups.retain(|(channel, _), group| {
        let stays = scene.channels.contains(channel);
        if !stays {
            let text = format!("{channel} is not configured any more: its end is not told there");
            let note = |key: &AlertKey| row(scene.now, key, AlertEvent::Noted { text: text.clone() });
            events.extend(group.told.keys().map(note));
        }
        stays
    });
}

/// Asks every group, and notes for each alert why it is not told.
fn tell<'a>(
    scene: &Scene<'a>,
    state: &mut State,
    firing: &BTreeMap<&AlertKey, Firing<'a>>,
    mut asked: BTreeMap<GroupId, Asked<'a>>,
    events: &mut Vec<AlertEventRow>,
) -> Vec<Notice> {
    let fires = |key: &AlertKey| firing.get(key).map(|one| one.alert);
    let knows = |key: &AlertKey| scene.acknowledged_by(fires(key)?);
    let card = |alert: &Alert| words::card(scene, alert);
    let mut notices = Vec::new();
    let mut waits: BTreeMap<AlertKey, Held> = BTreeMap::new();
    let ids: BTreeSet<GroupId> = state.groups.keys().chain(asked.keys()).cloned().collect();
    for id in ids {
        let asking = asked.remove(&id);
        let mut group = state.groups.remove(&id).unwrap_or_default();
        if let Some(asking) = &asking {
            (group.route, group.level) = (asking.route.to_owned(), asking.level);
            group.labels.clone_from(&asking.labels);
        }
        let route = scene.policy.routes.iter().find(|route| route.name == group.route);
        let pace = route.map_or_else(Pace::default, |route| route.pace);
        let limit = route.and_then(|route| route.limit);
        let sent = format!("{} {}", group.route, id.0);
        let wanted = asking.map(|asking| asking.wanted).unwrap_or_default();
        let full_until = limit.and_then(|limit| full_until(state.rest.sent.get(&sent), limit, scene.now));
        let ask = Ask {
            now: scene.now,
            pace,
            wanted: &wanted,
            fires: &fires,
            knows: &knows,
            full_until,
            channel: &id.0,
            card: &card,
        };
        if let Some(due) = group.step(&ask) {
            note(scene.now, &id, &due.reason, (&due.fresh, &wanted, &due.ended), events);
            notices.push(words::notice(scene, &id, due));
            if let Some(limit) = limit {
                remember(state.rest.sent.entry(sent).or_default(), limit, scene.now);
            }
        }
        if group.level == 0 {
            waits
                .extend(wanted.iter().filter_map(|one| Some((one.alert.key().clone(), group.holds(one.alert, &ask)?))));
        }
        if !group.is_over(scene.now, pace) {
            state.groups.insert(id, group);
        }
    }
    forget_sent(&mut state.rest.sent, &scene.policy.routes, scene.now);
    for one in firing.values() {
        let held = one.held.clone().or_else(|| waits.remove(one.alert.key()));
        let telling = state.alerts.entry(one.alert.key().clone()).or_default();
        if held.is_none() {
            telling.expected = None;
        }
        if let Some(why) = held.as_ref().filter(|why| telling.held.as_ref() != Some(why)) {
            events.push(row(scene.now, one.alert.key(), AlertEvent::Held { why: why.clone() }));
        }
        *telling = Telling { held, ..telling.clone() };
    }
    notices
}

/// Notes with each alert that it was told.
fn note(
    now: UnixMs,
    (channel, group): &GroupId,
    why: &Reason,
    (fresh, wanted, ended): (&[AlertKey], &[Wanted<'_>], &[Card]),
    events: &mut Vec<AlertEventRow>,
) {
    let told = |ended| AlertEvent::Told { channel: channel.clone(), group: group.clone(), why: why.clone(), ended };
    let repeated = wanted.iter().filter(|_| fresh.is_empty() && ended.is_empty()).map(|one| one.alert.key());
    events.extend(fresh.iter().chain(repeated).map(|key| row(now, key, told(false))));
    events.extend(ended.iter().map(|card| row(now, &card.key, told(true))));
}

fn row(at: UnixMs, key: &AlertKey, event: AlertEvent) -> AlertEventRow {
    AlertEventRow { at, key: key.clone(), event }
}

/// Until when a channel has all the messages it may have.
fn full_until(sent: Option<&Vec<UnixMs>>, limit: Limit, now: UnixMs) -> Option<UnixMs> {
    let recent: Vec<UnixMs> = sent.into_iter().flatten().copied().filter(|at| at.after(limit.within) > now).collect();
    let most = limit.messages as usize;
    // Room comes when so many of them are old that fewer than the limit are left.
    (recent.len() >= most).then(|| recent.get(recent.len() - most).map(|at| at.after(limit.within))).flatten()
}

fn remember(sent: &mut Vec<UnixMs>, limit: Limit, now: UnixMs) {
    sent.retain(|at| at.after(limit.within) > now);
    sent.push(now);
}

/// What is too old to count goes, and what no route counts any more.
fn forget_sent(sent: &mut BTreeMap<String, Vec<UnixMs>>, routes: &[Route], now: UnixMs) {
    let longest = routes.iter().filter_map(|route| route.limit).map(|limit| limit.within).max().unwrap_or_default();
    sent.retain(|_, times| {
        times.retain(|at| at.after(longest) > now);
        !times.is_empty()
    });
}

/// The groups an alert was told in, for those who look at one: channel, and when.
pub fn told_to<'a>(
    groups: impl IntoIterator<Item = (&'a GroupId, &'a Group)>,
    key: &AlertKey,
) -> Vec<(String, UnixMs)> {
    let found = groups.into_iter().filter_map(|((channel, _), group)| Some((channel.clone(), group.told.get(key)?.at)));
    found.collect()
}
