//! `alerts explain`: why an alert fires or not, and who was told.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::{
    cli::{
        args::Global,
        deck::Deck,
        exit, format,
        output::{Failure, Mode, Outcome, Output},
    },
    domain::{
        alert::{AlertEvent, AlertEventRow, AlertKey, Delivery, Exhibit, Input, NoData, Phase, Rule, Standing},
        environment::Environment,
        format::number,
        nearest::nearest,
        time::UnixMs,
        verdict::Verdict,
    },
    store::{Reader, StoreError},
    watch,
};

/// Posts of the outbox that are looked through for an alert.
const POSTS: usize = 500;

/// Everything known of one alert.
#[derive(Debug, Serialize)]
struct Account {
    key: AlertKey,
    rule: Rule,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<Standing>,
    /// The separate alert that it can't be judged, if that fires.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_data: Option<Standing>,
    verdict: Verdict,
    explanation: String,
    inputs: Vec<Input>,
    events: Vec<AlertEventRow>,
    deliveries: Vec<Delivered>,
}

/// A message about the alert and what became of it.
#[derive(Debug, Serialize)]
struct Delivered {
    notice: i64,
    channel: String,
    at: UnixMs,
    title: String,
    outcome: String,
    attempts: Vec<Delivery>,
}

/// Explains an alert of each subject, or of one.
pub fn run(global: &Global, name: &str, subject: Option<&str>, limit: usize) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.environment()?;
    let now = UnixMs::from(chrono::Utc::now());
    // A person who copies the name of the separate alert means the rule.
    let name = name.strip_suffix(" (no data)").unwrap_or(name);
    let rule = environment.rulebook.rules.iter().find(|rule| rule.name == name);
    let rule = rule.ok_or_else(|| unknown(environment, name))?;
    let subjects: Vec<String> =
        rule.subjects().into_iter().filter(|one| subject.is_none_or(|wanted| wanted == one)).collect();
    if subjects.is_empty() {
        let known = rule.subjects().join(", ");
        let known = if known.is_empty() { "it is judged once, of no service".to_owned() } else { known };
        let subject = subject.unwrap_or_default();
        return Err(Failure::usage(format_args!("'{name}' is not judged of '{subject}': {known}")));
    }
    let reader = deck.reader()?;
    let judge = watch::judge_now(&reader, environment, now)?;
    let mut accounts = Vec::new();
    for subject in subjects {
        let key = AlertKey { env: environment.name.clone(), rule: name.to_owned(), subject };
        if let Some(exhibit) = judge.look_at(&key, now) {
            accounts.push(account(&reader, key, exhibit, limit)?);
        }
    }
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&accounts)?;
        return Ok(exit::OK);
    }
    for (index, account) in accounts.iter().enumerate() {
        if index > 0 {
            output.line("")?;
        }
        for line in tell(account, now, deck.project.timezone) {
            output.line(line)?;
        }
    }
    Ok(exit::OK)
}

/// There is no such rule.
pub fn unknown(environment: &Environment, name: &str) -> Failure {
    let known = || environment.rulebook.rules.iter().map(|rule| rule.name.as_str());
    let hint = match nearest(name, known()) {
        Some(near) => format!("did you mean '{near}'?"),
        None if known().next().is_none() => "none is configured".to_owned(),
        None => format!("there are: {}", known().collect::<Vec<_>>().join(", ")),
    };
    Failure::usage(format_args!("there is no rule '{name}' in {}: {hint}", environment.name))
}

fn account(reader: &Reader, key: AlertKey, exhibit: Exhibit, limit: usize) -> Result<Account, StoreError> {
    let mut standings = reader.standings(Some(&key.env))?;
    let no_data = key.no_data();
    let mut take =
        |key: &AlertKey| standings.iter().position(|one| one.key == *key).map(|index| standings.swap_remove(index));
    let (standing, no_data) = (take(&key), take(&no_data));
    let Exhibit { rule, verdict, explanation, inputs } = exhibit;
    Ok(Account {
        events: reader.alert_events_of(&key, limit)?,
        deliveries: deliveries(reader, &key, limit)?,
        rule: Arc::unwrap_or_clone(rule),
        key,
        standing,
        no_data,
        verdict,
        explanation,
        inputs,
    })
}

/// Messages with a card of this alert, oldest first.
fn deliveries(reader: &Reader, key: &AlertKey, limit: usize) -> Result<Vec<Delivered>, StoreError> {
    let mut found = Vec::new();
    for post in reader.posts(None, POSTS)? {
        let mut cards = post.notice.firing.iter().chain(&post.notice.resolved);
        if !cards.any(|card| card.key == *key) {
            continue;
        }
        let outcome = post.settled.as_ref().map_or("waits", |(_, outcome)| outcome.word());
        found.push(Delivered {
            notice: post.id.0,
            channel: post.notice.channel.clone(),
            at: post.notice.at,
            title: post.notice.title.clone(),
            outcome: outcome.to_owned(),
            attempts: reader.deliveries(post.id, limit)?,
        });
    }
    found.sort_by_key(|one| one.notice);
    found.drain(..found.len().saturating_sub(limit));
    Ok(found)
}

