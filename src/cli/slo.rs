//! `slo`: how much of each budget is left, and how fast it burns.

use super::{
    args::Global,
    deck::Deck,
    exit, format,
    output::{Failure, Mode, Outcome, Output},
};
use crate::{
    domain::{
        alert::{
            Budget,
            slo::{Burning, label},
        },
        format::{number, percent},
        nearest::nearest,
        time::UnixMs,
    },
    watch,
};

/// Shows the objectives of an environment, or one.
pub fn run(global: &Global, name: Option<&str>) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.environment()?;
    let objectives = &environment.rulebook.objectives;
    if let Some(name) = name.filter(|name| !objectives.iter().any(|objective| objective.name == *name)) {
        let known = || objectives.iter().map(|objective| objective.name.as_str());
        let hint = nearest(name, known()).map_or_else(
            || format!("there are: {}", known().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean '{near}'?"),
        );
        return Err(Failure::usage(format_args!("there is no objective '{name}' in {}: {hint}", environment.name)));
    }
    let now = UnixMs::from(chrono::Utc::now());
    let judge = watch::judge_now(&deck.reader()?, environment, now)?;
    let mut budgets = judge.budgets(now);
    budgets.retain(|budget| name.is_none_or(|name| budget.name == name));
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&budgets)?;
        return Ok(exit::OK);
    }
    if budgets.is_empty() && output.mode == Mode::Human {
        output.line("no objectives are configured: write slo = { objective = 99.9 } under a service")?;
        return Ok(exit::OK);
    }
    let rows: Vec<Vec<String>> = budgets.iter().map(|budget| row(budget, deck.project.timezone, now)).collect();
    let headings = ["objective", "of", "over", "good", "budget left", "burn (long/short)", "gone", "events", "bad"];
    output.table(&headings, &rows)?;
    Ok(exit::OK)
}

fn row(budget: &Budget, zone: chrono_tz::Tz, now: UnixMs) -> Vec<String> {
    let burns: Vec<String> = budget.burns.iter().map(burn).collect();
    let gone = match budget.exhausted_at {
        _ if budget.left.is_none() => "-".to_owned(),
        None => "not in sight".to_owned(),
        Some(at) if at <= now => "gone".to_owned(),
        Some(at) => format!("{} (in {})", format::moment(at, zone), format::duration(at.since(now))),
    };
    vec![
        budget.name.clone(),
        format!("{} %", number(budget.objective * 100.0)),
        label(budget.window),
        budget.good.map_or_else(|| "-".into(), percent),
        budget.left.map_or_else(|| "-".into(), percent),
        burns.join("  "),
        gone,
        number(budget.events.total.round()),
        number(budget.events.bad().round()),
    ]
}

/// `1h/5m 0.4/0.1`, with a mark where somebody is told.
fn burn(burning: &Burning) -> String {
    let rate = |rate: Option<f64>| rate.map_or_else(|| "-".into(), |rate| format!("{rate:.1}"));
    let mark = if burning.fires { "!" } else { "" };
    let (long, short) = (label(burning.burn.long), label(burning.burn.short));
    format!("{long}/{short} {}/{}{mark}", rate(burning.long), rate(burning.short))
}
