//! What the daily summary says.

use std::{collections::BTreeMap, time::Duration};

use chrono_tz::Tz;

use crate::domain::{
    alert::{AlertEvent, AlertEventRow, AlertKey, Backlog, Notice, Phase, Post, Reason, Severity, Standing},
    format,
    time::UnixMs,
};

/// Lines of one kind at most; the rest is counted.
const LINES: usize = 20;

/// What a summary is made of: what fires, what happened in the day before, and what could not be told.
#[derive(Debug, Clone, Default)]
pub struct Day {
    /// Where alerts stand now.
    pub standings: Vec<Standing>,
    /// What happened to alerts in the day before.
    pub events: Vec<AlertEventRow>,
    /// Messages that some never got, of the day before.
    pub given_up: Vec<Post>,
    /// What waits.
    pub backlog: Vec<Backlog>,
}

impl Day {
    /// The notice for one channel, with no more than a message can hold.
    pub fn notice(&self, project: &str, channel: &str, at: UnixMs, zone: Tz) -> Notice {
        let fired = self.fired();
        let firing: Vec<_> = self.standings.iter().filter(|one| matches!(one.phase, Phase::Firing { .. })).collect();
        let low = fired.values().filter(|seen| seen.severity == Severity::Low).count();
        let title = match (low, firing.len()) {
            (0, 0) => format!("{project}: a quiet day"),
            (low, firing) => format!("{project}: of severity low in a day: {low}, firing now: {firing}"),
        };
        let date = at.to_utc().with_timezone(&zone).format("%Y-%m-%d");
        Notice {
            channel: channel.to_owned(),
            group: "summary".into(),
            at,
            reason: Reason::Summary,
            project: project.to_owned(),
            env: None,
            severity: Severity::Low,
            title: format!("Summary of {date}: {title}"),
            text: self.text(&fired, &firing, at),
            firing: Vec::new(),
            resolved: Vec::new(),
            more: 0,
        }
    }

    /// What began to fire in the day before, and how often.
    fn fired(&self) -> BTreeMap<&AlertKey, Seen<'_>> {
        let mut fired = BTreeMap::new();
        for row in &self.events {
            let AlertEvent::Moved { from, now } = &row.event else { continue };
            if matches!(from, Phase::Firing { .. }) || !matches!(now.phase, Phase::Firing { .. }) {
                continue;
            }
            let seen = fired.entry(&row.key).or_insert(Seen { severity: now.severity, times: 0, explanation: "" });
            seen.times += 1;
            seen.explanation = &now.explanation;
        }
        fired
    }

    fn text(&self, fired: &BTreeMap<&AlertKey, Seen<'_>>, firing: &[&Standing], now: UnixMs) -> String {
        let low = fired.iter().filter(|(_, seen)| seen.severity == Severity::Low);
        let low = low.map(|(key, seen)| format!("{}x {key}: {}", seen.times, seen.explanation));
        let others = fired.iter().filter(|(_, seen)| seen.severity != Severity::Low);
        let others = others.map(|(key, seen)| format!("{}x {key} ({})", seen.times, seen.severity.word()));
        let firing = firing.iter().map(|one| {
            let Phase::Firing { since, .. } = one.phase else { return one.key.to_string() };
            let lasted = format::duration(now.since(since));
            format!("{} {}, for {lasted}: {}", one.severity.word(), one.key, one.explanation)
        });
        let given_up = self.given_up.iter().map(|post| {
            let why = post.settled.as_ref().and_then(|(_, outcome)| outcome.why()).unwrap_or_default();
            format!("{}: {} ({why})", post.notice.channel, post.notice.title)
        });
        let waits = self.backlog.iter().map(|one| {
            let oldest = format::duration(now.since(one.oldest_at));
            format!("{}: {} messages, the oldest for {oldest}", one.channel, one.waiting)
        });
        let parts = [
            ("Severity low, in the last day", list(low)),
            ("Firing now", list(firing)),
            ("Others that fired in the last day", list(others)),
            ("Could not be delivered", list(given_up)),
            ("Waits to be delivered", list(waits)),
        ];
        let parts = parts.into_iter().filter(|(_, lines)| !lines.is_empty());
        let text: Vec<_> = parts.map(|(heading, lines)| format!("{heading}:\n{}", lines.join("\n"))).collect();
        if text.is_empty() { "Nothing fired in the last day, and nothing fires now.".into() } else { text.join("\n\n") }
    }
}

