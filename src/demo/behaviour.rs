//! The releases of the demo and how each behaves: data, not code.

use std::time::Duration;

/// How an instance of a release answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Behaviour {
    /// Added to every answer: least and most.
    pub delay_ms: (u64, u64),
    /// Share of answers that are 500.
    pub failing: f64,
    /// Bytes leaked by each answer; every leaked MiB slows the next ones by 6 ms.
    pub leak_bytes: usize,
}

const GOOD: Behaviour = Behaviour { delay_ms: (8, 30), failing: 0.0, leak_bytes: 0 };

/// Every release that can be deployed, newest first.
pub const RELEASES: &[(&str, Behaviour, &str)] = &[
    ("1.9.4-leaking", Behaviour { leak_bytes: 96 << 10, ..GOOD }, "leaks memory and slows down"),
    ("1.9.3-failing", Behaviour { failing: 0.22, ..GOOD }, "answers every fifth request with 500"),
    ("1.9.2-slow", Behaviour { delay_ms: (220, 480), ..GOOD }, "a missing index"),
    ("1.9.1", GOOD, "good"),
    ("1.9.0", GOOD, "good"),
    ("1.8.0", GOOD, "good"),
];

/// The releases a new demo starts with, oldest first: each is really deployed, so that there is something to go back to.
pub const HISTORY: &[&str] = &["1.8.0", "1.9.0"];

/// What the scenario `bad-release` deploys.
pub const BAD: &str = "1.9.3-failing";

/// What the scenario `good-release` deploys.
pub const GOOD_RELEASE: &str = "1.9.1";

/// The behaviour of a version.
pub fn of(version: &str) -> Option<Behaviour> {
    RELEASES.iter().find(|(name, ..)| *name == version).map(|(_, behaviour, _)| *behaviour)
}

impl Behaviour {
    /// How long an answer takes once `leaked` bytes are held.
    pub fn delay(&self, leaked: usize) -> Duration {
        let (least, most) = self.delay_ms;
        Duration::from_millis(fastrand::u64(least..=most) + (leaked >> 20) as u64 * 6)
    }
}

/// Something that can be made to go wrong while the fleet runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Every API answer takes 300 ms longer.
    SlowApi,
    /// A third of API answers is 503.
    FailingApi,
    /// The database refuses connections.
    DatabaseDown,
    /// The worker stops answering.
    WorkerHangs,
}

impl Fault {
    /// All of them, with the name used on the command line.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("slow-api", Self::SlowApi),
        ("failing-api", Self::FailingApi),
        ("database-down", Self::DatabaseDown),
        ("worker-hangs", Self::WorkerHangs),
    ];

    /// The fault of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, fault)| *fault)
    }
}
