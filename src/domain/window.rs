//! Windows of the week: `Mon-Fri 09:00-17:00`, on the clock of a time zone.

use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// Some hours of some days, as read on the clocks of a time zone: daylight saving shifts nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    /// Monday first.
    days: [bool; 7],
    /// Minutes since midnight.
    from: u16,
    /// The same; not after `from` means over midnight.
    to: u16,
    zone: Tz,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Window {
    /// Reads `09:00-17:00`, `Mon-Fri 09:00-17:00`, `Sat,Sun 22:00-04:00`; a time zone may follow (`Europe/Berlin`), else
    /// it is `zone`. The error says what is wrong.
    pub fn parse(text: &str, zone: Tz) -> Result<Self, String> {
        let mut days = [true; 7];
        let mut words: Vec<&str> = text.split_whitespace().collect();
        if words.first().is_some_and(|word| word.starts_with(|first: char| first.is_ascii_alphabetic())) {
            days = self::days(words.remove(0))?;
        }
        let hours = words.first().ok_or("its hours are missing")?;
        let (from, to) = hours.split_once('-').ok_or_else(|| format!("'{hours}' is not two times with '-' between"))?;
        let zone = match words.get(1..).unwrap_or_default() {
            [] => zone,
            [name] => name.parse().map_err(|_| format!("'{name}' is not a time zone"))?,
            [_, more, ..] => return Err(format!("'{more}' is too much")),
        };
        Ok(Self { days, from: minutes(from)?, to: minutes(to)?, zone })
    }

    /// Whether it is open then. After midnight it belongs to the day on which it began.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        let local = at.with_timezone(&self.zone);
        let now = u16::try_from(local.hour() * 60 + local.minute()).unwrap_or_default();
        let today = local.weekday();
        let on = |day: Weekday| self.days.get(day.num_days_from_monday() as usize).is_some_and(|open| *open);
        if self.from < self.to {
            on(today) && (self.from..self.to).contains(&now)
        } else {
            (on(today) && now >= self.from) || (on(today.pred()) && now < self.to)
        }
    }
}

fn days(text: &str) -> Result<[bool; 7], String> {
    let number = |name: &str| {
        let found = DAYS.iter().position(|day| day.eq_ignore_ascii_case(name));
        found.ok_or_else(|| format!("'{name}' is not a day: write Mon, Tue, Wed, Thu, Fri, Sat or Sun"))
    };
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(part)?, number(part)?),
        };
        let mut day = first;
        loop {
            days[day] = true;
            if day == last {
                break;
            }
            day = (day + 1) % 7;
        }
    }
    Ok(days)
}

fn minutes(text: &str) -> Result<u16, String> {
    let wrong = || format!("'{text}' is not a time of the day, as in 09:30");
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let number = |text: &str| text.parse::<u16>().map_err(|_| wrong());
    match (number(hours)?, number(minutes)?) {
        (hours @ 0..=23, minutes @ 0..=59) => Ok(hours * 60 + minutes),
        (24, 0) => Ok(24 * 60),
        _ => Err(wrong()),
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let days: Vec<_> = DAYS.iter().zip(self.days).filter_map(|(name, open)| open.then_some(*name)).collect();
        if days.len() < 7 {
            write!(f, "{} ", days.join(","))?;
        }
        let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        write!(f, "{}-{} {}", time(self.from), time(self.to), self.zone)
    }
}

impl TryFrom<String> for Window {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text, Tz::UTC)
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_read_on_the_clocks_of_its_zone_whatever_daylight_saving_does() {
        let window = Window::parse("Mon-Fri 09:00-17:00 Europe/Berlin", Tz::UTC).unwrap();
        assert!(window.contains(at("2026-01-12T08:00:00Z")) && !window.contains(at("2026-01-12T07:59:00Z")));
        assert!(window.contains(at("2026-07-13T07:00:00Z")) && !window.contains(at("2026-07-13T15:00:00Z")));
        assert!(!window.contains(at("2026-01-11T10:00:00Z")), "a Sunday");
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_on_which_it_began() {
        let window = Window::parse("Fri 22:00-04:00", Tz::UTC).unwrap();
        assert!(window.contains(at("2026-01-16T23:00:00Z")) && window.contains(at("2026-01-17T03:59:00Z")));
        assert!(!window.contains(at("2026-01-16T03:00:00Z")) && !window.contains(at("2026-01-17T22:00:00Z")));
        let all = Window::parse("Sat-Mon 00:00-24:00", Tz::UTC).unwrap();
        assert!(all.contains(at("2026-01-18T12:00:00Z")) && !all.contains(at("2026-01-20T12:00:00Z")));
    }

    #[test]
    fn what_is_no_window_is_refused_and_what_is_comes_back_as_it_was() {
        for bad in
            ["", "Mon", "9-17", "Mon-Fri 25:00-26:00", "Foo 09:00-17:00", "09:00-17:00 Mars", "09:00-17:00 UTC x"]
        {
            assert!(Window::parse(bad, Tz::UTC).is_err(), "{bad}");
        }
        let window = Window::parse("Sat,Sun 22:00-04:00 Europe/Berlin", Tz::UTC).unwrap();
        assert_eq!(Window::try_from(window.to_string()).unwrap(), window);
    }
}