struct Seen<'a> {
    severity: Severity,
    times: usize,
    explanation: &'a str,
}

fn list(lines: impl Iterator<Item = String>) -> Vec<String> {
    let all: Vec<_> = lines.map(|line| format!("- {line}")).collect();
    let more = all.len().saturating_sub(LINES);
    let mut shown: Vec<_> = all.into_iter().take(LINES).collect();
    if more > 0 {
        shown.push(format!("- and {more} more"));
    }
    shown
}

/// What of the past a summary is about.
pub const SPAN: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        alert::{NoticeId, Outcome},
        channel::sample,
    };

    const NOW: UnixMs = UnixMs(1_700_000_000_000);

    fn standing(rule: &str, severity: Severity, phase: Phase) -> Standing {
        Standing {
            key: AlertKey { env: "production".into(), rule: rule.into(), subject: "api".into() },
            severity,
            phase,
            judged_at: NOW,
            unknown_since: None,
            explanation: "disk 81 % > 80 %".into(),
            figure: None,
            threshold: None,
        }
    }

    fn moved(rule: &str, severity: Severity) -> AlertEventRow {
        let now = standing(rule, severity, firing());
        AlertEventRow {
            at: NOW,
            key: now.key.clone(),
            event: AlertEvent::Moved { from: Phase::Inactive, now: Box::new(now) },
        }
    }

    fn firing() -> Phase {
        let since = NOW.before(Duration::from_mins(90));
        Phase::Firing { since, fired_at: since, false_since: None }
    }

    #[test]
    fn a_day_says_what_was_low_what_fires_and_what_nobody_was_told() {
        let lost = Post {
            id: NoticeId(1),
            dedup: "d".into(),
            notice: sample(Reason::First, NOW),
            attempts: 1,
            progress: 0,
            next_at: NOW,
            orphan_since: None,
            settled: Some((NOW, Outcome::GivenUp { why: "status 404".into() })),
            last: None,
        };
        let day = Day {
            standings: vec![standing("Disk", Severity::Low, firing())],
            events: vec![moved("Disk", Severity::Low), moved("Disk", Severity::Low), moved("Errors", Severity::High)],
            given_up: vec![lost],
            backlog: Vec::new(),
        };
        let notice = day.notice("Shop", "mail", NOW, Tz::UTC);
        assert_eq!(notice.title, "Summary of 2023-11-14: Shop: of severity low in a day: 1, firing now: 1");
        insta::assert_snapshot!(notice.text, @r"
        Severity low, in the last day:
        - 2x production/Disk/api: disk 81 % > 80 %

        Firing now:
        - low production/Disk/api, for 1h 30m: disk 81 % > 80 %

        Others that fired in the last day:
        - 1x production/Errors/api (high)

        Could not be delivered:
        - ops: High error rate - api (status 404)
        ");
    }

    #[test]
    fn a_quiet_day_is_told_too_so_that_silence_is_never_a_good_sign() {
        let notice = Day::default().notice("Shop", "mail", NOW, Tz::UTC);
        assert!(notice.title.contains("a quiet day") && notice.text.contains("Nothing fired"), "{notice:?}");
    }

    #[test]
    fn a_day_of_a_thousand_alerts_is_a_bounded_message() {
        let events = (0..1_000).map(|number| moved(&format!("Rule {number:04}"), Severity::Low)).collect();
        let notice = Day { events, ..Day::default() }.notice("Shop", "mail", NOW, Tz::UTC);
        assert!(notice.text.contains("and 980 more") && notice.text.lines().count() < 30, "{}", notice.text);
    }
}
