//! Moments and durations as this project writes them down.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z. It is what SQLite stores and what every room passes around;
/// only the edge that reads a clock makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// The time from `earlier` to `self`; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// This moment moved `by` into the past.
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This moment moved `by` into the future.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// As a chrono moment in UTC; the epoch if out of chrono's range.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for UnixMs {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_millis())
    }
}

/// Time since the machine started, suspension included: nobody can set this clock, and it begins anew with each boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootTime {
    /// Which boot.
    pub boot_id: String,
    /// Milliseconds since then.
    pub ms: i64,
}

/// A moment by both clocks: the wall clock is for people, the boot clock is for what is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// By the wall clock.
    pub at: UnixMs,
    /// By the boot clock, if it was noted.
    pub boot: Option<BootTime>,
}

/// Two ways to say one moment that differ by less say the same.
const SEAM: i64 = 2_000;

impl Moment {
    /// The time from `earlier` to `self`: by the boot clock if both are of one boot, else by the wall clock.
    pub fn since(&self, earlier: &Self) -> Duration {
        match (&self.boot, &earlier.boot) {
            (Some(now), Some(then)) if now.boot_id == then.boot_id => UnixMs(now.ms).since(UnixMs(then.ms)),
            _ => self.at.since(earlier.at),
        }
    }

    /// `earlier` on the wall clock as it goes now: the same, unless the clock was set in between.
    pub fn as_of_now(&self, earlier: &Self) -> UnixMs {
        let moved = self.at.before(self.since(earlier));
        if (moved.0 - earlier.at.0).abs() < SEAM { earlier.at } else { moved }
    }
}

impl From<UnixMs> for Moment {
    fn from(at: UnixMs) -> Self {
        Self { at, boot: None }
    }
}

/// Durations in files and JSON are written as people write them: `"10s"`, `"1m 30s"`, `"2h"`.
pub mod human {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes `90s` as `"1m 30s"`.
    pub fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(*value))
    }

    /// Reads what [`serialize`] writes.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text).map_err(D::Error::custom)
    }

    /// The same for a duration that may be absent.
    pub mod option {
        use std::time::Duration;

        use serde::{Deserialize, Deserializer, Serializer, de::Error};

        /// Writes the duration or null.
        pub fn serialize<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
            match value {
                Some(value) => super::serialize(value, serializer),
                None => serializer.serialize_none(),
            }
        }

        /// Reads what [`serialize`] writes.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
            Option::<String>::deserialize(deserializer)?
                .map(|text| humantime::parse_duration(&text).map_err(D::Error::custom))
                .transpose()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn moment(at: i64, boot: Option<(&str, i64)>) -> Moment {
        let boot = boot.map(|(boot_id, ms)| BootTime { boot_id: boot_id.into(), ms });
        Moment { at: UnixMs(at), boot }
    }

    #[test]
    fn f43_a_wall_clock_that_is_set_changes_no_duration() {
        let begun = moment(10 * HOUR, Some(("this", 5_000)));
        for now in [9 * HOUR, 10 * HOUR, 34 * HOUR] {
            let now = moment(now, Some(("this", 65_000)));
            assert_eq!(now.since(&begun), Duration::from_mins(1));
        }
    }

    #[test]
    fn over_a_restart_of_the_machine_only_the_wall_clock_tells() {
        let now = moment(11 * HOUR, Some(("this", 1_000)));
        for begun in [moment(10 * HOUR, Some(("before", 99 * HOUR))), moment(10 * HOUR, None)] {
            assert_eq!(now.since(&begun), Duration::from_hours(1));
        }
        assert_eq!(now.since(&moment(12 * HOUR, None)), Duration::ZERO);
    }

    #[test]
    fn f43_what_began_before_the_clock_was_set_is_found_on_the_clock_as_it_goes_now() {
        let begun = moment(10 * HOUR, Some(("this", 0)));
        let now = |at| moment(at, Some(("this", 60_000)));
        assert_eq!(now(9 * HOUR).as_of_now(&begun), UnixMs(9 * HOUR - 60_000));
        assert_eq!(now(10 * HOUR + 60_500).as_of_now(&begun), begun.at, "clocks drift a little");
        assert_eq!(moment(34 * HOUR, None).as_of_now(&begun), begun.at);
    }
}
