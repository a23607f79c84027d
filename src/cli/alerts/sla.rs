//! `alerts sla`: figures with thresholds, and how well they are kept.

use crate::{
    cli::{
        args::Global,
        deck::Deck,
        exit,
        output::{Mode, Outcome, Output},
    },
    domain::{
        alert::{Compliance, Line},
        format::number,
        time::UnixMs,
    },
    watch,
};

/// Shows the table; ends with 1 if a line is beyond critical.
pub fn run(global: &Global) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.environment()?;
    let now = UnixMs::from(chrono::Utc::now());
    let judge = watch::judge_now(&deck.reader()?, environment, now)?;
    let thresholds = &environment.rulebook.thresholds;
    let lines: Vec<Line> = thresholds.iter().flat_map(|one| one.lines(judge.book(), now)).collect();
    let code = if lines.iter().any(|line| line.verdict == Compliance::Critical) { exit::FAILED } else { exit::OK };
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&lines)?;
        return Ok(code);
    }
    if lines.is_empty() && output.mode == Mode::Human {
        output.line(
            "no thresholds are configured: give an [[alerts]] entry 'measure', 'target', 'warning', 'critical'",
        )?;
        return Ok(code);
    }
    let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
    output.table(&["what", "service", "measure", "target", "warning", "critical", "now", "verdict"], &rows)?;
    Ok(code)
}

fn row(line: &Line) -> Vec<String> {
    let sign = if line.rising { ">=" } else { "<=" };
    let bound = |bound: Option<f64>| bound.map_or_else(String::new, |bound| format!("{sign} {}", number(bound)));
    vec![
        line.name.clone(),
        line.subject.clone(),
        line.measure.clone(),
        bound(line.target),
        bound(line.warning),
        bound(line.critical),
        line.now.map_or_else(|| "-".into(), number),
        line.verdict.word().into(),
    ]
}
