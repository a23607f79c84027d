//! Moments as people write them on a command line.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use crate::domain::time::UnixMs;

/// A time ago (`7d`, `1h 30m`), `now`, or a moment: RFC 3339, or a date with or without a time in the project's zone.
pub fn parse(text: &str, now: UnixMs, zone: Tz) -> Result<UnixMs, String> {
    let text = text.trim();
    if text == "now" {
        return Ok(now);
    }
    if let Ok(ago) = humantime::parse_duration(text) {
        return Ok(now.before(ago));
    }
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(UnixMs(moment.timestamp_millis()));
    }
    let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
    let naive = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let naive = naive.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0));
    // Where clocks are set back an hour is there twice: the first is meant.
    let moment = naive.and_then(|naive| zone.from_local_datetime(&naive).earliest());
    moment.map(|moment| UnixMs(moment.timestamp_millis())).ok_or_else(|| {
        format!("'{text}' is not a time: write 7d, 90m, 2026-11-21, \"2026-11-21 14:00\", or 2026-11-21T14:00:00Z")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_write_them() {
        let now = UnixMs(1_795_269_731_000);
        let zone = chrono_tz::Europe::Berlin;
        let at = |text: &str| parse(text, now, zone).map(|at| at.to_utc().to_rfc3339());
        assert_eq!(at("now").unwrap(), "2026-11-21T14:02:11+00:00");
        assert_eq!(at("1h 30m").unwrap(), "2026-11-21T12:32:11+00:00");
        assert_eq!(at("2026-11-21").unwrap(), "2026-11-20T23:00:00+00:00", "midnight in Berlin");
        assert_eq!(at("2026-11-21 14:00").unwrap(), "2026-11-21T13:00:00+00:00");
        assert_eq!(at("2026-11-21T14:00:00Z").unwrap(), "2026-11-21T14:00:00+00:00");
        assert_eq!(at("2026-10-25 02:30").unwrap(), "2026-10-25T00:30:00+00:00", "the first of two");
        assert!(at("yesterday").unwrap_err().contains("7d"));
    }
}
