//! Times in lines: the shapes in use, and which of them are believed.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::domain::time::UnixMs;

/// How far ahead of our clock a line may say it was written.
const AHEAD: Duration = Duration::from_mins(1);
/// A time without a zone is taken as UTC, and believed only if that makes it so recent.
const RECENT: Duration = Duration::from_mins(10);

/// A time as a line says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    at: UnixMs,
    zoned: bool,
}

impl Said {
    /// In a field: RFC 3339, `2026-11-21 14:02:11,123`, or a number of seconds, milliseconds, microseconds or nanoseconds.
    pub fn of_text(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(number) = text.parse::<f64>() {
            return Self::of_number(number);
        }
        Self::at_start(text).map(|(said, _)| said)
    }

    /// Since 1970, in the unit its size tells.
    pub fn of_number(number: f64) -> Option<Self> {
        let ms = match number {
            _ if !number.is_finite() || number < 1e8 => return None,
            _ if number < 1e11 => number * 1e3,
            _ if number < 1e14 => number,
            _ if number < 1e17 => number / 1e3,
            _ if number < 1e20 => number / 1e6,
            _ => return None,
        };
        Some(Self { at: UnixMs(ms as i64), zoned: true })
    }

    /// At the beginning of a line, perhaps in brackets: the time, and how many bytes it takes.
    pub fn at_start(line: &str) -> Option<(Self, usize)> {
        let open = usize::from(line.starts_with(['[', '(']));
        let text = line.get(open..)?;
        let bytes = text.as_bytes();
        let number = |from: usize, len: usize| -> Option<u32> {
            let digits = bytes.get(from..from + len)?;
            if !digits.iter().all(u8::is_ascii_digit) {
                return None;
            }
            Some(digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
        };
        let is = |at: usize, any: &[u8]| bytes.get(at).is_some_and(|byte| any.contains(byte));
        if !(is(4, b"-/") && is(7, b"-/") && is(10, b"T t") && is(13, b":") && is(16, b":")) {
            return None;
        }
        let date = NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 2)?, number(8, 2)?)?;
        // A leap second is the one before.
        let second = number(17, 2)?.min(59);
        let mut end = 19;
        let mut ms = 0;
        if is(end, b".,") {
            let digits = bytes[end + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count().min(9);
            if digits > 0 {
                let shown = digits.min(3);
                ms = number(end + 1, shown)? * 10_u32.pow(3 - shown as u32);
                end += 1 + digits;
            }
        }
        let time = date.and_hms_milli_opt(number(11, 2)?, number(14, 2)?, second, ms)?;
        let (offset, end) = zone(bytes, end, &number);
        let close = usize::from(open > 0 && is(end, b"])"));
        Some((Self::new(time, offset), open + end + close))
    }

    fn new(time: NaiveDateTime, offset: Option<i64>) -> Self {
        let at: DateTime<chrono::Utc> = time.and_utc();
        Self { at: UnixMs(at.timestamp_millis() - offset.unwrap_or(0) * 60_000), zoned: offset.is_some() }
    }

    /// The time that counts for a line read at `read`: what it says, if that can be true.
    pub fn believed(this: Option<Self>, read: UnixMs) -> UnixMs {
        match this {
            Some(said) if said.at > read.after(AHEAD) => read,
            Some(said) if said.zoned || said.at > read.before(RECENT) => said.at,
            _ => read,
        }
    }
}

/// The zone at `end` in minutes east of UTC, if there is one, and where it ends.
fn zone(bytes: &[u8], end: usize, number: &dyn Fn(usize, usize) -> Option<u32>) -> (Option<i64>, usize) {
    let at =
        if bytes.get(end) == Some(&b' ') && matches!(bytes.get(end + 1), Some(b'+' | b'-')) { end + 1 } else { end };
    match bytes.get(at) {
        Some(b'Z' | b'z') => (Some(0), at + 1),
        Some(sign @ (b'+' | b'-')) => {
            let colon = usize::from(bytes.get(at + 3) == Some(&b':'));
            let (Some(hours), minutes) = (number(at + 1, 2), number(at + 3 + colon, 2)) else { return (None, end) };
            let minutes_of = i64::from(hours) * 60 + i64::from(minutes.unwrap_or(0));
            let end = at + 3 + if minutes.is_some() { colon + 2 } else { 0 };
            (Some(if *sign == b'-' { -minutes_of } else { minutes_of }), end)
        }
        _ => (None, end),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_shapes_in_use_are_read() {
        let noon = UnixMs(1_795_176_000_000);
        for text in [
            "2026-11-20T12:00:00Z",
            "2026-11-20T12:00:00.000Z rest",
            "2026-11-20 13:00:00+01:00",
            "2026-11-20 13:00:00,000 +0100 rest",
            "[2026-11-20T07:00:00-05] rest",
            "2026/11/20 12:00:00 [error] 12#0",
            "1795176000",
            "1795176000000",
            "1795176000000000",
        ] {
            assert_eq!(Said::of_text(text).map(|said| said.at), Some(noon), "{text}");
        }
        for text in ["2026-13-20T12:00:00Z", "twelve", "2026-11-20", "404", "", "2026-11-20T12:00:0"] {
            assert_eq!(Said::of_text(text), None, "{text}");
        }
        assert_eq!(Said::at_start("[2026-11-20T12:00:00.123456Z] x").unwrap().1, 29);
    }

    #[test]
    fn f82_a_time_that_can_t_be_true_does_not_count() {
        let read = Said::of_text("2026-11-20T12:00:00Z").unwrap().at;
        let believed = |text| Said::believed(Said::of_text(text), read);
        assert_eq!(believed("2026-11-20T11:00:00Z"), read.before(Duration::from_hours(1)));
        assert_eq!(believed("2031-01-01T00:00:00Z"), read, "the future");
        assert_eq!(believed("2026-11-20T07:00:00"), read, "some zone of its own");
        assert_eq!(believed("2026-11-20T11:59:50"), read.before(Duration::from_secs(10)));
        assert_eq!(believed("none"), read);
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at_without_harm(text in ".{0,40}") {
            if let Some((_, end)) = Said::at_start(&text) {
                prop_assert!(text.is_char_boundary(end));
            }
            let _ = Said::of_text(&text);
        }

        #[test]
        fn what_was_written_comes_back(ms in 1_000_000_000_000_i64..2_000_000_000_000) {
            let text = UnixMs(ms).to_utc().to_rfc3339();
            prop_assert_eq!(Said::of_text(&text).unwrap().at, UnixMs(ms));
        }
    }
}
