//! `errors`: errors of services by fingerprint, and what people say about them.

use super::{
    args::{ErrorsAction, ErrorsArguments, Global},
    deck::Deck,
    exit, format, logs,
    output::{Failure, Mode, Outcome, Output},
};
use crate::{
    domain::{
        service_log::{ErrorGroup, ErrorNote, ErrorWord},
        time::UnixMs,
    },
    run::launch,
};

/// More than are ever kept of one environment's services.
const ALL: usize = 100_000;
/// The most characters of a title in the list.
const TITLE: usize = 80;

pub fn run(global: &Global, arguments: &ErrorsArguments) -> Outcome {
    match &arguments.action {
        None => list(global, arguments),
        Some(ErrorsAction::Show { fingerprint }) => show(global, arguments, fingerprint),
        Some(ErrorsAction::Triage { fingerprint, note }) => {
            say(global, arguments, fingerprint, ErrorWord::Triage, note.as_deref())
        }
        Some(ErrorsAction::Resolve { fingerprint, note }) => {
            say(global, arguments, fingerprint, ErrorWord::Resolve, note.as_deref())
        }
    }
}

fn list(global: &Global, arguments: &ErrorsArguments) -> Outcome {
    let deck = Deck::load(global)?;
    let environment = deck.environment()?;
    if let Some(name) = &arguments.service
        && environment.service(name).is_none()
    {
        let known: Vec<_> = environment.services.iter().map(|one| one.name.as_str()).collect();
        return Err(Failure::usage(format_args!("there is no service '{name}'; there are: {}", known.join(", "))));
    }
    let state = arguments.status.map(Into::into);
    let found = deck.reader()?.errors(&environment.name, arguments.service.as_deref(), state, arguments.limit)?;
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&found)?;
        return Ok(exit::OK);
    }
    if found.is_empty() && output.mode == Mode::Human {
        output.line("no such error was seen")?;
        return Ok(exit::OK);
    }
    let now = UnixMs::from(chrono::Utc::now());
    let age = |at: UnixMs| format::duration(now.since(at));
    let rows: Vec<_> = found
        .iter()
        .map(|group| {
            vec![
                group.fingerprint.clone(),
                group.service.clone(),
                group.state.word().to_owned(),
                group.count.to_string(),
                age(group.last_seen),
                age(group.first_seen),
                shortened(&group.title),
            ]
        })
        .collect();
    output.table(&["fingerprint", "service", "state", "count", "last", "first", "error"], &rows)?;
    Ok(exit::OK)
}

fn shortened(title: &str) -> String {
    match title.char_indices().nth(TITLE) {
        None => title.to_owned(),
        Some((end, _)) => format!("{}…", &title[..end]),
    }
}

fn show(global: &Global, arguments: &ErrorsArguments, fingerprint: &str) -> Outcome {
    let deck = Deck::load(global)?;
    let group = find(&deck, arguments, fingerprint)?;
    print(Output::new(global), &deck, &group)?;
    Ok(exit::OK)
}

fn print(output: Output, deck: &Deck, group: &ErrorGroup) -> Result<(), Failure> {
    if output.mode == Mode::Json {
        return output.json(group);
    }
    let moment = |at: UnixMs| format::moment(at, deck.project.timezone);
    output.line(format_args!("{} {} {}: {}", group.fingerprint, group.service, group.state.word(), group.title))?;
    output.line(format_args!(
        "  seen {} times, first {}, last {}",
        group.count,
        moment(group.first_seen),
        moment(group.last_seen)
    ))?;
    if let Some(note) = &group.note {
        let text = if note.text.is_empty() { String::new() } else { format!(": {}", note.text) };
        output.line(format_args!("  {} said so {}{text}", note.by, moment(note.at)))?;
    }
    output.line("  last line:")?;
    let document = logs::document(&group.service, &group.sample);
    for line in serde_json::to_string_pretty(&document)?.lines() {
        output.line(format_args!("  {line}"))?;
    }
    if let Some(request) = group.sample.request.as_deref().and_then(quoted) {
        output.line(format_args!("  follow it with: quarterdeck logs --request {request}"))?;
    }
    Ok(())
}

/// As one word of a shell, whatever a stranger wrote; `None` for what can't be pasted safely.
fn quoted(word: &str) -> Option<String> {
    let is_safe = !word.chars().any(char::is_control);
    is_safe.then(|| format!("'{}'", word.replace('\'', r"'\''")))
}

fn say(
    global: &Global,
    arguments: &ErrorsArguments,
    fingerprint: &str,
    word: ErrorWord,
    note: Option<&str>,
) -> Outcome {
    let deck = Deck::load(global)?;
    let group = find(&deck, arguments, fingerprint)?;
    let env = deck.environment()?.name.clone();
    let text = crate::domain::text::clean_line(note.unwrap_or_default(), 500);
    let note = ErrorNote { at: UnixMs::from(chrono::Utc::now()), by: launch::current_actor().to_string(), text };
    let group = deck.store()?.say_of_error(&env, &group.service, &group.fingerprint, word, note).wait()?;
    let output = Output::new(global);
    if output.mode == Mode::Json {
        output.json(&group)?;
    } else {
        output.line(format_args!("{} is {}: {}", group.fingerprint, group.state.word(), group.title))?;
    }
    Ok(exit::OK)
}

/// The error whose fingerprint begins so.
fn find(deck: &Deck, arguments: &ErrorsArguments, fingerprint: &str) -> Result<ErrorGroup, Failure> {
    let environment = deck.environment()?;
    let all = deck.reader()?.errors(&environment.name, arguments.service.as_deref(), None, ALL)?;
    let mut fitting: Vec<ErrorGroup> =
        all.into_iter().filter(|group| group.fingerprint.starts_with(fingerprint)).collect();
    match (fitting.len(), fitting.pop()) {
        (1, Some(group)) => Ok(group),
        (0, _) | (_, None) => Err(Failure::usage(format_args!(
            "no error of {} has the fingerprint '{fingerprint}': see `quarterdeck errors`",
            environment.name
        ))),
        (many, Some(_)) => Err(Failure::usage(format_args!(
            "'{fingerprint}' begins the fingerprints of {many} errors: write more of it, or give --service NAME"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_to_paste_stays_one_command() {
        assert_eq!(quoted("req-7").as_deref(), Some("'req-7'"));
        assert_eq!(quoted("x'; rm -rf ~ #").as_deref(), Some(r"'x'\''; rm -rf ~ #'"));
        assert_eq!(quoted("x\ny"), None);
        assert_eq!(quoted("x\u{9b}y"), None);
    }
}
