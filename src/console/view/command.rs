//! Commands and steps as they will run, in words: masked, and quoted where a shell would need it.

use crate::domain::{
    pipeline::{Command, StepKind},
    template::Rendered,
};

use super::format;

/// What a step does, in one sentence or its command.
pub fn step(kind: &StepKind<Rendered>) -> String {
    match kind {
        StepKind::Command(one) => command(one),
        StepKind::Verify { suite } => format!("runs the suite {suite}"),
        StepKind::Traffic { weights, set, .. } => format!("{} for {} stages", words(set), weights.len()),
        StepKind::Soak(soak) => {
            let (time, every) = (format::duration(soak.duration), format::duration(soak.every));
            format!("watches {} for {time}, every {every}", soak.service)
        }
        StepKind::Wait(wait) => format!("waits {} at most", format::duration(wait.at_most)),
        StepKind::Ask { question } => format!("asks: {}", question.shown()),
        StepKind::Database { database, act } => act.sentence(database),
        StepKind::Checklist { items } => format!("{} items to tick off", items.len()),
        StepKind::Flag { flag, percent, set, .. } => format!("{flag} for {percent} %: {}", words(set)),
    }
}

/// A command as it will run: words that need it are quoted as a shell would.
pub fn command(command: &Command<Rendered>) -> String {
    match command {
        Command::Run(argv) => words(argv),
        Command::Shell(script) => script.shown(),
        Command::Http(http) => format!("{} {}", http.request.method, http.request.url.shown()),
    }
}

/// An argument vector as one line.
pub fn words(argv: &[Rendered]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%<>".contains(c) || !c.is_ascii();
    let quoted = |word: String| {
        if !word.is_empty() && word.chars().all(plain) { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    argv.iter().map(|word| quoted(word.shown())).collect::<Vec<_>>().join(" ")
}
