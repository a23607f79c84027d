//! `silence` and `ack`: what people say to alerts.

use std::time::Duration;

use serde_json::json;

use super::{
    args::Global,
    deck::Deck,
    exit, format,
    output::{Failure, Mode, Outcome, Output, remark},
    silence_args::{AckArguments, SilenceAction, SilenceArguments},
};
use crate::{
    domain::{
        alert::{
            Phase, Standing,
            tell::{Acknowledgement, Alert, Matcher, Silence},
        },
        environment::Environment,
        nearest::nearest,
        text::clean_line,
        time::UnixMs,
    },
    run::launch,
};

/// Silences that are over are listed for so long.
const KEPT: Duration = Duration::from_hours(24 * 30);
/// Silences listed at most.
const MOST: usize = 1_000;
/// Characters of a reason or note at most.
const LONGEST: usize = 500;

pub fn silence(global: &Global, action: &SilenceAction) -> Outcome {
    match action {
        SilenceAction::Add(arguments) => add(global, arguments),
        SilenceAction::List { all } => list(global, *all),
        SilenceAction::End { id } => end(global, *id),
    }
}

fn add(global: &Global, arguments: &SilenceArguments) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.named_environment()?;
    let matches = Matcher {
        severity: arguments.severity.clone(),
        services: arguments.service.clone(),
        rules: arguments.rule.clone(),
        env: Vec::new(),
        labels: arguments.label.iter().cloned().collect(),
    };
    if matches == Matcher::default() && !arguments.everything {
        return Err(Failure::usage(
            "which alerts? Give --rule, --service, --severity or --label, or --everything for all of the environment",
        ));
    }
    check_names(environment, &matches)?;
    let reason = clean_line(&arguments.reason, LONGEST);
    if reason.trim().is_empty() {
        return Err(Failure::usage("a silence needs a reason: --reason \"why\""));
    }
    let now = now();
    let silence = Silence {
        id: 0,
        env: environment.name.clone(),
        matches,
        author: launch::current_actor().to_string(),
        reason,
        from: now,
        until: now.after(arguments.lasts),
        ended: None,
    };
    let matched = firing(&deck, environment)?.iter().filter(|alert| silence.is_about(alert)).count();
    let id = deck.store()?.add_silence(silence.clone()).wait()?;
    let silence = Silence { id, ..silence };
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&json!({ "silence": silence, "firing": matched }))?;
        return Ok(exit::OK);
    }
    let until = format::moment(silence.until, deck.project.timezone);
    output.line(format_args!("silence {id} in {}: {}, until {until}", silence.env, silence.matches))?;
    if matched == 0 {
        remark("nothing that fires now matches it: is this the right environment, rule and service?");
    }
    Ok(exit::OK)
}

/// A name that is nowhere in the configuration is a typo, and its silence would silence nothing.
fn check_names(environment: &Environment, matches: &Matcher) -> Result<(), Failure> {
    let services: Vec<&str> = environment.services.iter().map(|service| service.name.as_str()).collect();
    let rules: Vec<&str> = environment.rulebook.rules.iter().map(|rule| rule.name.as_str()).collect();
    for (what, given, known) in [("service", &matches.services, services), ("rule", &matches.rules, rules)] {
        let is_known = |name: &&String| known.iter().any(|one| one == name || name.starts_with(&format!("{one} (")));
        let Some(wrong) = given.iter().find(|name| !is_known(name)) else { continue };
        let near = nearest(wrong, known.iter().copied());
        let hint =
            near.map_or_else(|| format!("there are: {}", known.join(", ")), |near| format!("did you mean '{near}'?"));
        return Err(Failure::usage(format_args!("there is no {what} '{wrong}' in {}: {hint}", environment.name)));
    }
    Ok(())
}

/// Alerts that fire, with what their rules say.
fn firing(deck: &Deck, environment: &Environment) -> Result<Vec<Alert>, Failure> {
    let standings = deck.reader()?.standings(Some(&environment.name))?;
    let fires = |standing: &Standing| matches!(standing.phase, Phase::Firing { .. });
    let rules = &environment.rulebook.rules;
    Ok(standings.into_iter().filter(fires).map(|standing| Alert::among(standing, rules)).collect())
}

fn list(global: &Global, all: bool) -> Outcome {
    let deck = Deck::load(global)?;
    let now = now();
    let since = if all { now.before(KEPT) } else { now };
    let env = global.env.as_ref().map(|_| deck.environment().map(|one| one.name.clone())).transpose()?;
    let silences = deck.reader()?.silences(env.as_deref(), since, MOST)?;
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&silences)?;
        return Ok(exit::OK);
    }
    if silences.is_empty() && output.mode == Mode::Human {
        output.line("nothing is silenced")?;
        return Ok(exit::OK);
    }
    let row = |one: &Silence| {
        let left = if one.is_open(now) {
            format!("{} left", format::duration(one.end().since(now)))
        } else {
            format!("ended {} ago", format::duration(now.since(one.end())))
        };
        vec![one.id.to_string(), one.env.clone(), one.matches.to_string(), left, one.author.clone(), one.reason.clone()]
    };
    let rows: Vec<_> = silences.iter().map(row).collect();
    output.table(&["silence", "environment", "matches", "until", "by", "reason"], &rows)?;
    Ok(exit::OK)
}

fn end(global: &Global, id: i64) -> Outcome {
    let deck = Deck::load(global)?;
    let now = now();
    let silence = deck.store()?.end_silence(id, now).wait()?;
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&silence)?;
    } else if silence.end() < now {
        output
            .line(format_args!("silence {id} was over already, {} ago", format::duration(now.since(silence.end()))))?;
    } else {
        output.line(format_args!("silence {id} is over: what still fires is told"))?;
    }
    Ok(exit::OK)
}

pub fn acknowledge(global: &Global, arguments: &AckArguments) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.named_environment()?;
    let of_rule = |alert: &Alert| alert.key().rule == arguments.rule;
    let of_service = |alert: &Alert| arguments.service.as_ref().is_none_or(|service| *service == alert.key().subject);
    let firing = firing(&deck, environment)?;
    let meant: Vec<&Alert> = firing.iter().filter(|alert| of_rule(alert) && of_service(alert)).collect();
    if meant.is_empty() {
        let known: Vec<String> = firing.iter().map(|alert| alert.key().to_string()).collect();
        let known = if known.is_empty() { "nothing fires".to_owned() } else { known.join(", ") };
        return Err(Failure::usage(format_args!("no such alert fires in {}; now: {known}", environment.name)));
    }
    let (at, author) = (now(), launch::current_actor().to_string());
    let note = clean_line(arguments.note.as_deref().unwrap_or_default(), LONGEST);
    let store = deck.store()?;
    let mut acks = Vec::new();
    for alert in meant {
        let Some((_, fired_at)) = alert.firing() else { continue };
        let ack =
            Acknowledgement { at, key: alert.key().clone(), fired_at, author: author.clone(), note: note.clone() };
        store.acknowledge(ack.clone()).wait()?;
        acks.push(ack);
    }
    let output = Output::new(global);
    if output.mode == Mode::Json {
        return output.json(&acks).map(|()| exit::OK);
    }
    for ack in &acks {
        output.line(format_args!("{} is acknowledged by {}: no repeats, no escalation", ack.key, ack.author))?;
    }
    Ok(exit::OK)
}

fn now() -> UnixMs {
    UnixMs::from(chrono::Utc::now())
}
