//! The state of a service, and how looks move it.

use serde::{Deserialize, Serialize};

use super::{time::UnixMs, verdict::Verdict};

/// The state of a service as people speak of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Looks pass.
    Up,
    /// Looks pass, but a `degraded` condition holds.
    Degraded,
    /// Looks fail.
    Down,
    /// Nothing recent is known.
    Unknown,
    /// A person said so.
    Maintenance,
}

impl Health {
    /// The word shown beside every colour.
    pub fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "DEGRADED",
            Self::Down => "DOWN",
            Self::Unknown => "unknown",
            Self::Maintenance => "maintenance",
        }
    }
}

/// What one look says: its verdict, and whether it passed slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookSays {
    /// Of `expect`.
    pub verdict: Verdict,
    /// One of `degraded` held.
    pub degraded: bool,
}

/// How many bad looks of how many make a service bad, and how many good ones in a row make it good again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debounce {
    /// Bad looks needed (default 2) ...
    pub bad: u8,
    /// ... among this many latest (default 3).
    pub of: u8,
    /// Good looks in a row to recover (default 2).
    pub recover: u8,
}

impl Default for Debounce {
    fn default() -> Self {
        Self { bad: 2, of: 3, recover: 2 }
    }
}

/// The debounced state of one look. Feed it every look in order.
///
/// The first look after nothing was known decides at once. Then a look goes bad when `bad` of the `of` latest failed,
/// and good again after `recover` good ones in a row; degraded or not is debounced the same way between good looks. A
/// look whose verdict is unknown neither breaks nor recovers: it is no evidence, so it leaves no trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookState {
    /// The state now.
    pub health: Health,
    /// When it became so.
    pub since: UnixMs,
    recent: Vec<LookSays>,
}

/// Looks remembered at most: a debounce can't ask for more.
const MAX_RECENT: usize = u8::MAX as usize;

impl LookState {
    /// Before the first look.
    pub fn new(at: UnixMs) -> Self {
        Self { health: Health::Unknown, since: at, recent: Vec::new() }
    }

    /// Picks up where an earlier process left off, so that a restart of the watcher neither breaks nor recovers anything.
    pub fn resumed(health: Health, since: UnixMs) -> Self {
        Self { health, since, recent: Vec::new() }
    }

    /// Takes one look in; returns whether the state changed. The very first look decides at once.
    pub fn take(&mut self, says: LookSays, at: UnixMs, rule: Debounce) -> bool {
        if says.verdict == Verdict::Unknown {
            return false;
        }
        self.recent.push(says);
        let keep = usize::from(rule.of.max(rule.recover).max(1)).min(MAX_RECENT);
        if self.recent.len() > keep {
            self.recent.drain(..self.recent.len() - keep);
        }
        let next = if self.health == Health::Unknown { of_one(says) } else { self.debounced(rule) };
        self.become_state(next, at)
    }

    /// No look came for too long: unknown. Returns whether the state changed.
    pub fn stale(&mut self, at: UnixMs) -> bool {
        self.recent.clear();
        self.become_state(Health::Unknown, at)
    }

    fn become_state(&mut self, next: Health, at: UnixMs) -> bool {
        if next == self.health {
            return false;
        }
        self.health = next;
        self.since = at;
        true
    }

    fn debounced(&self, rule: Debounce) -> Health {
        let of = usize::from(rule.of.max(rule.bad).max(1));
        let among = |wanted: Health| self.recent.iter().rev().take(of).filter(|says| of_one(**says) == wanted).count();
        let in_a_row = |good: &dyn Fn(Health) -> bool| {
            self.recent.iter().rev().take_while(|says| good(of_one(**says))).count() >= usize::from(rule.recover.max(1))
        };
        let bad = usize::from(rule.bad.max(1));
        let breaks = among(Health::Down) >= bad;
        let answers = in_a_row(&|health| health != Health::Down);
        match self.health {
            Health::Down if !answers => Health::Down,
            Health::Down if in_a_row(&|health| health == Health::Up) => Health::Up,
            Health::Down => Health::Degraded,
            _ if breaks => Health::Down,
            Health::Degraded if in_a_row(&|health| health == Health::Up) => Health::Up,
            Health::Degraded => Health::Degraded,
            _ if among(Health::Degraded) + among(Health::Down) >= bad && among(Health::Degraded) > 0 => {
                Health::Degraded
            }
            other => other,
        }
    }
}

/// What one look alone says.
fn of_one(says: LookSays) -> Health {
    match (says.verdict, says.degraded) {
        (Verdict::Fail, _) => Health::Down,
        (Verdict::Unknown, _) => Health::Unknown,
        (Verdict::Pass, true) => Health::Degraded,
        (Verdict::Pass, false) => Health::Up,
    }
}

