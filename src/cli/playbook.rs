//! `playbook`: what to do, and running a step of it.

use super::{
    args::{Global, StartArguments},
    deck::Deck,
    exit,
    output::{Failure, Mode, Outcome, Output},
    start,
};
use crate::domain::playbook::{Playbook, PlaybookAct};

pub fn run(global: &Global, name: Option<&str>, step: Option<usize>, arguments: &StartArguments) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.environment()?;
    let output = Output::new(global);
    let Some(name) = name else { return list(output, environment.playbooks.values()) };
    let playbook = environment.playbooks.get(name).ok_or_else(|| {
        let known: Vec<_> = environment.playbooks.keys().map(String::as_str).collect();
        Failure::usage(format_args!("there is no playbook '{name}'; there are: {}", known.join(", ")))
    })?;
    let Some(number) = step else { return show(output, playbook) };
    match number.checked_sub(1).and_then(|index| playbook.steps.get(index)).map(|step| &step.act) {
        Some(PlaybookAct::Run { pipeline, .. }) => start::run(global, pipeline, arguments),
        Some(PlaybookAct::Read { .. }) => {
            Err(Failure::usage(format_args!("step {number} of '{name}' is to be read and done by hand")))
        }
        None => Err(Failure::usage(format_args!("'{name}' has {} steps, counted from 1", playbook.steps.len()))),
    }
}

fn list<'a>(output: Output, all: impl Iterator<Item = &'a Playbook>) -> Outcome {
    let all: Vec<_> = all.collect();
    if output.mode == Mode::Json {
        output.json(&all)?;
        return Ok(exit::OK);
    }
    if all.is_empty() && output.mode == Mode::Human {
        output.line("no playbook is configured: see docs/incidents.md")?;
        return Ok(exit::OK);
    }
    let row = |one: &&Playbook| {
        vec![
            one.name.clone(),
            one.steps.len().to_string(),
            one.alerts.join(", "),
            one.about.clone().unwrap_or_default(),
        ]
    };
    output.table(&["playbook", "steps", "alerts", "about"], &all.iter().map(row).collect::<Vec<_>>())?;
    Ok(exit::OK)
}

fn show(output: Output, playbook: &Playbook) -> Outcome {
    if output.mode == Mode::Json {
        output.json(playbook)?;
        return Ok(exit::OK);
    }
    output.line(format_args!("{}: {}", playbook.name, playbook.about.as_deref().unwrap_or("-")))?;
    for (index, step) in playbook.steps.iter().enumerate() {
        let number = index + 1;
        match &step.act {
            PlaybookAct::Read { text } => {
                output.line(format_args!("{number:>3} {}", step.name))?;
                for line in text.lines() {
                    output.line(format_args!("      {}", line.trim()))?;
                }
            }
            PlaybookAct::Run { shown, .. } => {
                output.line(format_args!("{number:>3} {}: {shown}", step.name))?;
                let name = &playbook.name;
                output.line(format_args!("      start it with: quarterdeck playbook {name} --step {number}"))?;
            }
        }
    }
    Ok(exit::OK)
}