fn tell(account: &Account, now: UnixMs, zone: chrono_tz::Tz) -> Vec<String> {
    let rule = &account.rule;
    let of = if account.key.subject.is_empty() { String::new() } else { format!(" of {}", account.key.subject) };
    let mut lines = vec![format!("{}{of} in {}: {}", rule.name, account.key.env, state(account, now, zone))];
    let mut say = |what: &str, text: String| lines.push(format!("  {what:<10} {text}"));
    say("condition", rule.when.source().to_owned());
    let clock = |what: &str, time: std::time::Duration| {
        if time.is_zero() { String::new() } else { format!(", {what} {}", format::duration(time)) }
    };
    say(
        "rule",
        format!(
            "{}{}{}{}",
            rule.severity.word(),
            clock("for", rule.hold),
            clock("keep firing for", rule.keep_firing_for),
            match rule.no_data {
                NoData::Keep => String::new(),
                NoData::Alert { after, severity } => {
                    format!(", without data {} after {}", severity.word(), format::duration(after))
                }
            }
        ),
    );
    let verdict = match account.verdict {
        Verdict::Pass => "true",
        Verdict::Fail => "false",
        Verdict::Unknown => "not known",
    };
    say("now", format!("{verdict}: {}", account.explanation));
    for input in &account.inputs {
        say("reads", read(input, now));
    }
    for line in clocks(account, now, zone) {
        say("clocks", line);
    }
    if let Some(summary) = &rule.summary {
        say("means", summary.clone());
    }
    if let Some(runbook) = &rule.runbook {
        say("runbook", runbook.clone());
    }
    if account.events.is_empty() {
        say("events", "none: it never moved".into());
    }
    for row in &account.events {
        say("events", format!("{}  {}", format::moment(row.at, zone), event(&row.event)));
    }
    for one in &account.deliveries {
        say("message", format!("{}  {} {}: {}", format::moment(one.at, zone), one.channel, one.outcome, one.title));
        for attempt in &one.attempts {
            let took = format::millis(attempt.took_ms);
            let (at, word) = (format::moment(attempt.at, zone), attempt.delivered.word());
            say("attempt", format!("{at}  {word} after {took}: {}", attempt.answer));
        }
    }
    lines
}

fn state(account: &Account, now: UnixMs, zone: chrono_tz::Tz) -> String {
    let ago = |since: UnixMs| format!("since {} ({})", format::clock(since, zone), format::duration(now.since(since)));
    let state = match account.standing.as_ref().map(|standing| &standing.phase) {
        Some(phase @ (Phase::Firing { since, .. } | Phase::Pending { since })) => {
            format!("{} {}", phase.word(), ago(*since))
        }
        _ => "inactive".to_owned(),
    };
    match account.standing.as_ref().and_then(|standing| standing.unknown_since) {
        Some(since) => format!("{state}; it can't be judged {}", ago(since)),
        None => state,
    }
}

fn read(input: &Input, now: UnixMs) -> String {
    let value = match &input.value {
        Some(Value::Number(value)) => value.as_f64().map_or_else(|| value.to_string(), number),
        Some(value) => value.to_string(),
        None => "not known".into(),
    };
    let looked = input.looked_at.map_or_else(
        || "never looked at".to_owned(),
        |at| format!("looked at {} ago", format::duration(now.since(at))),
    );
    let samples = input.samples.map_or_else(String::new, |samples| format!(", {samples} samples"));
    format!("{} = {value} ({looked}{samples})", input.name)
}

fn clocks(account: &Account, now: UnixMs, zone: chrono_tz::Tz) -> Vec<String> {
    let rule = &account.rule;
    let at = |moment: UnixMs| format::moment(moment, zone);
    let mut lines = Vec::new();
    if let Some(standing) = &account.standing {
        match standing.phase {
            Phase::Inactive => {}
            Phase::Pending { since } => {
                let left = rule.hold.saturating_sub(now.since(since));
                lines.push(format!("true since {}, fires in {}", at(since), format::duration(left)));
            }
            Phase::Firing { since, fired_at, false_since } => {
                lines.push(format!("true since {}, firing since {}", at(since), at(fired_at)));
                if let Some(began) = false_since {
                    let left = rule.keep_firing_for.saturating_sub(now.since(began));
                    lines.push(format!("false since {}, kept firing for {}", at(began), format::duration(left)));
                }
            }
        }
        lines.push(format!("written down as judged at {}", at(standing.judged_at)));
    }
    if let Some(no_data) = &account.no_data {
        let since = no_data.phase.since().unwrap_or(no_data.judged_at);
        lines.push(format!("the alert without data fires: {} since {}", no_data.explanation, at(since)));
    }
    lines
}

fn event(event: &AlertEvent) -> String {
    match event {
        AlertEvent::Moved { from, now } => {
            format!("{} -> {}: {}", from.word(), now.phase.word(), now.explanation)
        }
        AlertEvent::Told { channel, why, ended, .. } => {
            let why =
                serde_json::to_value(why).ok().and_then(|value| Some(value["reason"].as_str()?.replace('_', " ")));
            let what = if *ended { "told that it ended" } else { "told" };
            format!("{what}: {channel} ({})", why.unwrap_or_default())
        }
        AlertEvent::Held { why } => format!("not told: {why}"),
        AlertEvent::Acknowledged { author, note } => format!("acknowledged by {author}: {note}"),
        AlertEvent::Noted { text } => text.clone(),
    }
}
