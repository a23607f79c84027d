//! `runs`, `log` and `decide`: what ran, what it printed, and what a person says to it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    args::{DecisionWord, Global},
    deck::{self, Deck},
    exit, format,
    output::{Failure, Mode, Outcome, Output},
};
use crate::{
    domain::{
        decision::{Decision, Edit, EditedWord},
        id::RunId,
        log::{Direction, LogLine},
        pipeline::StepKind,
        run::{RunDetail, RunOutcome, RunPhase, StepState},
    },
    run::launch,
    store::{Reader, StoreError},
};

/// Lines read from the history at once.
const PAGE: usize = 2_000;

pub fn list(global: &Global, limit: usize) -> Outcome {
    let deck = Deck::load(global)?;
    let output = Output::new(global);
    let runs = deck.reader()?.runs(global.env.as_deref(), limit)?;
    if output.mode == Mode::Json {
        output.json(&runs)?;
        return Ok(exit::OK);
    }
    if runs.is_empty() && output.mode == Mode::Human {
        output.line("nothing ran yet: start with `quarterdeck deploy`")?;
        return Ok(exit::OK);
    }
    let rows: Vec<_> = runs
        .iter()
        .map(|run| {
            vec![
                run.id.to_string(),
                run.env.clone(),
                run.pipeline.clone(),
                format::change(run),
                run.by.clone(),
                format::moment(run.requested_at, deck.project.timezone),
                run.ended_at.map_or_else(String::new, |ended| format::duration(ended.since(run.requested_at))),
                format::phase(&run.phase),
            ]
        })
        .collect();
    output.table(&["run", "environment", "pipeline", "version", "by", "at", "took", "state"], &rows)?;
    Ok(exit::OK)
}

pub fn show(global: &Global, run: i64) -> Outcome {
    let deck = Deck::load(global)?;
    let reader = deck.reader()?;
    let detail = find(&reader, RunId(run))?;
    print(Output::new(global), &deck, &reader, &detail)?;
    Ok(exit::OK)
}

/// Prints a run in full.
pub fn print(output: Output, deck: &Deck, reader: &Reader, detail: &RunDetail) -> Result<(), Failure> {
    if output.mode == Mode::Json {
        return output.json(&document(reader, detail)?);
    }
    let run = &detail.summary;
    output.line(format_args!(
        "run {} {} {} in {} by {}, {}: {}",
        run.id,
        run.pipeline,
        format::change(run),
        run.env,
        run.by,
        format::moment(run.requested_at, deck.project.timezone),
        format::phase(&run.phase)
    ))?;
    if let RunPhase::Ended { why, .. } = &run.phase {
        output.line(format_args!("  {why}"))?;
    }
    let rows: Vec<_> = detail
        .plan
        .steps
        .iter()
        .zip(&detail.state.steps)
        .enumerate()
        .map(|(index, (planned, now))| {
            let why = match &now.state {
                StepState::Ended { why, .. } => why.clone(),
                _ => String::new(),
            };
            let undo = if now.undo == StepState::Waiting { String::new() } else { format::step(&now.undo) };
            vec![(index + 1).to_string(), planned.step.name.clone(), format::step(&now.state), undo, why]
        })
        .collect();
    output.table(&["step", "name", "state", "undo", "why"], &rows)?;
    Ok(())
}

/// A run as a JSON document: summary, steps, events, reports.
pub fn document(reader: &Reader, detail: &RunDetail) -> Result<Value, Failure> {
    let steps: Vec<_> = detail
        .plan
        .steps
        .iter()
        .zip(&detail.state.steps)
        .map(|(planned, now)| json!({ "name": planned.step.name, "kind": planned.step.kind.word(), "now": now }))
        .collect();
    let reports: Vec<_> = reader
        .reports(detail.summary.id)?
        .into_iter()
        .map(|(step, report)| json!({ "step": step, "report": report }))
        .collect();
    let outcome = detail.state.outcome();
    Ok(json!({
        "run": detail.summary,
        "outcome": outcome,
        "exit_code": outcome.map(RunOutcome::exit_code),
        "params": detail.plan.params,
        "plan_hash": detail.plan.hash(),
        "steps": steps,
        "reports": reports,
        "events": reader.events(detail.summary.id, 0)?,
        "log_lines": detail.log_lines,
    }))
}

