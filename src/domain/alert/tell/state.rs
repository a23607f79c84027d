//! What telling remembers from one tick to the next, on disk as well: with it another process goes on as if it were the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{group::Group, held::Held, pairs, silence::Silence};
use crate::domain::{alert::AlertKey, id::RunId, time::UnixMs};

/// Channel and key of a group.
pub type GroupId = (String, String);

/// All that is remembered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What each channel was told of each group.
    #[serde(with = "groups")]
    pub groups: BTreeMap<GroupId, Group>,
    /// How it stands with each alert that fires.
    #[serde(with = "pairs")]
    pub alerts: BTreeMap<AlertKey, Telling>,
    /// The rest.
    pub rest: Rest,
}

/// How it stands with the telling of one alert.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Telling {
    /// Why it is not told now; `None` if it was told to all who are to know at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// The run that it was taken for a consequence of, until it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<RunId>,
}

/// What is remembered of no alert.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rest {
    /// When messages were sent where there is a bound on them, by route and channel.
    #[serde(default)]
    pub sent: BTreeMap<String, Vec<UnixMs>>,
    /// Silences that are open.
    #[serde(default)]
    pub silences: Vec<KnownSilence>,
}

/// A silence that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownSilence {
    /// Which.
    pub silence: Silence,
    /// It silenced something.
    pub matched: bool,
}

/// What a tick changed: rows to write, and rows to remove.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Groups; `None` for one that is over.
    pub groups: Vec<(GroupId, Option<Group>)>,
    /// Alerts; `None` for one that fires no more.
    pub alerts: Vec<(AlertKey, Option<Telling>)>,
    /// The rest.
    pub rest: Option<Rest>,
}

impl Changes {
    /// What it takes to get from one state to another.
    pub fn between(before: &State, after: &State) -> Self {
        Self {
            groups: changed(&before.groups, &after.groups),
            alerts: changed(&before.alerts, &after.alerts),
            rest: (before.rest != after.rest).then(|| after.rest.clone()),
        }
    }

    /// Adds what a later tick changed.
    pub fn join(&mut self, later: Self) {
        replace(&mut self.groups, later.groups);
        replace(&mut self.alerts, later.alerts);
        self.rest = later.rest.or(self.rest.take());
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.alerts.is_empty() && self.rest.is_none()
    }
}

fn replace<K: Ord, V>(earlier: &mut Vec<(K, V)>, later: Vec<(K, V)>) {
    let mut all: BTreeMap<K, V> = std::mem::take(earlier).into_iter().collect();
    all.extend(later);
    *earlier = all.into_iter().collect();
}

fn changed<K: Ord + Clone, V: PartialEq + Clone>(
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
) -> Vec<(K, Option<V>)> {
    let gone = before.keys().filter(|key| !after.contains_key(key)).map(|key| (key.clone(), None));
    let set = after.iter().filter(|(key, value)| before.get(key) != Some(value));
    gone.chain(set.map(|(key, value)| (key.clone(), Some(value.clone())))).collect()
}

fn apply<K: Ord, V>(to: &mut BTreeMap<K, V>, changes: Vec<(K, Option<V>)>) {
    for (key, value) in changes {
        match value {
            Some(value) => to.insert(key, value),
            None => to.remove(&key),
        };
    }
}

impl State {
    /// Takes in what another tick changed, as rows read from the disk do.
    pub fn absorb(&mut self, changes: Changes) {
        apply(&mut self.groups, changes.groups);
        apply(&mut self.alerts, changes.alerts);
        if let Some(rest) = changes.rest {
            self.rest = rest;
        }
    }

    /// The wall clock was set by so much: what is measured moves with it. What lies in the future all the same began now.
    pub fn set_clock(&mut self, moved: i64, now: UnixMs) {
        let fit = |at: &mut UnixMs| *at = UnixMs(at.0.saturating_add(moved)).min(now);
        for group in self.groups.values_mut() {
            for at in [&mut group.waiting, &mut group.idle, &mut group.told_at].into_iter().flatten() {
                fit(at);
            }
            for told in group.told.values_mut() {
                fit(&mut told.at);
                fit(&mut told.last);
            }
            for until in group.cooling.values_mut() {
                until.0 = until.0.saturating_add(moved);
            }
        }
        self.rest.sent.values_mut().flatten().for_each(fit);
    }
}

/// Groups in JSON: a list of pairs.
mod groups {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Group, GroupId};

    pub fn serialize<S: Serializer>(map: &BTreeMap<GroupId, Group>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map.iter())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<GroupId, Group>, D::Error> {
        Ok(Vec::<(GroupId, Group)>::deserialize(deserializer)?.into_iter().collect())
    }
}
