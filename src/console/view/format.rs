//! Numbers, durations and moments as people read them, in few and steady columns.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::{environment::Project, time::UnixMs};

/// A moment on a wall clock: `14:02`, and the zone's short name.
pub struct Clock<'a> {
    project: Option<&'a Project>,
    utc: bool,
}

impl<'a> Clock<'a> {
    /// In the project's zone, or in UTC.
    pub fn new(project: Option<&'a Project>, utc: bool) -> Self {
        Self { project, utc }
    }

    fn write(&self, at: UnixMs, form: &str) -> String {
        let at: DateTime<Utc> = at.to_utc();
        match self.project {
            Some(project) if !self.utc => at.with_timezone(&project.timezone).format(form).to_string(),
            _ => at.format(form).to_string(),
        }
    }

    /// `14:02:08`.
    pub fn second(&self, at: UnixMs) -> String {
        self.write(at, "%H:%M:%S")
    }

    /// `14:02 UTC`.
    pub fn with_zone(&self, at: UnixMs) -> String {
        self.write(at, "%H:%M %Z")
    }

    /// `14:02` today, `Nov 20 14:02` on another day, `2025-11-20` in another year.
    pub fn day(&self, at: UnixMs, now: UnixMs) -> String {
        let same = |form: &str| self.write(at, form) == self.write(now, form);
        let form = match (same("%Y-%m-%d"), same("%Y")) {
            (true, _) => "%H:%M",
            (_, true) => "%b %d %H:%M",
            _ => "%Y-%m-%d",
        };
        self.write(at, form)
    }

    /// The begin of an hour: `Nov 20 14:00`; or of a day: `Fri Nov 20`.
    pub fn period(&self, at: UnixMs, hour: bool) -> String {
        self.write(at, if hour { "%b %d %H:%M" } else { "%a %b %d" })
    }

    /// What a chart of that length writes below itself.
    pub fn axis(&self, at: UnixMs, length: Duration) -> String {
        self.write(at, if length > Duration::from_hours(48) { "%b %d" } else { "%H:%M" })
    }
}

/// `240 ms`, `12 s`, `3m12s`, `1h04m`, `2d03h`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// A length of time in one unit, for columns that should seldom change: `now`, `40s`, `12m`, `3h`, `5d`.
pub fn age(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => "now".into(),
        10..60 => format!("{}s", seconds / 10 * 10),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The same for what nobody counts the seconds of, so that it moves once a minute: `<1m`, `3m`, `2h`.
pub fn age_in_minutes(time: Duration) -> String {
    if time.as_secs() < 60 { "<1m".into() } else { age(time) }
}

/// Milliseconds: `4.2`, `42`, `1,240`; `-` if not known.
pub fn ms(value: Option<f64>) -> String {
    match value {
        None => "-".into(),
        Some(value) if value < 9.95 => format!("{value:.1}"),
        Some(value) => grouped(value.round().clamp(0.0, 9.9e15) as u64),
    }
}

/// A percentile in milliseconds: as [`ms`], and `> 10 s` where it reaches the highest it can tell.
pub fn percentile(value: Option<f64>, ceiling: Option<f64>) -> String {
    match ceiling.filter(|ceiling| value.is_some_and(|value| value >= *ceiling)) {
        Some(ceiling) => format!("> {}", crate::domain::format::ms(ceiling)),
        None => ms(value),
    }
}

/// A share in percent: `0.8 %`; `-` if not known.
pub fn percent(value: Option<f64>) -> String {
    match value {
        None => "-".into(),
        Some(value) if value * 100.0 >= 99.95 => "100 %".into(),
        Some(value) => format!("{:.1} %", value * 100.0),
    }
}

/// An availability in percent, with the digits that matter: `99.95 %`.
pub fn availability(value: Option<f64>) -> String {
    match value {
        None => "-".into(),
        Some(value) if value >= 0.99995 => "100 %".into(),
        Some(value) => format!("{:.2} %", value * 100.0),
    }
}

/// A rate: `0.3`, `312`, `1,240`; `-` if not known.
pub fn rate(value: Option<f64>) -> String {
    ms(value)
}

/// `1000000` as `1,000,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number on an axis: `0`, `2.5`, `400`, `1.5k`.
pub fn short(value: f64) -> String {
    let plain = |value: f64| {
        let text = format!("{value:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match value {
        value if value >= 1e6 => format!("{}M", plain(value / 1e6)),
        value if value >= 1e4 => format!("{}k", plain(value / 1e3)),
        value => plain(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(grouped(1_000_000), "1,000,000");
        assert_eq!(grouped(999), "999");
        assert_eq!(ms(Some(4.23)), "4.2");
        assert_eq!(ms(Some(1240.4)), "1,240");
        assert_eq!(percent(Some(0.0081)), "0.8 %");
        assert_eq!(percentile(Some(10_000.0), Some(10_000.0)), "> 10 s");
        assert_eq!(percentile(Some(180.0), Some(10_000.0)), "180");
        assert_eq!(availability(Some(0.9995)), "99.95 %");
        assert_eq!(short(2.50), "2.5");
        assert_eq!(short(400.0), "400");
        assert_eq!(short(12_500.0), "12.5k");
    }

    #[test]
    fn durations_are_written_as_people_read_them() {
        assert_eq!(duration(Duration::from_millis(240)), "240 ms");
        assert_eq!(duration(Duration::from_secs(192)), "3m12s");
        assert_eq!(duration(Duration::from_mins(64)), "1h04m");
        assert_eq!(age(Duration::from_secs(47)), "40s");
    }

    #[test]
    fn an_ordinary_day_shows_no_date_and_another_year_no_time() {
        let clock = Clock::new(None, true);
        let now = UnixMs(1_795_269_731_000);
        assert_eq!(clock.day(now.before(Duration::from_mins(1)), now), "14:01");
        assert_eq!(clock.day(now.before(Duration::from_hours(24 * 400)), now).len(), 10);
    }
}
