//! One alert explained: what is so, its clocks, why people were told or not, and what became of each message.

use std::time::Duration;

use crate::{
    console::app::model::Model,
    domain::{
        alert::{AlertEvent, AlertEventRow, Outcome, Phase, Post, Posted, Rule, State},
        format::number,
        time::UnixMs,
    },
};

use super::{
    format::{self, Clock},
    paint::Painter,
    role::Role,
    text,
};

/// A line: what it is about, the text, how it looks.
type Line = (&'static str, String, Role);

/// Columns for what a line is about.
const LABEL: u16 = 12;

/// Draws the explanation of the selected alert from the scrolled line on.
pub fn about(painter: &mut Painter<'_>, model: &Model, posted: &Posted) {
    let lines = lines(model, posted);
    let room = usize::from(painter.width().saturating_sub(LABEL + 3));
    let rows: Vec<(&str, &str, Role)> = lines
        .iter()
        .flat_map(|(label, text, role)| {
            let wrapped = text::wrapped(text, room.max(1));
            let mut label = *label;
            wrapped.into_iter().map(move |row| (std::mem::take(&mut label), row, *role)).collect::<Vec<_>>()
        })
        .collect();
    let height = usize::from(painter.height());
    let first = model.alerts.scroll.min(rows.len().saturating_sub(height));
    for (y, (label, row, role)) in rows.iter().skip(first).take(height).enumerate() {
        painter.cut(1, y as u16, LABEL, label, Role::Dim);
        painter.text(LABEL + 2, y as u16, row, *role);
    }
}

fn lines(model: &Model, posted: &Posted) -> Vec<Line> {
    let standing = &posted.standing;
    let clock = Clock::new(model.project.as_deref(), model.utc);
    let ago = |at: UnixMs| format!("{}, {} ago", clock.day(at, model.now), format::age_in_minutes(model.now.since(at)));
    let rule = model.environment().and_then(|environment| environment.alert_rule(&standing.key.rule));
    let mut lines: Vec<Line> = vec![("alert", standing.key.to_string(), Role::Strong)];
    lines.push(("state", state(posted, &clock, model.now), if posted.fires() { Role::Bad } else { Role::Text }));
    lines.push(("what is so", what_is_so(posted), Role::Text));
    lines.extend(rule.map(|rule| ("condition", condition(rule), Role::Text)));
    lines.push(("clocks", clocks(&standing.phase, ago), Role::Text));
    let judged = match standing.unknown_since {
        Some(since) => format!("can't be judged since {}: state and clocks stay as they were", ago(since)),
        None => ago(standing.judged_at),
    };
    lines.push(("judged", judged, if standing.unknown_since.is_some() { Role::Unknown } else { Role::Text }));
    if let Some(deploy) = &posted.deploy {
        let after = format::duration(posted.since().since(deploy.at));
        lines.push((
            "last deploy",
            format!("{} in run {}, {after} before it began", deploy.label, deploy.run),
            Role::Warn,
        ));
    }
    if let Some(one) = &posted.acknowledged {
        let note = if one.note.is_empty() { String::new() } else { format!(": {}", one.note) };
        lines.push(("at it", format!("{} since {}{note}", one.author, clock.day(one.at, model.now)), Role::Good));
    }
    if let Some(rule) = rule {
        lines.extend(rule.summary.iter().map(|text| ("it means", text.clone(), Role::Text)));
        lines.extend(rule.runbook.iter().map(|text| ("runbook", text.clone(), Role::Text)));
    }
    let playbook = model.environment().and_then(|environment| environment.playbook_for(&standing.key.rule));
    lines.extend(playbook.map(|playbook| {
        let steps = playbook.steps.len();
        ("playbook", format!("{} ({steps} step{})", playbook.name, if steps == 1 { "" } else { "s" }), Role::Text)
    }));
    story(&mut lines, model, &clock);
    lines
}

fn story(lines: &mut Vec<Line>, model: &Model, clock: &Clock<'_>) {
    let Some(story) = model.alerts.current_story() else {
        lines.push(("", "reading what was noted of it".into(), Role::Dim));
        return;
    };
    lines.push(("", String::new(), Role::Text));
    for (index, row) in story.events.iter().rev().enumerate() {
        let label = if index == 0 { "noted" } else { "" };
        let (text, role) = event(row);
        lines.push((label, format!("{} {text}", clock.day(row.at, model.now)), role));
    }
    if story.events.is_empty() {
        lines.push(("noted", "nothing yet".into(), Role::Dim));
    }
    for (index, post) in story.messages.iter().rev().enumerate() {
        let (text, role) = message(post, clock, model.now);
        lines.push((if index == 0 { "messages" } else { "" }, text, role));
    }
    if story.messages.is_empty() {
        lines.push(("messages", "none was written".into(), Role::Dim));
    }
}

/// `firing for 12m`, and why nobody is told.
fn state(posted: &Posted, clock: &Clock<'_>, now: UnixMs) -> String {
    let since = format::age_in_minutes(now.since(posted.since()));
    let severity = posted.standing.severity.word();
    match &posted.state {
        State::Firing => format!("{severity}, firing for {since}"),
        State::Held { why } => format!("{severity}, firing for {since}, nobody is told: {why}"),
        State::Silenced { author, reason, until, .. } => {
            format!("{severity}, firing for {since}, silenced by {author} until {}: {reason}", clock.day(*until, now))
        }
        State::Pending => format!("{severity}, true for {since}, not yet for long enough"),
        State::Resolved { at } => {
            let lasted = format::duration(at.since(posted.since()));
            format!("{severity}, ended {}, after {lasted}", clock.day(*at, now))
        }
    }
}

/// The figure against its threshold, or the condition with its values.
pub fn what_is_so(posted: &Posted) -> String {
    let standing = &posted.standing;
    match (&standing.figure, standing.threshold) {
        _ if !standing.explanation.is_empty() => standing.explanation.clone(),
        (Some((name, value)), Some(threshold)) => {
            format!("{name} {} against {}", number(*value), number(threshold))
        }
        (Some((name, value)), None) => format!("{name} {}", number(*value)),
        (None, _) => "not known".into(),
    }
}

fn condition(rule: &Rule) -> String {
    let clock = |word: &str, time: Duration| {
        if time.is_zero() { String::new() } else { format!(", {word} {}", format::duration(time)) }
    };
    let (hold, keep) = (clock("for", rule.hold), clock("kept firing for", rule.keep_firing_for));
    format!("{}{hold}{keep}", rule.when.source())
}

fn clocks(phase: &Phase, ago: impl Fn(UnixMs) -> String) -> String {
    match phase {
        Phase::Inactive => "none runs".into(),
        Phase::Pending { since } => format!("true since {}", ago(*since)),
        Phase::Firing { since, fired_at, false_since: None } => {
            format!("true since {}; fires since {}", ago(*since), ago(*fired_at))
        }
        Phase::Firing { fired_at, false_since: Some(at), .. } => {
            format!("fires since {}; false since {}, kept firing", ago(*fired_at), ago(*at))
        }
    }
}

fn phase_word(phase: &Phase) -> &'static str {
    match phase {
        Phase::Inactive => "calm",
        Phase::Pending { .. } => "pending",
        Phase::Firing { .. } => "firing",
    }
}

