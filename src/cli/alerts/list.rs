//! `alerts`: what stands.

use std::collections::BTreeSet;

use crate::{
    cli::{
        args::Global,
        deck::Deck,
        exit, format,
        output::{Mode, Outcome, Output},
    },
    domain::{
        alert::{AlertKey, Phase, Severity, Standing},
        time::UnixMs,
    },
};

/// Lists alerts that fire, are pending or can't be judged; with `all`, every rule of every subject.
pub fn run(global: &Global, all: bool, check: bool) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.environment()?;
    let reader = deck.reader()?;
    let mut standings = reader.standings(Some(&environment.name))?;
    let fires = standings.iter().any(|standing| standing.phase.is_firing());
    if all {
        let known: BTreeSet<AlertKey> = standings.iter().map(|one| one.key.clone()).collect();
        for rule in &environment.rulebook.rules {
            for subject in rule.subjects() {
                let key = AlertKey { env: environment.name.clone(), rule: rule.name.clone(), subject };
                if !known.contains(&key) {
                    standings.push(quiet(key, rule.severity));
                }
            }
        }
    }
    standings.sort_by_key(|one| (rank(one), one.severity, one.phase.since(), one.key.clone()));
    let output = Output::new(global);
    let code = if check && fires { exit::FAILED } else { exit::OK };
    if output.mode == Mode::Json {
        output.json(&standings)?;
        return Ok(code);
    }
    if standings.is_empty() && output.mode == Mode::Human {
        let rules = environment.rulebook.rules.len();
        let judged = reader.judged_at()?.map_or_else(String::new, |judged| {
            format!("; something last stood at {}", format::clock(judged.at, deck.project.timezone))
        });
        let text = match rules {
            0 => format!("no rules are configured for {}: see [[alerts]] in docs/alerts.md", environment.name),
            _ => format!("nothing stands in {} ({rules} rules{judged})", environment.name),
        };
        output.line(text)?;
        return Ok(code);
    }
    let now = UnixMs::from(chrono::Utc::now());
    let rows: Vec<Vec<String>> = standings.iter().map(|standing| row(standing, now)).collect();
    output.table(&["state", "severity", "alert", "service", "for", "what is so"], &rows)?;
    Ok(code)
}

fn quiet(key: AlertKey, severity: Severity) -> Standing {
    Standing {
        key,
        severity,
        phase: Phase::Inactive,
        judged_at: UnixMs(0),
        unknown_since: None,
        explanation: String::new(),
        figure: None,
        threshold: None,
    }
}

/// What fires comes first, what is quiet last.
fn rank(standing: &Standing) -> u8 {
    match standing.phase {
        Phase::Firing { .. } => 0,
        Phase::Pending { .. } => 1,
        Phase::Inactive if standing.unknown_since.is_some() => 2,
        Phase::Inactive => 3,
    }
}

fn row(standing: &Standing, now: UnixMs) -> Vec<String> {
    let state = match standing.phase {
        Phase::Firing { false_since: Some(_), .. } => "firing (kept)",
        Phase::Inactive if standing.unknown_since.is_some() => "not judged",
        ref phase => phase.word(),
    };
    let since = standing.phase.since().or(standing.unknown_since);
    vec![
        state.into(),
        standing.severity.word().into(),
        standing.key.rule.clone(),
        standing.key.subject.clone(),
        since.map_or_else(String::new, |since| format::duration(now.since(since))),
        standing.explanation.clone(),
    ]
}
