//! Moments that come again, by the clock on the wall of some place: `0 2 * * sun` in `Europe/Berlin`.

use std::{fmt, str::FromStr};

use chrono_tz::Tz;
use croner::{
    Direction,
    parser::{CronParser, Seconds},
};

use super::time::UnixMs;

/// Five fields as cron has them: minute, hour, day of month, month, day of week; also `@daily` and its like.
///
/// Daylight saving shifts nothing: what is due at 02:00 is due when clocks there show 02:00, in summer and in winter. A time that
/// is left out in spring is the first moment after the gap; one that comes twice in autumn counts once.
#[derive(Debug, Clone)]
pub struct Cron {
    source: String,
    parsed: croner::Cron,
}

impl Cron {
    /// The latest moment at or before `now` at which it was due; `None` if there never was one.
    pub fn before(&self, now: UnixMs, zone: Tz) -> Option<UnixMs> {
        self.find(now, zone, Direction::Backward, true)
    }

    /// The first moment after `now` at which it will be due; `None` if there is none.
    pub fn after(&self, now: UnixMs, zone: Tz) -> Option<UnixMs> {
        self.find(now, zone, Direction::Forward, false)
    }

    fn find(&self, now: UnixMs, zone: Tz, direction: Direction, inclusive: bool) -> Option<UnixMs> {
        // Cron knows whole seconds: what is left of one is beside the point when looking back, and must be when looking on.
        let whole = UnixMs(now.0.div_euclid(1000) * 1000);
        let local = whole.to_utc().with_timezone(&zone);
        let found = match direction {
            Direction::Forward => self.parsed.find_next_occurrence(&local, inclusive),
            Direction::Backward => self.parsed.find_previous_occurrence(&local, inclusive),
        };
        found.ok().map(|at| UnixMs(at.timestamp_millis()))
    }
}

impl FromStr for Cron {
    type Err = String;

    fn from_str(source: &str) -> Result<Self, String> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
        let parsed = parser.parse(source).map_err(|error| error.to_string())?;
        Ok(Self { source: source.to_owned(), parsed })
    }
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(text: &str) -> UnixMs {
        UnixMs(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
    }

    #[test]
    fn daylight_saving_shifts_nothing() {
        let cron: Cron = "0 2 * * *".parse().unwrap();
        let zone = chrono_tz::Europe::Berlin;
        assert_eq!(cron.after(at("2026-03-27T12:00:00Z"), zone), Some(at("2026-03-28T02:00:00+01:00")), "winter");
        assert_eq!(cron.after(at("2026-03-28T12:00:00Z"), zone), Some(at("2026-03-29T03:00:00+02:00")), "no 02:00");
        assert_eq!(cron.after(at("2026-03-29T12:00:00Z"), zone), Some(at("2026-03-30T02:00:00+02:00")), "summer");
        // 25 October has two hours from 02:00 to 03:00; it is due in the first.
        assert_eq!(cron.after(at("2026-10-24T12:00:00Z"), zone), Some(at("2026-10-25T02:00:00+02:00")));
        assert_eq!(cron.after(at("2026-10-25T02:00:00+02:00"), zone), Some(at("2026-10-26T02:00:00+01:00")), "once");
        assert_eq!(cron.before(at("2026-10-25T02:30:00+01:00"), zone), Some(at("2026-10-25T02:00:00+02:00")));
    }

    #[test]
    fn looking_back_takes_the_moment_itself_and_looking_on_does_not() {
        let cron: Cron = "0 2 * * sun".parse().unwrap();
        let due = at("2026-11-22T02:00:00Z");
        assert_eq!(cron.before(due, Tz::UTC), Some(due));
        assert_eq!(cron.before(UnixMs(due.0 + 999), Tz::UTC), Some(due));
        assert_eq!(cron.before(UnixMs(due.0 - 1), Tz::UTC), Some(at("2026-11-15T02:00:00Z")));
        assert_eq!(cron.after(due, Tz::UTC), Some(at("2026-11-29T02:00:00Z")));
        assert_eq!(cron.after(UnixMs(due.0 - 1), Tz::UTC), Some(due));
    }

    #[test]
    fn what_is_no_cron_is_refused() {
        for wrong in ["", "61 * * * *", "* * * *", "* * * * * *", "every day"] {
            assert!(wrong.parse::<Cron>().is_err(), "{wrong}");
        }
    }
}