/// The run, or an error that says which there are.
pub fn find(reader: &Reader, run: RunId) -> Result<RunDetail, Failure> {
    match reader.run(run) {
        Err(StoreError::Missing { .. }) => {
            let newest = reader.runs(None, 1)?.first().map(|newest| newest.id);
            let hint = newest.map_or_else(|| "none ran yet".into(), |newest| format!("the newest is {newest}"));
            Err(Failure::usage(format_args!("there is no run {run}: {hint}")))
        }
        other => Ok(other?),
    }
}

/// The number given, or the newest run's.
fn or_newest(reader: &Reader, run: Option<i64>, env: Option<&str>) -> Result<RunId, Failure> {
    match run {
        Some(run) => Ok(find(reader, RunId(run))?.summary.id),
        None => reader
            .runs(env, 1)?
            .first()
            .map(|run| run.id)
            .ok_or_else(|| Failure::usage("nothing ran yet: start with `quarterdeck deploy`")),
    }
}

/// What `log` was asked for.
pub struct LogQuery<'a> {
    pub run: Option<i64>,
    pub tail: Option<u64>,
    pub find: Option<&'a str>,
    pub follow: bool,
}

pub fn log(global: &Global, query: &LogQuery<'_>) -> Outcome {
    let deck = Deck::load(global)?;
    let output = Output::new(global);
    let reader = deck.reader()?;
    let run = or_newest(&reader, query.run, global.env.as_deref())?;
    let length = reader.log_len(run)?;
    let mut next = query.tail.map_or(1, |tail| length.saturating_sub(tail) + 1);
    loop {
        let over = reader.run(run)?.state.outcome().is_some();
        if let Some(needle) = query.find {
            next = print_matching(output, &deck, &reader, run, needle, next)?;
        } else {
            next = print_from(output, &deck, &reader, run, next)?;
        }
        if over || !query.follow {
            return Ok(exit::OK);
        }
        std::thread::sleep(deck::PAUSE);
    }
}

fn print_from(output: Output, deck: &Deck, reader: &Reader, run: RunId, mut next: u64) -> Result<u64, Failure> {
    loop {
        let lines = reader.log(run, next, PAGE)?;
        let Some(last) = lines.last() else { return Ok(next) };
        next = last.seq + 1;
        for line in &lines {
            print_line(output, deck, line)?;
        }
    }
}

fn print_matching(
    output: Output,
    deck: &Deck,
    reader: &Reader,
    run: RunId,
    needle: &str,
    mut next: u64,
) -> Result<u64, Failure> {
    while let Some(found) = reader.find_in_log(run, needle, next, Direction::Forward)? {
        for line in reader.log(run, found, 1)? {
            print_line(output, deck, &line)?;
        }
        next = found + 1;
    }
    Ok(next.max(reader.log_len(run)? + 1))
}

/// One line of a log: sanitised and masked before it was stored.
pub fn print_line(output: Output, deck: &Deck, line: &LogLine) -> Result<(), Failure> {
    match output.mode {
        Mode::Json => output.line(serde_json::to_string(line)?)?,
        Mode::Plain => output.line(&line.text)?,
        Mode::Human => output.line(format_args!("{}  {}", format::clock(line.at, deck.project.timezone), line.text))?,
    }
    Ok(())
}

/// What a tick or a retry is about, as given.
pub struct Changes<'a> {
    pub item: Option<u16>,
    pub word: &'a [String],
    pub set: &'a [String],
}

impl Changes<'_> {
    fn edit(&self) -> Result<Edit, Failure> {
        let split = |given: &str, form: &str| {
            let parts = given.split_once('=').map(|(name, text)| (name.to_owned(), text.to_owned()));
            parts.ok_or_else(|| Failure::usage(format_args!("'{given}': write {form}")))
        };
        let mut edit = Edit::default();
        for given in self.word {
            let (at, text) = split(given, "--word N=TEXT")?;
            let at = at.parse().map_err(|_| Failure::usage(format_args!("'{given}': words are counted from 0")))?;
            edit.words.push(EditedWord { at, text });
        }
        for given in self.set {
            let (name, text) = split(given, "--set NAME=TEXT")?;
            edit.env.insert(name, text);
        }
        Ok(edit)
    }
}