/// The state of a service from those of its looks: the worst, where down > degraded > unknown > up. Maintenance, which a
/// person declared, is above all; no look at all is unknown.
pub fn service_health(looks: impl IntoIterator<Item = Health>) -> Health {
    let badness = |health: &Health| match health {
        Health::Up => 0,
        Health::Unknown => 1,
        Health::Degraded => 2,
        Health::Down => 3,
        Health::Maintenance => 4,
    };
    looks.into_iter().max_by_key(badness).unwrap_or(Health::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Debounce = Debounce { bad: 2, of: 3, recover: 2 };

    /// Feeds looks written as letters (`g`ood, `d`egraded, `f`ailed, `u`nknown, `s`tale) and writes the states.
    fn states(looks: &str, rule: Debounce) -> String {
        let mut state = LookState::new(UnixMs(0));
        let mut out = String::new();
        for (at, look) in (1..).zip(looks.chars()) {
            let before = state.health;
            let says = |verdict, degraded| LookSays { verdict, degraded };
            let changed = match look {
                'g' => state.take(says(Verdict::Pass, false), UnixMs(at), rule),
                'd' => state.take(says(Verdict::Pass, true), UnixMs(at), rule),
                'f' => state.take(says(Verdict::Fail, false), UnixMs(at), rule),
                'u' => state.take(says(Verdict::Unknown, false), UnixMs(at), rule),
                _ => state.stale(UnixMs(at)),
            };
            assert_eq!(changed, before != state.health);
            assert_eq!(changed, state.since == UnixMs(at));
            out.push(match state.health {
                Health::Up => 'U',
                Health::Degraded => 'D',
                Health::Down => '!',
                Health::Unknown => '?',
                Health::Maintenance => 'M',
            });
        }
        out
    }

    #[test]
    fn the_first_look_decides_at_once() {
        assert_eq!(states("g", RULE), "U");
        assert_eq!(states("f", RULE), "!");
        assert_eq!(states("d", RULE), "D");
    }

    #[test]
    fn two_bad_of_three_break_and_one_does_not() {
        assert_eq!(states("ggfggfgg", RULE), "UUUUUUUU");
        assert_eq!(states("ggfgf", RULE), "UUUU!");
        assert_eq!(states("ggff", RULE), "UUU!");
    }

    #[test]
    fn recovery_has_its_own_threshold() {
        assert_eq!(states("fgg", RULE), "!!U");
        assert_eq!(states("fgfgg", RULE), "!!!!U");
        assert_eq!(states("fgggg", Debounce { recover: 4, ..RULE }), "!!!!U");
    }

    #[test]
    fn unknown_looks_neither_break_nor_recover() {
        assert_eq!(states("guuuu", RULE), "UUUUU");
        assert_eq!(states("fuuuu", RULE), "!!!!!");
        assert_eq!(states("fgug", RULE), "!!!U");
        assert_eq!(states("uu", RULE), "??");
    }

    #[test]
    fn stale_is_unknown_and_recovers_nothing() {
        assert_eq!(states("ffs", RULE), "!!?");
        assert_eq!(states("ffsf", RULE), "!!?!");
        assert_eq!(states("ggsg", RULE), "UU?U");
    }

    #[test]
    fn slow_is_degraded_not_down() {
        assert_eq!(states("ggdgd", RULE), "UUUUD");
        assert_eq!(states("gddddgg", RULE), "UUDDDDU");
        assert_eq!(states("fdd", RULE), "!!D");
        assert_eq!(states("ddff", RULE), "DDD!");
    }

    #[test]
    fn a_service_is_as_its_worst_look() {
        use Health::{Degraded, Down, Unknown, Up};
        assert_eq!(service_health([Up, Up]), Up);
        assert_eq!(service_health([Up, Unknown]), Unknown);
        assert_eq!(service_health([Unknown, Degraded]), Degraded);
        assert_eq!(service_health([Degraded, Down, Up]), Down);
        assert_eq!(service_health([]), Unknown);
    }

    proptest::proptest! {
        #[test]
        fn a_steady_stream_settles_whatever_came_before(looks in "[gdfus]{0,20}", bad in 1..4_u8, recover in 1..4_u8) {
            let rule = Debounce { bad, of: bad + 1, recover };
            let settled = states(&(looks.clone() + "gggggggg"), rule).ends_with('U');
            proptest::prop_assert!(settled);
            let settled = states(&(looks.clone() + "ffffffff"), rule).ends_with('!');
            proptest::prop_assert!(settled);
            let settled = states(&(looks.clone() + "dddddddd"), rule).ends_with('D');
            proptest::prop_assert!(settled);
        }
    }
}
