//! Once a day at a time of day, over restarts and changes of the clock.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

use crate::domain::time::UnixMs;

/// The day whose summary is due: today, once its time has come; `None` if that of today, or a later one, was written already.
pub fn due(at: NaiveTime, zone: Tz, now: UnixMs, last: Option<NaiveDate>) -> Option<NaiveDate> {
    let today = now.to_utc().with_timezone(&zone).date_naive();
    (last.is_none_or(|last| last < today) && moment(today, at, zone) <= now).then_some(today)
}

/// When a day's summary is written. A time that is skipped that day is the first moment after the gap; of one that comes twice
/// the first counts.
pub fn moment(day: NaiveDate, at: NaiveTime, zone: Tz) -> UnixMs {
    let mut local = NaiveDateTime::new(day, at);
    // A gap is at most a day long; it begins and ends at full minutes.
    for _ in 0..24 * 60 {
        if let Some(found) = zone.from_local_datetime(&local).earliest() {
            return UnixMs(found.timestamp_millis());
        }
        local += chrono::TimeDelta::minutes(1);
    }
    UnixMs(NaiveDateTime::new(day + Days::new(1), at).and_utc().timestamp_millis())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Berlin;

    use super::*;

    fn utc(text: &str) -> UnixMs {
        UnixMs(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
    }

    fn time(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").unwrap()
    }

    /// How often it is written if the clock is looked at every minute of these days, beginning anew each time.
    fn times(at: &str, from: &str, minutes: i64) -> Vec<String> {
        let mut last = None;
        let mut written = Vec::new();
        for minute in 0..minutes {
            let now = UnixMs(utc(from).0 + minute * 60_000);
            if let Some(day) = due(time(at), Berlin, now, last) {
                last = Some(day);
                written.push(now.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
            }
        }
        written
    }

    #[test]
    fn it_is_written_once_a_day_at_the_same_time_of_day_over_both_changes_of_the_clock() {
        let spring = times("08:00", "2026-03-28T00:00:00Z", 3 * 1440);
        assert_eq!(spring, ["2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z", "2026-03-30T06:00:00Z"]);
        let autumn = times("08:00", "2026-10-24T00:00:00Z", 3 * 1440);
        assert_eq!(autumn, ["2026-10-24T06:00:00Z", "2026-10-25T07:00:00Z", "2026-10-26T07:00:00Z"]);
    }

    #[test]
    fn a_time_that_is_skipped_is_the_first_after_it_and_one_that_comes_twice_counts_once() {
        assert_eq!(times("02:30", "2026-03-29T00:00:00Z", 1200), ["2026-03-29T01:00:00Z"]);
        assert_eq!(times("02:30", "2026-10-24T23:00:00Z", 1200), ["2026-10-25T00:30:00Z"]);
    }

    #[test]
    fn who_comes_back_in_the_evening_catches_up_with_today_only() {
        let now = utc("2026-05-10T19:00:00Z");
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(due(time("08:00"), Berlin, now, Some(day("2026-05-03"))), Some(day("2026-05-10")));
        assert_eq!(due(time("08:00"), Berlin, now, Some(day("2026-05-10"))), None);
        assert_eq!(due(time("23:00"), Berlin, now, None), None);
    }

    #[test]
    fn a_clock_that_was_ahead_makes_no_second_one() {
        let day = "2026-05-11".parse().unwrap();
        assert_eq!(due(time("08:00"), Berlin, utc("2026-05-10T19:00:00Z"), Some(day)), None);
    }
}