pub fn decide(global: &Global, run: i64, word: DecisionWord, reason: Option<String>, changes: &Changes<'_>) -> Outcome {
    let deck = Deck::load(global)?;
    let store = deck.store()?;
    let reader = store.reader()?;
    let detail = find(&reader, RunId(run))?;
    if let Some(outcome) = detail.state.outcome() {
        return Err(Failure::with(exit::FAILED, format_args!("run {} is over: {}", RunId(run), outcome.word())));
    }
    let decision = decision(word, &detail, reason, changes)?;
    launch::decide(&store, RunId(run), decision)?;
    launch::adopt_orphans(&store)?;
    let deadline = std::time::Instant::now() + Duration::from_secs(3);
    while std::time::Instant::now() < deadline {
        let now = reader.run(RunId(run))?;
        if now.state.decided > detail.state.decided {
            Output::new(global).line(format_args!("run {}: {}", RunId(run), format::phase(&now.state.phase)))?;
            return Ok(exit::OK);
        }
        std::thread::sleep(deck::PAUSE);
    }
    Output::new(global).line(format_args!("run {} was told; it has not answered yet", RunId(run)))?;
    Ok(exit::OK)
}

/// The item of the checklist, from 0.
fn item(detail: &RunDetail, step: u16, given: Option<u16>) -> Result<u16, Failure> {
    let kind = detail.plan.steps.get(usize::from(step)).map(|planned| &planned.step.kind);
    let Some(StepKind::Checklist { items }) = kind else {
        return Err(Failure::usage(format_args!("step {} is no checklist", step + 1)));
    };
    let open = |item: &u16| !detail.state.ticked.contains(&(step, *item));
    let of = u16::try_from(items.len()).unwrap_or(u16::MAX);
    let found = match given {
        Some(item) => item.checked_sub(1).filter(|item| *item < of),
        None => (0..of).find(open),
    };
    found.ok_or_else(|| Failure::usage(format_args!("there are items 1 to {of}")))
}

fn decision(
    word: DecisionWord,
    detail: &RunDetail,
    reason: Option<String>,
    changes: &Changes<'_>,
) -> Result<Decision, Failure> {
    let edit = changes.edit()?;
    if edit != Edit::default() && word != DecisionWord::Retry {
        return Err(Failure::usage("--word and --set belong to retry"));
    }
    let waiting = match &detail.state.phase {
        RunPhase::Holding { step, .. } | RunPhase::Asking { step, .. } => Some(*step),
        _ => None,
    };
    let step = || waiting.ok_or_else(|| Failure::usage("the run does not wait for a person now"));
    let why = || reason.clone().unwrap_or_else(|| "no reason given".into());
    Ok(match word {
        DecisionWord::Yes => Decision::Answer { step: step()?, yes: true, note: reason },
        DecisionWord::No => Decision::Answer { step: step()?, yes: false, note: reason },
        DecisionWord::Tick => {
            let step = step()?;
            Decision::Tick { step, item: item(detail, step, changes.item)?, evidence: reason }
        }
        DecisionWord::Retry if edit == Edit::default() => Decision::Retry { step: step()? },
        DecisionWord::Retry => {
            let step = step()?;
            let planned = detail.plan.steps.get(usize::from(step)).map(|planned| planned.step.clone());
            if let Some(Err(why)) = planned.map(|mut planned| edit.apply(&mut planned)) {
                return Err(Failure::usage(format_args!("step {} can't be changed so: {why}", step + 1)));
            }
            Decision::RetryEdited { step, edit }
        }
        DecisionWord::Exclude => {
            let step = step()?;
            if detail.plan.steps.get(usize::from(step)).is_none_or(|planned| planned.host.is_none()) {
                return Err(Failure::usage(format_args!(
                    "step {} runs on no machine: only one can be excluded",
                    step + 1
                )));
            }
            let reason = reason.ok_or_else(|| Failure::usage("excluding a machine needs --reason TEXT"))?;
            Decision::Exclude { step, reason }
        }
        DecisionWord::Pause => Decision::Pause { reason: why() },
        DecisionWord::Continue if detail.state.is_paused() => Decision::Continue { step: step()? },
        DecisionWord::Continue => return Err(Failure::usage("the run is not paused: say retry, skip or another word")),
        DecisionWord::Skip => {
            let reason = reason.ok_or_else(|| Failure::usage("skipping a step needs --reason TEXT"))?;
            Decision::Skip { step: step()?, reason }
        }
        DecisionWord::Rollback => Decision::RollBack { reason: why() },
        DecisionWord::Stop => Decision::Stop { reason: why() },
        DecisionWord::Cancel => Decision::Cancel { reason: why() },
    })
}
