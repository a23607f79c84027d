//! How an alert and a message are put into words.

use super::{group::Due, matcher::Alert, scene::Scene, state::GroupId, work::last_deploy};
use crate::domain::{
    alert::{AlertKey, Card, Notice, Reason, Severity},
    text::clean_line,
};

/// Cards of each of the two lists in a message at most.
const CARDS: usize = 20;
/// Alerts named in a title at most.
const NAMED: usize = 3;
/// Characters of a title at most.
const TITLE: usize = 200;

/// An alert as it is told.
pub fn card(scene: &Scene<'_>, alert: &Alert) -> Card {
    let standing = &alert.standing;
    Card {
        key: standing.key.clone(),
        severity: standing.severity,
        since: alert.firing().map_or(scene.now, |(since, _)| since),
        ended: None,
        summary: alert.summary.clone().unwrap_or_else(|| name(&standing.key)),
        explanation: standing.explanation.clone(),
        figure: standing.figure.clone(),
        threshold: standing.threshold,
        last_deploy: last_deploy(scene.works, alert),
        runbook: alert.runbook.clone(),
        open: open(&standing.key),
    }
}

/// The message of a group that is due.
pub fn notice(scene: &Scene<'_>, (channel, group): &GroupId, due: Due) -> Notice {
    let Due { reason, mut firing, mut ended, .. } = due;
    firing.sort_by_key(|card| (card.severity, card.since));
    ended.sort_by_key(|card| (std::cmp::Reverse(card.ended), card.severity));
    let title = title(&reason, &firing, &ended);
    let all = firing.len() + ended.len();
    let severity = firing.iter().chain(&ended).map(|card| card.severity).min().unwrap_or(Severity::Low);
    let env = firing.iter().chain(&ended).map(|card| card.key.env.clone()).next().filter(|env| !env.is_empty());
    firing.truncate(CARDS);
    ended.truncate(CARDS);
    Notice {
        channel: channel.clone(),
        group: group.clone(),
        at: scene.now,
        reason,
        project: scene.project.to_owned(),
        env,
        severity,
        title,
        text: String::new(),
        more: all - firing.len() - ended.len(),
        firing,
        resolved: ended,
    }
}

/// `critical: High error rate on api and 2 more in production`.
fn title(reason: &Reason, firing: &[Card], ended: &[Card]) -> String {
    let told = if matches!(reason, Reason::Resolved | Reason::AllResolved) { ended } else { firing };
    let Some(first) = told.first() else { return String::new() };
    let names: Vec<String> = told.iter().take(NAMED).map(|card| name(&card.key)).collect();
    let more = match told.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let place = if first.key.env.is_empty() { String::new() } else { format!(" in {}", first.key.env) };
    let severity = first.severity.word();
    let how = match reason {
        Reason::Resolved | Reason::AllResolved => "resolved: ".to_owned(),
        Reason::Repeat => format!("still {severity}: "),
        Reason::Acknowledged { by } => format!("{by} acknowledged: "),
        Reason::Escalated { .. } => format!("nobody acknowledged, {severity}: "),
        _ => format!("{severity}: "),
    };
    clean_line(&format!("{how}{}{more}{place}", names.join(", ")), TITLE)
}

/// `High error rate on api`.
fn name(key: &AlertKey) -> String {
    if key.subject.is_empty() { key.rule.clone() } else { format!("{} on {}", key.rule, key.subject) }
}

/// The command that opens an alert, to be pasted into a shell.
fn open(key: &AlertKey) -> String {
    let mut command = "quarterdeck".to_owned();
    if !key.env.is_empty() {
        command += &format!(" --env {}", quoted(&key.env));
    }
    command += &format!(" alerts explain {}", quoted(&key.rule));
    if !key.subject.is_empty() {
        command += &format!(" {}", quoted(&key.subject));
    }
    command
}

/// As one word of a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let clean: String = word.chars().filter(|c| !c.is_control()).collect();
    if !clean.is_empty() && clean.chars().all(plain) { clean } else { format!("'{}'", clean.replace('\'', r"'\''")) }
}
