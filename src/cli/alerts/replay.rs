//! `alerts replay`: the rules over what was recorded.

use crate::{
    cli::{
        args::Global,
        deck::Deck,
        exit, format,
        output::{Failure, Mode, Outcome, Output, remark},
        query::when,
    },
    domain::time::UnixMs,
    watch::{self, Episode},
};

/// Prints what would have fired.
pub fn run(global: &Global, since: &str, until: Option<&str>, rule: Option<&str>) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.environment()?;
    let (now, zone) = (UnixMs::from(chrono::Utc::now()), deck.project.timezone);
    let from = when::parse(since, now, zone).map_err(Failure::usage)?;
    let to = until.map_or(Ok(now), |until| when::parse(until, now, zone)).map_err(Failure::usage)?;
    if from >= to {
        return Err(Failure::usage("the beginning lies after the end"));
    }
    if let Some(rule) = rule.filter(|rule| !environment.rulebook.rules.iter().any(|known| known.name == *rule)) {
        return Err(super::explain::unknown(environment, rule));
    }
    let mut episodes = watch::replay(&deck.reader()?, environment, (from, to))?;
    episodes.retain(|episode| rule.is_none_or(|rule| episode.key.rule == rule));
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&episodes)?;
        return Ok(exit::OK);
    }
    if output.mode == Mode::Human {
        let rules = environment.rulebook.rules.len();
        let (began, ended) = (format::moment(from, zone), format::moment(to, zone));
        output.line(format_args!(
            "{rules} rules over {began} to {ended}: {} would have fired",
            match episodes.len() {
                0 => "none".to_owned(),
                number => number.to_string(),
            }
        ))?;
        if from < now.before(deck.project.retention.raw) {
            let raw = format::duration(deck.project.retention.raw);
            remark(format_args!("what is older than {raw} is judged by the means of minutes"));
        }
    }
    let rows: Vec<Vec<String>> = episodes.iter().map(|episode| row(episode, to, zone)).collect();
    if !rows.is_empty() {
        output.table(&["fired", "for", "severity", "alert", "service", "what was so"], &rows)?;
    }
    Ok(exit::OK)
}

fn row(episode: &Episode, to: UnixMs, zone: chrono_tz::Tz) -> Vec<String> {
    let lasted = format::duration(episode.ended_at.unwrap_or(to).since(episode.fired_at));
    vec![
        format::moment(episode.fired_at, zone),
        if episode.ended_at.is_some() { lasted } else { format!("{lasted}, on") },
        episode.severity.word().into(),
        episode.key.rule.clone(),
        episode.key.subject.clone(),
        episode.explanation.clone(),
    ]
}
