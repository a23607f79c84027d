//! An incident on paper: the post-mortem, and the handover to paste.

use std::{fmt::Write, time::Duration};

use chrono_tz::Tz;

use super::{Incident, impact::Impact, timeline::Beat};
use crate::domain::{
    format::{number, percent},
    time::UnixMs,
};

/// Lines of the timeline that a handover tells.
const LATEST: usize = 12;

/// A chart of the post-mortem.
#[derive(Debug, Clone)]
pub struct Chart {
    /// `error rate of api`.
    pub title: String,
    /// Drawn with characters.
    pub lines: Vec<String>,
    /// The file beside it, if one was written.
    pub file: Option<String>,
}

/// What a report is written of.
#[derive(Debug, Clone, Copy)]
pub struct Papers<'a> {
    /// The project's name.
    pub project: &'a str,
    /// Times are those of this zone.
    pub zone: Tz,
    /// It.
    pub incident: &'a Incident,
    /// What happened.
    pub timeline: &'a [Beat],
    /// What it cost.
    pub impact: &'a Impact,
    /// When it is written.
    pub now: UnixMs,
}

impl Papers<'_> {
    /// The post-mortem, as Markdown. What only people know is left for them to fill in.
    pub fn post_mortem(&self, charts: &[Chart]) -> String {
        let incident = self.incident;
        let mut page = format!("# {} {}\n\n", incident.id, text(&incident.title));
        // Writing to a String can't fail.
        let _ = writeln!(page, "{}, {}. Times are those of {}.\n", text(self.project), incident.env, self.zone.name());
        let _ = writeln!(page, "| | |\n|---|---|");
        let mut row = |name: &str, value: String| {
            let _ = writeln!(page, "| {name} | {value} |");
        };
        row("severity", incident.severity.word().into());
        row("status", incident.word().into());
        row("opened", format!("{} by {}", self.day(incident.opened_at), text(&incident.opened_by)));
        for (name, at) in
            [("mitigated", incident.mitigated_at), ("resolved", incident.resolved_at), ("closed", incident.closed_at)]
        {
            row(name, at.map_or_else(|| "not yet".to_owned(), |at| self.day(at)));
        }
        for (role, person) in &incident.roles {
            row(&text(role), text(person));
        }
        let _ = writeln!(page, "\n## Impact\n");
        for line in self.impact_lines() {
            let _ = writeln!(page, "- {line}");
        }
        for chart in charts {
            let _ = writeln!(page, "\n### {}\n\n```text\n{}\n```", text(&chart.title), chart.lines.join("\n"));
            if let Some(file) = &chart.file {
                let _ = writeln!(page, "\n![{}]({file})", text(&chart.title));
            }
        }
        let _ = writeln!(page, "\n## Timeline\n\n| time | of | who | what |\n|---|---|---|---|");
        for beat in self.timeline {
            let (who, what) = (text(&beat.who), text(&beat.text));
            let _ = writeln!(page, "| {} | {} | {who} | {what} |", self.day(beat.at), beat.of);
        }
        page.push_str("\n## Cause\n\n\n## What went well, what did not\n\n\n## What will be done\n\n| what | who | until |\n|---|---|---|\n| | | |\n");
        page
    }

    /// The handover: what is so, what was done, who has it, what comes next.
    pub fn handover(&self) -> String {
        let incident = self.incident;
        let mut said = format!("{} {} ({}, {})\n", incident.id, incident.title, incident.severity.word(), incident.env);
        let _ = writeln!(said, "\nWhat is so: {} since {}.", incident.word(), self.day(self.since()));
        for line in self.impact_lines() {
            let _ = writeln!(said, "- {line}");
        }
        let _ = writeln!(said, "\nWhat was done:");
        let done: Vec<_> = self.timeline.iter().filter(|beat| !beat.who.is_empty()).collect();
        for beat in done.iter().skip(done.len().saturating_sub(LATEST)) {
            let _ = writeln!(said, "- {} {}: {}", self.clock(beat.at), beat.who, beat.text);
        }
        if done.is_empty() {
            said.push_str("- nothing yet\n");
        }
        let _ = writeln!(said, "\nWho has it:");
        for (role, person) in &incident.roles {
            let _ = writeln!(said, "- {role}: {person}");
        }
        if incident.roles.is_empty() {
            said.push_str("- nobody\n");
        }
        let next = incident.next.as_deref().unwrap_or("nothing was said about it");
        let _ = writeln!(said, "\nWhat next: {next}");
        said
    }

    /// Since when its status holds.
    fn since(&self) -> UnixMs {
        let incident = self.incident;
        incident.closed_at.or(incident.resolved_at).or(incident.mitigated_at).unwrap_or(incident.opened_at)
    }

    /// Sentences about what it cost.
    pub fn impact_lines(&self) -> Vec<String> {
        let Impact { lasted_ms, taken_after_ms, mitigated_after_ms, services } = self.impact;
        let so_far = if self.incident.ended_at().is_none() { " so far" } else { "" };
        let mut lines = vec![format!("lasted {}{so_far}", length(*lasted_ms))];
        lines.push(match taken_after_ms {
            Some(ms) => format!("somebody was at it after {}", length(*ms)),
            None => "nobody said that they are at it".into(),
        });
        lines.extend(mitigated_after_ms.map(|ms| format!("mitigated after {}", length(ms))));
        lines.extend(services.iter().map(|one| {
            format!(
                "{}: {} minutes with more than 1 % of errors, {} error minutes, {} in the worst",
                one.service,
                one.bad_minutes,
                number((one.error_minutes * 10.0).round() / 10.0),
                percent(one.worst)
            )
        }));
        lines
    }

    fn day(&self, at: UnixMs) -> String {
        at.to_utc().with_timezone(&self.zone).format("%Y-%m-%d %H:%M:%S").to_string()
    }

    fn clock(&self, at: UnixMs) -> String {
        at.to_utc().with_timezone(&self.zone).format("%H:%M").to_string()
    }
}

fn length(ms: u64) -> String {
    humantime::format_duration(Duration::from_secs(ms / 1_000)).to_string()
}

/// Text from the world as text of a Markdown table: one line, nothing of it is markup.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars().filter(|c| !c.is_control()) {
        match c {
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            other => out.push(other),
        }
    }
    out
}