fn event(row: &AlertEventRow) -> (String, Role) {
    match &row.event {
        AlertEvent::Moved { from, now: standing } => {
            let role = match standing.phase {
                Phase::Firing { .. } => Role::Bad,
                Phase::Inactive => Role::Good,
                Phase::Pending { .. } => Role::Text,
            };
            let explanation = if standing.explanation.is_empty() { "" } else { ": " };
            let (from, to) = (phase_word(from), phase_word(&standing.phase));
            (format!("{from} -> {to}{explanation}{}", standing.explanation), role)
        }
        AlertEvent::Told { channel, why, ended, .. } => {
            let ended = if *ended { ", that it ended" } else { "" };
            (format!("told to {channel} ({}){ended}", why.words()), Role::Text)
        }
        AlertEvent::Held { why } => (format!("not told: {why}"), Role::Warn),
        AlertEvent::Acknowledged { author, note } => {
            (format!("acknowledged by {author}{}{note}", if note.is_empty() { "" } else { ": " }), Role::Good)
        }
        AlertEvent::Noted { text } => (text.clone(), Role::Text),
    }
}

fn message(post: &Post, clock: &Clock<'_>, now: UnixMs) -> (String, Role) {
    let attempts = match post.attempts {
        0 => String::new(),
        1 => ", after 1 attempt that failed".into(),
        many => format!(", after {many} attempts that failed"),
    };
    let said = post.last.as_ref().map(|last| last.answer.as_str()).filter(|answer| !answer.is_empty());
    let said = said.map(|answer| format!(": {answer}")).unwrap_or_default();
    let (became, role) = match &post.settled {
        Some((at, Outcome::Delivered)) => (format!("delivered {}{attempts}", clock.day(*at, now)), Role::Text),
        Some((_, Outcome::Partly { why })) => (format!("not all got it: {why}"), Role::Warn),
        Some((_, Outcome::GivenUp { why })) => (format!("given up: {why}"), Role::Bad),
        None if post.orphan_since.is_some() => ("waits: the channel is not configured any more".into(), Role::Bad),
        None if post.attempts > 0 => {
            (format!("waits, tried next {}{attempts}{said}", clock.day(post.next_at, now)), Role::Warn)
        }
        None => ("waits".into(), Role::Warn),
    };
    let (at, reason) = (clock.day(post.notice.at, now), post.notice.reason.words());
    (format!("{at} to {} ({reason}): {became}", post.notice.channel), role)
}
