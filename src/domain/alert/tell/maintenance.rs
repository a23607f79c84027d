//! Maintenance windows: probing goes on, nothing is told, services are shown as in maintenance.

use std::time::Duration;

use chrono_tz::Tz;

use crate::domain::{cron::Cron, health::Health, status::ServiceNow, time::UnixMs};

/// `[maintenance.NAME]`
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Its name.
    pub name: String,
    /// Why, for people.
    pub reason: Option<String>,
    /// The services; all if empty.
    pub services: Vec<String>,
    /// The environments; all if empty.
    pub env: Vec<String>,
    /// When.
    pub when: When,
}

/// When a window is open.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// Once.
    Once {
        /// From.
        from: UnixMs,
        /// Until.
        until: UnixMs,
    },
    /// Again and again.
    Again {
        /// Its beginnings.
        cron: Box<Cron>,
        /// By the clocks of this place.
        zone: Tz,
        /// For so long, as time passes.
        lasts: Duration,
    },
}

impl Window {
    /// Until when it is open now, if it is.
    pub fn open_until(&self, now: UnixMs) -> Option<UnixMs> {
        match &self.when {
            When::Once { from, until } => (*from <= now && now < *until).then_some(*until),
            When::Again { cron, zone, lasts } => {
                let until = cron.before(now, *zone)?.after(*lasts);
                (now < until).then_some(until)
            }
        }
    }

    /// Whether it is about this service of this environment.
    pub fn covers(&self, env: &str, service: &str) -> bool {
        (self.env.is_empty() || self.env.iter().any(|one| one == env))
            && (self.services.is_empty() || self.services.iter().any(|one| one == service))
    }
}

/// Windows that are open at a moment: worked out once, asked for each alert.
#[derive(Debug, Clone, Default)]
pub struct Open<'a>(Vec<(&'a Window, UnixMs)>);

impl<'a> Open<'a> {
    /// Those of `windows` that are open now.
    pub fn at(windows: &'a [Window], now: UnixMs) -> Self {
        Self(windows.iter().filter_map(|window| Some((window, window.open_until(now)?))).collect())
    }

    /// The one that covers this service and stays open longest.
    pub fn over(&self, env: &str, service: &str) -> Option<(&'a Window, UnixMs)> {
        self.0.iter().filter(|(window, _)| window.covers(env, service)).max_by_key(|(_, until)| *until).copied()
    }

    /// Shows the services of an environment that are in maintenance as such.
    pub fn mark(&self, env: &str, services: &mut [ServiceNow]) {
        for service in services {
            if self.over(env, &service.service).is_some() {
                service.health = Health::Maintenance;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(text: &str) -> UnixMs {
        UnixMs(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
    }

    fn sundays() -> Window {
        let (cron, zone) = (Box::new("0 2 * * sun".parse().unwrap()), chrono_tz::Europe::Berlin);
        Window {
            name: "patches".into(),
            reason: None,
            services: vec!["api".into()],
            env: vec!["production".into()],
            when: When::Again { cron, zone, lasts: Duration::from_hours(2) },
        }
    }

    #[test]
    fn a_window_that_comes_again_is_open_from_its_beginning_for_as_long_as_it_lasts() {
        let window = sundays();
        for (moment, open) in [
            ("2026-11-22T01:59:59+01:00", false),
            ("2026-11-22T02:00:00+01:00", true),
            ("2026-11-22T03:59:59+01:00", true),
            ("2026-11-22T04:00:00+01:00", false),
            ("2026-07-05T02:00:00+02:00", true),
            ("2026-07-05T01:59:59+02:00", false),
        ] {
            assert_eq!(window.open_until(at(moment)).is_some(), open, "{moment}");
        }
        assert_eq!(window.open_until(at("2026-11-22T03:00:00+01:00")), Some(at("2026-11-22T04:00:00+01:00")));
    }

    #[test]
    fn daylight_saving_changes_shift_no_window() {
        let window = sundays();
        // Clocks go from 03:00 back to 02:00 on 25 October: two hours from the first 02:00, and not again from the second.
        for (moment, open) in [
            ("2026-10-25T01:59:59+02:00", false),
            ("2026-10-25T02:00:00+02:00", true),
            ("2026-10-25T02:59:59+01:00", true),
            ("2026-10-25T03:00:00+01:00", false),
            // Clocks go from 02:00 on to 03:00 on 29 March.
            ("2026-03-29T01:59:59+01:00", false),
            ("2026-03-29T03:00:00+02:00", true),
            ("2026-03-29T05:00:00+02:00", false),
        ] {
            assert_eq!(window.open_until(at(moment)).is_some(), open, "{moment}");
        }
    }

    #[test]
    fn a_window_covers_what_it_names_and_all_if_it_names_nothing() {
        let once = When::Once { from: UnixMs(10), until: UnixMs(20) };
        let everywhere = Window { services: Vec::new(), env: Vec::new(), when: once, ..sundays() };
        let windows = [sundays(), everywhere];
        let covered = |now, env, service| Open::at(&windows, UnixMs(now)).over(env, service).is_some();
        assert!(covered(10, "staging", "web") && covered(19, "production", ""));
        assert!(!covered(9, "staging", "web") && !covered(20, "staging", "web"));
        assert!(windows[0].covers("production", "api"));
        assert!(!windows[0].covers("production", "web") && !windows[0].covers("staging", "api"));
    }
}
